"""What registry.yaml may set for `process_reward`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assay.classifier import ClassifierOptions

Split = Literal["auto", "blank_lines", "numbered", "sentences"]
Aggregate = Literal["min", "mean", "last", "product"]


class ProcessOptions(ClassifierOptions):
    """The model's options, and what is done with its scores."""

    split: Split = Field(
        default="auto",
        description="What ends a step: a blank line, the number of the next step, or a sentence. `auto` is "
        "the first of them that finds two steps.",
    )
    aggregate: Aggregate = Field(default="min", description="What the scores of the steps come to together.")
    max_steps: int = Field(
        default=64, ge=1, le=1024, description="More steps are the policy's fault: each costs a reading."
    )
