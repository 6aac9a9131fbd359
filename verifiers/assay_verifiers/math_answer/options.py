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
    plain: bool = Field(
        default=False,
        description="Whether a completion without any box or answer tag may state its answer as its last "
        "line: `#### 42`, or a last sentence `The answer is 42`.",
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
