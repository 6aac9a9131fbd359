"""Refusals as verdicts, and references as text."""

from __future__ import annotations

import json
from typing import Any

from assay import Verdict
from assay_verifiers.math_answer.found import Refused


class UnusableError(ValueError):
    """The reference cannot be used; the message says why."""


def refused(found: Refused) -> Verdict:
    """Turn a refusal into a verdict: nothing to judge is the policy's fault, too much of it is wrong."""
    if found.nothing:
        return Verdict.policy_fault(found.reason)
    return Verdict.scored(0.0, found.reason)


def reference_text(reference: Any) -> str:
    """A JSON reference as text, so that it can be read once and remembered.

    Raises:
        UnusableError: it is missing, or holds something that JSON does not have.
    """
    if isinstance(reference, str):
        return reference
    if reference is None:
        raise UnusableError("the reference is missing")
    try:
        return json.dumps(reference, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UnusableError(f"the reference is not JSON: {error}") from error
