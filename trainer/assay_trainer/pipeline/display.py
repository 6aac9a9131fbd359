"""A pipeline at work, on the terminal: a bar for each running stage, a line for each that ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from assay_trainer.display import figures, progress_bars
from assay_trainer.pipeline.plan import Step
from assay_trainer.pipeline.run import State
from assay_trainer.report.formats import duration


class Display:
    """Shows `run` at work; a context manager. Writes to stderr."""

    def __init__(self, plan: Sequence[Step]) -> None:
        """Prepare; nothing is shown before it is entered."""
        self._width = max(len(step.name) for step in plan)
        self._progress = progress_bars()
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Start the bars."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bars away; the lines remain."""
        self._progress.stop()

    def __call__(self, step: Step, state: State, seconds: float) -> None:
        """Show where a stage is."""
        if state == "running":
            done, total = step.progress or (0, None)
            if step.name not in self._tasks:
                self._tasks[step.name] = self._progress.add_task(step.name, total=total, note="")
            self._progress.update(self._tasks[step.name], completed=done, total=total)
            return
        if step.name in self._tasks:
            self._progress.remove_task(self._tasks.pop(step.name))
        took = duration(seconds) if seconds else "before"
        line = f"{step.name:{self._width}}  {state:6}  {took:>12}  {told(step.outcome)}"
        self._progress.console.print(line.rstrip(), highlight=False, soft_wrap=True)


def told(outcome: dict[str, Any] | None) -> str:
    """A stage's result in a few words; empty when there is nothing to tell."""
    if outcome is None:
        return ""
    result: dict[str, Any] = outcome["result"]
    row: Any = result.get("after") or result
    if isinstance(row, dict) and "pass@1" in row:
        return figures(row)
    if "kept" in result and "drawn" in result:
        return f"{result['kept']} of {result['drawn']} completions kept"
    return ""
