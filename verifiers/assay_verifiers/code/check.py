"""The checks that say RIGHT or WRONG: one block, parses, runs, passes the tests."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from assay import Execution, Program, Sample, Sandbox, Verdict, open_sandbox
from assay.sandbox import parse_sandbox
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.extract import Found, NothingAssertedError, usable_blocks
from assay_verifiers.code.options import BlockOptions, RunOptions, SandboxOptions, TestsOptions
from assay_verifiers.code.problem import Problem, ProblemError, read_problem
from assay_verifiers.code.reduce import language_of, program_of
from assay_verifiers.code.reports import short
from assay_verifiers.code.testcode import parsed

_O = TypeVar("_O", bound=BlockOptions)


class SharedSandbox:
    """The one sandbox with one slot that all checks of a process share; closed when it ends.

    After a fork the child opens its own: it must not talk to its parent's.
    """

    def __init__(self, text: str) -> None:
        """Open what registry.yaml calls `text`.

        Raises:
            SandboxError: it cannot be had.
        """
        self.text = text
        _ = self._sandbox

    @property
    def _sandbox(self) -> Sandbox:
        return _sandbox_of(self.text, os.getpid())

    @property
    def description(self) -> str:
        """As the sandbox's."""
        return self._sandbox.description

    def run(self, program: Program) -> Execution:
        """As the sandbox's."""
        return self._sandbox.run(program)

    def pair(self, first: Program, second: Program) -> tuple[Execution, Execution]:
        """As the sandbox's."""
        return self._sandbox.pair(first, second)

    def has(self, command: str) -> bool:
        """As the sandbox's."""
        return self._sandbox.has(command)

    def close(self) -> None:
        """Leave it open for the others."""


@cache
def _sandbox_of(text: str, owner: int) -> Sandbox:
    sandbox = open_sandbox(parse_sandbox(text))
    atexit.register(lambda: sandbox.close() if os.getpid() == owner else None)
    return sandbox


class Refused(Exception):  # noqa: N818 - it carries an answer
    """This sample needs no run: the verdict is here."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict."""
        super().__init__(verdict.reason)
        self.verdict = verdict


def ready(sample: Sample, engine: Engine) -> tuple[Problem, Found]:
    """Return the tests and the program of a reduced sample, when they fit each other.

    Raises:
        Refused: unusable tests, a language that cannot be run here, or one that the tests do not reach.
    """
    found = program_of(sample)
    try:
        problem = read_problem(sample.reference, engine.options.wrapped)
    except ProblemError as error:
        raise Refused(Verdict.reference_fault(str(error))) from None
    if problem.language not in (None, found.language):
        reason = f"the tests are for {problem.language}, and the program is {found.language}"
        raise Refused(Verdict.scored(0.0, reason, extracted=found.code))
    lack = engine.builder.lack(found.language)
    if lack is not None:
        raise Refused(_lacking(lack, found, engine.options.language or problem.language))
    return problem, found


def _lacking(lack: str, found: Found, asked: str | None) -> Verdict:
    """Nobody's fault where the language was asked for; else no policy is to choose one that is not judged."""
    if asked is not None:
        return Verdict.abstain(lack, extracted=found.code)
    return Verdict.scored(0.0, f"{lack}, and another language was free to choose", extracted=found.code)


class EachProgram:
    """Judges samples one by one, by the tests and the program of each."""

    def __init__(self, engine: Engine) -> None:
        """Use an engine."""
        self.engine = engine

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge reduced samples."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        try:
            return self.verdict(*ready(sample, self.engine))
        except Refused as refused:
            return refused.verdict

    def verdict(self, problem: Problem, found: Found) -> Verdict:
        """Judge one program."""
        raise NotImplementedError


class Tests(EachProgram):
    """`code.tests`: RIGHT when every test passes."""

    __test__ = False

    def __init__(self, engine: Engine, options: TestsOptions) -> None:
        """Use an engine."""
        super().__init__(engine)
        self.options = options

    def verdict(self, problem: Problem, found: Found) -> Verdict:
        """Judge one program."""
        report = self.engine.run(problem, found, stop=True, options=self.options)
        if report.gap is not None:
            return Verdict.reference_fault(report.gap, extracted=found.code)
        evidence = {"language": found.language, **report.evidence()}
        score = 1.0 if report.all_passed else 0.0
        return Verdict.scored(score, report.reason(), extracted=found.code, evidence=evidence)


class Runs(EachProgram):
    """`code.runs`: RIGHT when it runs on the first input, or loads, without an error."""

    def __init__(self, engine: Engine, options: RunOptions) -> None:
        """Use an engine."""
        shared = {key: getattr(options, key) for key in RunOptions.model_fields}
        super().__init__(engine)
        self.options = TestsOptions(**shared, max_tests=1)

    def verdict(self, problem: Problem, found: Found) -> Verdict:
        """Judge one program."""
        report = self.engine.run(problem, found, stop=True, options=self.options)
        runs = report.loaded if problem.code is not None else report.ran
        reason = "it runs" if runs else "it does not run"
        evidence = {"language": found.language}
        return Verdict.scored(float(runs), reason, extracted=found.code, evidence=evidence)


class Parses:
    """`code.parses`: RIGHT when the program parses."""

    def __init__(self, engine: Engine | None) -> None:
        """Use an engine for other languages than Python. None: there is no need of one."""
        self.engine = engine

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge reduced samples."""
        return [self._judge(program_of(sample)) for sample in samples]

    def _judge(self, found: Found) -> Verdict:
        if found.language != "python" and self.engine is not None:
            lack = self.engine.builder.lack(found.language)
            if lack is not None:
                return _lacking(lack, found, self.engine.options.language)
        problem = syntax_error(found, self.engine)
        reason = "it does not parse" if problem else "it parses"
        evidence = {"language": found.language} | ({"message": problem} if problem else {})
        return Verdict.scored(0.0 if problem else 1.0, reason, extracted=found.code, evidence=evidence)


def syntax_error(found: Found, engine: Engine | None) -> str | None:
    """Why a program does not parse; None when it does."""
    if found.language == "python" or engine is None:
        try:
            parsed(found.code)
        except SyntaxError as error:
            return short(f"line {error.lineno}: {error.msg}")
        return None
    return engine.builder.syntax(found)


class OneBlock:
    """`code.block`: RIGHT when the answer has exactly one usable code block."""

    def __init__(self, options: BlockOptions) -> None:
        """Use options."""
        self.options = options

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge whole samples."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        language = language_of(sample.reference)
        try:
            blocks, _ = usable_blocks(sample.completion, self.options, language, sample.truncated)
        except NothingAssertedError as error:
            return Verdict.policy_fault(str(error))
        found = len(blocks)
        reason = f"the answer has {found} code block{'s' if found > 1 else ''}"
        return Verdict.scored(float(found == 1), reason, extracted=blocks[-1].code)


def build_tests(**options: Any) -> Tests:
    """Make `code.tests`; opens the sandbox."""
    chosen = TestsOptions(**options)
    return Tests(Engine(SharedSandbox(chosen.sandbox), chosen), chosen)


def build_runs(**options: Any) -> Runs:
    """Make `code.runs`; opens the sandbox."""
    chosen = RunOptions(**options)
    return Runs(Engine(SharedSandbox(chosen.sandbox), chosen), chosen)


def build_parses(**options: Any) -> Parses:
    """Make `code.parses`; opens the sandbox unless only Python is asked for."""
    chosen = SandboxOptions(**options)
    if chosen.language == "python":
        return Parses(None)
    return Parses(Engine(SharedSandbox(chosen.sandbox), RunOptions(**chosen.model_dump())))


def build_block(**options: Any) -> OneBlock:
    """Make `code.block`."""
    return OneBlock(BlockOptions(**options))
