"""`structured`: answers whose form a machine can check.

`structured.choice` (multiple choice), `structured.json` (JSON Schema and values), `structured.call` (function
calls), `structured.regex` (patterns) and `structured.logic` (formulas, by Z3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import AnswerForm, Check, Cost, Isolation, Limits, Sample, Verdict, VerifierSpec, hookimpl
from assay_verifiers.structured.examples import CALL, CHOICE, JSON, LOGIC, REGEX
from assay_verifiers.structured.options import (
    CallOptions,
    ChoiceOptions,
    JsonOptions,
    LogicOptions,
    RegexOptions,
)


def build_choice(**options: Any) -> Check:
    """Build `structured.choice`."""
    from assay_verifiers.structured.choice import build

    return build(**options)


def probe_choice(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.structured.choice.probe`."""
    from assay_verifiers.structured.choice import probe

    return probe(reference, **options)


def build_json(**options: Any) -> Check:
    """Build `structured.json`."""
    from assay_verifiers.structured.json_answer import build

    return build(**options)


def prepare_json(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.structured.json_answer.prepare`."""
    from assay_verifiers.structured.json_answer import prepare

    return prepare(sample, **options)


def probe_json(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.structured.json_answer.probe`."""
    from assay_verifiers.structured.json_answer import probe

    return probe(reference, **options)


def build_call(**options: Any) -> Check:
    """Build `structured.call`."""
    from assay_verifiers.structured.call import build

    return build(**options)


def prepare_call(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.structured.call.prepare`."""
    from assay_verifiers.structured.call import prepare

    return prepare(sample, **options)


def probe_call(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.structured.call.probe`."""
    from assay_verifiers.structured.call import probe

    return probe(reference, **options)


def build_regex(**options: Any) -> Check:
    """Build `structured.regex`."""
    from assay_verifiers.structured.regex import build

    return build(**options)


def prepare_regex(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.structured.regex.prepare`."""
    from assay_verifiers.structured.regex import prepare

    return prepare(sample, **options)


def probe_regex(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.structured.regex.probe`."""
    from assay_verifiers.structured.regex import probe

    return probe(reference, **options)


def build_logic(**options: Any) -> Check:
    """Build `structured.logic`; Z3 is imported when the first formula comes."""
    from assay_verifiers.structured.logic import build

    return build(**options)


def prepare_logic(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.structured.logic.prepare`."""
    from assay_verifiers.structured.logic import prepare

    return prepare(sample, **options)


def probe_logic(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.structured.logic.probe`."""
    from assay_verifiers.structured.logic import probe

    return probe(reference, **options)


_BOXED = AnswerForm(
    reads="the one \\boxed{} after the reasoning, or the one <answer></answer>",
    render="The answer is $\\boxed{{answer}}$.",
)
_FENCED = AnswerForm(
    reads="<answer></answer> after the reasoning, else the one code block, else the whole text",
    render="```json\n{answer}\n```",
)
_TAGGED = AnswerForm(
    reads="<answer></answer> after the reasoning, else the one code block",
    render="<answer>{answer}</answer>",
)
_LIMITS = Limits(seconds=5.0, memory_mb=1024)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer the five verifiers of structured answers."""
    return (
        VerifierSpec(
            name="choice",
            summary="the one chosen option, or set of options, is the right one",
            factory=build_choice,
            options=ChoiceOptions,
            probe=probe_choice,
            isolation=Isolation.INLINE,
            cost=Cost.MICROSECONDS,
            answer=_BOXED,
            judges="choice",
            accepts=("latex", "words"),
            examples=CHOICE,
        ),
        VerifierSpec(
            name="json",
            summary="the JSON in the answer keeps the schema of the row, and is its value",
            factory=build_json,
            options=JsonOptions,
            prepare=prepare_json,
            probe=probe_json,
            limits=_LIMITS,
            answer=_FENCED,
            judges="json",
            accepts=("decimal",),
            examples=JSON,
            extra="structured",
        ),
        VerifierSpec(
            name="call",
            summary="the function calls in the answer are those of the row, or keep its tools' signatures",
            factory=build_call,
            options=CallOptions,
            prepare=prepare_call,
            probe=probe_call,
            limits=_LIMITS,
            answer=_FENCED,
            judges="call",
            accepts=("decimal",),
            examples=CALL,
            extra="structured",
        ),
        VerifierSpec(
            name="regex",
            summary="the whole answer matches the pattern of the row",
            factory=build_regex,
            options=RegexOptions,
            prepare=prepare_regex,
            probe=probe_regex,
            limits=_LIMITS,
            answer=_TAGGED,
            judges="regex",
            examples=REGEX,
            extra="structured",
        ),
        VerifierSpec(
            name="logic",
            summary="the formula in the answer is equivalent to the row's, or an assignment satisfies it",
            factory=build_logic,
            options=LogicOptions,
            prepare=prepare_logic,
            probe=probe_logic,
            limits=_LIMITS,
            answer=_TAGGED,
            judges="logic",
            examples=LOGIC,
            extra="structured",
        ),
    )
