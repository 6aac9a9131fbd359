"""Exact values of expressions, with bounds that are known before anything is computed."""

from __future__ import annotations

import math
from fractions import Fraction

from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym

MAX_LOG10 = 5000.0
"""Largest number of decimal digits that any part of an expression may have when a worker evaluates it."""
MAX_LARGE = 10_000.0
"""Largest number of decimal digits with which short expressions are compared exactly: ``2020!``."""
_MAX_EXACT = 600.0
"""Largest number of digits that an expression of any length is computed with exactly."""
_MAX_PRINTED = 4200.0
"""Largest number of digits of a value that may be printed: CPython prints at most 4,300."""
_MAX_LONG_NODES, _MAX_LARGE_NODES = 40, 16
"""Longest expressions that are computed exactly up to `_MAX_PRINTED` and `MAX_LARGE` digits."""
_FLOAT_DIGITS = 300.0
"""Below this many digits a value fits a float."""
_MAX_SMALL = 1000
"""From here on, an exponent is not taken to have a float's magnitude."""
_MAX_OPERAND = 3000
"""Largest operand of a factorial or a binomial coefficient."""


class TooLarge(ValueError):  # noqa: N818 - names the finding, as OverflowError would
    """A part of the expression would be astronomically large: a bomb, not an answer."""


def size(node: Node, limit: float = MAX_LOG10) -> float:
    """Bound the decimal digits of every rational part of an expression, without computing any.

    Args:
        node: The expression.
        limit: Most digits of any part.

    Returns:
        At least log10 of numerator and of denominator of the value, counting a letter as one digit.

    Raises:
        TooLarge: when some part has more than `limit` digits, or a factorial a large operand.
    """
    return _bound(node, limit)[0]


def _bound(node: Node, limit: float) -> tuple[float, float]:
    """Digits, and the absolute value for letters of about 1. One visit per node."""
    if isinstance(node, Num):
        top, bottom = abs(node.value.numerator), node.value.denominator
        digits = 1.0 + math.log10(max(top, bottom))
        return digits, top / bottom if digits < _FLOAT_DIGITS else math.inf
    if isinstance(node, Sym):
        return 1.0, 2.0
    bounds = [_bound(arg, limit) for arg in node.args]
    digits, magnitude = _operation(node, bounds)
    if not digits <= limit:
        raise TooLarge(node.name)
    return digits, math.inf if math.isnan(magnitude) else magnitude  # 0 * inf could hide a large exponent


def _operation(node: Op, bounds: list[tuple[float, float]]) -> tuple[float, float]:
    digits = sum(d for d, _ in bounds) + 1.0
    first = bounds[0][1]
    match node.name:
        case "add":
            return digits, sum(m for _, m in bounds)
        case "mul":
            return digits, first * bounds[1][1]
        case "div":
            return digits, first * _inverse(node.args[1], bounds[1][0])
        case "root":
            return digits, max(first, 1.0) if node.args[1] != Num(Fraction(2)) else math.sqrt(max(first, 1.0))
        case "neg" | "abs" | "floor" | "ceil":
            return digits, first + 1.0
        case "fact" | "binom":
            worst = max(m for _, m in bounds)
            if worst > _MAX_OPERAND:
                raise TooLarge(node.name)
            if node.name == "fact":
                digits = 1.0 + math.lgamma(max(worst, 2.0) + 1.0) / math.log(10.0)
            else:
                digits = 1.0 + max(worst, 1.0) * math.log10(2.0)  # a coefficient is at most 2^n
            return digits, _power_of_ten(digits)
        case "pow":
            base, exponent = node.args[0], max(1.0, bounds[1][1])
            digits = max(1.0, bounds[0][0]) * exponent
            if isinstance(base, Num):
                ends = abs(base.value.numerator), base.value.denominator
                digits = 1.0 + math.log10(max(ends)) * exponent
            whole = isinstance(base, Num) and abs(base.value) >= 1 and exponent < _MAX_SMALL
            magnitude = (
                _power_of_ten(math.log10(max(1.0, first)) * exponent) if whole else _power_of_ten(digits)
            )
            return digits, magnitude
        case "exp":
            return first, _power_of_ten(first)
        case _:
            return digits, _power_of_ten(digits)


def _inverse(divisor: Node, digits: float) -> float:
    """Bound on the reciprocal: known for a number, else as large as the digits allow."""
    if isinstance(divisor, Num) and divisor.value and digits < _FLOAT_DIGITS:
        return float(1 / abs(divisor.value))
    return _power_of_ten(digits)


def _power_of_ten(digits: float) -> float:
    return 10.0**digits if digits < _FLOAT_DIGITS else math.inf


def exact(node: Node) -> Fraction | None:
    """Evaluate to an exact rational.

    Returns:
        The value, or None when the expression is not plainly rational (letters, roots that do not come
        out, functions) or is larger than the exact rung computes with.

    Raises:
        TooLarge: as `size`.
        ZeroDivisionError: on a division by zero.
    """
    if not is_short(node):
        digits = size(node)
        if digits > _MAX_PRINTED or (digits > _MAX_EXACT and _more_nodes(node, _MAX_LONG_NODES)):
            return None
    return _exact(node)


def is_short(node: Node) -> bool:
    """Whether an expression is a number or fraction, or minus one: the grammar bounds its digits."""
    if isinstance(node, Op) and node.name == "neg":
        node = node.args[0]
    if isinstance(node, Op) and node.name == "div":
        return all(isinstance(arg, Num) for arg in node.args)
    return isinstance(node, Num)


def large(node: Node) -> Fraction | None:
    """Evaluate as `exact` does, for comparison only: the value may have too many digits to be printed.

    Raises:
        TooLarge: when it has more than `MAX_LARGE` digits.
        ZeroDivisionError: on a division by zero.
    """
    if not is_short(node):
        size(node, MAX_LARGE)
    return None if _more_nodes(node, _MAX_LARGE_NODES) else _exact(node)


def _more_nodes(node: Node, most: int) -> bool:
    stack = [node]
    while stack:
        most -= 1
        if most < 0:
            return True
        top = stack.pop()
        if isinstance(top, Op):
            stack.extend(top.args)
    return False


def _exact(node: Node) -> Fraction | None:
    if isinstance(node, Num):
        return node.value
    if isinstance(node, Sym):
        return None
    args: list[Fraction] = []
    for arg in node.args:
        value = _exact(arg)
        if value is None:
            return None
        args.append(value)
    match node.name:
        case "add":
            return sum(args, Fraction(0))
        case "mul":
            return args[0] * args[1]
        case "div":
            return args[0] / args[1]
        case "neg":
            return -args[0]
        case "abs":
            return abs(args[0])
        case "floor":
            return Fraction(math.floor(args[0]))
        case "ceil":
            return Fraction(math.ceil(args[0]))
        case "pow":
            return args[0] ** int(args[1]) if args[1].denominator == 1 and (args[0] or args[1] > 0) else None
        case "root":
            return _root(args[0]) if args[1] == 2 else None
        case "fact":
            return (
                Fraction(math.factorial(int(args[0]))) if args[0].denominator == 1 and args[0] >= 0 else None
            )
        case "binom":
            whole = all(arg.denominator == 1 and arg >= 0 for arg in args)
            return Fraction(math.comb(int(args[0]), int(args[1]))) if whole else None
        case _:
            return None


def _root(value: Fraction) -> Fraction | None:
    if value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return (
        Fraction(top, bottom)
        if top * top == value.numerator and bottom * bottom == value.denominator
        else None
    )
