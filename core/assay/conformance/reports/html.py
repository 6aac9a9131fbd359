"""A report as one HTML file: no script, nothing loaded from elsewhere, light and dark, fit for a phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from assay.conformance.levels import NAMES, badge
from assay.conformance.metrics import attacks
from assay.conformance.model import Group, Outcome, Report, Result, Witness
from assay.conformance.reports import view
from assay.conformance.reports.text import readable, shorten, value_text, visible

_COLOURS = {Outcome.PASSED: "good", Outcome.FAILED: "bad", Outcome.WAIVED: "bad"}


def render(report: Report) -> str:
    """The whole page. Pure text: nothing of a witness can become markup."""
    name = _text(report.subject.get("name", "plugin"))
    sections = (_failed(report), _attacks(report), _figures(report), _waivers(report), _checks(report))
    css = files("assay.conformance.reports").joinpath("report.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{name}: conformance</title>
<style>
{css}</style>
</head>
<body>
{_header(report)}
<main>
{"".join(f"<section>{section}</section>" for section in sections if section)}
</main>
{_footer(report)}
</body>
</html>
"""


def _header(report: Report) -> str:
    reached = -1 if report.level is None else report.level
    steps = "".join(
        f'<li class="{"reached" if level <= reached else ""}">L{level} {name}</li>'
        for level, name in enumerate(NAMES)
    )
    return f"""<header>
<p class="kicker">Conformance · {_text(report.mode)} run</p>
<h1>{_text(report.subject.get("name", "plugin"))}</h1>
<p class="soft">{_text(view.subject_line(report))}</p>
<ol class="ladder" aria-label="levels">{steps}</ol>
<p class="line"><strong>{_text(badge(report))}</strong></p>
{_big(report)}
</header>"""


def _big(report: Report) -> str:
    """The figures that one looks for first."""
    metrics, cards = report.metrics, list[tuple[str, str, str]]()
    for key, name in (("fpr", "false positives"), ("fnr", "false negatives")):
        rate: Mapping[str, Any] = metrics.get(key) or {}
        if rate.get("n"):
            low, high = rate["interval"]
            note = f"{rate['failures']} of {rate['n']}, 95 %: {view.percent(low)} – {view.percent(high)}"
            cards.append((name, view.percent(rate["rate"]), note))
    count = attacks(report.results)
    if count["tried"]:
        cards.append(("attacks paid", f"{count['paid']} of {count['tried']}", "families of templates"))
    if metrics.get("hrs") is not None:
        cards.append(("hack resistance", f"{metrics['hrs']:.3f}", "1: no attack is ever paid"))
    items = (
        f'<div class="card"><div class="name">{_text(name)}</div><div class="value">{_text(value)}</div>'
        f'<div class="soft">{_text(note)}</div></div>'
        for name, value, note in cards
    )
    return f'<div class="big">{"".join(items)}</div>' if cards else ""


def _failed(report: Report) -> str:
    failed = view.worst_first(report)
    if report.inconclusive:
        return f'<h2>Nothing is proven</h2><p class="missing">{_text(report.inconclusive)}</p>' + "".join(
            _failure(report, result) for result in failed
        )
    if not failed:
        return '<h2>What failed</h2><p class="missing">Nothing.</p>'
    return f"<h2>What failed ({len(failed)})</h2>" + "".join(_failure(report, result) for result in failed)


def _failure(report: Report, result: Result) -> str:
    pill = ""
    if result.severity is not None:
        pill = f' <span class="pill bad">S{int(result.severity)} {view.SEVERITIES[result.severity]}</span>'
    facts = [
        view.tried(result),
        f"worst template: {result.template}" if result.template else "",
        view.note(result),
    ]
    notes = "".join(f'<p class="soft">{_text(fact)}</p>' for fact in facts if fact)
    witness = "" if result.witness is None else _witness(result.witness, view.reproduce(report, result))
    title = f"<h3>{_text(result.id)} · {_text(result.title)}{pill}</h3>"
    return f'<article class="card failed">{title}{notes}{witness}</article>'


def _witness(witness: Witness, command: str) -> str:
    rows = [
        ("completion", _block(witness.completion)),
        ("reference", _block(value_text(witness.reference))),
        ("expected", _text(witness.expected)),
        ("got", _text(witness.got)),
        *((_text(key), _block(value_text(value))) for key, value in witness.fields.items()),
        ("reproduce", f"<code>{_text(command)}</code>"),
    ]
    if witness.prompt:
        rows.insert(0, ("prompt", _block(value_text(witness.prompt))))
    return f'<dl class="witness">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)}</dl>'


def _attacks(report: Report) -> str:
    ungraded = (Outcome.SKIPPED, Outcome.REPORTED)
    tried = [r for r in report.results if r.group is Group.ATTACK and r.outcome not in ungraded and r.n]
    tried.sort(key=lambda r: -r.failures / r.n)
    rows = [
        (
            f'<span class="key">{_text(r.id)}</span>',
            f'<span class="claim">{_text(r.title)}</span>',
            f"S{int(r.severity)}" if r.severity is not None else "–",
            f'<span class="wide">{_bar(r.failures / r.n)}</span> {r.failures}/{r.n}',
            _text(view.percent(r.interval[1]) if r.interval else "–"),
            f'<span class="claim">{_text(r.template)}</span>' if r.template else "",
        )
        for r in tried
    ]
    if not rows:
        return ""
    head = ("family", "claim", "severity", "paid", "at most", "worst template")
    return f"<h2>Attacks</h2>{_table(head, rows, numeric=(3, 4))}"


def _figures(report: Report) -> str:
    rows = [(_text(name), _text(value)) for name, value in view.figures(report)]
    if not rows:
        return ""
    return f'<h2>Figures</h2>{_table((), rows)}<p class="soft">{_text(report.metrics.get("note", ""))}</p>'


def _waivers(report: Report) -> str:
    if not report.waivers:
        return ""
    rows = [
        tuple(_text(waiver.get(key, "")) for key in ("check", "reason", "until")) for waiver in report.waivers
    ]
    return f"<h2>Waivers</h2>{_table(('check', 'reason', 'until'), rows)}"


def _checks(report: Report) -> str:
    parts: list[str] = []
    for group, counter in view.counts(report).items():
        rows = [
            (
                f'<span class="key">{_text(r.id)}</span>',
                f'<span class="claim">{_text(r.title)}</span>',
                f'<span class="{_COLOURS.get(r.outcome, "soft")}">{r.outcome.value}</span>',
                _text(f"{r.failures}/{r.n}" if r.n and r.outcome is not Outcome.REPORTED else "–"),
                f'<span class="claim">{_text(_note(r))}</span>',
            )
            for r in report.results
            if r.group is group
        ]
        summary = ", ".join(f"{count} {outcome.value}" for outcome, count in counter.items())
        head = ("check", "claim", "outcome", "failures", "notes")
        table = _table(head, rows, numeric=(3,))
        parts.append(f"<details><summary>{group.value}: {summary}</summary>{table}</details>")
    return f"<h2>All checks</h2>{''.join(parts)}"


def _note(result: Result) -> str:
    """Message and figures; those with an inner structure are for the machine-readable formats."""
    flat = {key: value for key, value in result.figures.items() if isinstance(value, str | int | float)}
    figures = ", ".join(f"{key.replace('_', ' ')} {value_text(value)}" for key, value in flat.items())
    return ". ".join(part for part in (view.note(result).rstrip("."), figures) if part)


def _footer(report: Report) -> str:
    facts = [f"suite {report.suite_version}", f"seed {report.seed}", f"{report.seconds:.1f} s"]
    facts += [f"{key} {value_text(value)}" for key, value in report.environment.items()]
    facts += [f"corpus {report.corpus[:16]}"] if report.corpus else []
    return f"<footer><p>{_text(' · '.join(facts))}</p></footer>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = ()) -> str:
    """Cells are HTML already."""

    def cells(values: Sequence[str], tag: str) -> str:
        starts = (f'<{tag} class="num">' if index in numeric else f"<{tag}>" for index in range(len(values)))
        return "".join(f"{start}{value}</{tag}>" for start, value in zip(starts, values, strict=True))

    top = f"<thead><tr>{cells(head, 'th')}</tr></thead>" if head else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="scroll"><table>{top}<tbody>{body}</tbody></table></div>'


def _bar(share: float) -> str:
    return f'<span class="bar" style="width:{max(share * 60, 2):.0f}px"></span>' if share else ""


def _block(text: str) -> str:
    return f"<pre>{escape(readable(shorten(text, 10_000))) or '(empty)'}</pre>"


def _text(value: Any) -> str:
    return escape(visible(value if isinstance(value, str) else str(value)))
