"""What relations say: the value of a name, or the interval it lies in."""

from __future__ import annotations

import re

from assay_verifiers.math_answer.forms import NOT_UNITS, Form, Leaf, Ordered, Relation, Union, read

_NAME = re.compile(
    r"(?:[A-Za-z]|\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|eta|theta|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|psi"
    r"|omega|Delta|Omega)(?![A-Za-z]))(?:_(?:\{[^{}]*\}|\w))?'{0,2}(?:\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\))?"
    r"|\|?[A-Z]{2,3}\|?|\\(?:angle|overline)\s*\{?\s*[A-Z]{1,3}\s*\}?|[A-Z]\([A-Z](?:\s*\|\s*[A-Z])?\)"
    r"|\((?:\s*[A-Za-z](?:_\{\w\})?\s*[,;])+\s*[A-Za-z](?:_\{\w\})?\s*\)"
    r"|[A-Z][A-Z\d_{}]*\s*:\s*[A-Z][A-Z\d_{}]*|\\frac\{[A-Z]{2}\}\{[A-Z]{2}\}"
    r"|\\text\{[A-Za-z ]{1,40}\}(?:_(?:\{[^{}]*\}|\w))?|[A-Za-z]_\{\\text\{[A-Za-z ]*\}\}"
)
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


def pointing_up(relation: Relation) -> Relation:
    """Written with ``<`` and ``\\le`` only, where all operators point one way."""
    if all(operator in (">", r"\ge") for operator in relation.operators):
        flipped = tuple(_FLIPPED[operator] for operator in reversed(relation.operators))
        return Relation(tuple(reversed(relation.sides)), flipped)
    return relation


def subject(relation: Relation) -> str | None:
    """The name that an interval is said of."""
    return next((name for name in map(name_of, relation.sides) if name), None)


def as_interval(relation: Relation) -> Form | None:
    """``a < x \\le b`` as ``(a, b]``, ``x < b`` as ``(-\\infty, b)``, ``x \\in S`` as S."""
    if relation.operators == (r"\in",):
        return bound_value(relation)
    relation = pointing_up(relation)
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


def is_interval(form: Form) -> bool:
    """Whether it can only be an interval: ``(1, 2)`` might be a point."""
    if isinstance(form, Union):
        return all(isinstance(item, Ordered) for item in form.items)
    return isinstance(form, Ordered) and (
        "[" in form.brackets
        or "]" in form.brackets
        or any("infty" in i.text for i in form.items if isinstance(i, Leaf))
    )
