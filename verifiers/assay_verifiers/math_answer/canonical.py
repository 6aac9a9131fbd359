"""One text for equal answers, for counting votes and for reports."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.matching import elements
from assay_verifiers.math_answer.numerals import CLOCK
from assay_verifiers.math_answer.oracle import parsed, spelling
from assay_verifiers.math_answer.phrases import plain
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.regions import one_text
from assay_verifiers.math_answer.relations import alphabetical, assignment, base, bound_value, stated_sides
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
    Words,
)
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym


def canonical(form: Form) -> str:
    """Return one text for answers that are exactly equal: ``1/2`` for 0.5, ``(1, 2)``, ``no solution``."""
    reals = one_text(form)
    if reals is not None:
        return reals
    match form:
        case Leaf():
            return _canonical_leaf(form)
        case Words():
            return plain(form.text)
        case Opaque():
            return form.text
        case Given(text, letter):
            free = not re.search(r"(?<![A-Za-z\\])k(?![A-Za-z])", text)
            named = re.sub(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", "k", text) if free else text
            return canonical(read(named))
        case Choice(letter):
            return letter
        case Without():
            return "without " + ", ".join(sorted(map(canonical, form.items)))
        case SetOf() | Several():
            values = assignment(form)
            if values is not None and len({base(name) for name in values}) > 1:
                return canonical(Ordered(tuple(alphabetical(values)), ("(", ")")))
            return ", ".join(sorted(map(canonical, elements(form))))
        case Ordered(brackets=(":", ":")):
            return _proportion(form)
        case Ordered(items, (r"\langle", r"\rangle")):
            return canonical(Ordered(items, ("(", ")")))
        case Ordered():
            return form.brackets[0] + ", ".join(map(canonical, form.items)) + form.brackets[1]
        case Union():
            return " ∪ ".join(sorted(map(canonical, form.items)))
        case Matrix(rows) if len(rows) > 1 and len(rows[0]) == 1:
            return canonical(Ordered(tuple(row[0] for row in rows), ("(", ")")))
        case Matrix():
            return "[" + "; ".join(", ".join(map(canonical, row)) for row in form.rows) + "]"
        case Relation():
            values = assignment(form)
            if values is not None and len(values) > 1:
                return canonical(Ordered(tuple(alphabetical(values)), ("(", ")")))
            value = bound_value(form)
            if value is not None and form.operators[0] in ("=", r"\in"):
                return canonical(value)
            if set(form.operators) == {"="}:
                said = {canonical(read(side)) for side in stated_sides(form)}
                if len(said) == 1:
                    return said.pop()
            sides = [canonical(read(side)) for side in form.sides]
            pieces = [text for pair in zip(sides, (*form.operators, ""), strict=True) for text in pair]
            return " ".join(pieces).strip()


def _proportion(form: Ordered) -> str:
    """A ratio with its first part 1, where all parts are exact numbers."""
    nodes = [parsed(item.text) if isinstance(item, Leaf) else None for item in form.items]
    values = [exact(node) if node is not None else None for node in nodes]
    first = values[0]
    if not first or any(value is None for value in values):
        return " : ".join(map(canonical, form.items))
    return " : ".join(str(value / first) for value in values if value is not None)


def _canonical_leaf(leaf: Leaf) -> str:
    if leaf.unit == CLOCK:
        return leaf.text
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
    return spelling(leaf.text) if node is None else _ordered(node)


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
