"""Alammar's ladder: a program is paid for the highest rung that it reaches.

The rungs are: there is a program; it parses; pyright finds no error; it runs on the first input; its tests
pass. A program that reaches a rung is paid for those below it too, so that a higher rung never pays less: one
that runs and passes tests is not asked about its types, and what no rung below can do is outrank one above.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from assay import MissingDependencyError, Verdict
from assay_verifiers.code.check import EachProgram, SharedSandbox, syntax_error
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.extract import Found
from assay_verifiers.code.options import LadderOptions
from assay_verifiers.code.problem import Problem
from assay_verifiers.code.reports import Report

RUNGS = ("block", "parses", "types", "runs", "tests")
"""From the lowest; each is also the option with its weight."""

TYPES_WEIGHT = 0.05
"""Of the rung `types` when nobody asked for another."""
TypesPass = Callable[[str, float], bool]
"""Whether the static check finds nothing in a Python program, for which so many CPU-seconds were spent."""

log = logging.getLogger(__name__)


class Ladder(EachProgram):
    """`code.ladder`. Pays 0 to 1; 1 exactly when every test passes."""

    def __init__(self, engine: Engine, options: LadderOptions, types_pass: TypesPass | None) -> None:
        """Use an engine, options with a weight for each rung, and a static check; None: nobody reaches it."""
        super().__init__(engine)
        self.options, self.types_pass = options, types_pass

    def verdict(self, problem: Problem, found: Found) -> Verdict:
        """Judge one program."""
        rung, report = self._climbed(problem, found)
        if report is not None and report.gap is not None:
            return Verdict.reference_fault(report.gap, extracted=found.code)
        passed = 0.0 if report is None else report.passed / report.total
        evidence: dict[str, Any] = {"language": found.language, "rung": rung}
        if report is not None:
            evidence |= report.evidence()
        score = self.score(rung, passed)
        reason = f"rung {rung}" + ("" if report is None else f": {report.reason()}")
        return Verdict.scored(score, reason, extracted=found.code, evidence=evidence)

    def score(self, rung: str, passed: float) -> float:
        """What a rung pays.

        Args:
            rung: The highest that is reached, of `RUNGS`; ``runs`` also when some tests pass.
            passed: Share of the tests, 0 to 1.
        """
        if rung == "tests":
            return 1.0
        weights = [float(getattr(self.options, name) or 0.0) for name in RUNGS]
        below = sum(weights[: RUNGS.index(rung) + 1])
        share = passed * self.options.tests if rung == "runs" and self.options.partial else 0.0
        return (below + share) / sum(weights)

    def _climbed(self, problem: Problem, found: Found) -> tuple[str, Report | None]:
        """The highest rung, and the tests as far as they ran."""
        if found.language == "python":
            source = Found(found.language, self.engine.builder.source(found, problem.prefix))
            if syntax_error(source, None):
                return "block", None
        report = self.engine.run(problem, found, stop=False, options=self.options)
        if report.all_passed:
            return "tests", report
        if report.compile_error is not None or (found.language != "python" and self._unparsed(report, found)):
            return "block", report
        runs = report.loaded if problem.code is not None else report.ran
        if runs:
            return "runs", report
        source = self.engine.builder.source(found, problem.prefix)
        if found.language != "python":
            return "types", report
        typed = self.types_pass is not None and self.types_pass(source, report.seconds)
        return "types" if typed else "parses", report

    def _unparsed(self, report: Report, found: Found) -> bool:
        """Whether a program of an interpreted language failed because it does not parse."""
        return not report.ran and self.engine.builder.syntax(found) is not None


def types_check() -> TypesPass:
    """The static check of `code.types` with its defaults, started.

    Raises:
        MissingDependencyError: pyright or Node.js is not installed.
        InfraError: it cannot be started.
    """
    from assay_verifiers.code.language_server import OverrunError
    from assay_verifiers.code.static import TypesOptions, shared_checker

    checker = shared_checker(TypesOptions())
    checker.start()

    def passes(source: str, spent: float) -> bool:
        try:
            return not checker.counting(source, spent)
        except OverrunError:
            return False

    return passes


def build_ladder(**options: Any) -> Ladder:
    """Make `code.ladder`; opens the sandbox.

    Raises:
        MissingDependencyError: `types` was given a weight, and pyright or Node.js is not installed.
    """
    chosen, types = with_types(LadderOptions(**options))
    return Ladder(Engine(SharedSandbox(chosen.sandbox), chosen), chosen, types)


def with_types(options: LadderOptions) -> tuple[LadderOptions, TypesPass | None]:
    """Settle the weight of the rung `types`, and make its check when it has one.

    A weight that nobody asked for is 0 where the check cannot be made: then the others share the whole.

    Raises:
        MissingDependencyError: as `build_ladder`.
    """
    weight = TYPES_WEIGHT if options.types is None else options.types
    check = None
    if weight > 0 and options.language in (None, "python"):
        try:
            check = types_check()
        except MissingDependencyError as error:
            if options.types is not None:
                raise
            log.warning("code.ladder has no rung `types` here, and its other rungs pay more: %s", error)
            weight = 0.0
    return options.model_copy(update={"types": weight}), check
