"""Rollout filters: which completions are not worth scoring, or would teach the wrong thing.

A dropped rollout gets advantage 0, so dropping also *spares* it a low reward: `truncated` is meant to
(a cut-off answer is not a wrong one, RVH-N04); use `empty` where a blank completion is an accident of
sampling, and leave it out where the policy could make a habit of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assay import KEEP, Cost, Decision, Example, RolloutFilterSpec, Sample, drop, hookimpl
from assay.sections import visible_characters


@dataclass(frozen=True, slots=True)
class DropIf:
    """Drops the rollouts of which a predicate is true, with one fixed reason."""

    predicate: Callable[[Sample], bool]
    reason: str

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge each sample by itself; same length and order."""
        return [drop(self.reason) if self.predicate(sample) else KEEP for sample in samples]


def is_truncated(sample: Sample) -> bool:
    """Tell whether generation stopped at the length limit."""
    return sample.truncated


def is_blank(sample: Sample) -> bool:
    """Tell whether a reader would see nothing."""
    return visible_characters(sample.completion, 1) == 0


def build_truncated() -> DropIf:
    """Build `filters.truncated`."""
    return DropIf(is_truncated, "truncated")


def build_empty() -> DropIf:
    """Build `filters.empty`."""
    return DropIf(is_blank, "empty")


TRUNCATED = RolloutFilterSpec(
    name="truncated",
    summary="drops completions cut off at the length limit (DAPO's overlong filtering)",
    factory=build_truncated,
    reads=("truncated",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(prompt="2 + 2?", good=("4", ""), bad=(), note="what ended by itself is kept"),
        Example(
            prompt="2 + 2?",
            good=(),
            bad=("The answer is", "4", ""),
            fields={"truncated": True},
            note="what was cut off is dropped, whatever it says",
        ),
        Example(prompt="2 + 2?", good=("truncated", "The answer is"), bad=(), note="its text says nothing"),
    ),
)

EMPTY = RolloutFilterSpec(
    name="empty",
    summary="drops completions in which nothing is visible",
    factory=build_empty,
    reads=("completion",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(good=("4", "."), bad=("", " \n\t", "\u200b"), note="good is kept, bad is dropped"),
        Example(
            prompt="2 + 2?",
            good=("<think></think>", "\\boxed{}"),
            bad=("\x00\x1b", "\u3164"),
            note="tags show",
        ),
        Example(
            prompt="你好", good=("好", "\u200b好"), bad=("\u3000", "\ufeff\u2060\u202e"), note="in any script"
        ),
    ),
)


@hookimpl
def register_rollout_filters() -> Iterable[RolloutFilterSpec]:
    """Offer both."""
    return (TRUNCATED, EMPTY)
