"""Rewards that depend on the length of a completion.

A length term added to a correctness reward is easily compensated by the policy (RVH-N08): prefer
`soft_overlong`, which is silent until the budget runs out, or put the stack behind a gate. With their
defaults both are never raised by making a completion longer, so padding cannot pay (RVH-N05).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import Check, Cost, Example, Isolation, RewardSpec, hookimpl
from assay_plugins.length.shaping import Cosine, CosineOptions, SoftOverlong, SoftOverlongOptions


def build_cosine(**options: Any) -> Check:
    """Build `length.cosine`."""
    return Cosine(CosineOptions(**options))


def build_soft_overlong(**options: Any) -> Check:
    """Build `length.soft_overlong`."""
    return SoftOverlong(SoftOverlongOptions(**options))


COSINE = RewardSpec(
    name="cosine",
    summary="right answers earn more when short, on a cosine schedule; abstains without a verdict",
    factory=build_cosine,
    options=CosineOptions,
    reads=("completion", "tokens", "right"),
    range=(-1.0, 1.0),
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="What is 2 + 2?",
            reference="4",
            good=("4",),
            bad=("Two and two, counted on the fingers of one hand, make 4",),
            fields={"right": True},
            options={"max_length": 100, "unit": "characters"},
            note="short before long",
        ),
        Example(
            prompt="What is 2 + 2?",
            reference="4",
            good=("Well, let me count on my fingers: one, two, three, 4",),
            bad=("Well, let me count on my fingers: one, two, three, 4. Again: one, two, three, 4",),
            fields={"right": True},
            options={"max_length": 100, "unit": "characters"},
            note="repeating it costs",
        ),
        Example(
            prompt="What is 2 + 2?",
            reference="4",
            good=("4",),
            bad=("4" + "\n" * 50,),
            fields={"right": True},
            options={"max_length": 100, "unit": "characters"},
            note="padding costs",
        ),
    ),
)

SOFT_OVERLONG = RewardSpec(
    name="soft_overlong",
    summary="0 while the completion keeps to its budget, then linear down to -1 (DAPO equation 13)",
    factory=build_soft_overlong,
    options=SoftOverlongOptions,
    reads=("completion", "tokens"),
    range=(-1.0, 0.0),
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="Count.",
            good=("one, two, three",),
            bad=("one, two, three, four, five, six",),
            options={"max_completion_length": 40, "cache": 20, "unit": "characters"},
            note="on the ramp",
        ),
        Example(
            prompt="Count.",
            good=("", "one", "one, two, three"),
            bad=("one, two, three, four, five, six, seven, eight, nine",),
            options={"max_completion_length": 40, "cache": 20, "unit": "characters"},
            note="past the limit",
        ),
        Example(
            prompt="Count.",
            good=("one",),
            bad=("one" + " " * 60,),
            options={"max_completion_length": 40, "cache": 20, "unit": "characters"},
            note="padding is length",
        ),
    ),
)


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer both."""
    return (COSINE, SOFT_OVERLONG)
