"""Right answers in other spellings: what a plugin may promise to accept beyond its minimum (RVH-M16)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from assay.conformance.corpora.values import (
    Interval,
    Item,
    Point,
    Polynomial,
    SetOf,
    Surd,
    decimal_text,
    fraction_text,
    latex,
    polynomial_text,
)

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
)
_ONES, _TENS = _NUMBERS.split()[:20], _NUMBERS.split()[20:]
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_VULGAR = {
    Fraction(1, 2): "½",
    Fraction(1, 3): "⅓",
    Fraction(1, 4): "¼",
    Fraction(1, 5): "⅕",
    Fraction(1, 8): "⅛",
}


def minimum(item: Item) -> Iterator[tuple[str, str]]:
    """Yield (template, spelling) that every plugin has to accept: the reference's, and ``a/b`` for it."""
    yield "same spelling", item.reference
    value = item.value
    if item.kind == "rational" and isinstance(value, Fraction) and value.denominator != 1:
        yield "fraction with a slash", f"{value.numerator}/{value.denominator}"


def beyond(item: Item, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (form, template, spelling); form is one of `assay.specs.ACCEPT_FORMS`."""
    value, reference = item.value, item.reference
    yield (
        "equation",
        "x equals the answer",
        f"x = {reference}" if "x" not in reference else f"y = {reference}",
    )
    yield "latex", "display style", rf"\displaystyle {reference}"
    match value:
        case Fraction():
            yield from _number(item, value, rng)
        case Surd(coefficient, radicand):
            factor = rng.choice((2, 3))
            if coefficient % factor == 0:
                rest = coefficient // factor
                sign = {1: "", -1: "-"}.get(rest, str(rest))
                yield "unreduced", "square inside the root", rf"{sign}\sqrt{{{radicand * factor**2}}}"
            sign = {1: "", -1: "-"}.get(coefficient, str(coefficient))
            yield "latex", "multiplication dot", rf"{coefficient} \cdot \sqrt{{{radicand}}}"
            yield "unicode", "root sign", f"{sign}√{radicand}"
        case Interval():
            yield "latex", "left and right", rf"\left{reference[:-1]}\right{reference[-1]}"
        case Point(coordinates):
            yield "latex", "left and right", rf"\left{reference[:-1]}\right{reference[-1]}"
            inner = ", ".join(rf"\frac{{{2 * n}}}{{2}}" for n in coordinates)
            yield "unreduced", "coordinates as fractions", f"({inner})"
        case SetOf(elements):
            backwards = ", ".join(map(fraction_text, sorted(elements, reverse=True)))
            yield "unreduced", "another order of the elements", rf"\{{{backwards}\}}"
            yield "latex", "left and right", rf"\left{reference[:-2]}\right\}}"
        case Polynomial(coefficients):
            rising = [(n, power) for power, n in enumerate(coefficients)]
            yield "unreduced", "rising powers", polynomial_text(rising)
            constant, *rest = coefficients
            split = [(n, power) for power, n in reversed([*enumerate(rest, 1)])]
            yield (
                "unreduced",
                "terms not collected",
                polynomial_text([*split, (constant + 3, 0)])
                + (" - 3" if constant + 3 else polynomial_text([(constant, 0)])),
            )


def _number(item: Item, value: Fraction, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    whole, factor = value.denominator == 1, rng.choice((2, 3, 5, 12))
    sign = "-" if value < 0 else ""
    top, bottom = abs(value.numerator), value.denominator
    yield "unreduced", "fraction not reduced", rf"{sign}\frac{{{top * factor}}}{{{bottom * factor}}}"
    decimal = decimal_text(value, 1)
    if decimal is not None:
        other = fraction_text(value) if item.kind == "decimal" else decimal
        yield "decimal", "fraction" if item.kind == "decimal" else "decimal", other
        yield "decimal", "zeros at the end", f"{decimal}00"
        yield "percent", "percent", rf"{decimal_text(100 * value)}\%"
    spelled = latex(value, decimal=item.kind == "decimal")
    unit = rng.choice(("cm", "meters", "apples", "seconds"))
    yield "units", "a unit in text", rf"{spelled}\text{{ {unit}}}"
    if value < 0:
        yield "unicode", "minus sign", spelled.replace("-", "−")
    if whole:
        yield "unicode", "full-width digits", spelled.translate(_FULL_WIDTH)
    elif value in _VULGAR:
        yield "unicode", "vulgar fraction", _VULGAR[value]
    if whole and top >= 1000:
        for template, mark in (("comma", ","), ("comma in braces", "{,}"), ("thin space", r"\,")):
            yield "thousands", template, f"{value.numerator:,}".replace(",", mark)
    if whole and 0 <= value < 100:
        yield "words", "number in words", in_words(value.numerator)
    if not whole and item.kind == "rational":
        yield "latex", "dfrac", rf"{sign}\dfrac{{{top}}}{{{bottom}}}"
        yield "latex", "tfrac", rf"{sign}\tfrac{{{top}}}{{{bottom}}}"


def in_words(number: int) -> str:
    """Write a number from 0 to 99 in English: ``forty-two``."""
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
