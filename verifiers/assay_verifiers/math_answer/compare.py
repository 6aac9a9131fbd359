"""Whether two structures state the same answer.

Three-valued: True, False, or None where only a computer algebra system can tell. `compare` asks an
oracle about leaves; `exact_oracle` knows rationals and identical spellings, the worker's knows SymPy.
Equality is symmetric except for the courtesies to an answer that says more than the reference asks
for: a name (``x = 5`` for ``5``) or a unit (``5 cm`` for ``5``).
"""

from __future__ import annotations

import re

from assay_verifiers.math_answer.equations import relations, said_of_a_name
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.leaves import leaves
from assay_verifiers.math_answer.matching import all_of, elements, pairwise, unordered
from assay_verifiers.math_answer.oracle import Oracle, Truth
from assay_verifiers.math_answer.phrases import LETTER, plain
from assay_verifiers.math_answer.regions import certain, merged, region
from assay_verifiers.math_answer.relations import bound_value
from assay_verifiers.math_answer.structures import (
    REALS,
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
    Words,
)
from assay_verifiers.math_answer.tuples import (
    OPEN,
    assignments,
    expanded,
    is_plain,
    matrix_text,
    tuples,
    vector,
)


def compare(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    """Whether `answer` states what `reference` states."""
    if isinstance(answer, Choice | Given) or isinstance(reference, Choice | Given):
        return _inside(answer, reference, oracle)
    if certain(answer) or certain(reference):
        truth = _regions(answer, reference, oracle)
        if truth is not False:
            return truth
    named = assignments(answer, reference, oracle, compare)
    if named is not OPEN:
        return named
    if isinstance(answer, Relation) and isinstance(reference, Relation):
        return relations(answer, reference, oracle, compare)
    if isinstance(answer, Relation):
        return said_of_a_name(answer, reference, oracle, compare)
    if isinstance(reference, Relation):
        value = bound_value(reference)
        return compare(answer, value, oracle) if value is not None else False
    if isinstance(answer, Without) and isinstance(reference, Without):
        return unordered(answer.items, reference.items, oracle, compare)
    match answer, reference:
        case Leaf(), Leaf():
            return leaves(answer, reference, oracle)
        case Words(), Words():
            return plain(answer.text) == plain(reference.text)
        case Opaque(), Opaque():
            return bool(answer.text) and answer.text == reference.text
        case ((SetOf() | Several()), (SetOf() | Several())):
            truth = unordered(elements(answer), elements(reference), oracle, compare)
            return truth if truth is not False else expanded(answer, reference, oracle, compare)
        case Union(), Union():
            return unordered(answer.items, reference.items, oracle, compare)
        case Ordered(), Ordered():
            return tuples(answer, reference, oracle, compare)
        case (Several(), Ordered()) | (Ordered(), Several()):
            if is_plain(answer, reference):
                truth = pairwise(answer.items, reference.items, oracle, compare)
                return truth if truth is not False else expanded(answer, reference, oracle, compare)
            return False
        case (Leaf(), Several(decimal=decimal)) | (Several(decimal=decimal), Leaf()) if decimal:
            read_so = [read(decimal) if isinstance(form, Several) else form for form in (answer, reference)]
            return compare(read_so[0], read_so[1], oracle)
        case (Leaf("R", ""), Ordered()) | (Ordered(), Leaf("R", "")):
            return REALS in (answer, reference)
        case (Leaf(), SetOf(items)) if len(items) == 1:
            return compare(answer, items[0], oracle)
        case (SetOf(items), Leaf()) if len(items) == 1:
            return compare(items[0], reference, oracle)
        case Matrix(), Matrix():
            if len(answer.rows) != len(reference.rows):
                return False
            rows = zip(answer.rows, reference.rows, strict=True)
            return all_of(pairwise(row, other, oracle, compare) for row, other in rows)
        case (Ordered(), Matrix()) | (Matrix(), Ordered()):
            return pairwise(vector(answer), vector(reference), oracle, compare)
        case (Leaf(), Matrix()) | (Matrix(), Leaf()):
            texts = matrix_text(answer), matrix_text(reference)
            return oracle.unread(*texts) if all(texts) else False
        case _:
            chosen = _letters_chosen(answer)
            return chosen is not None and chosen == _letters_chosen(reference)


def _letters_chosen(form: Form) -> frozenset[str] | None:
    """Several choices: ``A, C`` and ``AC``."""
    match form:
        case Leaf(text, "") if re.fullmatch("[A-H]{2,8}", text):
            letters_ = list(text)
        case Words(text) if re.fullmatch("[a-h]{3,8}", text):
            letters_ = list(text.upper())
        case Several(items) | SetOf(items):
            letters_ = [
                item.text for item in items if isinstance(item, Leaf) and re.fullmatch("[A-H]", item.text)
            ]
            if len(letters_) < len(items):
                return None
        case _:
            return None
    return (
        frozenset(letters_)
        if letters_ == sorted(set(letters_)) or isinstance(form, Several | SetOf)
        else None
    )


def _inside(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    """Compare what a choice stands for, or what holds for each value of a parameter."""
    if isinstance(answer, Choice) and isinstance(reference, Choice):
        same = answer.letter == reference.letter
        return compare(answer.body, reference.body, oracle) if same else False
    if isinstance(answer, Choice) or isinstance(reference, Choice):
        choice, other = (answer, reference) if isinstance(answer, Choice) else (reference, answer)
        if isinstance(choice, Choice) and isinstance(other, Leaf) and LETTER.fullmatch(other.text):
            return choice.letter == other.text
        bodies = [form.body if isinstance(form, Choice) else form for form in (answer, reference)]
        return compare(bodies[0], bodies[1], oracle)
    if isinstance(answer, Given) and isinstance(reference, Given):
        if answer.domain != reference.domain:
            return False
        text = answer.text
        if answer.letter != reference.letter:
            if re.search(_letter(reference.letter), text):
                return False
            text = re.sub(_letter(answer.letter), reference.letter, text)
        return compare(read(text), read(reference.text), oracle)
    bodies = [read(form.text) if isinstance(form, Given) else form for form in (answer, reference)]
    return compare(bodies[0], bodies[1], oracle)


def _letter(letter: str) -> str:
    """A pattern of a letter that is not part of a command."""
    return rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])"


def _regions(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    """Compare sets of reals; the name that one is said of must be the other's, where both have one."""
    one, two = region(answer), region(reference)
    if one is None or two is None or (one.name and two.name and one.name != two.name):
        return False
    left, right = merged(one), merged(two)
    if left is not None and right is not None:
        return left == right
    return unordered(one.pieces, two.pieces, oracle, _intervals)


def _intervals(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    return (
        tuples(answer, reference, oracle, compare)
        if isinstance(answer, Ordered) and isinstance(reference, Ordered)
        else False
    )
