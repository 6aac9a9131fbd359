"""What long work reports while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One report."""

    stage: Literal["model", "train", "evaluate", "save"]
    step: int
    """``train`` and ``save``: optimizer steps taken. ``model``: steps of pretraining the tiny model.
    ``evaluate``: questions done."""
    total: int
    """As many as there will be of these."""
    metrics: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """``train``: a line of metrics.jsonl. ``evaluate``: a line of evals.jsonl when it is done. Else empty."""


OnProgress = Callable[[Progress], None]

OnStep = Callable[[int, int], None]
"""Optimizer steps done, and how many there are."""


def silent(_: Progress) -> None:
    """Report to nobody."""
