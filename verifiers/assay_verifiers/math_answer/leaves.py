"""Whether two expressions with their units state the same value."""

from __future__ import annotations

from fractions import Fraction

from assay_verifiers.math_answer.numerals import CLOCK, as_clock
from assay_verifiers.math_answer.oracle import Oracle, Truth, has_letters, parsed
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.structures import Leaf
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym
from assay_verifiers.math_answer.units import ratio


def leaves(answer: Leaf, reference: Leaf, oracle: Oracle) -> Truth:
    """Whether two expressions state one value, in the same unit or in units that convert exactly."""
    units = {answer.unit, reference.unit}
    if CLOCK in units:
        return as_clock(answer) == as_clock(reference)
    if "%" in units and len(units) == 2:
        return _percent(answer, reference)
    if len(units) == 2 and "" not in units:
        return _converted(answer, reference, oracle)
    if units == {"°", ""} and r"\pi" in answer.text + reference.text:
        return _angles(answer, reference, oracle)
    if reference.unit == "" and answer.unit and not is_numeric(answer.text):
        return False
    if answer.text == reference.text and parsed(answer.text) is not None:
        return True
    left, right = parsed(answer.text), parsed(reference.text)
    if left is None or right is None:
        return oracle.unread(answer.text, reference.text)
    if isinstance(left, Sym) and isinstance(right, Sym):
        return left == right
    truth = oracle.equal(left, right)
    return True if truth is not True and oracle.rounds(answer.text, reference.text) else truth


def _converted(answer: Leaf, reference: Leaf, oracle: Oracle) -> Truth:
    """Amounts in different units: equal when an exact factor converts one into the other."""
    if {answer.unit, reference.unit} == {"°", "rad"}:
        return _angles(answer, reference, oracle)
    factor = ratio(answer.unit, reference.unit)
    left, right = parsed(answer.text), parsed(reference.text)
    if factor is None or left is None or right is None:
        return False
    return oracle.equal(Op("mul", (Num(factor), left)), right)


def _angles(answer: Leaf, reference: Leaf, oracle: Oracle) -> Truth:
    """Degrees against a multiple of pi, which is in radians."""
    sides: list[Node] = []
    for leaf in (answer, reference):
        node = parsed(leaf.text)
        if node is None:
            return False
        degrees = leaf.unit == "°"
        sides.append(Op("mul", (node, Op("div", (Sym(r"\pi"), Num(Fraction(180)))))) if degrees else node)
    return oracle.equal(sides[0], sides[1])


def _percent(answer: Leaf, reference: Leaf) -> Truth:
    """``50\\%`` is 0.5, and is also what a reference 50 means; 0.5 and ``0.5\\%`` differ."""
    nodes = parsed(answer.text), parsed(reference.text)
    values = [exact(node) if node is not None else None for node in nodes]
    left, right = values
    if left is None or right is None or {answer.unit, reference.unit} != {"%", ""}:
        return False
    percent, bare = (left, right) if answer.unit == "%" else (right, left)
    return percent == bare * 100 or (percent == bare and abs(bare) > 1)


def is_numeric(text: str) -> bool:
    """Whether an expression is one of the grammar without letters, except constants."""
    node = parsed(text)
    return node is not None and not has_letters(node)
