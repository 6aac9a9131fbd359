"""A report that a person reads in ten seconds: counts, what failed and how to see it fail, figures, badge."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from assay.conformance.levels import badge
from assay.conformance.model import Outcome, Report, Result, Witness
from assay.conformance.reports import view
from assay.conformance.reports.text import value_text, visible

_STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.WAIVED: "yellow"}
_SHOWN = 8
"""Failures shown in full; the others are named."""


def show(report: Report, console: Console | None = None) -> None:
    """Print a report; needs 80 columns."""
    (console or Console()).print(_layout(report))


def render(report: Report, width: int = 80) -> str:
    """The report as plain text of at most `width` columns."""
    out = io.StringIO()
    show(report, Console(file=out, width=width, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _layout(report: Report) -> Group:
    parts: list[Table | Text] = [
        Text(view.subject_line(report), style="bold"),
        Text(view.run_line(report), style="dim"),
        _counts(report),
    ]
    failed = view.worst_first(report)
    for result in failed[:_SHOWN]:
        parts += [_headline(result), _failure(report, result), Text()]
    if failed[_SHOWN:]:
        names = ", ".join(result.id for result in failed[_SHOWN:])
        parts += [Text(f"and {len(failed) - _SHOWN} more: {names}", style="red"), Text()]
    if report.metrics:
        parts += [_grid(view.figures(report)), Text(str(report.metrics.get("note", "")), style="dim"), Text()]
    waived = [result for result in report.results if result.outcome is Outcome.WAIVED]
    if waived:
        parts += [_grid((f"waived {r.id}", visible(r.message)) for r in waived), Text()]
    parts.append(Text(badge(report), style="bold" if report.level is not None else "bold red"))
    return Group(*parts)


def _counts(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("group")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for group, counter in view.counts(report).items():
        cells = [
            Text(str(counter[o] or "–"), style=_STYLES.get(o, "dim") if counter[o] else "dim")
            for o in Outcome
        ]
        table.add_row(group.value, *cells)
    return table


def _headline(result: Result) -> Text:
    line = Text.assemble(("FAILED ", "bold red"), (result.id, "bold"), f"  {visible(result.title)}")
    if result.severity is not None:
        line.append(f"  [S{int(result.severity)}: {view.SEVERITIES[result.severity]}]", style="red")
    return line


def _failure(report: Report, result: Result) -> Table:
    rows = [
        ("cases", view.tried(result)),
        ("template", visible(result.template, 120)),
        ("", visible(view.note(result), 240)),
    ]
    if result.witness is not None:
        rows += _witness(result.witness)
        rows.append(("reproduce", view.reproduce(report, result)))
    return _grid((name, text) for name, text in rows if text)


def _witness(witness: Witness) -> list[tuple[str, str]]:
    rows = [
        ("completion", visible(witness.completion, 200) or "(empty)"),
        ("reference", visible(value_text(witness.reference), 80) or "(empty)"),
        ("expected", visible(witness.expected, 80)),
        ("got", visible(witness.got, 160)),
    ]
    return [*rows, *((str(key), visible(value_text(value), 80)) for key, value in witness.fields.items())]


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", min_width=12)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(f"  {visible(name, 30)}", Text(text))
    return table
