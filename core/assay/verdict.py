"""What comes out: a score, or whose fault it is that there is none."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Status(enum.StrEnum):
    """Why a verdict has, or lacks, a score. DESIGN section 3 says what each one is worth."""

    SCORED = "scored"
    """A score in the declared range."""
    ABSTAINED = "abstained"
    """Not this plugin's business. Left out; the weights of that row are renormalised."""
    POLICY_FAULT = "policy_fault"
    """The completion broke the check: no answer, a bomb, a limit reached. Worth the lowest score."""
    REFERENCE_FAULT = "reference_fault"
    """The ground truth cannot be used. Left out, counted, and reported before training starts."""
    CHECKER_FAULT = "checker_fault"
    """The plugin raised or broke its contract. The row is masked; too many stop the run."""
    INFRA_FAULT = "infra_fault"
    """A sandbox, judge or worker was lost. Tried once more alone, then masked; too many stop the run."""


FAULTS = frozenset({Status.CHECKER_FAULT, Status.INFRA_FAULT})
"""The statuses that are nobody's answer: they mask the row and count towards `faults.stop_above`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One plugin's answer for one sample.

    Raises:
        ValueError: when a score is present with a status other than SCORED, or missing with it.
    """

    score: float | None
    """In the spec's declared range; None exactly when `status` is not SCORED. A crash is never 0."""
    status: Status = Status.SCORED
    reason: str = ""
    """One sentence for a person. Must not contain the reference."""
    extracted: str | None = None
    """The answer that was judged, as found in the completion. None: no answer form applies."""
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON-serialisable details: normal forms, the rung that decided, messages, …"""
    seconds: float | None = None
    """CPU-seconds the check took; set by the host, None for verdicts that no check was run for."""

    def __post_init__(self) -> None:
        """Hold the one invariant: a score exists exactly when the status says so."""
        if (self.score is None) == (self.status is Status.SCORED):
            raise ValueError(f"a verdict with status {self.status} cannot have score {self.score!r}")

    @classmethod
    def scored(cls, score: float, reason: str = "", **details: Any) -> Verdict:
        """Pay `score`; `details` are the other fields."""
        return cls(score=score, reason=reason, **details)

    @classmethod
    def abstain(cls, reason: str, **details: Any) -> Verdict:
        """Leave the row to the other components."""
        return cls(score=None, status=Status.ABSTAINED, reason=reason, **details)

    @classmethod
    def policy_fault(cls, reason: str, **details: Any) -> Verdict:
        """Blame the completion: it is worth the lowest score of the declared range."""
        return cls(score=None, status=Status.POLICY_FAULT, reason=reason, **details)

    @classmethod
    def reference_fault(cls, reason: str, **details: Any) -> Verdict:
        """Blame the ground truth: the component is left out for this row."""
        return cls(score=None, status=Status.REFERENCE_FAULT, reason=reason, **details)
