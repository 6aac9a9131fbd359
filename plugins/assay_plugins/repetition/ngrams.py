"""The share of repeated n-grams, in any script and in linear time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from assay import Sample, Verdict

_LONGEST_WORD = 24
"""Longer runs of letters are cut, or else ``hahaha…`` would be one word, which repeats nothing."""

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Japanese syllables
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Chinese characters
)
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]{{1,{_LONGEST_WORD}}}|[^\w\s]")


class NgramOptions(BaseModel):
    """Options of `repetition.ngram`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(default=3, ge=1, le=20, description="Length of an n-gram, in words.")
    max_penalty: float = Field(
        default=-1.0, ge=-1, le=0, description="Approached when a completion repeats one n-gram for ever."
    )


def words(text: str) -> list[str]:
    """Split into words, in order and without case.

    A word is a run of letters or digits (at most 24), one character of a script that does not put
    spaces between words, or one punctuation mark or symbol. White space separates and is dropped.
    """
    return _TOKEN.findall(text.casefold())


@dataclass(frozen=True, slots=True)
class NgramPenalty:
    """``max_penalty`` times the share of repeated n-grams (2502.03373, appendix C.2).

    TRL's `get_repetition_penalty_reward` counts the same over token ids.
    """

    options: NgramOptions

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge each sample by itself; same length and order."""
        return [self._judge(sample.completion) for sample in samples]

    def _judge(self, completion: str) -> Verdict:
        n = self.options.n
        found = words(completion)
        counts = Counter(zip(*(found[start:] for start in range(n)), strict=False))
        total = counts.total()
        if not total:
            return Verdict.scored(0.0, f"{len(found)} words, fewer than n = {n}")
        repeated = total - len(counts)
        if not repeated:
            return Verdict.scored(0.0, f"none of {total} {n}-grams repeats")
        ((most, times),) = counts.most_common(1)
        return Verdict.scored(
            self.options.max_penalty * repeated / total,
            f"{repeated} of {total} {n}-grams repeat an earlier one, one of them stands {times} times",
            evidence={"most_frequent": list(most), "times": times},
        )
