"""A penalty for completions that repeat themselves (RVH-N03)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import Check, Cost, Example, Isolation, RewardSpec, hookimpl
from assay_plugins.repetition.ngrams import NgramOptions, NgramPenalty


def build_ngram(**options: Any) -> Check:
    """Build `repetition.ngram`."""
    return NgramPenalty(NgramOptions(**options))


NGRAM = RewardSpec(
    name="ngram",
    summary="0 when no n-gram repeats, towards -1 the more of them do",
    factory=build_ngram,
    options=NgramOptions,
    range=(-1.0, 0.0),
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="What is 2 + 2?",
            good=("Two and two make four, since counting on by two from two gives four.", "4"),
            bad=("Wait, let me check. Wait, let me check. Wait, let me check. Wait, let me check.",),
        ),
        Example(
            prompt="二加二等于几？",
            good=("二加二，从二往后数两个数，得到四。",),
            bad=("让我再想一想。让我再想一想。让我再想一想。",),
            note="a script without spaces",
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("It is 4.",),
            bad=("ha" * 200, "4 " * 50, "!" * 100),
            note="one word without end, one number, one mark",
        ),
    ),
)


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the n-gram penalty."""
    return (NGRAM,)
