"""Interval arithmetic over trees: real where every part is real, a rectangle of the complex plane otherwise.

mpmath's ``libmp`` does the arithmetic, with outward rounding at any precision. What is not defined, has a
branch or a pole inside the interval, or would be astronomically large, has no interval.
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay_verifiers.math_answer.syntax import Node, Num, Sym

_GUARD = 16
"""Bits computed beyond those that are claimed for a function."""
_MAX_ARGUMENT = 64
"""Largest binary exponent of the argument of an exponential or periodic function, and of a power."""
_MAX_WHOLE = 3000
"""Largest operand of a factorial or binomial coefficient."""
Interval = Any
"""A pair of mpmath's raw floats."""
Box = tuple[Interval, Interval | None]
"""Real and imaginary part; None is exactly zero."""


class UndefinedError(ArithmeticError):
    """There is no interval: undefined, or not known to be defined."""


_WARM_BITS = 8000
"""Precision to which mpmath's constants are computed once. It recomputes them for a higher one, and threads
that do so at the same time could read a wrong one; no precision in this package is higher."""
_LOADING = threading.Lock()


@lru_cache(maxsize=1)
def libmp() -> Any:
    """mpmath's arithmetic of raw floats, imported once.

    Raises:
        ImportError: when mpmath, which comes with SymPy, is not installed.
    """
    with _LOADING:
        module = importlib.import_module("mpmath.libmp")
        for constant in (module.mpf_pi, module.mpf_ln2, module.mpf_ln10, module.mpf_e):
            constant(_WARM_BITS)
        return module


@lru_cache(maxsize=1)
def libmpi() -> Any:
    """mpmath's arithmetic of intervals.

    Raises:
        ImportError: as `libmp`.
    """
    libmp()
    return importlib.import_module("mpmath.libmp.libmpi")


class Evaluator:
    """Evaluates trees at one point."""

    def __init__(self, point: Mapping[str, Fraction], bits: int) -> None:
        """Keep the values of the letters, and the precision that is claimed, in bits."""
        self.point = point
        self.bits = bits + _GUARD
        self.l = libmpi()
        self.mp = libmp()
        one = self.mp.mpf_shift(self.mp.from_int(1), -bits)
        unit = self.mp.from_int(1)
        self.widened = (
            self.mp.mpf_sub(unit, one, self.bits, "f"),
            self.mp.mpf_add(unit, one, self.bits, "c"),
        )

    def value(self, node: Node) -> Box:
        """Return intervals that hold the value.

        Raises:
            UndefinedError: when there is none, or none is known.
        """
        if isinstance(node, Num):
            return self._rational(node.value), None
        if isinstance(node, Sym):
            return self._symbol(node.name)
        args = [self.value(arg) for arg in node.args]
        match node.name:
            case "add":
                total = args[0]
                for arg in args[1:]:
                    total = self._add(total, arg)
                return total
            case "neg":
                return self._neg(args[0])
            case "mul":
                return self._mul(args[0], args[1])
            case "div":
                return self._div(args[0], args[1])
            case "pow":
                return self._power(args[0], args[1])
            case "root":
                return self._root(args[0], args[1])
            case "exp":
                return self._exp(args[0])
            case "ln":
                return self._ln(args[0])
            case "log" | "lg":
                base = args[1] if len(args) == 2 else (self._whole(10), None)
                return self._div(self._ln(args[0]), self._ln(base))
            case "abs":
                return self._absolute(args[0])
            case name:
                return self._function(name, args)

    def _whole(self, value: int) -> Interval:
        exact = self.mp.from_int(value)
        return exact, exact

    def _rational(self, value: Fraction) -> Interval:
        top = self._whole(value.numerator)
        if value.denominator == 1:
            return top
        return self.l.mpi_div(top, self._whole(value.denominator), self.bits)

    def _symbol(self, name: str) -> Box:
        if name in self.point:
            return self._rational(self.point[name]), None
        if name == "i":
            return self._whole(0), self._whole(1)
        if name == r"\pi":
            return self.l.mpi_pi(self.bits), None
        if name == "e":
            return self._wide(self.l.mpi_exp(self._whole(1), self.bits)), None
        raise UndefinedError(name)  # infinity

    def _wide(self, interval: Interval) -> Interval:
        """Allow for the last bits of an elementary function."""
        return self.l.mpi_mul(interval, self.widened, self.bits)

    def _sign(self, interval: Interval) -> int | None:
        """The sign of every number in an interval; None when they differ."""
        low, high = map(self.mp.mpf_sign, interval)
        return low if low == high else None

    def _point_whole(self, box: Box) -> int | None:
        """The whole number that a value exactly is."""
        low, high = box[0]
        if box[1] is not None or low != high or (low[1] and low[2] < 0) or low[2] + low[3] > _MAX_ARGUMENT:
            return None
        return None if low in (self.mp.finf, self.mp.fninf, self.mp.fnan) else int(self.mp.to_int(low))

    def _modest(self, *intervals: Interval | None) -> None:
        for interval in intervals:
            for end in interval or ():
                if end[1] and end[2] + end[3] > _MAX_ARGUMENT:
                    raise UndefinedError("too large")
                if not end[1] and end[2]:
                    raise UndefinedError("infinite")

    def _pair(self, box: Box) -> tuple[Interval, Interval]:
        return box[0], self._whole(0) if box[1] is None else box[1]

    def _real(self, box: Box) -> Interval:
        if box[1] is not None:
            raise UndefinedError("not real")
        return box[0]

    def _add(self, a: Box, b: Box) -> Box:
        real = self.l.mpi_add(a[0], b[0], self.bits)
        if a[1] is None or b[1] is None:
            return real, a[1] if b[1] is None else b[1]
        return real, self.l.mpi_add(a[1], b[1], self.bits)

    def _neg(self, a: Box) -> Box:
        return self.l.mpi_neg(a[0]), None if a[1] is None else self.l.mpi_neg(a[1])

    def _mul(self, a: Box, b: Box) -> Box:
        if a[1] is None and b[1] is None:
            return self.l.mpi_mul(a[0], b[0], self.bits), None
        real, imaginary = self.l.mpci_mul(self._pair(a), self._pair(b), self.bits)
        return real, imaginary

    def _div(self, a: Box, b: Box) -> Box:
        nonzero = self._sign(b[0]) or (b[1] is not None and self._sign(b[1]))
        if not nonzero:
            raise UndefinedError("division by what may be zero")
        if b[1] is None:
            real = self.l.mpi_div(a[0], b[0], self.bits)
            return real, None if a[1] is None else self.l.mpi_div(a[1], b[0], self.bits)
        x, y = b[0], b[1]
        norm = self.l.mpi_add(self.l.mpi_square(x, self.bits), self.l.mpi_square(y, self.bits), self.bits)
        return self._div(self._mul(a, (x, self.l.mpi_neg(y))), (norm, None))

    def _power(self, base: Box, exponent: Box) -> Box:
        count = self._point_whole(exponent)
        if count is not None:
            return self._whole_power(base, count)
        zero = base[1] is None and base[0] == self._whole(0)
        if zero and exponent[1] is None and self._sign(exponent[0]) == 1:
            return base
        return self._exp(self._mul(exponent, self._ln(base)))

    def _whole_power(self, base: Box, count: int) -> Box:
        if count <= 0 and not (self._sign(base[0]) or (base[1] is not None and self._sign(base[1]))):
            raise UndefinedError("a power of what may be zero")
        if count < 0:
            return self._div((self._whole(1), None), self._whole_power(base, -count))
        if base[1] is None:
            return self._wide(self.l.mpi_pow_int(base[0], count, self.bits)), None
        result: Box = (self._whole(1), None)
        while count:
            if count & 1:
                result = self._mul(result, base)
            count >>= 1
            base = self._mul(base, base) if count else base
        return result

    def _root(self, value: Box, index: Box) -> Box:
        count = self._point_whole(index)
        if count is None or count < 1:
            raise UndefinedError("an index that is no whole number")
        if value[1] is None:
            if value[0] == self._whole(0):
                return value
            sign = self._sign(value[0])
            if sign == 1 and count == 2:
                return self.l.mpi_sqrt(value[0], self.bits), None
            if sign == -1 and count % 2:
                return self._neg(self._root(self._neg(value), index))
            if sign == -1 and count == 2 and not self.point:
                return self._whole(0), self._root(self._neg(value), index)[0]
        return self._exp(self._div(self._ln(value), index))

    def _exp(self, value: Box) -> Box:
        self._modest(*value)
        if value[1] is None:
            return self._wide(self.l.mpi_exp(value[0], self.bits)), None
        size = self._wide(self.l.mpi_exp(value[0], self.bits))
        cos, sin = self.l.mpi_cos_sin(value[1], self.bits)
        return self.l.mpi_mul(size, self._wide(cos), self.bits), self.l.mpi_mul(
            size, self._wide(sin), self.bits
        )

    def _ln(self, value: Box) -> Box:
        if value[1] is None:
            sign = self._sign(value[0])
            if sign == 1:
                return self._wide(self.l.mpi_log(value[0], self.bits)), None
            if sign == -1 and not self.point:
                return self._ln(self._neg(value))[0], self.l.mpi_pi(self.bits)
            raise UndefinedError("logarithm outside its domain")
        if self._sign(value[0]) != 1 and not self._sign(value[1]):
            raise UndefinedError("on the branch cut")
        half = self._rational(Fraction(1, 2))
        x, y = value[0], value[1]
        norm = self.l.mpi_add(self.l.mpi_square(x, self.bits), self.l.mpi_square(y, self.bits), self.bits)
        size = self.l.mpi_mul(half, self._wide(self.l.mpi_log(norm, self.bits)), self.bits)
        return size, self._wide(self.l.mpi_atan2(y, x, self.bits))

    def _absolute(self, value: Box) -> Box:
        if value[1] is None:
            return self.l.mpi_abs(value[0], self.bits), None
        x, y = value[0], value[1]
        norm = self.l.mpi_add(self.l.mpi_square(x, self.bits), self.l.mpi_square(y, self.bits), self.bits)
        return self.l.mpi_sqrt(norm, self.bits), None

    def _function(self, name: str, args: list[Box]) -> Box:
        if name in ("floor", "ceil"):
            step = self.mp.mpf_floor if name == "floor" else self.mp.mpf_ceil
            low, high = (step(end, self.bits, "n") for end in self._real(args[0]))
            if low != high:
                raise UndefinedError("a step")
            return (low, high), None
        if name in ("fact", "binom"):
            return self._counted(name, args)
        if name.startswith("call:"):
            return self._named(name, args)
        (value,) = args
        self._modest(*value)
        one: Box = (self._whole(1), None)
        if name in ("sinh", "cosh", "tanh"):
            up, down = self._exp(value), self._exp(self._neg(value))
            sinh = self._add(up, self._neg(down))
            cosh = self._add(up, down)
            two: Box = (self._whole(2), None)
            return (
                self._div(sinh, cosh) if name == "tanh" else self._div(sinh if name == "sinh" else cosh, two)
            )
        x = self._real(value)
        if name == "arctan":
            return self._wide(self.l.mpi_atan(x, self.bits)), None
        if name in ("arcsin", "arccos"):
            return self._arc(name, value)
        cos, sin = ((self._wide(part), None) for part in self.l.mpi_cos_sin(x, self.bits))
        match name:
            case "sin":
                return sin
            case "cos":
                return cos
            case "tan":
                return self._div(sin, cos)
            case "cot":
                return self._div(cos, sin)
            case "sec":
                return self._div(one, cos)
            case "csc":
                return self._div(one, sin)
            case _:
                raise UndefinedError(name)  # an unknown function

    def _counted(self, name: str, args: list[Box]) -> Box:
        """Factorials and binomial coefficients of whole numbers."""
        counts = [self._point_whole(arg) for arg in args]
        whole = [count for count in counts if count is not None and 0 <= count <= _MAX_WHOLE]
        if len(whole) < len(counts):
            raise UndefinedError("not a whole number")
        return self._whole(math.factorial(whole[0]) if name == "fact" else math.comb(*whole)), None

    def _named(self, name: str, args: list[Box]) -> Box:
        """A named function is taken to be one fixed cubic: what is equal for every function is so for it."""
        seed = sum(ord(char) * 31**place for place, char in enumerate(name[5:9]))
        value = args[0]
        for other in args[1:]:  # of several arguments, in any order
            value = self._add(self._add(value, other), self._mul(value, other))
        result: Box = (self._rational(Fraction(1, 3 + seed % 89)), None)
        for divisor in (7 + seed % 97, 5 + seed % 101, 11 + seed % 103):
            result = self._add(self._mul(result, value), (self._rational(Fraction(13, divisor)), None))
        return result

    def _arc(self, name: str, value: Box) -> Box:
        """``arcsin x = arctan(x / sqrt(1 - x^2))``, inside its domain."""
        one: Box = (self._whole(1), None)
        half_pi = self.l.mpi_mul(self.l.mpi_pi(self.bits), self._rational(Fraction(1, 2)), self.bits)
        if value[0] in (self._whole(1), self._whole(-1)):
            arc: Box = (half_pi, None) if value[0] == self._whole(1) else self._neg((half_pi, None))
        else:
            rest = self._add(one, self._neg((self.l.mpi_square(value[0], self.bits), None)))
            if self._sign(rest[0]) != 1:
                raise UndefinedError("outside its domain")
            quotient = self._div(value, (self.l.mpi_sqrt(rest[0], self.bits), None))
            arc = self._wide(self.l.mpi_atan(quotient[0], self.bits)), None
        return arc if name == "arcsin" else self._add((half_pi, None), self._neg(arc))
