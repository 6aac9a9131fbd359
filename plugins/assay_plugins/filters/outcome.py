"""Filters by how a rollout ended: cut off, blank, over-long, wrong."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from assay import Cost, Example, RolloutFilterSpec, Sample
from assay.sections import visible_characters
from assay_plugins.filters.each import Each, Options


class OverlongOptions(Options):
    """Options of `filters.overlong`; named as those of `length.cosine`."""

    max_length: int = Field(gt=0, description="Longest completion that is kept, in `unit`.")
    unit: Literal["tokens", "characters"] = Field(
        default="tokens",
        description="What lengths are counted in. A rollout of unknown token count is kept.",
    )

    def is_over(self, sample: Sample) -> bool:
        """Tell whether a completion is longer; False when its token count is needed and not known."""
        length = sample.tokens if self.unit == "tokens" else len(sample.completion)
        return length is not None and length > self.max_length


def build_truncated() -> Each:
    """Build `filters.truncated`."""
    return Each(lambda sample: "truncated" if sample.truncated else None)


def build_empty() -> Each:
    """Build `filters.empty`."""
    return Each(lambda sample: None if visible_characters(sample.completion, 1) else "empty")


def build_overlong(**options: Any) -> Each:
    """Build `filters.overlong`."""
    is_over = OverlongOptions(**options).is_over
    return Each(lambda sample: "over-long" if is_over(sample) else None)


def build_wrong() -> Each:
    """Build `filters.wrong`."""
    return Each(lambda sample: {True: None, False: "wrong", None: "not judged"}[sample.right])


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

OVERLONG = RolloutFilterSpec(
    name="overlong",
    summary="drops completions that are longer than a limit, also those that ended by themselves",
    factory=build_overlong,
    options=OverlongOptions,
    reads=("completion", "tokens"),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="2 + 2?",
            good=("4", "It is four, as everybody knows."),
            bad=("Well, let me count on my fingers: one, two, three, four. It is 4.",),
            options={"max_length": 40, "unit": "characters"},
        ),
        Example(
            prompt="二加二等于几？",
            good=("四", "四" * 40),
            bad=("四" * 41, " " * 50),
            options={"max_length": 40, "unit": "characters"},
            note="at the limit is within it; blanks count",
        ),
        Example(
            prompt="2 + 2?",
            good=("4", ""),
            bad=(),
            fields={"tokens": 900},
            options={"max_length": 40, "unit": "characters"},
            note="only the unit counts",
        ),
        Example(
            prompt="2 + 2?",
            good=("It is four.",),
            bad=(),
            fields={"tokens": 40},
            options={"max_length": 40},
        ),
        Example(
            prompt="2 + 2?", good=(), bad=("It is four.",), fields={"tokens": 41}, options={"max_length": 40}
        ),
    ),
)

WRONG = RolloutFilterSpec(
    name="wrong",
    summary="drops rollouts whose answer was not called right: rejection sampling keeps only correct ones",
    factory=build_wrong,
    reads=("right",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(prompt="2 + 2?", reference="4", good=("4", ""), bad=(), fields={"right": True}),
        Example(prompt="2 + 2?", reference="4", good=(), bad=("5", "4"), fields={"right": False}),
        Example(
            prompt="2 + 2?",
            good=(),
            bad=("4", "It is four."),
            fields={"right": None},
            note="nobody can tell: no reference, or a fault",
        ),
    ),
)
