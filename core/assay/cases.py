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
    ORDERED = "ordered"
    """`sample` is worth more than `other`."""
    EQUAL = "equal"
    """`sample` and `other` are worth the same."""
    REPORT = "report"
    """Implementation-defined: shown, never graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One labelled sample."""

    id: str
    sample: Sample
    expect: Expect
    other: Sample | None = None
    """The second sample of ORDERED and EQUAL; None for the other labels."""
    family: str = ""
    """The failure mode it belongs to, such as ``RVH-M05``. Empty: none in particular."""
    template: str = ""
    """How it was made, in a few words that recur: ``right guess among several boxes``."""
    item: str = ""
    """The problem it is about. Cases of one item are correlated, and counted together."""
    form: str = ""
    """ACCEPT only: the spelling it needs, one of `assay.specs.ACCEPT_FORMS`. Empty: the minimum."""
    knowledge_free: bool = False
    """True when whoever wrote the completion needed no idea of the answer."""
    reason: str = ""
    """Why the label is sound."""
