"""What became of the tests of one program, and what of it is told."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

SHOWN = 400
"""Characters of an input, an output or a message that evidence holds."""
SHOWN_TESTS = 50
"""Tests that evidence lists."""


class Outcome(enum.StrEnum):
    """What became of one test."""

    PASSED = "passed"
    WRONG = "wrong"
    """It ran, and gave something else."""
    ERROR = "error"
    """It raised, exited with a code other than 0, crashed, or gave what cannot be carried."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    """It wrote more than is read."""
    NOT_RUN = "not run"


@dataclass(slots=True)
class Result:
    """One test."""

    outcome: Outcome
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the program was given and gave, shortened. `expected` only where options allow it."""


@dataclass(slots=True)
class Report:
    """All tests of one program."""

    total: int
    """How many there are, whether run or not."""
    results: list[Result] = field(default_factory=list[Result])
    compile_error: str | None = None
    """None: compiled, or nothing to compile."""
    gap: str | None = None
    """Why the tests themselves cannot be run. None: they can."""
    loaded: bool = True
    """Test code only: whether the program could be imported."""

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(result.outcome is Outcome.PASSED for result in self.results)

    @property
    def all_passed(self) -> bool:
        """Whether every one did."""
        return self.compile_error is None and 0 < self.total == self.passed

    @property
    def ran(self) -> bool:
        """Whether the first test came to a result, right or wrong."""
        if self.compile_error is not None or not self.loaded or not self.results:
            return False
        return self.results[0].outcome in (Outcome.PASSED, Outcome.WRONG)

    @property
    def seconds(self) -> float:
        """CPU-seconds of all that ran."""
        return sum(result.seconds for result in self.results)

    def evidence(self) -> dict[str, Any]:
        """For people and logs: JSON, short."""
        if self.compile_error is not None:
            return {"compile": short(self.compile_error), "passed": 0, "total": self.total}
        failed = next((r for r in self.results if r.outcome is not Outcome.PASSED), None)
        shown: dict[str, Any] = {
            "passed": self.passed,
            "total": self.total,
            "tests": [result.outcome.value for result in self.results[:SHOWN_TESTS]],
            "seconds": round(self.seconds, 4),
        }
        if failed is not None:
            shown["first_failure"] = {"test": self.results.index(failed), **failed.details}
        return shown

    def reason(self) -> str:
        """One sentence."""
        if self.compile_error is not None:
            return "the program does not compile"
        if self.all_passed:
            return f"all {self.total} tests pass" if self.total > 1 else "the test passes"
        failed = next((i for i, r in enumerate(self.results) if r.outcome is not Outcome.PASSED), 0)
        what = self.results[failed].outcome.value if self.results else Outcome.NOT_RUN.value
        return f"test {failed + 1} of {self.total}: {what}"


def short(text: str | bytes) -> str:
    """The beginning of a text, in characters that can be written anywhere."""
    if isinstance(text, bytes):
        text = text[: SHOWN * 4].decode("utf-8", "replace")
    text = text[: SHOWN + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
