"""Judges the instructions of a row one by one; right is an answer that keeps all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay.sections import after_reasoning, visible_characters
from assay_verifiers.instructions.kinds import KINDS, Kind
from assay_verifiers.instructions.options import InstructionsOptions


class UnusableError(ValueError):
    """The reference cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a row."""

    id: str
    kind: Kind
    given: Mapping[str, Any]
    """Its arguments, checked."""

    def kept(self, answer: str) -> bool:
        """Whether a text keeps it; a text that shows nothing keeps none."""
        return bool(answer.strip()) and self.kind.check(answer, **self.given)


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Reduce a sample to what stands after the reasoning."""
    picked = InstructionsOptions(**options)
    answer = after_reasoning(sample.completion)
    if answer is None:
        return Verdict.policy_fault("the reasoning was never closed")
    answer = answer.strip()
    if not visible_characters(answer, 1):
        return Verdict.policy_fault("no answer is stated")
    if len(answer) > picked.max_answer_chars:
        return Verdict.policy_fault(f"the answer is longer than {picked.max_answer_chars} characters")
    return replace(sample, completion=answer)


def build(**options: Any) -> Check:
    """Build the check."""
    loose = InstructionsOptions(**options).mode == "loose"

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_judge(sample, loose) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can."""
    InstructionsOptions(**options)
    try:
        read_reference(reference)
    except UnusableError as error:
        return str(error)
    return None


def read_reference(reference: Any) -> list[Instruction]:
    """Read a reference: an object with `instruction_id_list` and `kwargs` of one length, or its JSON text.

    Arguments that are null, or that the instruction does not take, do not count.

    Raises:
        UnusableError: It is something else, an instruction is unknown, or an argument is missing or wrong.
    """
    if isinstance(reference, str):
        try:
            reference = json.loads(reference)
        except (ValueError, RecursionError):
            raise UnusableError("the reference is not JSON") from None
    if not isinstance(reference, Mapping):
        raise UnusableError("the reference is no object with `instruction_id_list` and `kwargs`")
    row = cast("Mapping[str, Any]", reference)
    ids, given = _array(row.get("instruction_id_list")), _array(row.get("kwargs"))
    if not ids or len(ids) != len(given):
        raise UnusableError("`instruction_id_list` and `kwargs` are not two arrays of one length, 1 or more")
    return [_instruction(id, arguments) for id, arguments in zip(ids, given, strict=True)]


def variants(answer: str) -> list[str]:
    """The texts that `loose` looks at: the answer and seven others (section 2.3 of the paper)."""
    _, _, headless = answer.partition("\n")
    tailless = answer.rpartition("\n")[0]
    middle = headless.rpartition("\n")[0]
    texts = [answer, *(text.strip() for text in (headless, tailless, middle))]
    return [*texts, *(text.replace("*", "") for text in texts)]


def _judge(sample: Sample, loose: bool) -> Verdict:
    try:
        instructions = read_reference(sample.reference)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    texts = variants(sample.completion) if loose else [sample.completion]
    kept = [any(map(instruction.kept, texts)) for instruction in instructions]
    broken = [one.id for one, is_kept in zip(instructions, kept, strict=True) if not is_kept]
    evidence = [{"id": one.id, "kept": is_kept} for one, is_kept in zip(instructions, kept, strict=True)]
    reason = f"breaks {', '.join(broken)}" if broken else "keeps every instruction"
    return Verdict.scored(float(not broken), reason, evidence={"instructions": evidence})


def _instruction(id: Any, arguments: Any) -> Instruction:
    kind = KINDS.get(id) if isinstance(id, str) else None
    if kind is None:
        raise UnusableError(f"there is no instruction {str(id)[:60]!r}")
    if not isinstance(arguments, Mapping | None):
        raise UnusableError(f"the arguments of {id} are no object")
    row = cast("Mapping[str, Any]", arguments or {})
    given: dict[str, Any] = {}
    for name, read in kind.takes.items():
        try:
            given[name] = read(row.get(name))
        except ValueError as error:
            raise UnusableError(f"{name} of {id} is {error}") from None
    return Instruction(id, kind, given)


def _array(value: Any) -> list[Any]:
    return list(cast("Sequence[Any]", value)) if isinstance(value, list | tuple) else []
