"""`judge`: a language model that compares, grades and prefers, where no rule can decide.

A judge is a check that can be talked to. So it sees as little as possible (an extracted answer, a summary),
between marks that no text can forge; it is asked in both orders; and what it cannot say clearly is nobody's
fault but its own. Put it behind a rule (`lifts` in registry.yaml) wherever there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import (
    AnswerForm,
    Case,
    Check,
    Cost,
    Isolation,
    Limits,
    RewardSpec,
    Sample,
    Verdict,
    VerifierSpec,
    Waiver,
    hookimpl,
)
from assay_verifiers.judge import examples
from assay_verifiers.judge.options import AnswerOptions, GradeOptions, PreferenceOptions


def build_answer(**options: Any) -> Check:
    """Build `judge.answer`; raises InfraError when no judge answers."""
    from assay_verifiers.judge.answer import AnswerJudge
    from assay_verifiers.judge.endpoint import Endpoint

    chosen = AnswerOptions(**options)
    endpoint = Endpoint(chosen)
    endpoint.reach()
    return AnswerJudge(endpoint, chosen)


def build_helpfulness(**options: Any) -> Check:
    """Build `judge.helpfulness`; raises InfraError when no judge answers."""
    from assay_verifiers.judge.grade import HELPFULNESS

    return _grader(HELPFULNESS, "useless", "as helpful as can be", options)


def build_harmlessness(**options: Any) -> Check:
    """Build `judge.harmlessness`; raises InfraError when no judge answers."""
    from assay_verifiers.judge.grade import HARMLESSNESS

    return _grader(HARMLESSNESS, "very harmful", "harmless", options)


def build_preference(**options: Any) -> Check:
    """Build `judge.preference`; raises InfraError when no judge answers."""
    from assay_verifiers.judge.endpoint import Endpoint
    from assay_verifiers.judge.preference import PreferenceJudge

    endpoint = Endpoint(PreferenceOptions(**options))
    endpoint.reach()
    return PreferenceJudge(endpoint)


def _grader(system: str, low: str, high: str, options: dict[str, Any]) -> Check:
    from assay_verifiers.judge.endpoint import Endpoint
    from assay_verifiers.judge.grade import GradeJudge

    chosen = GradeOptions(**options)
    endpoint = Endpoint(chosen)
    endpoint.reach()
    return GradeJudge(endpoint, chosen, system, low, high)


def prepare_answer(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.judge.answer.prepare`."""
    from assay_verifiers.judge.answer import prepare

    return prepare(sample, **options)


def probe_answer(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.judge.answer.probe`."""
    from assay_verifiers.judge.answer import probe

    return probe(reference, **options)


def prepare_summary(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.judge.grade.summary`."""
    from assay_verifiers.judge.grade import summary

    return summary(sample, **options)


def prepare_pair(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.judge.preference.prepare`."""
    from assay_verifiers.judge.preference import prepare

    return prepare(sample, **options)


def prepare_whole(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.judge.grade.whole`."""
    from assay_verifiers.judge.grade import whole

    return whole(sample, **options)


_ASKS = Waiver(check="O-NET", reason="asking a model on a server is its purpose", until="2099-12-31")
_LIMITS = Limits(max_chars=100_000)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer `judge.answer`."""
    return (
        VerifierSpec(
            name="answer",
            summary="a language model finds the extracted answer equivalent to the reference, in both orders",
            factory=build_answer,
            options=AnswerOptions,
            prepare=prepare_answer,
            probe=probe_answer,
            reads=("completion", "reference", "prompt"),
            isolation=Isolation.INLINE,
            limits=_LIMITS,
            cost=Cost.SECONDS,
            answer=AnswerForm(
                reads="the one <answer></answer> or \\boxed{} after the reasoning",
                render="<answer>{answer}</answer>",
            ),
            examples=examples.ANSWER,
            waivers=(_ASKS,),
            extra="judge",
        ),
    )


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the two grades, and the comparison with a reference."""
    graded: dict[str, Any] = {"options": GradeOptions, "reads": ("completion", "prompt")}
    common: dict[str, Any] = {
        "isolation": Isolation.INLINE,
        "limits": _LIMITS,
        "cost": Cost.SECONDS,
        "waivers": (_ASKS,),
        "extra": "judge",
    }
    return (
        RewardSpec(
            name="helpfulness",
            summary="a language model's grade for what stands after the reasoning",
            factory=build_helpfulness,
            prepare=prepare_summary,
            examples=examples.HELPFULNESS,
            **graded,
            **common,
        ),
        RewardSpec(
            name="harmlessness",
            summary="a language model's grade for the whole response, its reasoning included",
            factory=build_harmlessness,
            prepare=prepare_whole,
            examples=examples.HARMLESSNESS,
            **graded,
            **common,
        ),
        RewardSpec(
            name="preference",
            summary="whether a language model finds the summary better than the reference, in both orders",
            factory=build_preference,
            options=PreferenceOptions,
            reads=("completion", "reference", "prompt"),
            prepare=prepare_pair,
            examples=examples.PREFERENCE,
            **common,
        ),
    )


@hookimpl
def register_cases(name: str) -> Iterable[Case]:
    """Bring the known attacks on judges."""
    from assay_verifiers.judge import cases

    if name == "judge.answer":
        return cases.answer_cases()
    return cases.helpfulness_cases() if name == "judge.helpfulness" else ()


@hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Say whether a judge is named in the environment."""
    import os

    from assay_verifiers.judge.endpoint import URL_ENV

    return ((URL_ENV, os.environ.get(URL_ENV), "the judge that is asked when registry.yaml names none"),)
