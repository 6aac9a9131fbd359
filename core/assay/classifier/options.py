"""What registry.yaml may set for a sequence-classification model."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assay.errors import ModelError
from assay.specs import Waiver

MODEL_ENV = "ASSAY_REWARD_MODEL"
LIBRARIES = tuple(
    Waiver(check=check, reason=f"importing torch and transformers {does}, once", until="2099-12-31")
    for check, does in (
        ("O-SIDE", "adds warnings filters and sets an environment variable for a moment"),
        ("O-FS", "tries out the folder for temporary files"),
    )
)
"""What a spec over such a model waives."""


def model_of(options: ClassifierOptions) -> str:
    """The model that is meant.

    Raises:
        ModelError: neither the option nor the environment names one.
    """
    name = options.model or os.environ.get(MODEL_ENV)
    if not name:
        raise ModelError(f"no reward model is named: set the option `model`, or the variable {MODEL_ENV}")
    return name


class ClassifierOptions(BaseModel):
    """Which model, where it runs, and how its score is bounded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(
        default=None,
        min_length=1,
        description="A folder, or a hub id: a sequence-classification model with one label. Default: the "
        "environment variable ASSAY_REWARD_MODEL.",
    )
    revision: str | None = Field(
        default=None, description="Branch, tag or commit of a hub id. Default: its main branch."
    )
    device: str = Field(
        default="auto",
        description="`auto`, `cpu`, `cuda`, `cuda:1`, `mps`, …; `auto` is an accelerator when there is one.",
    )
    dtype: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="Of weights and arithmetic. Only `float32` gives the same score in every batch.",
    )
    bound: Literal["sigmoid", "quantile"] = Field(
        default="sigmoid",
        description="`sigmoid` pays 1 / (1 + exp(reference - score)), `quantile` the share of held-out "
        "scores below the score.",
    )
    reference: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="The score that is worth one half under `sigmoid`. Default: the one that training wrote "
        "beside the model.",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens of prompt and text together, the template included. Longer ones are never cut, "
        "but a fault. Default: what the model was made for.",
    )
    batch_tokens: int = Field(
        default=16_384, ge=1, description="Tokens in one forward pass, padding included."
    )
