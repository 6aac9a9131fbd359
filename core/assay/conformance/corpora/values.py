"""Exact answers to made-up problems, and how they are written: the construction side of every math label.

Values are canonical, so that ``==`` is equality as mathematics. Nothing here reads a text; the audit
(`oracle`) does, and shares no code with this module.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

SQUARE_FREE = (2, 3, 5, 6, 7, 10, 11, 13, 14, 15)


@dataclass(frozen=True, slots=True)
class Surd:
    """coefficient · √radicand, with a square-free radicand above 1 and a coefficient other than 0."""

    coefficient: int
    radicand: int


@dataclass(frozen=True, slots=True)
class Interval:
    """From low to high, low < high; never open at both ends, which would look like a point."""

    low: Fraction
    high: Fraction
    closed_low: bool
    closed_high: bool


@dataclass(frozen=True, slots=True)
class Point:
    """An ordered tuple of at least two numbers."""

    coordinates: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class SetOf:
    """A finite set of at least two numbers."""

    elements: frozenset[Fraction]


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Integer coefficients of x, the lowest power first; the last is not 0; at least two are not 0."""

    coefficients: tuple[int, ...]


Value = Fraction | Surd | Interval | Point | SetOf | Polynomial

KINDS = (
    "integer",
    "rational",
    "negative",
    "decimal",
    "surd",
    "interval",
    "set",
    "point",
    "polynomial",
    "large",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One problem with its exact answer."""

    kind: str
    """One of `KINDS`."""
    value: Value
    prompt: str
    """States no part of the answer."""

    @property
    def reference(self) -> str:
        """The answer in canonical LaTeX."""
        return latex(self.value, decimal=self.kind == "decimal")


def make_item(kind: str, number: int, rng: random.Random) -> Item:
    """Draw an item; `number` appears in its prompt and `rng` decides the rest."""
    value = _draw(kind, rng)
    prompt = (
        f"Exercise {100_000 + number}: find the {kind} value that the figure describes, in simplest form."
    )
    return Item(kind, value, prompt)


def _draw(kind: str, rng: random.Random) -> Value:
    whole = rng.randint
    match kind:
        case "integer":
            return Fraction(whole(2, 999))
        case "large":
            return Fraction(whole(1000, 9_999_999))
        case "negative":
            return Fraction(-whole(2, 999))
        case "rational":
            denominator = whole(2, 40)
            return Fraction(rng.choice((1, -1)) * (whole(0, 3) * denominator + 1), denominator)
        case "decimal":
            return Fraction(whole(1, 999) * 10 + whole(1, 9), rng.choice((10, 100, 1000)))
        case "surd":
            return Surd(rng.choice((1, -1)) * whole(2, 30), rng.choice(SQUARE_FREE))
        case "interval":
            low = whole(-20, 20)
            ends = rng.choice(((True, False), (False, True), (True, True)))
            return Interval(Fraction(low), Fraction(low + whole(1, 30)), *ends)
        case "set":
            return SetOf(frozenset(Fraction(n) for n in rng.sample(range(-30, 31), whole(2, 4))))
        case "point":
            return Point(tuple(Fraction(n) for n in rng.sample(range(-30, 31), whole(2, 3))))
        case _:
            middle = [whole(-9, 9) for _ in range(whole(0, 2))]
            return Polynomial((rng.choice((1, -1)) * whole(1, 20), *middle, whole(1, 9)))


def latex(value: Value, *, decimal: bool = False) -> str:
    """Write a value in canonical LaTeX; `decimal`: a number as a finite decimal where it has one."""
    match value:
        case Fraction():
            return (decimal_text(value) if decimal else None) or fraction_text(value)
        case Surd(coefficient, radicand):
            sign = {1: "", -1: "-"}.get(coefficient, str(coefficient))
            return rf"{sign}\sqrt{{{radicand}}}"
        case Interval(low, high, closed_low, closed_high):
            inner = f"{fraction_text(low)}, {fraction_text(high)}"
            return f"{'[' if closed_low else '('}{inner}{']' if closed_high else ')'}"
        case Point(coordinates):
            return f"({', '.join(map(fraction_text, coordinates))})"
        case SetOf(elements):
            return rf"\{{{', '.join(map(fraction_text, sorted(elements)))}\}}"
        case Polynomial(coefficients):
            return polynomial_text([(n, power) for power, n in reversed([*enumerate(coefficients)])])


def fraction_text(number: Fraction) -> str:
    r"""``-3`` or ``-\frac{1}{2}``, reduced."""
    if number.denominator == 1:
        return str(number.numerator)
    sign = "-" if number < 0 else ""
    return rf"{sign}\frac{{{abs(number.numerator)}}}{{{number.denominator}}}"


def decimal_text(number: Fraction, places: int = 0) -> str | None:
    """Write a number as a finite decimal with at least `places` decimals; None when there is none."""
    while places < 30 and (number * 10**places).denominator != 1:
        places += 1
    scaled = number * 10**places
    if scaled.denominator != 1:
        return None
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    point = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{point}" if number < 0 else point


def polynomial_text(terms: list[tuple[int, int]]) -> str:
    """Write (coefficient, power) terms in the given order, without those that are 0."""
    written = ""
    for coefficient, power in terms:
        if coefficient == 0:
            continue
        size = "" if abs(coefficient) == 1 and power else str(abs(coefficient))
        variable = "" if power == 0 else "x" if power == 1 else f"x^{{{power}}}"
        sign = ("-" if coefficient < 0 else "") if not written else (" - " if coefficient < 0 else " + ")
        written += f"{sign}{size}{variable}"
    return written


def near_misses(value: Value, rng: random.Random) -> Iterator[tuple[str, Value]]:
    """Yield wrong values that a careless comparison takes for `value`; none equals it."""
    for template, wrong in _near(value, rng):
        if wrong != value:
            yield template, wrong


def _near(value: Value, rng: random.Random) -> Iterator[tuple[str, Value]]:
    match value:
        case Fraction():
            yield from _near_number(value, rng)
        case Surd(coefficient, radicand):
            yield "coefficient plus one", Surd(coefficient + 1 or 2, radicand)
            yield "sign", Surd(-coefficient, radicand)
            yield "ten times", Surd(10 * coefficient, radicand)
            yield "another radicand", Surd(coefficient, rng.choice([n for n in SQUARE_FREE if n != radicand]))
            yield "without the root", Fraction(coefficient * radicand)
        case Interval(low, high, closed_low, closed_high):
            yield "low end plus a half", replace(value, low=low + Fraction(1, 2))
            yield "high end plus one", replace(value, high=high + 1)
            if not (closed_low and closed_high):
                yield "other end open", replace(value, closed_low=closed_high, closed_high=closed_low)
                yield "both ends closed", replace(value, closed_low=True, closed_high=True)
            else:
                yield "one end open", replace(value, closed_high=False)
        case Point(coordinates):
            first, *rest = coordinates
            yield "one coordinate plus one", Point((first + 1, *rest))
            yield "another order", Point(tuple(reversed(coordinates)))
            yield "one coordinate more", Point((*coordinates, Fraction(0)))
            yield "one coordinate's sign", Point((*coordinates[:-1], -coordinates[-1]))
        case SetOf(elements):
            ordered = sorted(elements)
            yield "one element more", SetOf(elements | {ordered[-1] + 1})
            if len(ordered) > 2:
                yield "one element less", SetOf(frozenset(ordered[1:]))
            yield "one element other", SetOf(frozenset([*ordered[:-1], ordered[-1] + 1]))
            yield "all signs", SetOf(frozenset(-n for n in elements))
        case Polynomial(coefficients):
            constant, *rest = coefficients
            yield "constant plus one", Polynomial((constant + 1 or 2, *rest))
            yield "sign of the constant", Polynomial((-constant, *rest))
            yield "leading coefficient plus one", Polynomial((*coefficients[:-1], coefficients[-1] + 1))
            yield "one power higher", Polynomial((0, *coefficients))
            yield "all signs", Polynomial(tuple(-n for n in coefficients))


def _near_number(value: Fraction, rng: random.Random) -> Iterator[tuple[str, Value]]:
    yield "plus one", value + 1
    yield "minus one", value - 1
    yield "sign", -value
    yield "ten times", 10 * value
    yield "a tenth", value / 10
    if value.denominator == 1:
        text = str(value.numerator)
        yield "digit appended", Fraction(int(text + str(rng.randint(0, 9))))
        yield "digit before", Fraction(int(text.replace("-", "-9") if value < 0 else "9" + text))
        if len(text.lstrip("-")) > 1:
            yield "last digit dropped", Fraction(int(text[:-1]))
    elif value.numerator:
        yield "numerator and denominator swapped", 1 / value
        yield "denominator dropped", Fraction(value.numerator)
    for exponent in (1, 3, 6):
        yield f"off by 1e-{exponent}", value * (1 + Fraction(1, 10**exponent))
