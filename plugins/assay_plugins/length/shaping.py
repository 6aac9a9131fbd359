"""The two length rewards: their options and their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay import Sample, Verdict


class _LengthOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Literal["tokens", "characters"] = Field(
        default="tokens",
        description="What lengths are counted in: tokens of the policy's tokenizer, or characters of "
        "the completion. White space counts. A sample of unknown token count is abstained from.",
    )

    def length_of(self, sample: Sample) -> int | None:
        """Measure in `unit`; None when the token count is not known."""
        return sample.tokens if self.unit == "tokens" else len(sample.completion)


class CosineOptions(_LengthOptions):
    """Options of `length.cosine`; values are named as in TRL, with `right` for its `correct`."""

    max_length: int = Field(
        gt=0, description="Length, in `unit`, at which the schedule ends; longer completions stay there."
    )
    min_value_right: float = Field(default=0.5, ge=-1, le=1, description="Paid for the longest right answer.")
    max_value_right: float = Field(
        default=1.0, ge=-1, le=1, description="Paid for the shortest right answer."
    )
    min_value_wrong: float = Field(
        default=-1.0, ge=-1, le=1, description="Paid for the shortest wrong answer."
    )
    max_value_wrong: float = Field(
        default=-1.0,
        ge=-1,
        le=1,
        description="Paid for the longest wrong answer. Above min_value_wrong (the paper and TRL: -0.5) it "
        "pays a wrong answer for being long, padding included (RVH-N07).",
    )

    @model_validator(mode="after")
    def _right_outranks_wrong(self) -> Self:
        values = (self.min_value_wrong, self.max_value_wrong, self.min_value_right, self.max_value_right)
        if list(values) != sorted(values):
            raise ValueError(
                "min_value_wrong <= max_value_wrong <= min_value_right <= max_value_right is needed, "
                f"and they are {', '.join(map(str, values))}"
            )
        return self


class SoftOverlongOptions(_LengthOptions):
    """Options of `length.soft_overlong`."""

    max_completion_length: int = Field(
        gt=0, description="Length, in `unit`, from which on the whole penalty is due (L_max in the paper)."
    )
    cache: int = Field(
        ge=0,
        description="Width, in `unit`, of the ramp that ends at max_completion_length (L_cache). 0: a step.",
    )

    @model_validator(mode="after")
    def _ramp_starts_at_a_length(self) -> Self:
        if self.cache > self.max_completion_length:
            raise ValueError(
                f"cache {self.cache} is more than max_completion_length {self.max_completion_length}"
            )
        return self


@dataclass(frozen=True, slots=True)
class Cosine:
    """Cosine-scaled reward (2502.03373, appendix C.1): right answers earn more when they are short."""

    options: CosineOptions

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge each sample by itself; same length and order."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        right = sample.right
        if right is None:
            return Verdict.abstain("no verdict says whether the answer is right or wrong")
        length = self.options.length_of(sample)
        if length is None:
            return Verdict.abstain("the number of tokens is not known")
        score = self.score(right, length)
        found = "right" if right else "wrong"
        return Verdict.scored(score, f"{found} in {length} of {self.options.max_length} {self.options.unit}")

    def score(self, right: bool, length: int) -> float:
        """Pay for `length`, between the two values for right or wrong answers."""
        o = self.options
        shortest, longest = (
            (o.max_value_right, o.min_value_right) if right else (o.min_value_wrong, o.max_value_wrong)
        )
        # Cosine is periodic: past max_length it would climb again.
        remaining = 0.5 * (1.0 + math.cos(math.pi * min(length / o.max_length, 1.0)))
        return longest + (shortest - longest) * remaining


@dataclass(frozen=True, slots=True)
class SoftOverlong:
    """Soft overlong punishment (DAPO, 2503.14476, equation 13)."""

    options: SoftOverlongOptions

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge each sample by itself; same length and order."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        length = self.options.length_of(sample)
        if length is None:
            return Verdict.abstain("the number of tokens is not known")
        limit = f"{self.options.max_completion_length} {self.options.unit}"
        return Verdict.scored(self.score(length), f"{length} of {limit}")

    def score(self, length: int) -> float:
        """0 up to ``max_completion_length - cache``, then linear down to -1."""
        o = self.options
        over = length - (o.max_completion_length - o.cache)
        if over <= 0:
            return 0.0
        return -1.0 if length > o.max_completion_length else -over / o.cache
