"""R1-Zero's own observations: do reflection words help, and are languages mixed? Beside the base model.

Of a batch of judged completions three shares are logged: s that reflect, and how many are right among
those, r, and among the others, p. So s·r / (s·r + (1−s)·p) of the right ones reflect; likewise of the wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay_trainer.report import formats
from assay_trainer.report.curves import Figure, figure, points
from assay_trainer.report.figures import Axes, Point, Series
from assay_trainer.report.folder import Row, RunFolder, number
from assay_trainer.report.formats import percent, plain

SHARE, RIGHT, PLAIN_RIGHT = "reflection/share", "reflection/right_share", "reflection/plain_right_share"
MIXING = "language/mixing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Reflection in some completions; each in [0, 1], None where there is nothing to take a share of."""

    share: float | None
    """Completions with reflection words."""
    right: float | None
    """Right ones among those."""
    plain_right: float | None
    """Right ones among the others."""
    among_right: float | None
    """Completions with reflection words among the right ones."""
    among_wrong: float | None
    """Completions with reflection words among the wrong ones."""


@dataclass(frozen=True, slots=True)
class Before:
    """Rates of the model that training began with, and where they are from."""

    rates: Rates
    source: str


def rates_of(row: Row) -> Rates:
    """Read the shares of one line of metrics.jsonl or evals.jsonl."""
    share, right, plain = (number(row.get(key)) for key in (SHARE, RIGHT, PLAIN_RIGHT))
    among_right = among_wrong = None
    if share is not None and (right is not None or share == 0) and (plain is not None or share == 1):
        both, others = share * (right or 0.0), (1 - share) * (plain or 0.0)
        if both + others > 0:
            among_right = both / (both + others)
        if both + others < 1 - 1e-9:
            among_wrong = (share - both) / (1 - both - others)
    return Rates(
        share=share, right=right, plain_right=plain, among_right=among_right, among_wrong=among_wrong
    )


def base_rates(run: RunFolder) -> Before | None:
    """The base model's: of the evaluation before training, else of the first batch, which it has drawn."""
    if run.evals and number(run.evals[0].get("step")) == 0 and number(run.evals[0].get(SHARE)) is not None:
        return Before(rates_of(run.evals[0]), "first evaluation")
    if run.metrics and number(run.metrics[0].get("step")) == 1 and SHARE in run.metrics[0]:
        return Before(rates_of(run.metrics[0]), "first batch")
    return None


def reflection(run: RunFolder) -> Figure | None:
    """The share of completions with reflection words, and the base model's."""
    training, evaluated, before = points(run.metrics, SHARE), points(run.evals, SHARE), base_rates(run)
    series = [
        Series(name="training rollouts", points=training, style=0),
        Series(name="evaluation", points=evaluated, style=1),
    ]
    steps = [step for step, _ in (*training, *evaluated)]
    if before and before.rates.share is not None and max(steps) > min(steps):
        level = before.rates.share
        series.append(
            Series(
                name="before training", points=((min(steps), level), (max(steps), level)), style=5, plain=True
            )
        )
    caption = "Share of completions with words such as “wait” or “let me check”."
    return figure("Reflection words", series, _shares(), caption)


def reflection_right(run: RunFolder) -> Figure | None:
    """How often rollouts with reflection words were right, beside those without."""
    names = {"with reflection words": RIGHT, "without": PLAIN_RIGHT}
    series = [
        Series(name=name, points=points(run.metrics, key), style=style)
        for style, (name, key) in enumerate(names.items())
    ]
    caption = "Share judged right among rollouts with and without reflection words."
    return figure("Did reflection lead to a right answer?", series, _shares(), caption)


def reflection_outcome(run: RunFolder) -> Figure | None:
    """Reflection words in right rollouts, beside wrong ones."""
    found = [(number(row.get("step")), rates_of(row)) for row in run.metrics]
    right = _points([(step, rates.among_right) for step, rates in found])
    wrong = _points([(step, rates.among_wrong) for step, rates in found])
    series = [
        Series(name="right rollouts", points=right, style=2),
        Series(name="wrong rollouts", points=wrong, style=1),
    ]
    caption = "Share with reflection words among right and among wrong rollouts."
    return figure("Reflection words by outcome", series, _shares(), caption)


def reflection_table(run: RunFolder) -> list[tuple[str, ...]]:
    """Rows (what, before training, after it); empty when the evaluations do not tell."""
    before = base_rates(run)
    rows = [row for row in run.evals if number(row.get(SHARE)) is not None]
    if before is None or not rows or number(rows[-1].get("step")) == 0:
        return []
    first, last = before.rates, rates_of(rows[-1])
    return [
        ("with reflection words", percent(first.share), percent(last.share)),
        ("… among the right ones", percent(first.among_right), percent(last.among_right)),
        ("… among the wrong ones", percent(first.among_wrong), percent(last.among_wrong)),
        ("right, of those with reflection words", percent(first.right), percent(last.right)),
        ("right, of those without", percent(first.plain_right), percent(last.plain_right)),
    ]


def reflection_sentence(run: RunFolder) -> str:
    """Compare rollouts with and without reflection words late in training; empty when not logged."""
    late = run.metrics[-max(1, len(run.metrics) // 10) :]
    both = [
        (reflecting, plain)
        for row in late
        if (reflecting := number(row.get(RIGHT))) is not None
        and (plain := number(row.get(PLAIN_RIGHT))) is not None
    ]
    text, before = "", base_rates(run)
    if before is not None and before.rates.share is not None:
        text = f"Before training the model wrote reflection words in {percent(before.rates.share)} of its "
        text += f"completions ({before.source}): only what is beyond that can be owed to training. "
    if not both:
        return text.strip()
    reflecting, plain = (percent(sum(values) / len(both)) for values in zip(*both, strict=True))
    return (
        f"{text}Late in training (mean of {len(both)} logged steps), rollouts with reflection words were "
        f"right {reflecting} of the time, those without {plain}. Prompts that provoke reflection may be "
        "easier or harder than others, so the gap alone shows no cause."
    )


def mixing(run: RunFolder) -> Figure | None:
    """The share of words of the reasoning that are not in the asker's language."""
    series = [Series(name="evaluation", points=points(run.evals, MIXING))]
    axes = Axes(show=formats.percent_tick, least=0, most=1)
    caption = (
        "Share of words of the reasoning that are not in the asker's language, on the evaluation problems."
    )
    return figure("Language mixing", series, axes, caption)


def mixing_sentence(run: RunFolder) -> str:
    """Say what became of language mixing; empty when it was not measured twice."""
    found = points(run.evals, MIXING)
    if len(found) < 2:
        return ""
    (_, first), (_, last) = found[0], found[-1]
    change = ""
    if first and last != first:
        change = f", {abs(last / first - 1):.0%} {'less' if last < first else 'more'}"
    counts = [number(row.get("language/completions")) for row in (run.evals[0], run.evals[-1])]
    of = "" if None in counts else f" ({plain(counts[0])} and {plain(counts[1])} completions)"
    return (
        f"In the first evaluation {percent(first)} of the words of the reasoning were not in the asker's "
        f"language, in the last {percent(last)}{change}. Only completions with words of reasoning count{of}."
    )


def _points(found: Sequence[tuple[float | None, float | None]]) -> tuple[Point, ...]:
    return tuple((step, value) for step, value in found if step is not None and value is not None)


def _shares() -> Axes:
    return Axes(show=formats.percent_tick, least=0, most=1, smooth=True)
