"""`code`: does the program in the answer do what its tests ask?

Programs run in a sandbox; what is expected stays outside, and what comes out is compared there as bounded
plain data. `extract` finds the program, `problem` reads the tests, `engine` runs them, `compare` decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import (
    AnswerForm,
    Check,
    Cost,
    Isolation,
    Limits,
    RewardSpec,
    Sample,
    Scope,
    Verdict,
    VerifierSpec,
    Waiver,
    hookimpl,
)
from assay_verifiers.code.examples import BLOCK, LADDER, PARSES, RUNS, SPEED, TESTS, TYPES
from assay_verifiers.code.options import (
    BlockOptions,
    LadderOptions,
    RunOptions,
    SandboxOptions,
    SpeedOptions,
    StaticOptions,
    TestsOptions,
)


def build_tests(**options: Any) -> Check:
    """Build `code.tests`."""
    from assay_verifiers.code.check import build_tests as build

    return build(**options)


def build_block(**options: Any) -> Check:
    """Build `code.block`."""
    from assay_verifiers.code.check import build_block as build

    return build(**options)


def build_parses(**options: Any) -> Check:
    """Build `code.parses`."""
    from assay_verifiers.code.check import build_parses as build

    return build(**options)


def build_types(**options: Any) -> Check:
    """Build `code.types`."""
    from assay_verifiers.code.static import TypesOptions, types_factory

    return types_factory(**{key: value for key, value in options.items() if key in TypesOptions.model_fields})


def build_runs(**options: Any) -> Check:
    """Build `code.runs`."""
    from assay_verifiers.code.check import build_runs as build

    return build(**options)


def build_ladder(**options: Any) -> Check:
    """Build `code.ladder`."""
    from assay_verifiers.code.ladder import build_ladder as build

    return build(**options)


def build_speed(**options: Any) -> Check:
    """Build `code.speed`."""
    from assay_verifiers.code.speed import build_speed as build

    return build(**options)


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.code.reduce.prepare`."""
    from assay_verifiers.code.reduce import prepare as run

    return run(sample, **options)


def prepare_types(sample: Sample, **options: Any) -> Sample | Verdict:
    """As `prepare`; abstains from programs in other languages than Python."""
    found = prepare(sample, **options)
    if isinstance(found, Sample) and found.columns.get("language") != "python":
        return Verdict.abstain("only Python programs are checked", extracted=found.completion)
    return found


def prepare_speed(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.code.speed.prepare_speed`."""
    from assay_verifiers.code.speed import prepare_speed as run

    return run(sample, **options)


def probe(reference: Any, **options: Any) -> str | None:
    """Say why tests cannot be used; None when they can, as far as that shows before they run."""
    from assay_verifiers.code.problem import ProblemError, read_problem

    try:
        read_problem(reference, bool(options.get("wrapped")))
    except ProblemError as error:
        return str(error)
    return None


_ANSWER = AnswerForm(reads="the last code block after the reasoning", render="```python\n{answer}\n```")
_LIMITS = Limits(seconds=60.0, memory_mb=1024)
"""Of the worker, which mostly waits: programs have limits of their own, within six tenths of it."""
_STARTS_PROGRAMS = Waiver(
    check="O-FS", reason="starting programs in a sandbox is its purpose", until="2099-12-31"
)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer the rungs one by one; `code.tests` is the one to train on."""
    return (
        VerifierSpec(
            name="tests",
            summary="the program in the answer passes all tests of the problem",
            factory=build_tests,
            options=TestsOptions,
            prepare=prepare,
            probe=probe,
            reads=("completion", "reference", "truncated"),
            limits=_LIMITS,
            judges="code",
            answer=_ANSWER,
            examples=TESTS,
            waivers=(_STARTS_PROGRAMS,),
        ),
        VerifierSpec(
            name="block",
            summary="the answer has exactly one usable code block",
            factory=build_block,
            options=BlockOptions,
            reads=("completion", "truncated"),
            isolation=Isolation.INLINE,
            cost=Cost.MICROSECONDS,
            examples=BLOCK,
        ),
        VerifierSpec(
            name="parses",
            summary="the program in the answer parses, or compiles",
            factory=build_parses,
            options=SandboxOptions,
            prepare=prepare,
            reads=("completion", "truncated"),
            limits=_LIMITS,
            examples=PARSES,
            waivers=(_STARTS_PROGRAMS,),
        ),
        VerifierSpec(
            name="types",
            summary="pyright finds nothing wrong with the Python program in the answer",
            factory=build_types,
            options=StaticOptions,
            prepare=prepare_types,
            reads=("completion", "truncated"),
            limits=Limits(seconds=60.0, memory_mb=1024),
            cost=Cost.MILLISECONDS,
            answer=_ANSWER,
            examples=TYPES,
            waivers=(_STARTS_PROGRAMS,),
            extra="code",
        ),
        VerifierSpec(
            name="runs",
            summary="the program in the answer runs on the first input without an error",
            factory=build_runs,
            options=RunOptions,
            prepare=prepare,
            probe=probe,
            reads=("completion", "reference", "truncated"),
            limits=_LIMITS,
            answer=_ANSWER,
            examples=RUNS,
            waivers=(_STARTS_PROGRAMS,),
        ),
    )


@hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Say which languages can be run here, and whether types can be checked."""
    from assay_verifiers.code.machine import report

    return report()


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the ladder, and time among the right."""
    return (
        RewardSpec(
            name="ladder",
            summary="pays the highest rung reached: a program, it parses, its types, it runs, share of tests",
            factory=build_ladder,
            options=LadderOptions,
            prepare=prepare,
            reads=("completion", "reference", "truncated"),
            limits=_LIMITS,
            examples=LADDER,
            waivers=(_STARTS_PROGRAMS,),
            extra="code",
        ),
        RewardSpec(
            name="speed",
            summary="pays the faster among the right programs of a group; differences under a floor tie",
            factory=build_speed,
            options=SpeedOptions,
            prepare=prepare_speed,
            scope=Scope.GROUP,
            reads=("completion", "reference", "truncated", "right"),
            limits=Limits(seconds=240.0, memory_mb=1024),
            cost=Cost.SECONDS,
            deterministic=False,
            examples=SPEED,
            waivers=(_STARTS_PROGRAMS,),
        ),
    )
