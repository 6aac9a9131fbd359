"""A filter that looks at one rollout at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from assay import KEEP, Decision, Sample, drop


class Options(BaseModel):
    """What the options of all filters have in common: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Each:
    """Drops the rollouts for which a function finds a reason."""

    reason: Callable[[Sample], str | None]
    """Why a rollout is dropped, in one of a few fixed texts; None keeps it."""

    def __call__(self, samples: Sequence[Sample], /) -> list[Decision]:
        """Judge each sample by itself; same length and order."""
        return [KEEP if (why := self.reason(sample)) is None else drop(why) for sample in samples]
