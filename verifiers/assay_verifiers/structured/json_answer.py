"""`structured.json`: does the JSON in the answer keep a schema, and is it the value that is asked for?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.structured.options import JsonOptions, chosen
from assay_verifiers.structured.schema import schema_of
from assay_verifiers.structured.stated import literal_answer
from assay_verifiers.structured.strict import NotJsonError, key, loads
from assay_verifiers.structured.verdicts import UnusableError, reference_text, refused

INFOS = frozenset({"", "json", "jsonc", "json5"})
"""Words after the fence of a block that may be the answer; what is in it is JSON in any case."""
_PARTS = frozenset({"schema", "value"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference asks for: a schema, a value, or both."""

    schema: bool
    """Whether there is one; a worker reads it."""
    value: Hashable | None
    """As `strict.key` has it; None: any."""


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Read the JSON and compare it with the value that is asked for; a schema is left to a worker."""
    picked = chosen(JsonOptions, options)
    try:
        asked = read_reference(reference_text(sample.reference), picked)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    stated = literal_answer(
        sample.completion, plain=picked.plain, infos=INFOS, max_chars=picked.max_answer_chars
    )
    if isinstance(stated, Refused):
        return refused(stated)
    text = stated.texts[0]
    try:
        value = loads(text, picked.max_depth)
    except NotJsonError as error:
        return Verdict.policy_fault(str(error), extracted=text[:500])
    if asked.value is not None and key(value, picked.numbers == "written") != asked.value:
        return Verdict.scored(0.0, "is another value", extracted=text)
    if not asked.schema:
        return Verdict.scored(1.0, "is the value", extracted=text)
    return replace(sample, completion=text, reference=reference_text(sample.reference))


def build(**options: Any) -> Check:
    """Build the check of what `prepare` leaves: text that is JSON against the text of a schema."""
    picked = chosen(JsonOptions, options)

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_kept(sample, picked) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can."""
    try:
        picked, text = chosen(JsonOptions, options), reference_text(reference)
        if not read_reference(text, picked).schema:
            return None
        schema, found = schema_of(text, picked.reference_is == "parts"), loads(text)
        if picked.reference_is == "parts" and "value" in found and schema.problem(found["value"]) is not None:
            return "the value breaks the schema"
    except UnusableError as error:
        return str(error)
    return None


def read_reference(text: str, options: JsonOptions) -> Asked:
    """Read what a reference asks for.

    Raises:
        UnusableError: it is not JSON, or has neither a schema nor a value.
    """
    found = _read(text, options.reference_is, options.numbers == "written")
    if isinstance(found, str):
        raise UnusableError(found)
    return found


@lru_cache(maxsize=4096)
def _read(text: str, what: str, written: bool) -> Asked | str:
    """The reference, or why it cannot be used: an exception would not be remembered."""
    try:
        found = loads(text)
    except NotJsonError as error:
        return f"the reference is {error}"
    if what == "schema":
        return Asked(True, None)
    if what == "value":
        return Asked(False, key(found, written))
    if not isinstance(found, dict) or not found or not _PARTS.issuperset(cast("dict[str, Any]", found)):
        return "the reference is no object with `schema`, `value` or both"
    parts = cast("dict[str, Any]", found)
    return Asked("schema" in parts, key(parts["value"], written) if "value" in parts else None)


def _kept(sample: Sample, options: JsonOptions) -> Verdict:
    text = sample.completion
    try:
        schema = schema_of(reference_text(sample.reference), options.reference_is == "parts")
        problem = schema.problem(loads(text, options.max_depth))
    except NotJsonError as error:
        return Verdict.policy_fault(str(error))
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    if problem is not None:
        return Verdict.scored(0.0, problem, extracted=text)
    return Verdict.scored(1.0, "keeps the schema", extracted=text)
