"""Sets of real numbers as unions of intervals, from inequalities, intervals, unions and complements.

Ends that are exact rationals are sorted and touching pieces merged, so that each set has one text. Sets
with other ends are compared piece by piece.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.relations import name_of, pointing_up
from assay_verifiers.math_answer.structures import (
    REALS,
    Form,
    Leaf,
    Ordered,
    Relation,
    SetOf,
    Several,
    Union,
    Without,
)
from assay_verifiers.math_answer.syntax import SyntaxFault, parse

_OPENING = {"<": "(", r"\le": "["}
_CLOSING = {"<": ")", r"\le": "]"}
_MINUS_INFINITY, _INFINITY = REALS.items
_ABSOLUTE = re.compile(r"\|\s*([A-Za-z](?:_\{\w\})?)\s*\|")
End = tuple[float, Fraction]
"""Sorts infinities before and behind the rationals."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval between exact ends."""

    low: End
    low_closed: bool
    high: End
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A set of reals and the name that it is said of (None: of no name)."""

    pieces: tuple[Ordered, ...]
    name: str | None = None


def certain(form: Form) -> bool:
    """Whether a form can only be a set of reals: ``(1, 2)`` may be a point, ``x < 2`` may not."""
    match form:
        case Relation(_, operators):
            return (
                set(operators) <= {"<", ">", r"\le", r"\ge"}
                or operators == (r"\ne",)
                or operators == (r"\in",)
            )
        case Union() | Without():
            return True
        case Ordered():
            return form == REALS or any(_infinite(item) for item in form.items)
        case Several(items):
            return any(isinstance(item, Relation) and certain(item) for item in items)
        case _:
            return False


def region(form: Form) -> Region | None:
    """Read a form as a set of reals; None when it is not one."""
    match form:
        case Ordered():
            return Region((form,)) if _is_interval(form) else None
        case SetOf(items) if all(isinstance(item, Leaf) for item in items):
            return Region(tuple(_point(item) for item in items))
        case Union(items):
            parts = [region(item) for item in items]
            found = [part for part in parts if part is not None]
            if len(found) < len(parts):
                return None
            return Region(tuple(piece for part in found for piece in part.pieces), _one_name(found))
        case Without(items):
            return _without(items)
        case Relation():
            return _of_relation(form)
        case Several(items):
            return _of_several(form, items)
        case _:
            return None


def _of_relation(relation: Relation) -> Region | None:
    name = next((name for name in map(name_of, relation.sides) if name and "(" not in name), None)
    if relation.operators == (r"\in",):
        inner = region(read(relation.sides[1]))
        return (
            Region(inner.pieces, name_of(relation.sides[0])) if inner and name_of(relation.sides[0]) else None
        )
    if relation.operators == (r"\ne",):
        sides = relation.sides if name_of(relation.sides[0]) else relation.sides[::-1]
        value = read(sides[1])
        values = value.items if isinstance(value, Several) else (value,)
        inner = _without(values) if name_of(sides[0]) else None
        return Region(inner.pieces, name_of(sides[0])) if inner else None
    relation = pointing_up(relation)
    if any(operator not in ("<", r"\le") for operator in relation.operators):
        return None
    sides, operators = relation.sides, relation.operators
    absolute = [_ABSOLUTE.fullmatch(side.strip()) for side in sides]
    if any(absolute):
        return _of_absolute(sides, operators, absolute)
    if len(sides) == 3 and name_of(sides[1]):
        items = (read(sides[0]), read(sides[2]))
        return Region((Ordered(items, (_OPENING[operators[0]], _CLOSING[operators[1]])),), name)
    if len(sides) == 2 and name_of(sides[0]) and not name_of(sides[1]):
        return Region((Ordered((_MINUS_INFINITY, read(sides[1])), ("(", _CLOSING[operators[0]])),), name)
    if len(sides) == 2 and name_of(sides[1]) and not name_of(sides[0]):
        return Region((Ordered((read(sides[0]), _INFINITY), (_OPENING[operators[0]], ")")),), name)
    return None


def _of_absolute(
    sides: Sequence[str], operators: Sequence[str], absolute: Sequence[re.Match[str] | None]
) -> Region | None:
    """``a < |x| < b`` with ends that are not negative."""
    at = next(index for index, found in enumerate(absolute) if found)
    found = absolute[at]
    ends = [end_of(read(side)) for index, side in enumerate(sides) if index != at]
    if found is None or any(end is None or end < (0.0, Fraction(0)) for end in ends):
        return None
    name = name_of(found.group(1))
    low = sides[at - 1] if at else None
    high = sides[at + 1] if at + 1 < len(sides) else None
    below = "" if at == 0 else operators[at - 1]
    above = operators[at] if high is not None else ""
    top: Form = read(high) if high is not None else _INFINITY
    bottom: Form = read(f"-({high})") if high is not None else _MINUS_INFINITY
    closed = above == r"\le"
    if low is None:
        return Region((Ordered((bottom, top), ("[" if closed else "(", "]" if closed else ")")),), name)
    left = Ordered((bottom, read(f"-({low})")), ("[" if closed else "(", "]" if below == r"\le" else ")"))
    right = Ordered((read(low), top), ("[" if below == r"\le" else "(", "]" if closed else ")"))
    return Region((left, right), name)


def _of_several(form: Several, items: Sequence[Form]) -> Region | None:
    """Inequalities: alternatives where they say so or exclude each other, else all at once."""
    parts: list[Region] = []
    first = items[0]
    for item in items:
        if isinstance(item, Leaf) and isinstance(first, Relation) and first.operators == (r"\ne",):
            item = Relation((first.sides[0], item.text), first.operators)  # `x \ne 1, 3`
        if isinstance(item, Relation) and item.operators == ("=",) and name_of(item.sides[0]):
            value = read(item.sides[1])
            part = Region((_point(value),), name_of(item.sides[0])) if isinstance(value, Leaf) else None
        else:
            part = region(item)
        if part is None:
            return None
        parts.append(part)
    if len({part.name for part in parts if part.name}) > 1 or not any(part.name for part in parts):
        return None
    name = _one_name(parts)
    together = None if form.either else _common(parts)
    if together:
        return Region(tuple(map(_as_interval, together)), name)
    return Region(tuple(piece for part in parts for piece in part.pieces), name)


def _common(parts: Sequence[Region]) -> list[Piece] | None:
    """What all parts share; None when an end is not an exact rational."""
    shared: list[Piece] | None = None
    for part in parts:
        pieces = merged(part)
        if pieces is None or len(pieces) > 20:
            return None
        if shared is None:
            shared = pieces
        else:
            both = [_overlap(one, two) for one in shared for two in pieces]
            shared = [piece for piece in both if piece is not None]
    return shared


def _overlap(one: Piece, two: Piece) -> Piece | None:
    low, low_closed = max((one.low, not one.low_closed), (two.low, not two.low_closed))
    high, high_closed = min((one.high, one.high_closed), (two.high, two.high_closed))
    piece = Piece(low, not low_closed, high, high_closed)
    return piece if low < high or (low == high and piece.low_closed and high_closed) else None


def _without(items: Sequence[Form]) -> Region | None:
    """All reals but some; the order of several has to be known."""
    if len(items) > 1:
        ends = [end_of(item) for item in items]
        known = [(end, item) for end, item in zip(ends, items, strict=True) if end is not None]
        if len(known) < len(items):
            return None
        items = [item for _, item in sorted(known, key=lambda pair: pair[0])]
    if not items or not all(isinstance(item, Leaf) for item in items):
        return None
    ends = [_MINUS_INFINITY, *items, _INFINITY]
    return Region(tuple(Ordered((low, high), ("(", ")")) for low, high in pairwise(ends)))


def _one_name(parts: Sequence[Region]) -> str | None:
    return next((part.name for part in parts if part.name), None)


def _is_interval(form: Ordered) -> bool:
    return (
        len(form.items) == 2
        and form.brackets[0] in "(["
        and form.brackets[1] in ")]"
        and form.brackets[0] != ""
    )


def _point(item: Form) -> Ordered:
    return Ordered((item, item), ("[", "]"))


def _infinite(form: Form) -> bool:
    return isinstance(form, Leaf) and form.text.lstrip("+-").strip() == r"\infty"


@lru_cache(maxsize=4096)
def end_of(form: Form) -> End | None:
    """An exact end of an interval; None when it is not a rational or infinite."""
    if not isinstance(form, Leaf) or form.unit:
        return None
    if _infinite(form):
        return (-1.0 if form.text.startswith("-") else 1.0, Fraction(0))
    try:
        value = exact(parse(form.text))
    except (SyntaxFault, ValueError, ZeroDivisionError):
        return None
    return None if value is None else (0.0, value)


def merged(found: Region) -> list[Piece] | None:
    """The pieces in order, overlapping and touching ones joined; None when an end is not exact."""
    pieces: list[Piece] = []
    for form in found.pieces:
        low, high = end_of(form.items[0]), end_of(form.items[1])
        if low is None or high is None:
            return None
        left, right = form.brackets[0] == "[" and low[0] == 0, form.brackets[1] == "]" and high[0] == 0
        if low > high or (low == high and not (left and right)):
            return None  # written the wrong way round
        pieces.append(Piece(low, left, high, right))
    pieces.sort(key=lambda piece: (piece.low, not piece.low_closed))
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and (
            piece.low < last.high or (piece.low == last.high and (piece.low_closed or last.high_closed))
        ):
            high, closed = max((last.high, last.high_closed), (piece.high, piece.high_closed))
            joined[-1] = Piece(last.low, last.low_closed, high, closed)
        else:
            joined.append(piece)
    return joined


def _as_interval(piece: Piece) -> Ordered:
    brackets = ("[" if piece.low_closed else "(", "]" if piece.high_closed else ")")
    return Ordered((_written(piece.low), _written(piece.high)), brackets)


def _written(end: End) -> Leaf:
    sign, value = end
    if sign:
        return Leaf(r"\infty" if sign > 0 else r"-\infty")
    return Leaf(str(value))


def one_text(form: Form) -> str | None:
    """One text for a set of reals with exact ends; None for anything else."""
    found = region(form) if certain(form) else None
    pieces = merged(found) if found else None
    if not pieces:
        return None
    return " ∪ ".join(
        f"{form.brackets[0]}{_end_text(piece.low)}, {_end_text(piece.high)}{form.brackets[1]}"
        for piece, form in zip(pieces, map(_as_interval, pieces), strict=True)
    )


def _end_text(end: End) -> str:
    return _written(end).text
