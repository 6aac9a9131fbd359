"""What extraction returns: the asserted answer, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """The asserted answer."""

    texts: tuple[str, ...]
    """Each distinct spelling, as it stands in the completion; several that differ in value are a list."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a completion asserts no single answer."""

    reason: str
    nothing: bool
    """True: no answer that can be judged. False: more than one is stated, or the one is denied."""
