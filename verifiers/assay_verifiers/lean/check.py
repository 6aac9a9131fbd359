"""Asks the kernel: samples whose completion is Lean text, and whose reference is a problem."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from assay import Sample, Status, Verdict
from assay_verifiers.lean.backend import Backend
from assay_verifiers.lean.backends import backend_of
from assay_verifiers.lean.options import chosen_options
from assay_verifiers.lean.problem import Problem, UnusableReferenceError, read

_MAX_TEXT = 500
_REASONS = {
    "accepted": "the kernel accepts the proof of exactly this statement",
    "forbidden_syntax": "the proof contains {detail}, which is not allowed",
    "elaboration_error": "Lean reports an error in the proof",
    "theorem_missing": "the theorem that was asked for is not there",
    "not_a_theorem": "what bears the theorem's name is not a theorem",
    "statement_changed": "another statement was proven",
    "constant_changed": "the meaning of {detail} was changed",
    "forbidden_axiom": "the proof rests on {detail}",
    "unsafe_constant": "the proof rests on {detail}, which is unsafe or partial",
    "kernel_rejected": "the kernel does not accept the proof when it is checked again",
    "bad_export": "what was written down of the proof cannot be read: {detail}",
    "export_too_large": "the proof is too large to be written down",
    "failed": "Lean failed on this proof",
}


def build(**options: Any) -> Checker:
    """Make the check; Lean starts in the background.

    Raises:
        InfraError: no Lean can be used; the message says how to install one.
    """
    chosen = chosen_options(**options)
    return Checker(backend_of(chosen), chosen.unaudited)


def request_of(problem: Problem, submission: str) -> dict[str, Any]:
    """What ``Audit.lean`` is asked."""
    return {
        "imports": list(problem.imports),
        "preamble": problem.preamble,
        "statement": problem.statement,
        "name": problem.name,
        "submission": submission,
    }


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when its statement elaborates.

    Raises:
        InfraError: Lean is not installed or cannot be started.
    """
    try:
        request = {**request_of(read(reference), ""), "op": "probe"}
    except UnusableReferenceError as error:
        return str(error)
    answer = backend_of(chosen_options(**options)).check([request])[0]
    return None if answer.get("verdict") == "usable" else _explained(answer)


class Checker:
    """Judges reduced samples on one back end."""

    def __init__(self, backend: Backend, unaudited: str = "refuse") -> None:
        """Keep the back end, and what a proof is worth that no audit has seen."""
        self.backend, self.unaudited = backend, unaudited
        self._one = threading.Lock()

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge samples that `reduce.prepare` returned."""
        verdicts: dict[int, Verdict] = {}
        requests: dict[int, dict[str, Any]] = {}
        for index, sample in enumerate(samples):
            try:
                requests[index] = request_of(read(sample.reference), sample.completion)
            except UnusableReferenceError as error:
                verdicts[index] = Verdict.reference_fault(f"the reference poses no problem: {error}")
        with self._one:  # back ends talk with one process; threads would start one each
            answers = self.backend.check(list(requests.values())) if requests else []
        evidence = {"back_end": self.backend.title}
        for index, answer in zip(requests, answers, strict=True):
            verdicts[index] = verdict_of(answer, samples[index].completion, evidence, self.unaudited)
        return [verdicts[index] for index in range(len(samples))]


def verdict_of(
    answer: Mapping[str, Any], submission: str, evidence: Mapping[str, Any], unaudited: str = "refuse"
) -> Verdict:
    """Turn an answer of a back end into a verdict; `unaudited` as in the options."""
    kind = str(answer.get("verdict"))
    if kind == "lost":
        return Verdict.policy_fault(str(answer.get("detail")), extracted=submission, evidence=dict(evidence))
    if kind == "unaudited":
        return _unaudited(submission, {**evidence, "verdict": kind}, unaudited)
    if kind == "bad_reference":
        return Verdict.reference_fault(f"the reference cannot be used: {_explained(answer)}")
    details = {
        **evidence,
        "verdict": kind,
        "audited_by": answer.get("audited_by", evidence.get("back_end")),
        "axioms": list(answer.get("axioms", ())),
        "messages": _messages(answer),
        "constants_replayed": answer.get("constants", 0),
        "milliseconds": {part: answer.get(f"{part}_ms") for part in ("reference", "submission", "audit")},
    }
    reason = _REASONS.get(kind, "Lean refuses the proof").format(detail=str(answer.get("detail"))[:100])
    score = 1.0 if kind == "accepted" else 0.0
    return Verdict.scored(score, reason, extracted=submission, evidence=details)


def _unaudited(submission: str, evidence: Mapping[str, Any], worth: str) -> Verdict:
    said = "the server calls the proof valid, and no audit has seen it"
    if worth == "pay":
        return Verdict.scored(1.0, f"{said}: paid unaudited", extracted=submission, evidence=evidence)
    if worth == "abstain":
        return Verdict.abstain(said, extracted=submission, evidence=evidence)
    why = f"{said}. Name a project whose Lean can audit it, or let `assay lean serve` judge"
    return Verdict(score=None, status=Status.INFRA_FAULT, reason=why, extracted=submission, evidence=evidence)


def _messages(answer: Mapping[str, Any]) -> list[str]:
    return [
        f"{m.get('line')}:{m.get('column')}: {m.get('severity')}: {str(m.get('text'))[:_MAX_TEXT]}"
        for m in answer.get("messages", ())
    ]


def _explained(answer: Mapping[str, Any]) -> str:
    return "; ".join([str(answer.get("detail"))[:_MAX_TEXT], *_messages(answer)[:2]])
