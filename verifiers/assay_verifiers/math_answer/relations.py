"""What relations say: the value of a name, or the interval it lies in."""

from __future__ import annotations

import re

from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.structures import Form, Ordered, Relation, Several
from assay_verifiers.math_answer.units import NOT_UNITS

_NAME = re.compile(
    r"(?:[A-Za-z]|\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|eta|theta|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|psi"
    r"|omega|Delta|Omega)(?![A-Za-z]))(?:_(?:\{[^{}]*\}|\w))?'{0,2}(?:\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\))?"
    r"|\|?[A-Z]{2,3}\|?|m?\\(?:angle|overline|vec|mathrm|triangle)\s*\{?\s*(?:[A-Z]{1,3}|[A-Za-z])\s*\}?"
    r"|[A-Z]\([A-Z](?:\s*\|\s*[A-Z])?\)"
    r"|\((?:\s*[A-Za-z](?:_\{\w\})?\s*[,;])+\s*[A-Za-z](?:_\{\w\})?\s*\)"
    r"|[A-Z][A-Z\d_{}]*\s*:\s*[A-Z][A-Z\d_{}]*|\\frac\{[A-Z]{2}\}\{[A-Z]{2}\}"
    r"|\\frac\{d(?:\^\{\d\})? ?[a-zA-Z](?:\^\{\d\})?\}\{d ?[a-z](?:\^\{\d\})?\}"
    r"|\\nabla ?[a-zA-Z]|\\overrightarrow\{[A-Z]{2}\}"
    r"|(?:[A-Za-z](?:_(?:\{\w*\}|\w))?\(\s*-?(?:[\d./]+|\\frac\{\d+\}\{\d+\})\s*\)|[PEVD]\([^()]{1,30}\))"
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
    if not _NAME.fullmatch(side):
        return None
    # The letters of f(x) say nothing, the value in f(2) or the event in P(A) does.
    of_letters = re.fullmatch(r".+?\(\s*[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\)", side) and side[0] not in "PEVD"
    return re.sub(r"(?<=.)\(.*|\s|['|{}]" if of_letters else r"\s|['|{}]", "", side)


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


def graph_name(side: str) -> bool:
    """Whether a side names the value of a function at x, as ``y`` and ``f(x)`` do."""
    return re.fullmatch(r"y|[A-Za-z]\(\s*x\s*\)", side.strip()) is not None


def assignment(form: Form) -> dict[str, Form] | None:
    """The values of names: of ``x = 3, y = 1``, ``(x, y) = (3, 1)`` and ``a = b = 1``; else None.

    In the order in which they are stated.
    """
    if isinstance(form, Relation):
        return _assigned(form)
    if not isinstance(form, Several):
        return None
    values: dict[str, Form] = {}
    for item in form.items:
        one = _assigned(item) if isinstance(item, Relation) else None
        if one is None or not values.keys().isdisjoint(one):
            return None
        values |= one
    return values


def _assigned(relation: Relation) -> dict[str, Form] | None:
    if set(relation.operators) != {"="} or not 1 < len(relation.sides) <= 12:
        return None
    *leading, last = relation.sides
    names = [name_of(side) for side in leading]
    if names[0] is None:
        return None
    value = read(last)
    if names[0].startswith("("):
        parts = re.split("[,;]", names[0].strip("()"))
        if not isinstance(value, Ordered) or len(relation.sides) > 2 or len(parts) != len(value.items):
            return None
        return dict(zip(parts, value.items, strict=True)) if len(set(parts)) == len(parts) else None
    found = [name for name in names if name is not None]
    if len(found) < len(names) or len(set(found)) < len(found):
        return {found[0]: value} if len(found) == 1 else None
    return dict.fromkeys(found, value)


def base(name: str) -> str:
    """A name without its subscript: ``x`` for ``x_1``."""
    return name.partition("_")[0]


def alphabetical(values: dict[str, Form]) -> list[Form]:
    """The values in the order of their names, in which a tuple states them."""
    return [value for _, value in sorted(values.items(), key=lambda item: (len(base(item[0])) > 1, item[0]))]


_ASKED = re.compile(
    r"\\(?:sin|cos|tan|cot)\s*(?:[A-Z]|\\(?:alpha|beta|gamma|delta|theta|phi|omega)|\\angle ?[A-Z]{1,3})"
    r"|\|\\(?:vec|overrightarrow)\{[A-Za-z]{1,2}\}\|"
    r"|[a-z]\^\{-1\}\(\s*[a-z]\s*\)"
)
"""What a question asks for by itself, though it is no name: ``\\cos\\theta``, a length."""
_HEAD = re.compile(
    r"\\(?:int|iint|oint|lim|sum|prod|gcd|lcm|max|min|det|bmod|mod|pmod|dim|rank|deg|Pr)(?![A-Za-z])"
    r"|\\frac\{(?:d|\\partial)(?:\^\{\d\})?(?:[a-z](?:\([a-z]\))?)?\}\{(?:d|\\partial) ?[a-z](?:\^\{\d\})?\}"
    r"|\\begin\{vmatrix\}"
    r"|\\left\.|(?<=[\]|])_\{"
)


def stated_sides(relation: Relation) -> list[str]:
    """The sides of a chain of equations that state its value: not a leading name, nor what nobody can check.

    A side that the grammar refuses on purpose, such as an integral, is taken for what it is said to be,
    unless letters stand in one side only: ``\\sum_{k=1}^{n} k = 1`` is no statement about 1.
    """
    named = name_of(relation.sides[0]) or _ASKED.fullmatch(relation.sides[0].strip())
    sides = relation.sides[1:] if named else relation.sides
    bound = frozenset[str]().union(*map(bound_letters, sides))
    constant = {"C", "c"} if any(re.search(r"\\int(?!_)", side) for side in sides) else set[str]()
    last = letters(sides[-1]) - bound - constant
    kept = [side for side in sides[:-1] if not (unevaluated(side) and letters(side) - bound == last)]
    return [*kept, sides[-1]]


def unevaluated(side: str) -> bool:
    """Whether a side holds an operation that the grammar refuses on purpose, so that nobody can check it."""
    return _HEAD.search(side) is not None


def bound_letters(side: str) -> frozenset[str]:
    """Letters that an operation binds: the index of a sum, what goes to a limit, what is integrated over."""
    bound = set(re.findall(r"([A-Za-z])\s*(?:=|\\to(?![A-Za-z])|\\rightarrow)", side))
    if r"\int_" in side:
        bound |= set(re.findall(r"(?<![A-Za-z\\])d ?([a-z])(?![A-Za-z])", side))
    return frozenset(bound)


def letters(side: str) -> frozenset[str]:
    """The letters of a side, without constants and the d of a derivative."""
    differential = r"\int" in side or re.search(r"\\frac\{d", side) is not None
    plain = re.sub(r"\\[A-Za-z]+(?:\{[a-z]?matrix\})?", " ", side)
    return frozenset(re.findall("[A-Za-z]", plain)) - {"e", "i", "d" if differential else ""}
