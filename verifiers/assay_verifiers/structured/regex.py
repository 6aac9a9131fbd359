"""`structured.regex`: does the whole answer match the pattern of the row?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from assay import Check, Sample, Verdict
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.structured.options import RegexOptions, chosen
from assay_verifiers.structured.patterns import full_matcher
from assay_verifiers.structured.stated import literal_answer
from assay_verifiers.structured.strict import NotJsonError, loads
from assay_verifiers.structured.verdicts import UnusableError, refused

INFOS = frozenset({"", "text", "txt"})


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Reduce a sample to its answer; patterns are matched in a worker."""
    picked = chosen(RegexOptions, options)
    stated = literal_answer(
        sample.completion, plain=picked.plain, infos=INFOS, max_chars=picked.max_answer_chars
    )
    if isinstance(stated, Refused):
        return refused(stated)
    return replace(sample, completion=stated.texts[0])


def build(**options: Any) -> Check:
    """Build the check of an answer against its row's pattern."""
    picked = chosen(RegexOptions, options)

    def check(samples: Sequence[Sample]) -> list[Verdict]:
        return [_judge(sample, picked) for sample in samples]

    return check


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a pattern cannot be used; None when it can. One that the empty text matches is none."""
    try:
        matches = matcher_of(reference, chosen(RegexOptions, options))
    except UnusableError as error:
        return str(error)
    return "the pattern matches the empty text" if matches("") else None


def matcher_of(reference: Any, options: RegexOptions) -> Callable[[str], bool]:
    """Read a reference: a pattern, or an object with `pattern` and `flags`.

    Raises:
        UnusableError: it is neither, or the engine does not know the pattern.
    """
    flags = ""
    if isinstance(reference, str) and reference.startswith('{"pattern"'):
        try:
            reference = loads(reference)
        except NotJsonError as error:
            raise UnusableError(f"the reference is {error}") from error
    if isinstance(reference, dict):
        members = cast("dict[str, Any]", reference)
        flags = members.get("flags") or ""
        if not {"pattern", "flags"}.issuperset(members) or flags not in ("", "i"):
            raise UnusableError('the reference is no object with `pattern`, and perhaps the `flags` "i"')
        reference = members.get("pattern")
    if not isinstance(reference, str) or not reference:
        raise UnusableError("the reference holds no pattern")
    return full_matcher(reference, options.engine, ignore_case=flags == "i")


def _judge(sample: Sample, options: RegexOptions) -> Verdict:
    try:
        matches = matcher_of(sample.reference, options)
    except UnusableError as error:
        return Verdict.reference_fault(str(error))
    answer = sample.completion
    try:
        answer.encode()
    except UnicodeEncodeError:
        return Verdict.policy_fault("the answer holds a half of a surrogate pair")
    right = matches(answer)
    return Verdict.scored(float(right), "matches" if right else "does not match", extracted=answer)
