"""Where and how precisely expressions are compared by intervals. They refute equality, and never prove it.

A few microseconds an operation, and no state that changes, so that threads may share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from assay_verifiers.math_answer.intervals import (
    Box,
    Evaluator,
    Interval,
    UndefinedError,
    libmp,
    libmpi,
)
from assay_verifiers.math_answer.syntax import Node, Op, Sym

BITS = (64, 320)
"""Precisions tried, in bits. The first decides nearly everything that differs."""
_STARTS = (
    Fraction(19, 7),
    Fraction(3, 11),
    Fraction(-5, 13),
    Fraction(41, 3),
    Fraction(-17, 5),
    Fraction(4),
    Fraction(5),
)
_STEPS = (
    Fraction(5, 17),
    Fraction(1, 29),
    Fraction(2, 23),
    Fraction(-4, 3),
    Fraction(6, 19),
    Fraction(3),
    Fraction(6),
)
"""The k-th letter takes start + k * step: large and small, both signs, whole numbers last."""
FEW, ALL = 2, len(_STARTS)
"""At how many points: before the normal form is asked, and after."""
_CONSTANTS = frozenset({r"\pi", "e", "i"})


def letters_in(*nodes: Node) -> list[str]:
    """The letters that are no constants, sorted."""
    found: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, Sym):
            found.add(node.name)
        elif isinstance(node, Op):
            stack.extend(node.args)
    return sorted(found - _CONSTANTS)


def points(letters: list[str]) -> list[dict[str, Fraction]]:
    """Where expressions are compared; one empty point when there are no letters."""
    if not letters:
        return [{}]
    return [
        {letter: start + k * step for k, letter in enumerate(letters)}
        for start, step in zip(_STARTS, _STEPS, strict=True)
    ]


def enclose(node: Node, point: Mapping[str, Fraction], bits: int) -> Box | None:
    """Return intervals that hold the value at a point; None when there is none, or none is known.

    With letters the value is real throughout, as elsewhere in this verifier, unless the letter ``i`` occurs.
    """
    try:
        return _enclose(node, tuple(point.items()), bits)
    except ImportError:
        return None  # without the extra `math` there is no rung that needs this one


@lru_cache(maxsize=4096)
def _enclose(node: Node, point: tuple[tuple[str, Fraction], ...], bits: int) -> Box | None:
    try:
        return Evaluator(dict(point), bits).value(node)
    except (UndefinedError, ArithmeticError, ValueError, RecursionError):
        return None  # libmp refuses what has no value with ValueError or ZeroDivisionError


def disjoint(one: Box, two: Box) -> bool:
    """Whether two values are certainly different."""
    return _apart(one[0], two[0]) or _apart(*((part or libmpi().mpi_zero) for part in (one[1], two[1])))


def _apart(one: Interval, two: Interval) -> bool:
    less = libmp().mpf_lt
    return less(one[1], two[0]) or less(two[1], one[0])


def difference_below(one: Box, two: Box, exponent: int) -> bool | None:
    """True when two values are certainly nearer than ``2**exponent``, False when they differ, else None."""
    if disjoint(one, two):
        return False
    mp, mpi = libmp(), libmpi()
    limit = mp.mpf_shift(mp.from_int(1), exponent - 1)
    for ours, theirs in zip(one, two, strict=True):
        a, b = ours or mpi.mpi_zero, theirs or mpi.mpi_zero
        for low, high in ((a[0], b[1]), (b[0], a[1])):
            if not mp.mpf_lt(mp.mpf_sub(high, low, 64, "c"), limit):
                return None
    return True


def bounds(box: Box) -> tuple[Fraction, Fraction] | None:
    """The ends of a real interval, exactly; None for a complex value or an infinite end."""
    if box[1] is not None:
        return None
    rational = libmp().to_rational
    try:
        low, high = (Fraction(*rational(end)) for end in box[0])
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return low, high


def apart(answer: Node, reference: Node, bits: int, enough: int = ALL) -> bool | None:
    """Whether two expressions certainly differ, tried until both have a value at `enough` points.

    Returns:
        True when they differ at a point where both have a value; False when they may be equal and both
        have a value somewhere; None when no value is known at any point.
    """
    compared = 0
    for point in points(letters_in(answer, reference)):
        one, two = enclose(answer, point, bits), enclose(reference, point, bits)
        if one is None or two is None:
            continue
        if disjoint(one, two):
            return True
        compared += 1
        if compared >= enough:
            break
    return False if compared else None


def not_proportional(answer: Node, reference: Node, bits: int, enough: int = ALL) -> bool | None:
    """Whether the quotient certainly takes two values. Else as `apart`."""
    quotient = Op("div", (answer, reference))
    first: Box | None = None
    compared = 0
    for point in points(letters_in(answer, reference)):
        found = enclose(quotient, point, bits)
        if found is None:
            continue
        if first is not None and disjoint(first, found):
            return True
        first = found if first is None else first
        compared += 1
        if compared >= enough:
            break
    return None if first is None else False
