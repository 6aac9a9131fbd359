"""Runs the tests of a program in a sandbox. What is expected stays on this side."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from assay import Exceeded, Execution, Program, ProgramLimits, Sandbox
from assay_verifiers.code.build import Builder, Built, CompileError
from assay_verifiers.code.calling import loaded, read_answers
from assay_verifiers.code.cases import CallTest, IoTest
from assay_verifiers.code.clock import within_host
from assay_verifiers.code.compare import Comparison
from assay_verifiers.code.drivers.calls import ENDLESS
from assay_verifiers.code.drivers.codec import Encoder
from assay_verifiers.code.extract import Found
from assay_verifiers.code.literal_asserts import LiteralAsserts
from assay_verifiers.code.options import RunOptions, TestsOptions
from assay_verifiers.code.problem import Problem
from assay_verifiers.code.reports import Outcome, Report, Result, short
from assay_verifiers.code.shipping import shipped
from assay_verifiers.code.testcode import TestCode

LEAST_SECONDS = 0.05
"""With less CPU time left nothing is started."""
MOST_OUTPUT = 16 * 2**20
"""Bytes of standard output that are ever read."""
ASSERTED_OUTPUT = 2**21
"""And in place of test code, of which the tester would read as much in one answer."""

_EXCEEDED = {
    Exceeded.CPU: Outcome.TIMEOUT,
    Exceeded.WALL: Outcome.TIMEOUT,
    Exceeded.MEMORY: Outcome.MEMORY,
    Exceeded.OUTPUT: Outcome.OUTPUT,
}


@dataclass(slots=True)
class Budget:
    """Time for all that is done for one program."""

    left: float
    """CPU-seconds."""
    deadline: float = field(init=False)
    """Everything ends before it, on the monotonic clock: a sleeping program costs no CPU time."""

    def __post_init__(self) -> None:
        """Allow the wall clock what a sandbox allows one program."""
        self.deadline = time.monotonic() + 3 * self.left + 1

    def next(self, seconds: float) -> float | None:
        """CPU-seconds that a run may take; None when there is no time left."""
        found = min(seconds, self.left, (self.deadline - time.monotonic() - 1) / 3)
        return None if found < LEAST_SECONDS else found

    def spend(self, execution: Execution) -> None:
        """Subtract a run."""
        self.left -= execution.seconds


class Engine:
    """Runs the tests of programs in one sandbox."""

    def __init__(self, sandbox: Sandbox, options: RunOptions) -> None:
        """Find out which languages can be run there, and compile the drivers.

        Raises:
            SandboxError: the sandbox is lost.
        """
        self.sandbox = sandbox
        self.options = options
        self.builder = Builder(sandbox, options)
        self._payload: tuple[Any, str] = (None, "")
        """The calls that were sent last, and how: a group of completions has the same ones."""

    def run(self, problem: Problem, found: Found, *, stop: bool, options: TestsOptions) -> Report:
        """Run the tests of a problem.

        Args:
            problem: The tests.
            found: The program, in the language of the tests.
            stop: Whether the first failure is enough.
            options: How outputs are compared, and how many tests count.

        Raises:
            SandboxError: the sandbox is lost.
        """
        tests = problem.io[: options.max_tests]
        calls = problem.calls[: options.max_tests]
        report = Report(total=len(tests) or len(calls) or 1)
        try:
            built = self.builder.build(found, problem.prefix)
        except CompileError as error:
            report.compile_error = str(error)
            return report
        comparison = _comparison(problem, options)
        budget = Budget(within_host(self.options.total_seconds))
        if tests:
            results = self._io_results(
                built, tests, problem.checker, comparison, budget, options.show_expected
            )
        elif calls:
            results = self._call_results(built, problem.target, calls, comparison, budget, options)
        else:
            assert problem.code is not None
            if problem.code.literal is not None:
                self._asserts(built, problem.code.literal, budget, report, options.show_expected)
            else:
                self._test_code(built, problem.code, budget, report)
            return report
        for result in results:
            report.results.append(result)
            if stop and result.outcome is not Outcome.PASSED:
                break
        return report

    def _limits(self, built: Built, seconds: float, expected: int = 0) -> ProgramLimits:
        room = 256 * 1024
        while room < min(4 * expected, MOST_OUTPUT):  # in steps, so as not to tell how long the answer is
            room *= 2
        return built.language.limits(seconds, self.options.memory_mb, room)

    def _io_results(
        self,
        built: Built,
        tests: tuple[IoTest, ...],
        checker: str | None,
        comparison: Comparison,
        budget: Budget,
        show: bool,
    ) -> Iterator[Result]:
        for test in tests:
            seconds = budget.next(self.options.seconds)
            if seconds is None:
                yield Result(Outcome.TIMEOUT)
                continue
            limits = self._limits(built, seconds, len(test.output))
            stdin = test.input.encode("utf-8", "replace")
            done = self.sandbox.run(Program(argv=built.argv, files=built.files, stdin=stdin, limits=limits))
            budget.spend(done)
            outcome = ended(done)
            if outcome is None:
                actual = done.stdout.decode("utf-8", "surrogateescape")
                same = (
                    comparison.texts(actual, test.output)
                    if checker is None
                    else self._checked(checker, test, done.stdout)
                )
                outcome = Outcome.PASSED if same else Outcome.WRONG
            details: dict[str, Any] = {}
            if outcome is not Outcome.PASSED:
                details = {"input": short(test.input), "stdout": short(done.stdout), **_end(done)}
                details |= {"expected": short(test.output)} if show else {}
            yield Result(outcome, done.seconds, details)

    def _checked(self, checker: str, test: IoTest, actual: bytes) -> bool:
        """Let the dataset's checker decide: its first word, or without one its exit code."""
        files = {"input.txt": test.input.encode(), "expected.txt": test.output.encode(), "actual.txt": actual}
        program = Program(
            argv=("python", "main.py", "input.txt", "expected.txt", "actual.txt"),
            files={"main.py": checker.encode(), **files},
            limits=ProgramLimits(seconds=10, memory_mb=1024, output_bytes=64 * 1024),
        )
        done = self.sandbox.run(program)
        words = done.stdout.decode("utf-8", "replace").lower().split()
        return done.ok and (not words or words[0] in ("1", "1.0", "ok", "true", "yes", "accepted", "ac"))

    def _call_results(
        self,
        built: Built,
        target: str,
        calls: tuple[CallTest, ...],
        comparison: Comparison,
        budget: Budget,
        options: TestsOptions,
    ) -> Iterator[Result]:
        batches = [(call,) for call in calls] if options.fresh else [calls]
        for batch in batches:
            seconds = budget.next(self.options.seconds * len(batch))
            if seconds is None:
                yield from [Result(Outcome.TIMEOUT)] * len(batch)
                continue
            expected = sum(len(repr(call.expected)) for call in batch)
            limits = self._limits(built, seconds, expected)
            each = self.options.seconds if len(batch) > 1 else None
            done = self.sandbox.run(self._call_program(built, target, batch, limits, each))
            budget.spend(done)
            end = Outcome.TIMEOUT if each and done.exit_code == ENDLESS else ended(done)
            with quiet_gc():
                yield from read_answers(done, batch, comparison, end, options.show_expected)

    def _call_program(
        self,
        built: Built,
        target: str,
        batch: tuple[CallTest, ...],
        limits: ProgramLimits,
        seconds: float | None,
        finds: str = "any",
    ) -> Program:
        if self._payload[0] is not batch:
            payload = [
                {
                    "target": target,
                    "finds": finds,
                    "args": Encoder()(call.args),
                    "kwargs": Encoder()(call.kwargs),
                    "argument": call.argument,
                }
                for call in batch
            ]
            self._payload = batch, json.dumps(payload)
        (code,) = built.files.values()
        rest = json.dumps({"seconds": seconds, "source": code.decode()})
        stdin = f'{{"calls": {self._payload[1]}, {rest[1:]}'.encode()
        return Program(**shipped("calls"), stdin=stdin, limits=limits)

    def _asserts(
        self, built: Built, asserts: LiteralAsserts, budget: Budget, report: Report, show: bool
    ) -> None:
        """Call what test code would call, and say of it what the tester would."""
        expected = sum(len(repr(call.expected)) for call in asserts.calls)
        limits = self._limits(built, budget.left, max(expected, ASSERTED_OUTPUT // 4))
        done = self.sandbox.run(
            self._call_program(built, asserts.target, asserts.calls, limits, None, asserts.finds)
        )
        report.loaded = loaded(done)
        with quiet_gc():
            results = list(read_answers(done, asserts.calls, Comparison("equal"), ended(done), show))
        if not asserts.separate:
            whole = next((result for result in results if result.outcome is not Outcome.PASSED), results[0])
            whole.seconds = done.seconds
            results = [whole]
        report.results = results
        report.total = len(results)

    def _test_code(self, built: Built, code: TestCode, budget: Budget, report: Report) -> None:
        (program,) = built.files.values()
        payload = {
            "names": code.names,
            "entry_point": code.entry_point,
            "modules": code.modules,
            "imports": code.imports,
            "prefix": code.prefix,
            "checks": code.source,
            "compiled": code.compiled,
        }
        # The tester outlives the program, so that a program which uses its time up fails its tests.
        limits = ProgramLimits(seconds=budget.left + 5, memory_mb=1024)
        driver = shipped("tester", *(["unittest"] if "unittest" in code.imports else []))
        tester = Program(**driver, stdin=json.dumps(payload).encode(), limits=limits)
        candidate = Program(**shipped("serve"), stdin=program, limits=self._limits(built, budget.left))
        verdict, done = self.sandbox.pair(tester, candidate)
        read_verdict(verdict, done, report)


def read_verdict(verdict: Execution, program: Execution, report: Report) -> None:
    """Fill a report in from what the tester printed. Nothing that the program wrote is in it."""
    told: dict[str, Any] = {}
    if verdict.ok:
        with suppress(ValueError, RecursionError):
            told = json.loads(verdict.stdout)
    units: list[dict[str, str]] = [unit for unit in told.get("units", []) if unit["status"] != "skipped"]
    gaps: list[str] = told.get("gaps", [])
    report.loaded = bool(told.get("loaded", False))
    report.gap = f"the test code needs {gaps[0]}" if gaps else None
    if told and not gaps and not units:
        report.gap = "the test code ran no test"
    blamed = _EXCEEDED.get(program.exceeded or Exceeded.WALL, Outcome.TIMEOUT)
    killed = program.exceeded is not None and program.exceeded is not Exceeded.OUTPUT
    for unit in units:
        passed = unit["status"] == "passed"
        outcome = (
            Outcome.PASSED
            if passed
            else blamed
            if killed
            else Outcome.ERROR
            if not report.loaded
            else Outcome.WRONG
        )
        details = (
            {} if passed else {"name": unit["name"], "error": unit["error"], "stderr": short(program.stderr)}
        )
        report.results.append(Result(outcome, 0.0, details))
    if not told:
        report.results.append(Result(blamed if killed or verdict.exceeded else Outcome.ERROR))
    if report.results:
        report.results[0].seconds = program.seconds
    report.total = max(len(report.results), 1)


def ended(done: Execution) -> Outcome | None:
    """What became of a run that has no result to compare; None when it has one."""
    if done.exceeded is not None:
        return _EXCEEDED[done.exceeded]
    return None if done.exit_code == 0 else Outcome.ERROR


def _end(done: Execution) -> dict[str, Any]:
    ending = {"signal": done.signal} if done.exit_code is None else {"exit_code": done.exit_code}
    return {"stderr": short(done.stderr[-1600:]), **ending}


def _comparison(problem: Problem, options: TestsOptions) -> Comparison:
    usual = "lines" if problem.io else "exact"
    return Comparison(
        options.comparator or problem.comparator or usual,
        options.tolerance if problem.tolerance is None else problem.tolerance,
        options.loose_numbers,
    )


@contextmanager
def quiet_gc() -> Generator[None]:
    """Read many small values without the collector looking at them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
