"""One text for equal answers, for counting votes and for reports."""

from __future__ import annotations

from fractions import Fraction

from assay_verifiers.math_answer.compare import elements, parsed
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
from assay_verifiers.math_answer.relations import bound_value
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym


def canonical(form: Form) -> str:
    """Return one text for answers that are exactly equal: ``1/2`` for 0.5, ``(1, 2)``, ``no solution``."""
    match form:
        case Leaf():
            return _canonical_leaf(form)
        case Words() | Opaque():
            return form.text
        case SetOf():
            return "{" + ", ".join(sorted(map(canonical, elements(form)))) + "}"
        case Several():
            return ", ".join(sorted(map(canonical, form.items)))
        case Ordered():
            return form.brackets[0] + ", ".join(map(canonical, form.items)) + form.brackets[1]
        case Union():
            return " ∪ ".join(sorted(map(canonical, form.items)))
        case Matrix():
            return "[" + "; ".join(", ".join(map(canonical, row)) for row in form.rows) + "]"
        case Relation():
            value = bound_value(form)
            if value is not None and form.operators[0] == "=":
                return canonical(value)
            sides = [canonical(read(side)) for side in form.sides]
            pieces = [text for pair in zip(sides, (*form.operators, ""), strict=True) for text in pair]
            return " ".join(pieces).strip()


def _canonical_leaf(leaf: Leaf) -> str:
    node = parsed(leaf.text)
    value: Fraction | None = None
    if node is not None:
        try:
            value = exact(node)
        except (ValueError, ZeroDivisionError):
            value = None
    if value is not None and leaf.unit == "%":
        return str(value / 100)
    # The unit is left out: `5 cm` and `5` are paid alike when the reference has none.
    if value is not None:
        return str(value)
    return leaf.text.replace(" ", "") if node is None else _ordered(node)


def _ordered(node: Node) -> str:
    """An expression with its terms and factors in one order, so that `1 + x` is `x + 1`."""
    match node:
        case Num():
            return str(node.value)
        case Sym():
            return node.name
        case Op("add", args):
            return "(" + " + ".join(sorted(map(_ordered, args))) + ")"
        case Op("mul"):
            return "(" + " * ".join(sorted(map(_ordered, _factors(node)))) + ")"
        case Op(name, args):
            return name + "(" + ", ".join(map(_ordered, args)) + ")"


def _factors(node: Node) -> list[Node]:
    """The factors of a product, which the grammar nests to the left."""
    factors: list[Node] = []
    while isinstance(node, Op) and node.name == "mul":
        factors.append(node.args[1])
        node = node.args[0]
    return [*factors, node]
