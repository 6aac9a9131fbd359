"""What a rollout earned, and how that came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ComponentScore:
    """One component's part in a reward."""

    verdict: Verdict
    weight: float
    """As in registry.yaml."""
    worth: float | None
    """Its score; the lowest of the range for a POLICY_FAULT; None when it was left out."""
    paid: float | None
    """What it added to the reward after renormalisation; None when it was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The result for one sample. A batch gives one card per sample, in order."""

    id: str
    group: str
    reward: float | None
    """The composed reward; None masks the row: advantage 0, no gradient, out of the group's mean."""
    verdict: Verdict | None = None
    """The routed verifier's verdict. None: the stack has no verifier, or the rollout was dropped before."""
    right: bool | None = None
    """Whether the verifier gave its highest score. None: nobody can tell (abstained, fault, not judged)."""
    verifier: str | None = None
    """Name of the routed verifier in registry.yaml."""
    components: Mapping[str, ComponentScore] = field(default_factory=dict[str, ComponentScore])
    dropped: str | None = None
    """Why a rollout filter dropped it; None when it was kept."""
    masked: str | None = None
    """Why `reward` is None; None when it is not."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable record."""
        return {
            "id": self.id,
            "group": self.group,
            "reward": self.reward,
            "right": self.right,
            "verifier": self.verifier,
            "verdict": None if self.verdict is None else verdict_dict(self.verdict),
            "components": {
                name: {
                    **verdict_dict(part.verdict),
                    "weight": part.weight,
                    "worth": part.worth,
                    "paid": part.paid,
                }
                for name, part in self.components.items()
            },
            "dropped": self.dropped,
            "masked": self.masked,
        }


def verdict_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a JSON-serialisable record of a verdict."""
    return {
        "score": verdict.score,
        "status": verdict.status.value,
        "reason": verdict.reason,
        "extracted": verdict.extracted,
        "evidence": dict(verdict.evidence),
        "seconds": verdict.seconds,
    }
