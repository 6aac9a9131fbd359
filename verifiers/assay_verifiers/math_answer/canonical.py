"""One text for equal answers, for counting votes and for reports."""

from __future__ import annotations

from fractions import Fraction

from assay_verifiers.math_answer.compare import bound_value, elements, parsed
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
    text = leaf.text.replace(" ", "") if value is None else str(value)
    return text  # the unit is left out: `5 cm` and `5` are paid alike when the reference has none
