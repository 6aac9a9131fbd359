"""Reads what the driver of function calls wrote, line by line, and compares it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assay import Execution
from assay_verifiers.code.cases import CallTest
from assay_verifiers.code.compare import Comparison
from assay_verifiers.code.drivers.codec import NotPlainError, decode, parse
from assay_verifiers.code.reports import Outcome, Result, short


def read_answers(
    done: Execution,
    calls: Sequence[CallTest],
    comparison: Comparison,
    end: Outcome | None,
    show_expected: bool,
) -> Iterator[Result]:
    """Judge each call of one run.

    Args:
        done: The run. The lines may have been written by the program itself: they are answers and
            nothing else, so that gains it nothing.
        calls: What was called, in order.
        comparison: How values are compared.
        end: How the run ended when it did not end well: what became of the calls without an answer.
        show_expected: Whether expected values may be told.
    """
    head, *answers = done.stdout.split(b"\n")[:-1] or [b""]  # the last one has no line end, or is empty
    each = done.seconds / max(len(calls), 1)
    told = _line(head)
    error = (told or {}).get("load")
    lost = end or Outcome.ERROR
    answers = answers if _is_loaded(told) else []
    for number, call in enumerate(calls):
        details: dict[str, Any] = {}
        if number < len(answers):
            outcome = judge(answers[number], call, comparison, details)
        else:
            outcome = lost if number == len(answers) else Outcome.NOT_RUN
            details = {"stderr": short(done.stderr[-1600:]), "error": _error(error)}
        if outcome is not Outcome.PASSED:
            details["input"] = short(repr(call.args)) + (short(repr(call.kwargs)) if call.kwargs else "")
            if show_expected:
                details["expected"] = call.raises or short(repr(call.expected))
        yield Result(outcome, each, details if outcome is not Outcome.PASSED else {})


def loaded(done: Execution) -> bool:
    """Whether the program could be imported."""
    head, end, _ = done.stdout.partition(b"\n")
    return _is_loaded(_line(head) if end else None)


def _is_loaded(told: dict[str, Any] | None) -> bool:
    return told is not None and "load" in told and told["load"] is None


def judge(line: bytes, call: CallTest, comparison: Comparison, details: dict[str, Any]) -> Outcome:
    """Judge one answer; says in `details` what it was."""
    found = _line(line)
    if found is None or "refused" in found:
        details["error"] = short(str((found or {}).get("refused", "no answer that can be read")))
        return Outcome.ERROR
    if "x" in found:
        details["error"] = _error(found)
        if call.raises is not None and call.raises in (found.get("x"), found.get("builtin")):
            return Outcome.PASSED
        return Outcome.WRONG if call.raises is not None else Outcome.ERROR
    if call.raises is not None or "v" not in found:
        return Outcome.WRONG
    try:
        actual = decode(found["v"])
    except (NotPlainError, RecursionError):
        return Outcome.ERROR
    details["actual"] = short(repr(actual))
    try:
        same = comparison.values(actual, call.expected, from_json=True)
    except RecursionError:
        return Outcome.ERROR
    return Outcome.PASSED if same else Outcome.WRONG


def _line(line: bytes) -> dict[str, Any] | None:
    try:
        found = parse(line)
    except NotPlainError:
        return None
    return found if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _error(told: Any) -> str:
    return short(f"{told.get('x')}: {told.get('text')}") if isinstance(told, dict) else ""  # pyright: ignore
