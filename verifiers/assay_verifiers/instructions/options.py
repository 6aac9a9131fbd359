"""What registry.yaml may set for `instructions`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class InstructionsOptions(BaseModel):
    """How closely one looks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["strict", "loose"] = Field(
        default="strict",
        description="`loose`: an instruction is kept, too, if it is without the first line, the last line or "
        "both, or without the asterisks of Markdown; rewards should be `strict`.",
    )
    max_answer_chars: int = Field(
        default=50_000,
        ge=1,
        le=200_000,
        description="A longer answer is the policy's fault; nothing reads it.",
    )
