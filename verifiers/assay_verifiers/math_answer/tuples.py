"""Tuples, vectors and the values of several names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay_verifiers.math_answer.leaves import leaves
from assay_verifiers.math_answer.matching import Same, all_of, pairwise
from assay_verifiers.math_answer.oracle import Oracle, Truth
from assay_verifiers.math_answer.relations import alphabetical, assignment, base
from assay_verifiers.math_answer.structures import MAX_ITEMS, Form, Leaf, Matrix, Ordered, Relation, Several

OPEN = object()

"""Marks that a comparison does not apply."""


def assignments(answer: Form, reference: Form, oracle: Oracle, same: Same) -> Any:
    """Values of several names against each other, a tuple, or a list in order; `OPEN` for anything else."""
    ours, theirs = assignment(answer), assignment(reference)
    if ours is not None and theirs is not None and len(ours) + len(theirs) > 2:
        if ours.keys() != theirs.keys():
            same_letter = {base(name) for name in (*ours, *theirs)}
            return OPEN if len(same_letter) == 1 else False
        return pairwise([ours[name] for name in theirs], list(theirs.values()), oracle, same)
    values, other = (ours, reference) if ours is not None else (theirs, answer)
    if values is None or len(values) < 2:
        return OPEN

    def against(items: Sequence[Form]) -> Truth:
        if values is ours:
            return pairwise(items, form_items, oracle, same)
        return pairwise(form_items, items, oracle, same)

    if isinstance(other, Matrix | Ordered):
        form_items = vector(other)
        return against(alphabetical(values)) if is_plain(other) or isinstance(other, Matrix) else False
    if isinstance(other, Several) and not any(isinstance(item, Relation | Several) for item in other.items):
        if len({base(name) for name in values}) < len(values):
            return OPEN
        form_items = other.items
        truths = [against(list(values.values())), against(alphabetical(values))]
        return True if True in truths else None if None in truths else False
    return OPEN


def vector(form: Form) -> Sequence[Form]:
    """The components of a tuple, or of a matrix of one row or column; nothing for anything else."""
    if isinstance(form, Ordered):
        return form.items if form.brackets[0] != "[" or form.brackets[1] == "]" else ()
    if not isinstance(form, Matrix):
        return ()
    if len(form.rows) == 1 and len(form.rows[0]) > 1:
        return form.rows[0]
    return tuple(row[0] for row in form.rows) if len(form.rows[0]) == 1 and len(form.rows) > 1 else ()


def tuples(answer: Ordered, reference: Ordered, oracle: Oracle, same: Same) -> Truth:
    """Whether two tuples, intervals or ratios are the same, component by component."""
    if answer.brackets == reference.brackets == (":", ":"):
        return _proportions(answer, reference, oracle, same)
    brackets = [
        ("(", ")") if form.brackets == (r"\langle", r"\rangle") else form.brackets
        for form in (answer, reference)
    ]
    return pairwise(answer.items, reference.items, oracle, same) if brackets[0] == brackets[1] else False


def _proportions(answer: Ordered, reference: Ordered, oracle: Oracle, same: Same) -> Truth:
    """``6:8:10`` is ``3:4:5``: all quotients to the first are equal."""
    if len(answer.items) != len(reference.items):
        return False
    texts = [
        [item.text if isinstance(item, Leaf) else "" for item in form.items] for form in (answer, reference)
    ]
    if not all(map(all, texts)):
        return pairwise(answer.items, reference.items, oracle, same)
    (first, *ours), (other, *theirs) = texts
    return all_of(
        leaves(Leaf(f"({a})({other})"), Leaf(f"({b})({first})"), oracle)
        for a, b in zip(ours, theirs, strict=True)
    )


def expanded(answer: Form, reference: Form, oracle: Oracle, same: Same) -> Truth:
    """``(\\pm 1, 2)`` is two points."""
    forms = [_points(form) for form in (answer, reference)]
    if forms == [answer, reference]:
        return False
    return same(forms[0], forms[1], oracle)


def _points(form: Form) -> Form:
    """A tuple with one double value as two tuples; anything else as it is."""
    if isinstance(form, Several):
        items: list[Form] = []
        for item in form.items:
            points = _points(item)
            items += points.items if isinstance(points, Several) and isinstance(item, Ordered) else [item]
        return Several(tuple(items)) if len(form.items) < len(items) <= MAX_ITEMS else form
    if not isinstance(form, Ordered):
        return form
    double = [at for at, item in enumerate(form.items) if isinstance(item, Several)]
    if len(double) != 1:
        return form
    at = double[0]
    item = form.items[at]
    values = item.items if isinstance(item, Several) else ()
    return Several(
        tuple(Ordered((*form.items[:at], v, *form.items[at + 1 :]), form.brackets) for v in values)
    )


def matrix_text(form: Form) -> str:
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


def is_plain(*forms: Form) -> bool:
    """A tuple may lose its brackets; an interval with a closed end may not."""
    return all("[" not in f.brackets and "]" not in f.brackets for f in forms if isinstance(f, Ordered))
