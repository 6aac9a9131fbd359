"""A filter for chains of thought that mix languages: R1 left them out of its reasoning samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assay import KEEP, Cost, Decision, Example, RolloutFilterSpec, Sample, drop
from assay.sections import thoughts
from assay_plugins.language.lexicon import lexicon
from assay_plugins.language.share import main_share


class MixedOptions(BaseModel):
    """Options of `language.mixed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_other: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Largest share of words in other languages than the main one that is kept.",
    )
    min_words: int = Field(default=10, ge=1, description="Words below which nobody can tell; kept.")


@dataclass(frozen=True, slots=True)
class Mixed:
    """Drops chains of thought of which too much is in another language than most of it."""

    options: MixedOptions

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge each sample by itself; same length and order."""
        return [drop("mixed languages") if self._is_mixed(sample) else KEEP for sample in samples]

    def _is_mixed(self, sample: Sample) -> bool:
        found = main_share(thoughts(sample.completion))
        if found is None:
            return False
        _, words = found
        enough = words.total >= self.options.min_words
        return enough and words.other > self.options.max_other * words.total


def build_mixed(**options: Any) -> Mixed:
    """Build `language.mixed`. Reads the word lists of the Latin script, about a second.

    Raises:
        MissingDependencyError: the word lists are not installed.
    """
    lexicon("latin")
    return Mixed(MixedOptions(**options))


MIXED = RolloutFilterSpec(
    name="mixed",
    summary="drops chains of thought that mix languages",
    factory=build_mixed,
    options=MixedOptions,
    reads=("completion",),
    cost=Cost.MILLISECONDS,
    extra="language",
    examples=(
        Example(
            prompt="2 + 2?",
            good=(
                "<think>First we look at the two numbers, and then we add the second one to the first. "
                "The result is the answer that was asked for.</think>4",
                "4",
            ),
            bad=(
                "<think>First we look at the two numbers, and then we add the second one to the first. "
                "然后我们再检查一遍结果是不是正确，因为我们不想犯任何错误。</think>4",
            ),
        ),
        Example(
            prompt="二加二等于几？",
            good=(
                "<think>我们先看这两个数字，然后把第二个数字加到第一个数字上，得到的结果就是答案。</think>四",
            ),
            bad=(
                "<think>我们先看这两个数字，然后把第二个数字加到第一个数字上。"
                "Then we check the result once more, because we do not want to make any mistake.</think>四",
            ),
        ),
        Example(
            prompt="Сколько будет 2 + 2?",
            good=(
                "<think>Сначала посмотрим на оба числа, а потом прибавим второе число к первому: "
                "$2 + 2 = 4$.</think>4",
            ),
            bad=(
                "<think>Сначала посмотрим на оба числа, а потом прибавим второе число к первому. "
                "Then we check the result once more, because we do not want to make any mistake.</think>4",
            ),
            note="mathematics is of no language",
        ),
    ),
)
