"""When a decimal stands for a value that it cannot write: 0.333333 for 1/3, 3.1416 for pi.

Decided with fractions and enclosing intervals, never with floats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from assay_verifiers.math_answer.numeric import bounds, enclose, letters_in
from assay_verifiers.math_answer.rational import exact
from assay_verifiers.math_answer.syntax import Node

_DECIMAL = re.compile(
    r"([-+]?)\s*(\d{0,400})\.(\d{1,400})(?:\s*(?:\\cdot|\\times|\*)\s*10\^\{\s*([-+]?\s*\d{1,3})\s*\})?"
)
_BINARY_DIGITS = 15
"""From so many digits on, a decimal may be the print of a binary64 number."""
_BINARY_UNIT = Fraction(1, 2**52)
_BITS_PER_DIGIT = 4


@dataclass(frozen=True, slots=True)
class Decimal:
    """A numeral as written."""

    value: Fraction
    unit: Fraction
    """One in the last place."""
    digits: int
    """Significant digits: those from the first that is not zero."""


def decimal(text: str) -> Decimal | None:
    """Read ``-2.50`` or ``2.5\\cdot 10^{-3}``; None for anything else, whole numbers included."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, places, exponent = match.groups()
    unit = Fraction(10) ** (int((exponent or "0").replace(" ", "")) - len(places))
    written = int(whole + places)
    digits = len((whole + places).lstrip("0"))
    return Decimal((-1 if sign == "-" else 1) * written * unit, unit, digits)


def rounds(answer: str, left: Node, reference: str, right: Node, digits: int) -> bool:
    """Whether one side is a decimal to which the other side rounds.

    The decimal must have at least `digits` significant digits and one decimal place, and be what rounding to
    the nearest or towards zero gives: 125.664 and 125.663 for 40 pi. With 15 digits or more, one unit in the
    last place of binary64 is allowed too for a value without a finite decimal: that is what programs print.
    Of two decimals only the reference may be the rounded one: it says how much is asked for.

    Args:
        answer: The answer's text.
        left: The answer's tree.
        reference: The reference's text.
        right: The reference's tree.
        digits: Fewest significant digits of the rounded side.
    """
    ours, theirs = decimal(answer), decimal(reference)
    if ours is not None and theirs is not None:
        coarser = theirs.unit >= ours.unit and theirs.digits >= digits
        return coarser and _holds(theirs, ours.value, ours.value)
    written, other = (ours, right) if ours is not None else (theirs, left)
    if written is None or written.digits < digits:
        return False
    value = _enclosed(other, written)
    return value is not None and _holds(written, *value)


def _holds(written: Decimal, low: Fraction, high: Fraction) -> bool:
    reach = written.unit / 2
    if written.digits >= _BINARY_DIGITS and not (low == high and _finite(low)):
        reach = max(reach, abs(written.value) * _BINARY_UNIT)
    if abs(written.value - low) <= reach and abs(written.value - high) <= reach:
        return True
    if (low < 0) != (high < 0) or (low < 0) != (written.value < 0):
        return False
    cut = abs(written.value)
    return cut <= min(abs(low), abs(high)) and max(abs(low), abs(high)) < cut + written.unit


def _finite(value: Fraction) -> bool:
    """Whether a decimal can write the value."""
    divisor = value.denominator
    return pow(10, divisor.bit_length(), divisor) == 0


def _enclosed(node: Node, written: Decimal) -> tuple[Fraction, Fraction] | None:
    if letters_in(node):
        return None
    try:
        value = exact(node)
    except ZeroDivisionError:
        return None
    if value is not None:
        return value, value
    box = enclose(node, {}, 64 + _BITS_PER_DIGIT * written.digits)
    return None if box is None else bounds(box)
