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
from typing import Protocol

from assay_verifiers.math_answer.forms import (
    NOT_UNITS,
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


EXACT = ExactOracle()
_NAME = re.compile(
    r"(?:[A-Za-z]|\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|eta|theta|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|psi"
    r"|omega|Delta|Omega)(?![A-Za-z]))(?:_(?:\{[^{}]*\}|\w))?'{0,2}(?:\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\))?"
    r"|\|?[A-Z]{2,3}\|?|\\(?:angle|overline)\s*\{?\s*[A-Z]{1,3}\s*\}?|[A-Z]\([A-Z](?:\s*\|\s*[A-Z])?\)"
    r"|\((?:\s*[A-Za-z](?:_\{\w\})?\s*[,;])+\s*[A-Za-z](?:_\{\w\})?\s*\)"
    r"|[A-Z][A-Z\d_{}]*\s*:\s*[A-Z][A-Z\d_{}]*|\\frac\{[A-Z]{2}\}\{[A-Z]{2}\}"
    r"|\\text\{[A-Za-z ]{1,40}\}(?:_(?:\{[^{}]*\}|\w))?|[A-Za-z]_\{\\text\{[A-Za-z ]*\}\}"
)
_SPACE = re.compile(r"(?<!\d) +| +(?!\d)")
"""Space that says nothing; between digits it separates."""
_NOT_NAMES = NOT_UNITS - {
    "answer",
    "solution",
    "solutions",
    "correct",
    "right",
    "all",
    "some",
    "over",
    "half",
}
_FLIPPED = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}


def compare(answer: Form, reference: Form, oracle: Oracle) -> Truth:
    """Whether `answer` states what `reference` states."""
    if isinstance(answer, Relation) and isinstance(reference, Relation):
        return _relations(answer, reference, oracle)
    if isinstance(answer, Relation):
        return _said_of_a_name(answer, reference, oracle)
    if isinstance(reference, Relation):
        value = bound_value(reference) or _as_interval(reference)
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
        case _:
            return False


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
        return _SPACE.sub("", answer.text) == _SPACE.sub("", reference.text)
    if isinstance(left, Sym) and isinstance(right, Sym):
        return left == right
    return oracle.equal(left, right)


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


def parsed(text: str) -> Node | None:
    """Return the tree of an expression; None when it is not one."""
    try:
        return parse(text)
    except SyntaxFault:
        return None


def name_of(side: str) -> str | None:
    """The name that a side of an equation binds: a letter, ``f(x)``, ``AB``; None for an expression."""
    side = side.strip()
    if r"\text" in side and any(word in _NOT_NAMES for word in re.findall("[a-z]+", side.casefold())):
        return None  # `\text{not} = 42`
    return re.sub(r"(?<=.)\(.*|\s|['|{}]", "", side) if _NAME.fullmatch(side) else None


def bound_value(relation: Relation) -> Form | None:
    """What ``x = 5`` and ``x \\in S`` say of the name on the left; None for any other relation."""
    if len(relation.operators) == 1 and relation.operators[0] in ("=", r"\in") and name_of(relation.sides[0]):
        return read(relation.sides[1])
    if set(relation.operators) == {"="} and name_of(relation.sides[0]):
        return read(relation.sides[-1])
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
        interval = _as_interval(answer)
        return compare(interval, reference, oracle) if interval and _is_interval(reference) else False
    sides = answer.sides[1:] if name_of(answer.sides[0]) else answer.sides
    return _all(compare(read(side), reference, oracle) for side in sides)


def _relations(answer: Relation, reference: Relation, oracle: Oracle) -> Truth:
    if set(reference.operators) == {"="} and set(answer.operators) == {"="}:
        return _equations(answer, reference, oracle)
    if _normal(answer).operators == _normal(reference).operators:
        left, right = _normal(answer), _normal(reference)
        direct = _pairwise([read(s) for s in left.sides], [read(s) for s in right.sides], oracle)
        if direct is not False or left.operators != (r"\ne",):
            return direct
        return _pairwise([read(s) for s in reversed(left.sides)], [read(s) for s in right.sides], oracle)
    one, two = _as_interval(answer), _as_interval(reference)
    same_name = one is not None and two is not None and _subject(answer) == _subject(reference)
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
        return answer == reference and left is not None
    if _constant(left) or _constant(right):
        return False
    return oracle.proportional(left, right)


def _difference(relation: Relation) -> Node | None:
    left, right = parsed(relation.sides[0]), parsed(relation.sides[1])
    return None if left is None or right is None else Op("add", (left, Op("neg", (right,))))


def _normal(relation: Relation) -> Relation:
    """Written with ``<`` and ``\\le`` only, where all operators point one way."""
    if all(operator in (">", r"\ge") for operator in relation.operators):
        flipped = tuple(_FLIPPED[operator] for operator in reversed(relation.operators))
        return Relation(tuple(reversed(relation.sides)), flipped)
    return relation


def _subject(relation: Relation) -> str | None:
    """The name that an interval is said of."""
    return next((name for name in map(name_of, relation.sides) if name), None)


def _as_interval(relation: Relation) -> Form | None:
    """``a < x \\le b`` as ``(a, b]``, ``x < b`` as ``(-\\infty, b)``, ``x \\in S`` as S."""
    if relation.operators == (r"\in",):
        return bound_value(relation)
    relation = _normal(relation)
    if any(operator not in ("<", r"\le") for operator in relation.operators):
        return None
    sides, operators = relation.sides, relation.operators
    opening = {"<": "(", r"\le": "["}
    closing = {"<": ")", r"\le": "]"}
    if len(sides) == 3 and name_of(sides[1]):
        return Ordered((read(sides[0]), read(sides[2])), (opening[operators[0]], closing[operators[1]]))
    if len(sides) == 2 and name_of(sides[0]) and not name_of(sides[1]):
        return Ordered((Leaf(r"-\infty"), read(sides[1])), ("(", closing[operators[0]]))
    if len(sides) == 2 and name_of(sides[1]) and not name_of(sides[0]):
        return Ordered((read(sides[0]), Leaf(r"\infty")), (opening[operators[0]], ")"))
    return None


def _is_interval(form: Form) -> bool:
    """Whether it can only be an interval: ``(1, 2)`` might be a point."""
    if isinstance(form, Union):
        return all(isinstance(item, Ordered) for item in form.items)
    return isinstance(form, Ordered) and (
        "[" in form.brackets
        or "]" in form.brackets
        or any("infty" in i.text for i in form.items if isinstance(i, Leaf))
    )
