"""The end of a run in the terminal: a short table, before and after."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay_trainer.report.folder import read_run
from assay_trainer.report.formats import NONE, duration, interval, percent
from assay_trainer.report.headline import headline


def print_summary(run: Path, console: Console | None = None) -> None:
    """Print accuracy before and after training, and what the run took.

    Args:
        run: The run folder; missing files leave gaps in the table.
        console: Where to print. None: standard output.

    Raises:
        DataError: when `run` is not a folder.
    """
    head = headline(read_run(run))
    table = Table(caption_justify="left")
    table.add_column("")
    for column in ("before", "after", "change"):
        table.add_column(column, justify="right")
    for row in head.accuracies:
        change = NONE if row.change is None else f"{row.change * 100:+.1f} points"
        before, after = percent(row.before), percent(row.after)
        # Text, not markup: names come from files, and a bracket in one must not be read as a style.
        table.add_row(
            Text(row.name),
            _with_interval(before, interval(row.before_interval)),
            _with_interval(after, interval(row.after_interval)),
            Text(change),
        )
    memory = NONE if head.peak_rss_mb is None else f"{head.peak_rss_mb:,.0f} MB"
    facts = [("time", duration(head.seconds)), ("peak memory", memory), ("seed", head.seed or NONE)]
    out = console or Console()
    out.print(table)
    out.print(Text(", ".join(f"{name} {value}" for name, value in facts)))
    if not head.finished:
        out.print(Text("The run stopped before its end: “after” is its last evaluation."))


def _with_interval(value: str, span: str) -> Text:
    return Text(value) if not span else Text.assemble(value, (f"\n{span}", "dim"))
