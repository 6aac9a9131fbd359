"""A labelled case: what some plugin must do with one sample."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from assay.sample import Sample


class Expect(enum.StrEnum):
    """What a case demands."""

    ACCEPT = "accept"
    """The highest score of the declared range."""
    REJECT = "reject"
    """The lowest score, or a POLICY_FAULT, which is worth the same."""
    REPORT = "report"
    """Implementation-defined: shown, never graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled sample."""

    id: str
    sample: Sample
    expect: Expect
    family: str = ""
    """The failure mode it belongs to, such as ``RVH-M05``. Empty: none in particular."""
    reason: str = ""
    """Why the label is sound."""
