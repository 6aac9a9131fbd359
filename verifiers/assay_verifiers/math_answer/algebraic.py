"""Exact comparison of algebraic constants: nested roots, and sines and cosines of rational angles.

A number that is not zero cannot be arbitrarily small when it is built from integers by a known number of
roots: with bounds u and l on all conjugates of its numerator and denominator, which are algebraic integers in
a field of degree D, it is at least 1 / (l u^(D-1)) (Burnikel, Funke, Mehlhorn, Schirra and Schmitt, "A
separation bound for real algebraic expressions", 2001). So two values are equal when intervals hold their
difference below that bound, and the intervals need only so many bits.
"""

from __future__ import annotations

import math
from fractions import Fraction

from assay_verifiers.math_answer.closed import half_turns
from assay_verifiers.math_answer.numeric import difference_below, enclose
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym

_MAX_BITS = 6000
"""Highest precision that is computed with."""
_MAX_DEGREE = 512
_MAX_NODES = 200
_MAX_ORDER = 400
"""Largest order of a root of unity."""
_ROUNDING = 1e-6
"""Added to each bound, which floats hold, in bits."""


class _OtherError(Exception):
    """Not algebraic, or too costly."""


def equal(answer: Node, reference: Node) -> bool | None:
    """Whether two algebraic constants are equal; None for other expressions and for costly ones."""
    bounds = _Bounds()
    try:
        over, under = bounds.of(Op("add", (answer, Op("neg", (reference,)))))
    except (_OtherError, RecursionError):
        return None
    if bounds.degree > _MAX_DEGREE:
        return None
    separation = math.ceil(under + (bounds.degree - 1) * over) + 1
    bits = separation + math.ceil(2 * over) + 64
    if bits > _MAX_BITS:
        return None
    ours, theirs = enclose(answer, {}, bits), enclose(reference, {}, bits)
    if ours is None or theirs is None:
        return None
    return difference_below(ours, theirs, -separation)


class _Bounds:
    """Binary logarithms of u and l for an expression, and the degree of the field it lies in."""

    def __init__(self) -> None:
        self.nodes = 0
        self.roots: set[Node] = set()
        self.roots_degree = 1
        self.order = 1

    @property
    def degree(self) -> int:
        """A bound on the degree of the field of all parts that were visited."""
        return self.roots_degree * sum(math.gcd(k, self.order) == 1 for k in range(1, self.order + 1))

    def of(self, node: Node) -> tuple[float, float]:
        """Return the logarithms of u and l."""
        self.nodes += 1
        if self.nodes > _MAX_NODES:
            raise _OtherError
        over, under = self.visit(node)
        return over + _ROUNDING, under + _ROUNDING

    def visit(self, node: Node) -> tuple[float, float]:
        if isinstance(node, Num):
            top, bottom = abs(node.value.numerator), node.value.denominator
            return math.log2(max(top, 1)), math.log2(bottom)
        if isinstance(node, Sym):
            if node.name != "i":
                raise _OtherError
            return self.unity(4)
        match node.name:
            case "add":
                over, under = self.of(node.args[0])
                for arg in node.args[1:]:
                    other, below = self.of(arg)
                    over, under = max(over + below, under + other) + 1.0, under + below
                return over, under
            case "neg":
                return self.of(node.args[0])
            case "mul":
                (a, b), (c, d) = map(self.of, node.args)
                return a + c, b + d
            case "div":
                (a, b), (c, d) = map(self.of, node.args)
                return a + d, b + c
            case "pow":
                return self.power(node.args[0], _ratio(node.args[1]))
            case "root":
                index = _ratio(node.args[1])
                if index.denominator != 1:
                    raise _OtherError
                return self.power(node.args[0], 1 / index if index else index)
            case "sin" | "cos" | "tan" | "cot" | "sec" | "csc":
                turns = half_turns(node.args[0])
                if turns is None:
                    raise _OtherError
                self.unity(4 * turns.denominator)
                return 2.0, 2.0  # 2 sin and 2 cos are algebraic integers of at most 2
            case _:
                raise _OtherError

    def power(self, base: Node, exponent: Fraction) -> tuple[float, float]:
        over, under = self.of(base)
        index = exponent.denominator
        if index > 1:
            if index > 12:
                raise _OtherError
            root = Op("root", (base, Num(Fraction(index))))
            if root not in self.roots:
                self.roots.add(root)
                self.roots_degree *= index
            if over >= under:
                over = (over + (index - 1) * under) / index
            else:
                under = ((index - 1) * over + under) / index
        count = abs(exponent.numerator)
        return (over * count, under * count) if exponent >= 0 else (under * count, over * count)

    def unity(self, order: int) -> tuple[float, float]:
        self.order = math.lcm(self.order, order)
        if self.order > _MAX_ORDER:
            raise _OtherError
        return 0.0, 0.0


def _ratio(node: Node) -> Fraction:
    """A rational exponent, as written."""
    if isinstance(node, Num):
        return node.value
    if isinstance(node, Op) and node.name == "neg":
        return -_ratio(node.args[0])
    if isinstance(node, Op) and node.name == "div":
        top, bottom = map(_ratio, node.args)
        if bottom:
            return top / bottom
    raise _OtherError
