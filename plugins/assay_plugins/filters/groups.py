"""Filters that compare the rollouts of a group, which is all completions of one prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from assay import KEEP, Cost, Decision, Example, RolloutFilterSpec, Sample, drop
from assay_plugins.filters.each import Options

EQUAL = 1e-9
"""Rewards that differ by less are equal: sums of the same parts may differ in the last bit."""

_BETWEEN = re.compile(r"[<>.,;:!?…。，、；：！？।؟،\n]+\s*")
"""What ends a phrase, in any script, and tags: it needs no words, which Chinese or Thai do not mark."""


class NearDuplicateOptions(Options):
    """Options of `filters.near_duplicate`; the default threshold is that of arXiv 2107.06499."""

    similarity: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Jaccard index of two completions' sets of phrases from which on they are the same.",
    )


def groups_of(samples: Sequence[Sample]) -> list[list[int]]:
    """Return the rows of each prompt, in order."""
    rows: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        key = sample.prompt if isinstance(sample.prompt, str) else repr(sample.prompt)
        rows.setdefault(key, []).append(index)
    return list(rows.values())


def phrases(text: str) -> frozenset[str]:
    """Return what stands between marks of punctuation and line ends, case aside; of only marks, the text.

    One changed word changes one phrase, as it changes one in n of a text's n-grams; and there are fewer.
    """
    found = frozenset(_BETWEEN.split(text.lower().strip())) - {""}
    return found or frozenset([text])


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Drops each completion of a group after the first of the same text."""

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge N samples; N decisions in order."""
        decisions = [KEEP] * len(samples)
        for rows in groups_of(samples):
            seen: set[str] = set()
            for row in rows:
                text = samples[row].completion
                if text in seen:
                    decisions[row] = drop("duplicate")
                seen.add(text)
        return decisions


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Keeps, of the completions of a group that are much alike, one.

    Which one depends on the texts alone, not on their order: alphabetically the first. A text is held
    against those that are kept, so a chain of small changes does not make its ends the same.
    """

    similarity: float

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge N samples; N decisions in order."""
        decisions = [KEEP] * len(samples)
        for rows in groups_of(samples):
            kept: list[frozenset[str]] = []
            for row in sorted(rows, key=lambda row: samples[row].completion):
                own = phrases(samples[row].completion)
                if any(self._alike(own, other) for other in kept):
                    decisions[row] = drop("near-duplicate")
                else:
                    kept.append(own)
        return decisions

    def _alike(self, a: frozenset[str], b: frozenset[str]) -> bool:
        shared = len(a & b)
        return shared >= self.similarity * (len(a) + len(b) - shared)


@dataclass(frozen=True, slots=True)
class ZeroVariance:
    """Drops the rollouts of a group whose rewards are all the same; one without a reward does not count."""

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge N samples; N decisions in order."""
        decisions = [KEEP] * len(samples)
        for rows in groups_of(samples):
            rewards = {row: reward for row in rows if (reward := samples[row].reward) is not None}
            if rewards and max(rewards.values()) - min(rewards.values()) < EQUAL:
                for row in rewards:
                    decisions[row] = drop("equal rewards")
        return decisions


def build_duplicate() -> Duplicate:
    """Build `filters.duplicate`."""
    return Duplicate()


def build_near_duplicate(**options: Any) -> NearDuplicate:
    """Build `filters.near_duplicate`."""
    return NearDuplicate(NearDuplicateOptions(**options).similarity)


def build_zero_variance() -> ZeroVariance:
    """Build `filters.zero_variance`."""
    return ZeroVariance()


DUPLICATE = RolloutFilterSpec(
    name="duplicate",
    summary="drops completions of a prompt whose text another one has already",
    factory=build_duplicate,
    reads=("completion", "prompt"),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(prompt="2 + 2?", good=("4", "four"), bad=("4", "four"), note="the first is kept"),
        Example(prompt="3 + 1?", good=("4", "four", "Four"), bad=(), note="another prompt is another group"),
        Example(prompt="二加二？", good=("四", "四。", " 四"), bad=("四",), note="to the letter"),
    ),
)

_WAY = (
    "First we look at the two numbers that are given, and then we add the second one to the first. "
    "Two and two make four, which is easily checked by counting on the fingers of one hand: one, two, three."
)

NEAR_DUPLICATE = RolloutFilterSpec(
    name="near_duplicate",
    summary="keeps one of the completions of a prompt that have most of their phrases in common",
    factory=build_near_duplicate,
    options=NearDuplicateOptions,
    reads=("completion", "prompt"),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="2 + 2?",
            good=(
                _WAY,
                "Counting on from two by two gives three, then four. So the sum of both is four.",
                "4",
            ),
            bad=(f"{_WAY} ", f"{_WAY}\n4"),
            note="alphabetically the first is kept",
        ),
        Example(prompt="3 + 1?", good=(_WAY,), bad=(), note="another prompt is another group"),
        Example(
            prompt="二加二等于几？",
            good=("我们先看这两个数字，然后把第二个数字加到第一个数字上，得到的结果就是四。", "四"),
            bad=("我们先看这两个数字，然后把第二个数字加到第一个数字上，得到的结果就是四。\n",),
            note="a script without spaces",
        ),
    ),
)

ZERO_VARIANCE = RolloutFilterSpec(
    name="zero_variance",
    summary="drops groups whose rewards are all equal: they say nothing about what is better",
    factory=build_zero_variance,
    reads=("prompt", "reward"),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(prompt="2 + 2?", good=("4",), bad=(), fields={"reward": 1.0}),
        Example(prompt="2 + 2?", good=("5", "5"), bad=(), fields={"reward": 0.0}, note="of the same group"),
        Example(prompt="3 + 3?", good=(), bad=("6", "six"), fields={"reward": 1.0}, note="all earn the same"),
        Example(prompt="4 + 4?", good=("8",), bad=(), note="masked already"),
    ),
)
