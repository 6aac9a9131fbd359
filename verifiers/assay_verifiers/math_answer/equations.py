"""Equations, inequalities and congruences against each other and against values."""

from __future__ import annotations

from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.leaves import is_numeric
from assay_verifiers.math_answer.matching import Same, all_of, pairwise
from assay_verifiers.math_answer.oracle import Oracle, Truth, constant, parsed
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.relations import (
    bound_value,
    graph_name,
    name_of,
    pointing_up,
    stated_sides,
)
from assay_verifiers.math_answer.structures import Form, Leaf, Relation
from assay_verifiers.math_answer.syntax import Node, Op


def said_of_a_name(answer: Relation, reference: Form, oracle: Oracle, same: Same) -> Truth:
    """An answer with a relation, a reference without: every side but a leading name must be the reference.

    So ``x = 42`` and the true chain ``6 \\cdot 7 = 42`` state 42, and ``7 = 42`` does not.
    """
    if set(answer.operators) == {r"\in"}:
        value = bound_value(answer)
        return (
            same(value, reference, oracle) if value is not None and not isinstance(reference, Leaf) else False
        )
    if set(answer.operators) != {"="}:
        return False
    return all_of(same(read(side), reference, oracle) for side in stated_sides(answer))


def relations(answer: Relation, reference: Relation, oracle: Oracle, same: Same) -> Truth:
    """Whether one relation states another: an equation, an inequality, a congruence."""
    if set(reference.operators) == {"="} and set(answer.operators) == {"="}:
        return _equations(answer, reference, oracle, same)
    if pointing_up(answer).operators != pointing_up(reference).operators:
        return False
    if answer.operators == (r"\equiv", r"\pmod"):
        return _congruent(answer, reference, oracle, same)
    left, right = pointing_up(answer), pointing_up(reference)
    direct = pairwise([read(s) for s in left.sides], [read(s) for s in right.sides], oracle, same)
    if direct is False and left.operators in (("<",), (r"\le",)):
        return _moved(left, right, oracle)
    if direct is not False or left.operators != (r"\ne",):
        return direct
    return pairwise([read(s) for s in reversed(left.sides)], [read(s) for s in right.sides], oracle, same)


def _congruent(answer: Relation, reference: Relation, oracle: Oracle, same: Same) -> Truth:
    """``n \\equiv 5 \\pmod 4`` is ``n \\equiv 1 \\pmod 4``."""
    (ours, residue, modulus), (theirs, other, of) = answer.sides, reference.sides
    nodes = [parsed(text) for text in (residue, other, modulus, of)]
    values = [exact(node) if node is not None else None for node in nodes]
    one, two, three, four = values
    named = same(read(ours), read(theirs), oracle)
    if one is None or two is None or three is None or not three:
        return all_of(
            (named, *(same(read(a), read(b), oracle) for a, b in ((residue, other), (modulus, of))))
        )
    return named if three == four and ((one - two) / three).denominator == 1 else False


def _equations(answer: Relation, reference: Relation, oracle: Oracle, same: Same) -> Truth:
    if answer == reference:
        return True
    first = answer.sides[0]
    ours, theirs = name_of(first), name_of(reference.sides[0])
    if theirs:
        value = read(reference.sides[-1])
        graphs = {first, reference.sides[0]} >= {"y"} and graph_name(first) and graph_name(reference.sides[0])
        if ours == theirs or graphs:
            said = all_of(same(read(side), value, oracle) for side in answer.sides[1:])
            if said is not False or len(answer.sides) > 2:
                return said
        if not isinstance(value, Leaf) or is_numeric(value.text):
            # A solved equation is only equal to one solved for the same name, `5 = x` included.
            swapped = len(answer.sides) == 2 and name_of(answer.sides[1]) == theirs and not ours
            return same(read(first), value, oracle) if swapped else False
    if len(answer.sides) != 2 or len(reference.sides) != 2:
        return pairwise([read(s) for s in answer.sides], [read(s) for s in reference.sides], oracle, same)
    left, right = _difference(answer), _difference(reference)
    if left is None or right is None:
        return _sides(answer, reference, oracle, same)
    if constant(left) or constant(right):
        return False
    return oracle.proportional(left, right)


def _sides(answer: Relation, reference: Relation, oracle: Oracle, same: Same) -> Truth:
    """Side by side, either way round."""
    theirs = [read(side) for side in reference.sides]
    for sides in (answer.sides, answer.sides[::-1]):
        truth = pairwise([read(side) for side in sides], theirs, oracle, same)
        if truth is not False:
            return truth
    return False


def _moved(answer: Relation, reference: Relation, oracle: Oracle) -> Truth:
    """``-x > -1`` is ``x < 1``: the same difference of the sides, with letters in it."""
    left, right = _difference(answer), _difference(reference)
    if left is None or right is None or constant(left) or constant(right):
        return False
    return oracle.equal(left, right)


def _difference(relation: Relation) -> Node | None:
    left, right = parsed(relation.sides[0]), parsed(relation.sides[1])
    return None if left is None or right is None else Op("add", (left, Op("neg", (right,))))
