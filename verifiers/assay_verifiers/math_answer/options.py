"""What registry.yaml may set for `math_answer`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class MathAnswerOptions(BaseModel):
    """Where the answer stands and how large it may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    several: Literal["list", "last"] = Field(
        default="list",
        description="Different answers after the reasoning: `list` reads all of them as one list, which "
        "never equals a single value; `last` reads the last one, so guesses before it cost nothing.",
    )
    answer_tag: bool = Field(
        default=True,
        description="Whether <answer>42</answer> without a box states an answer. The content of the tag then "
        "has to be the answer alone.",
    )
    plain: Literal["no", "line", "anywhere"] = Field(
        default="no",
        description="Where an answer may stand when there is no box or answer tag. `line`: in the last line, "
        "as `#### 42` or a last sentence `The answer is 42`. `anywhere`: in free text, announced, else as "
        "the one value that the last sentence asserts, else as the whole of a short text; the words in a box "
        "are read the same way.",
    )
    rounding: int | None = Field(
        default=6,
        ge=2,
        le=30,
        description="Significant digits with which a correctly rounded decimal stands for a value that it "
        "cannot write: 0.333333 for 1/3, and the reverse. `null`: exact values only.",
    )
    max_answer_chars: int = Field(
        default=1000,
        ge=1,
        le=4000,
        description="A longer answer is the policy's fault, a longer reference unusable; nothing parses it.",
    )


def chosen_options(**options: Any) -> MathAnswerOptions:
    """Validate options, once per distinct choice.

    Raises:
        pydantic.ValidationError: when an option is unknown or out of range.
    """
    try:
        return _validated(tuple(options.items()))
    except TypeError:  # an unhashable value, which no option takes
        return MathAnswerOptions(**options)


@lru_cache(maxsize=64, typed=True)
def _validated(items: tuple[tuple[str, Any], ...]) -> MathAnswerOptions:
    return MathAnswerOptions(**dict(items))
