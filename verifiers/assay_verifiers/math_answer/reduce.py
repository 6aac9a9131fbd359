"""From a completion to a decided case, or to the two short texts that a worker compares."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay import Sample, Verdict
from assay_verifiers.math_answer.admit import admissible
from assay_verifiers.math_answer.canonical import canonical
from assay_verifiers.math_answer.compare import compare
from assay_verifiers.math_answer.extract import final_answer
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.found import Refused
from assay_verifiers.math_answer.options import MathAnswerOptions, chosen_options
from assay_verifiers.math_answer.oracle import ExactOracle, parsed
from assay_verifiers.math_answer.rational import MAX_LARGE, MAX_LOG10, TooLarge, is_short, large, size
from assay_verifiers.math_answer.reference import ReferenceError_, is_choice, joined, option_letter, stated
from assay_verifiers.math_answer.relations import name_of
from assay_verifiers.math_answer.structures import (
    Choice,
    Form,
    Given,
    Leaf,
    Matrix,
    Opaque,
    Ordered,
    Relation,
    SetOf,
    Several,
    Union,
    Without,
)

_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_SPELT = re.compile(
    r"[-+]?\d+_\{?\d+\}?|\d{2}:\d{2}:\d{2}|\\mathbb\{[A-Z]\}(?:\^\{?[\d+*-]\}?)?|\\emptyset|[A-Za-z]'{1,3}|\\(?:angle|triangle)[A-Z]+"
    r"|(?:[A-Za-z']|\\(?:Rightarrow|Leftrightarrow|parallel|perp|sim|cong|triangle|angle|odot|subset|subseteq))+"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A usable reference, read once."""

    text: str
    """Normalised."""
    form: Form
    open: bool
    """Some of it only Math-Verify can read, so only a worker knows whether it is usable."""


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Extract the one asserted answer and decide it exactly if that is possible.

    Returns:
        A verdict when nothing is asserted, when a size limit is passed, when the reference cannot be
        used, or when exact rational arithmetic and the structure decide. Else the sample with the
        normalised answer as `completion` and the normalised reference as `reference`.
    """
    chosen = chosen_options(**options)
    try:
        reference = read_reference(sample.reference, chosen)
    except ReferenceError_ as error:
        return Verdict.reference_fault(str(error))
    found = final_answer(
        sample.completion,
        several=chosen.several,
        answer_tag=chosen.answer_tag,
        plain=chosen.plain,
        choice=is_choice(reference.text),
        max_chars=chosen.max_answer_chars,
    )
    if isinstance(found, Refused):
        if found.nothing:
            return Verdict.policy_fault(found.reason)
        return Verdict.scored(0.0, found.reason, evidence={"rung": "extract"})
    decided = _decide(found.texts, reference.text, chosen.rounding)
    if isinstance(decided, Verdict):
        return decided
    return replace(sample, completion=decided, reference=reference.text)


@lru_cache(maxsize=8192)
def _decide(texts: tuple[str, ...], reference: str, rounding: int | None) -> Verdict | str:
    """The verdict of the exact rung, one for all completions that state these texts; else the open answer."""
    answer, target = _answer_text(texts, reference), _read_normal(reference)
    form = read(answer)
    if isinstance(target.form, Leaf) and _DECIMAL_COMMA.fullmatch(answer):
        # A list never equals the one value that is asked for, so this can only be a decimal.
        answer = answer.replace(",", ".")
        form = read(answer)
    try:
        check_size(form, MAX_LARGE)
        extracted = canonical(form)
        truth = compare(form, target.form, ExactOracle(rounding))
        if truth is None or target.open:
            check_size(form)
            check_size(target.form)
    except TooLarge:
        return Verdict.policy_fault("the answer is too large to be computed")
    if truth is None or target.open:
        return answer
    reason = "equals the reference exactly" if truth else "differs from the reference"
    if not truth and type(form) is not type(target.form) and not isinstance(form, Relation):
        reason = f"is {_kind(form)}, and the reference is {_kind(target.form)}"
    evidence = {"rung": "exact", "raw": " ; ".join(texts), "answer": answer}
    return Verdict.scored(float(truth), reason, extracted=extracted, evidence=evidence)


def _answer_text(texts: tuple[str, ...], reference: str) -> str:
    """The normalised answer; the letter of ``(D) Alina`` when a letter is asked for."""
    letter = option_letter(texts[0]) if len(texts) == 1 and is_choice(reference) else None
    return letter or joined(texts)


def read_reference(reference: Any, options: MathAnswerOptions) -> Reference:
    """Return the normalised answer in a reference.

    Accepts numbers, bare LaTeX, ``$…$``, text with one ``\\boxed{}``, and GSM8K's ``… #### 42``.

    Raises:
        ReferenceError_: when it is missing, of another type, empty, too long, too large, ambiguous, or
            not readable as mathematics or words.
    """
    text = reference if type(reference) is str else _reference_text(reference)
    found = _read_text(text, options.max_answer_chars)
    if isinstance(found, str):
        raise ReferenceError_(found)
    return found


@lru_cache(maxsize=4096)
def _read_text(text: str, max_chars: int) -> Reference | str:
    """Return the reference, or why it cannot be used: an exception would not be remembered."""
    try:
        return _read_normal(stated(text, max_chars))
    except ReferenceError_ as error:
        return str(error)


@lru_cache(maxsize=4096)
def _read_normal(text: str) -> Reference:
    form = read(text)
    try:
        check_size(form, MAX_LARGE)
        if not readable(form):
            raise ReferenceError_("the reference is neither mathematics that this verifier reads nor words")
        for leaf in leaf_texts(form):
            _check_defined(leaf)
    except TooLarge as error:
        raise ReferenceError_("the reference is too large to be computed") from error
    except ZeroDivisionError as error:
        raise ReferenceError_("the reference divides by zero") from error
    return Reference(text, form, bool(unread_texts(form)))


def _check_defined(text: str) -> None:
    node = parsed(text)
    if node is not None:
        large(node)


def _reference_text(reference: Any) -> str:
    if isinstance(reference, bool) or not isinstance(reference, str | int | float | Fraction):
        raise ReferenceError_(f"the reference is a {type(reference).__name__}; text or a number is expected")
    if isinstance(reference, float):
        if not math.isfinite(reference):
            raise ReferenceError_("the reference is not finite")
        mantissa, _, exponent = repr(reference).partition("e")
        return f"{mantissa}\\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
    if isinstance(reference, int) and abs(reference) >= 10**400:
        raise ReferenceError_("the reference has too many digits")
    return str(reference)


def check_size(form: Form, limit: float = MAX_LOG10) -> None:
    """Bound everything that a form's expressions would compute.

    Args:
        form: The structure.
        limit: Most digits of any part of an expression.

    Raises:
        TooLarge: see `rational.size`.
    """
    for text in leaf_texts(form):
        node = parsed(text)
        if node is not None and not is_short(node):
            size(node, limit)


def readable(form: Form) -> bool:
    """Whether every leaf is mathematics of the grammar or plain words, so that answers can be compared."""
    if isinstance(form, Opaque):
        return False
    return all(
        _spelt(text) or admissible(text) or not isinstance(read(text), Leaf | Opaque)
        for text in leaf_texts(form)
        if parsed(text) is None
    )


def unread_texts(form: Form) -> list[str]:
    """The expressions in a form that the grammar does not read, and Math-Verify may."""
    return [text for text in leaf_texts(form) if parsed(text) is None and admissible(text)]


def _spelt(text: str) -> bool:
    """What is compared by spelling: numerals in a base, names of sets, primes."""
    compact = text.replace(" ", "")
    return bool(_SPELT.fullmatch(compact))


def leaf_texts(form: Form) -> list[str]:
    """The expressions in a form."""
    match form:
        case Leaf():
            return [form.text]
        case Several() | SetOf() | Ordered() | Union() | Without():
            return [text for item in form.items for text in leaf_texts(item)]
        case Matrix():
            return [text for row in form.rows for cell in row for text in leaf_texts(cell)]
        case Relation():
            return [text for side in form.sides if not name_of(side) for text in leaf_texts(read(side))]
        case Given(text):
            return leaf_texts(read(text))
        case Choice(body=body):
            return leaf_texts(body)
        case _:
            return []


_KINDS = {
    "Leaf": "an expression",
    "Words": "text",
    "Several": "a list of values",
    "Ordered": "a tuple or interval",
    "SetOf": "a set",
    "Union": "a union",
    "Matrix": "a matrix",
    "Relation": "a relation",
    "Without": "a set",
    "Given": "an expression with a parameter",
    "Choice": "a choice",
    "Opaque": "not readable",
}


def _kind(form: Form) -> str:
    return _KINDS[type(form).__name__]
