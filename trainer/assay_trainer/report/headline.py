"""What a run came to: accuracy before and after, with what it took."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from assay_trainer.report.folder import Row, RunFolder, mapping, named_k, number
from assay_trainer.report.formats import interval, percent

MODEL_KEYS = ("model", "model_name_or_path", "model_name", "model_id", "policy")
"""Where settings.json may name the model, in order of preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """One measure of accuracy before and after training."""

    name: str
    """``pass@1`` or, say, ``cons@16``."""
    before: float | None
    """In [0, 1]; None: not measured."""
    after: float | None
    """In [0, 1]; None: not measured."""
    before_interval: tuple[float, float] | None
    after_interval: tuple[float, float] | None

    @property
    def change(self) -> float | None:
        """After minus before, in [-1, 1]; None when either is missing."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def overlap(self) -> bool | None:
        """Whether the two intervals overlap; None when either is missing."""
        if self.before_interval is None or self.after_interval is None:
            return None
        (low, high), (later_low, later_high) = self.before_interval, self.after_interval
        return low <= later_high and later_low <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first lines of a report."""

    accuracies: tuple[Accuracy, ...]
    """pass@1, then cons@k if it was measured."""
    finished: bool
    """False: "after" is the last evaluation so far."""
    seconds: float | None
    """Wall-clock time of the run."""
    peak_rss_mb: float | None
    """Peak resident memory, in MB as the run wrote it."""
    seed: str | None
    model: str | None
    steps: int | None
    """The last logged training step."""
    problems: int | None
    """How many problems an evaluation has."""
    k: int | None
    """Completions sampled per problem."""


def headline(run: RunFolder) -> Headline:
    """Read the headline of `run` from its summary, and from its evaluations where that is silent."""
    summary, settings = run.summary or {}, run.settings or {}
    first, last = (run.evals[0], run.evals[-1]) if run.evals else ({}, {})
    k = last.get("k")
    before, after = (named_k(mapping(summary.get(stage)), k) for stage in ("before", "after"))
    if len(run.evals) == 1:  # it cannot be both: at step 0 nothing was trained yet
        first, last = (first, {}) if number(first.get("step")) == 0 else ({}, last)
    names = ["pass@1", *([found] if (found := cons_key(before, after, first, last)) else [])]
    steps = [step for row in (*run.metrics, *run.evals) if (step := number(row.get("step"))) is not None]
    seed = summary.get("seed", settings.get("seed"))
    model = next((settings[key] for key in MODEL_KEYS if settings.get(key)), None)
    return Headline(
        accuracies=tuple(_accuracy(name, before, after, first, last) for name in names),
        finished=run.finished,
        seconds=number(summary.get("seconds")),
        peak_rss_mb=number(summary.get("peak_rss_mb")),
        seed=None if seed is None else str(seed),
        model=None if model is None else str(model),
        steps=int(max(steps)) if steps else None,
        problems=_count(last.get("n", first.get("n"))),
        k=_count(last.get("k", first.get("k"))),
    )


def cons_key(*rows: Row) -> str | None:
    """Return the first ``cons@k`` key in `rows`; None when there is none."""
    return next((key for row in rows for key in row if re.fullmatch(r"cons@(\d+|k)", key)), None)


def bounds(row: Row, name: str) -> tuple[float, float] | None:
    """Return the interval of measure `name` in `row` as (low, high); None when it has none."""
    found = row.get(f"{name}_ci")
    ends = [number(end) for end in cast("list[Any]", found)] if isinstance(found, list) else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


def sentence(accuracy: Accuracy) -> str:
    """Say in words what became of `accuracy`, and whether its intervals allow the claim."""
    change = accuracy.change
    if change is None:
        return f"{accuracy.name} was not measured both before and after training."
    points = f"{abs(change) * 100:.1f} percentage points"
    verb = "rose by " + points if change > 0 else "fell by " + points if change < 0 else "did not change"
    spans = f"from {percent(accuracy.before)} to {percent(accuracy.after)}"
    text = f"{accuracy.name} {verb}, {spans}." if change else f"{accuracy.name} {verb}."
    if accuracy.overlap:
        text += (
            f" The intervals overlap ({interval(accuracy.before_interval)} and "
            f"{interval(accuracy.after_interval)}): the evaluation is too small to be sure of a change."
        )
    return text


def _accuracy(name: str, before: Row, after: Row, first: Row, last: Row) -> Accuracy:
    start, start_interval = _measured(name, before, first)
    end, end_interval = _measured(name, after, last)
    return Accuracy(
        name=name, before=start, after=end, before_interval=start_interval, after_interval=end_interval
    )


def _measured(name: str, summary: Row, evaluation: Row) -> tuple[float | None, tuple[float, float] | None]:
    """Prefer the summary's value; take the evaluation's interval only when it is of the same value."""
    evaluated, stated = number(evaluation.get(name)), number(summary.get(name))
    if stated is None:
        return evaluated, bounds(evaluation, name)
    own = bounds(summary, name)
    if own is None and evaluated is not None and abs(evaluated - stated) < 1e-6:
        own = bounds(evaluation, name)
    return stated, own


def _count(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
