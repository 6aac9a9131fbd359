"""Progress on the terminal: one bar, and one line per evaluation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from assay_trainer.progress import Progress as Report


def progress_bars() -> Progress:
    """Bars on stderr; nothing where that is no terminal."""
    columns = (
        TextColumn("{task.description:10}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def bar(what: str) -> Generator[Callable[[int, int], None]]:
    """Show one bar on stderr; yields a function of (done, total)."""
    with progress_bars() as progress:
        task = progress.add_task(what, total=None, note="")

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show


class TrainDisplay:
    """Shows `assay_trainer.grpo.train` at work; a context manager. Writes to stderr."""

    def __init__(self) -> None:
        """Prepare; nothing is shown before it is entered."""
        self._progress = progress_bars()
        self._tasks: dict[str, Any] = {}
        self._evaluated = ""

    def __enter__(self) -> Self:
        """Start the bar."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away; the lines remain."""
        self._progress.stop()

    def show(self, report: Report) -> None:
        """Show one report."""
        if report.stage == "save":
            return
        if report.stage not in self._tasks:
            name = {"model": "base model", "train": "training", "evaluate": "evaluating"}[report.stage]
            self._tasks[report.stage] = self._progress.add_task(name, total=report.total, note="")
        task = self._tasks[report.stage]
        note = f"{_note(report)}{self._evaluated}" if report.stage == "train" else _note(report)
        self._progress.update(task, completed=report.step, total=report.total, note=note)
        if report.stage != "train" and (
            report.metrics.get("step") is not None or report.step >= report.total
        ):
            self._progress.remove_task(self._tasks.pop(report.stage))
        if report.stage == "evaluate" and report.metrics:
            self._progress.console.print(
                f"step {report.metrics['step']:>5}  {figures(report.metrics)}",
                highlight=False,
                soft_wrap=True,
            )
            if report.metrics["pass@1"] is not None:
                self._evaluated = f"  pass@1 {report.metrics['pass@1']:.3f}"


def _note(report: Report) -> str:
    row = report.metrics
    parts: list[str] = []
    for key, label, form in (
        ("loss", "loss", ".2f") if report.stage == "model" else ("reward", "reward", ".3f"),
        ("assay/right/mean", "right", ".2f"),
        ("completions/mean_length", "length", ".0f"),
    ):
        if isinstance(row.get(key), int | float):
            parts.append(f"{label} {row[key]:{form}}")
    faults = sum(row.get(f"assay/faults/{kind}") or 0 for kind in ("checker_fault", "infra_fault"))
    return "  ".join([*parts, *([f"faults {faults:.0f}"] if faults else [])])


def figures(row: Any) -> str:
    """One line for people: ``pass@1 0.512 [0.47, 0.55]  cons@16 0.61 [0.54, 0.68]  n 200  …``."""
    parts = [
        f"{label} {row[key]:.3f} [{low:.3f}, {high:.3f}]"
        for key, label in measured(row, row["k"])
        if row[key] is not None
        for low, high in (row[f"{key}_ci"],)
    ]
    parts.append(f"{row['n']} questions")
    if "mean_tokens" in row:
        parts.append(f"{row['mean_tokens']:.0f} tokens")
        parts += [
            f"{row[key]} {text}"
            for key, text in (("abstained", "abstained"), ("reference_faults", "without a usable reference"),
                              ("faulted", "not judged (faults)"))
            if row[key]
        ]  # fmt: skip
        if row["truncated"]:
            parts.append(f"{row['truncated']:.0%} truncated")
    return "  ".join(parts)


def measured(row: Any, k: int) -> list[tuple[str, str]]:
    """The shares in a row of an evaluation, as (key, label for people): pass@1, pass@4, cons@16, …"""
    keys = [key.removesuffix("_ci") for key in row if key.endswith("_ci")]
    return [(key, key.replace("rerank", "reranked").replace("@k", f"@{k}")) for key in keys]


def told(row: Any) -> str:
    """A trained reward model for people: lengths, held-out accuracy, and what it makes of known pairs."""
    before, after, held = row["length"]["before"], row["length"]["after"], row["held_out"]
    low, high = held["interval"]
    lines = [
        f"{row['steps']} steps in {row['seconds']:.0f} s on {after['pairs']} of {before['pairs']} pairs"
        + (f"; {row['too_long']} more are too long" if row["too_long"] else ""),
        f"  the longer answer is the better one: {_share(before['longer_chosen'])} of pairs before "
        f"balancing, {_share(after['longer_chosen'])} after",
        f"  length tells the better one: correlation {_number(before['correlation'])} before, "
        f"{_number(after['correlation'])} after",
        f"  held out: {held['accuracy']:.1%} of {held['pairs']} pairs [{low:.1%}, {high:.1%}]; where the "
        f"longer is better {_share(held['where the longer is better'])}, where the shorter is "
        f"{_share(held['where the shorter is better'])}",
        "  order known by construction:",
    ]
    lines += [
        f"    {family}  {known['what']:26} {known['accuracy']:6.1%} of {known['pairs']}"
        for family, known in row["known"].items()
    ]
    return "\n".join([*lines, f"  model   {row['model']}"])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"
