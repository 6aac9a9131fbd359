"""What registry.yaml may set for `math_answer`."""

from __future__ import annotations

from typing import Literal

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
    max_answer_chars: int = Field(
        default=1000,
        ge=1,
        le=4000,
        description="A longer answer is the policy's fault, a longer reference unusable; nothing parses it.",
    )
