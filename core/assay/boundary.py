"""The fault boundary: the one place where a plugin's output, or its exception, becomes a verdict.

Used in the trainer's process for inline checks and in the workers for the others. Plugins raise
plain Python errors; nothing here ever turns one into a score.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from assay.errors import InfraError
from assay.sample import Sample
from assay.specs import Check
from assay.verdict import Status, Verdict


def checker_fault(reason: str) -> Verdict:
    """Blame the plugin. Made by the host only."""
    return Verdict(score=None, status=Status.CHECKER_FAULT, reason=reason)


def infra_fault(reason: str) -> Verdict:
    """Blame a lost worker, sandbox or judge. Made by the host only."""
    return Verdict(score=None, status=Status.INFRA_FAULT, reason=reason)


def guarded(
    check: Check, samples: Sequence[Sample], bounds: tuple[float, float], alone: bool
) -> list[Verdict]:
    """Run a check and hold it to its contract.

    Args:
        check: The check.
        samples: N samples.
        bounds: Declared lowest and highest score.
        alone: True when the samples may be checked one by one to find the one that raises.

    Returns:
        N verdicts, in order. An exception or a breach of contract is a CHECKER_FAULT of the
        sample that caused it; running out of memory or stack is a POLICY_FAULT, since the
        limits are what the completion ran into.
    """
    started = time.thread_time()
    try:
        verdicts = check(list(samples))  # a list of its own, so that one that empties it harms no one
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too, and Math-Verify's timeout: neither is an Exception
        fault = blamed(error)
    else:
        problem = _length_problem(verdicts, len(samples))
        if problem is None:
            each = (time.thread_time() - started) / max(len(samples), 1)
            return [replace(held(verdict, bounds), seconds=each) for verdict in verdicts]
        fault = checker_fault(problem)
    if len(samples) > 1 and alone:
        return [verdict for sample in samples for verdict in guarded(check, [sample], bounds, False)]
    return [fault] * len(samples)


def blamed(error: BaseException) -> Verdict:
    """Turn an exception of a plugin into a verdict: whose fault it is, if anyone's."""
    if isinstance(error, MemoryError | RecursionError):
        what = "memory" if isinstance(error, MemoryError) else "recursion"
        return Verdict.policy_fault(f"the check ran into its {what} limit on this completion")
    if isinstance(error, InfraError):
        return infra_fault(str(error)[:500])
    return checker_fault(f"{type(error).__name__}: {error}"[:500])


def _length_problem(verdicts: object, expected: int) -> str | None:
    if not isinstance(verdicts, Sequence):
        return f"returned a {type(verdicts).__name__}, and a sequence of verdicts is expected"
    count = len(verdicts)  # pyright: ignore[reportUnknownArgumentType]
    return None if count == expected else f"returned {count} verdicts for {expected} samples"


def held(verdict: object, bounds: tuple[float, float]) -> Verdict:
    """Return the verdict if it keeps the contract, else a CHECKER_FAULT that says how it does not."""
    if not isinstance(verdict, Verdict):
        return checker_fault(f"returned a {type(verdict).__name__} where a Verdict is expected")
    score = cast(object, verdict.score)  # whatever the plugin put there
    if score is None or (type(score) is float and bounds[0] <= score <= bounds[1]):
        return verdict
    if not isinstance(score, int | float) or math.isnan(score):
        return checker_fault(f"scored {score!r}, which is not a number")
    if not bounds[0] <= score <= bounds[1]:
        return checker_fault(f"scored {score}, outside its declared range {bounds[0]}–{bounds[1]}")
    return replace(verdict, score=float(score))
