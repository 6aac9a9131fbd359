"""Whether two structures state the same answer.

Three-valued: True, False, or None where only a computer algebra system can tell. `compare` asks an
oracle about leaves; `exact_oracle` knows rationals and identical spellings, the worker's knows SymPy.
Equality is symmetric except for the courtesies to an answer that says more than the reference asks
for: a name (``x = 5`` for ``5``) or a unit (``5 cm`` for ``5``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from assay_verifiers.math_answer.admit import MAX_UNREAD, admissible, comparable
from assay_verifiers.math_answer.forms import (
    Form,
    Leaf,
    Matrix,
    Opaque,
    Ordered,
    Relation,
    SetOf,
    Several,
    Union,
    Words,
    read,
)
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.relations import (
    as_interval,
    bound_value,
    is_interval,
    name_of,
    pointing_up,
    subject,
)
from assay_verifiers.math_answer.syntax import Node, Op, Sym, SyntaxFault, parse

Truth = bool | None


class Oracle(Protocol):
    """Decides about expressions."""

    def equal(self, answer: Node, reference: Node) -> Truth:
        """Whether both have the same value wherever they have one."""
        ...

    def proportional(self, answer: Node, reference: Node) -> Truth:
        """Whether one is a nonzero constant times the other, and neither is zero."""
        ...

    def unread(self, answer: str, reference: str) -> Truth:
        """Whether two texts are equal of which the grammar does not read at least one."""
        ...


@dataclass(frozen=True, slots=True)
class ExactOracle:
    """Knows rational numbers and identical trees; leaves the rest open."""

    def equal(self, answer: Node, reference: Node) -> Truth:
        """Compare exact values when both sides are plain rationals."""
        try:
            left, right = exact(answer), exact(reference)
        except ZeroDivisionError:
            return False
        if left is not None and right is not None:
            return left == right
        return True if answer == reference else None

    def proportional(self, answer: Node, reference: Node) -> Truth:
        """Only identical trees are known to be."""
        return True if answer == reference and not _constant(answer) else None

    def unread(self, answer: str, reference: str) -> Truth:
        """Compare the spelling; what Math-Verify may read is left open."""
        if spelling(answer) == spelling(reference):
            return True
        return None if _askable(answer, reference) else False


EXACT = ExactOracle()
_SPACE = re.compile(r"(?<!\d) +| +(?!\d)")
"""Space that says nothing; between digits it separates."""


def compare(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    """Whether `answer` states what `reference` states."""
    if isinstance(answer, Relation) and isinstance(reference, Relation):
        return _relations(answer, reference, oracle)
    if isinstance(answer, Relation):
        return _said_of_a_name(answer, reference, oracle)
    if isinstance(reference, Relation):
        value = bound_value(reference) or as_interval(reference)
        return compare(answer, value, oracle) if value is not None else False
    match answer, reference:
        case Leaf(), Leaf():
            return _leaves(answer, reference, oracle)
        case Words(), Words():
            return _plain(answer.text) == _plain(reference.text)
        case Opaque(), Opaque():
            return bool(answer.text) and answer.text == reference.text
        case ((SetOf() | Several()), (SetOf() | Several())):
            return _unordered(elements(answer), elements(reference), oracle)
        case Union(), Union():
            return _unordered(answer.items, reference.items, oracle)
        case Ordered(), Ordered():
            same = answer.brackets == reference.brackets
            return _pairwise(answer.items, reference.items, oracle) if same else False
        case (Several(), Ordered()) | (Ordered(), Several()):
            return _pairwise(answer.items, reference.items, oracle) if _is_plain(answer, reference) else False
        case Matrix(), Matrix():
            if len(answer.rows) != len(reference.rows):
                return False
            rows = zip(answer.rows, reference.rows, strict=True)
            return _all(_pairwise(row, other, oracle) for row, other in rows)
        case (Leaf(), Matrix()) | (Matrix(), Leaf()):
            texts = _matrix_text(answer), _matrix_text(reference)
            return oracle.unread(*texts) if all(texts) else False
        case _:
            return False


def _matrix_text(form: Form) -> str:
    """A matrix, or an expression of matrices, as LaTeX; empty when it is neither."""
    if isinstance(form, Leaf):
        return form.text if r"\begin" in form.text and not form.unit else ""
    if not isinstance(form, Matrix):
        return ""
    cells = [
        [cell.text if isinstance(cell, Leaf) and not cell.unit else "" for cell in row] for row in form.rows
    ]
    if not all(all(row) for row in cells):
        return ""
    return r"\begin{pmatrix}" + r"\\".join("&".join(row) for row in cells) + r"\end{pmatrix}"


def _is_plain(*forms: Form) -> bool:
    """A tuple may lose its brackets; an interval with a closed end may not."""
    return all("[" not in f.brackets and "]" not in f.brackets for f in forms if isinstance(f, Ordered))


def _plain(words: str) -> str:
    return words.removeprefix("the ").strip()


def elements(form: SetOf | Several) -> tuple[Form, ...]:
    """Elements; a set has each spelling once."""
    return tuple(dict.fromkeys(form.items)) if isinstance(form, SetOf) else form.items


def _all(truths: Iterable[Truth]) -> Truth:
    """Conjunction: False wins over unknown."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def _pairwise(answers: Sequence[Form], references: Sequence[Form], oracle: Oracle) -> Truth:
    if len(answers) != len(references):
        return False
    return _all(compare(a, r, oracle) for a, r in zip(answers, references, strict=True))


def _unordered(answers: Sequence[Form], references: Sequence[Form], oracle: Oracle) -> Truth:
    """Whether a one-to-one matching exists; greedy is enough because equality is an equivalence."""
    if len(answers) != len(references):
        return False
    left = list(answers)
    unknown = False
    for reference in references:
        truths: list[Truth] = []
        for answer in left:
            truths.append(compare(answer, reference, oracle))
            if truths[-1]:
                break
        if truths and truths[-1]:
            left.pop(len(truths) - 1)
        elif None in truths:
            unknown = True
        elif not unknown:
            return False
    return None if unknown else True


def _leaves(answer: Leaf, reference: Leaf, oracle: Oracle) -> Truth:
    units = {answer.unit, reference.unit}
    if "%" in units and len(units) == 2:
        return _percent(answer, reference)
    if len(units) == 2 and "" not in units:
        return False
    if reference.unit == "" and answer.unit and not _is_numeric(answer.text):
        return False
    if answer.text == reference.text and parsed(answer.text) is not None:
        return True
    left, right = parsed(answer.text), parsed(reference.text)
    if left is None or right is None:
        return oracle.unread(answer.text, reference.text)
    if isinstance(left, Sym) and isinstance(right, Sym):
        return left == right
    return oracle.equal(left, right)


def spelling(text: str) -> str:
    """The text without the space that says nothing."""
    return _SPACE.sub("", text)


def _askable(answer: str, reference: str) -> bool:
    """Whether Math-Verify may be asked: each is in the grammar, or listed in `admit`."""
    known = all(
        admissible(text) or (parsed(text) is not None and len(text) <= MAX_UNREAD)
        for text in (answer, reference)
    )
    return known and comparable(answer, reference)


def _percent(answer: Leaf, reference: Leaf) -> Truth:
    """``50\\%`` is 0.5, and is also what a reference 50 means; 0.5 and ``0.5\\%`` differ."""
    nodes = parsed(answer.text), parsed(reference.text)
    values = [exact(node) if node is not None else None for node in nodes]
    left, right = values
    if left is None or right is None or {answer.unit, reference.unit} != {"%", ""}:
        return False
    percent, bare = (left, right) if answer.unit == "%" else (right, left)
    return percent == bare * 100 or (percent == bare and abs(bare) > 1)


def _is_numeric(text: str) -> bool:
    node = parsed(text)
    return node is not None and not _letters(node)


def _letters(node: Node) -> bool:
    if isinstance(node, Sym):
        return node.name not in (r"\pi", "e")
    return isinstance(node, Op) and any(_letters(arg) for arg in node.args)


def _constant(node: Node) -> bool:
    return not _letters(node)


@lru_cache(maxsize=1024)
def parsed(text: str) -> Node | None:
    """Return the tree of an expression; None when it is not one."""
    try:
        return parse(text)
    except SyntaxFault:
        return None


def _said_of_a_name(answer: Relation, reference: Form, oracle: Oracle) -> Truth:
    """An answer with a relation, a reference without: every side but a leading name must be the reference.

    So ``x = 42`` and the true chain ``6 \\cdot 7 = 42`` state 42, and ``7 = 42`` does not.
    """
    if set(answer.operators) == {r"\in"}:
        value = bound_value(answer)
        return (
            compare(value, reference, oracle)
            if value is not None and not isinstance(reference, Leaf)
            else False
        )
    if set(answer.operators) != {"="}:
        interval = as_interval(answer)
        return compare(interval, reference, oracle) if interval and is_interval(reference) else False
    sides = answer.sides[1:] if name_of(answer.sides[0]) else answer.sides
    return _all(compare(read(side), reference, oracle) for side in sides)


def _relations(answer: Relation, reference: Relation, oracle: Oracle) -> Truth:
    if set(reference.operators) == {"="} and set(answer.operators) == {"="}:
        return _equations(answer, reference, oracle)
    if pointing_up(answer).operators == pointing_up(reference).operators:
        left, right = pointing_up(answer), pointing_up(reference)
        direct = _pairwise([read(s) for s in left.sides], [read(s) for s in right.sides], oracle)
        if direct is False and left.operators in (("<",), (r"\le",)):
            return _moved(left, right, oracle)
        if direct is not False or left.operators != (r"\ne",):
            return direct
        return _pairwise([read(s) for s in reversed(left.sides)], [read(s) for s in right.sides], oracle)
    one, two = as_interval(answer), as_interval(reference)
    same_name = one is not None and two is not None and subject(answer) == subject(reference)
    return compare(one, two, oracle) if one is not None and two is not None and same_name else False


def _equations(answer: Relation, reference: Relation, oracle: Oracle) -> Truth:
    if answer == reference:
        return True
    first = answer.sides[0]
    ours, theirs = name_of(first), name_of(reference.sides[0])
    if theirs:
        value = read(reference.sides[-1])
        if ours == theirs:
            said = _all(compare(read(side), value, oracle) for side in answer.sides[1:])
            if said is not False or len(answer.sides) > 2:
                return said
        if not isinstance(value, Leaf) or _is_numeric(value.text):
            # A solved equation is only equal to one solved for the same name, `5 = x` included.
            swapped = len(answer.sides) == 2 and name_of(answer.sides[1]) == theirs and not ours
            return compare(read(first), value, oracle) if swapped else False
    if len(answer.sides) != 2 or len(reference.sides) != 2:
        return _pairwise([read(s) for s in answer.sides], [read(s) for s in reference.sides], oracle)
    left, right = _difference(answer), _difference(reference)
    if left is None or right is None:
        return _pairwise([read(s) for s in answer.sides], [read(s) for s in reference.sides], oracle)
    if _constant(left) or _constant(right):
        return False
    return oracle.proportional(left, right)


def _moved(answer: Relation, reference: Relation, oracle: Oracle) -> Truth:
    """``-x > -1`` is ``x < 1``: the same difference of the sides, with letters in it."""
    left, right = _difference(answer), _difference(reference)
    if left is None or right is None or _constant(left) or _constant(right):
        return False
    return oracle.equal(left, right)


def _difference(relation: Relation) -> Node | None:
    left, right = parsed(relation.sides[0]), parsed(relation.sides[1])
    return None if left is None or right is None else Op("add", (left, Op("neg", (right,))))
