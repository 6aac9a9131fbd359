"""Exact equality of closed forms, by one normal form: a quotient of sums of monomials.

Monomials are products of rational powers of generators: letters, primes, ``\\pi``, ``e``, ``i``, logarithms
of primes, powers such as ``2^n``, and roots and functions of other normal forms, which stay as they are.
Identities used are those of rings, and ``i^2 = -1``, ``\\sin^2 = 1 - \\cos^2``, ``e^{a+b} = e^a e^b``,
``\\ln ab = \\ln a + \\ln b`` and ``(ab)^c = a^c b^c`` for positive a and b. So equal normal forms are equal
wherever both are defined; different ones are different where the generators are known to be independent.
Work is bounded; what would take more is left open.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from assay_verifiers.math_answer.rational import size
from assay_verifiers.math_answer.sums import (
    HALF,
    NONE,
    ONE,
    UNIT,
    Field,
    Generator,
    Monomial,
    OpenError,
    Quotient,
    Sum,
    generators,
    is_prime,
    is_real,
    only,
    positive,
    power_of,
    prime_factors,
    primitive,
    whole,
)
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym

_MAX_SHIFT = 12
"""Farthest step by which factorials are related: (n + 12)! to n!."""
_TRIG = {"tan": ("sin", "cos"), "cot": ("cos", "sin"), "sec": ("", "cos"), "csc": ("", "sin")}


def same(answer: Node, reference: Node) -> bool | None:
    """Whether two expressions are equal wherever both are defined; None when that is not known.

    True says nothing about whether they are defined anywhere: ``0/(1-1)`` has to be refused before.

    Raises:
        TooLarge: as `rational.size`.
    """
    compared = _cross(answer, reference)
    if compared is None:
        return None
    left, right = compared
    if left == right:
        return True
    return False if _independent(left, right) else None


def proportional(answer: Node, reference: Node) -> bool | None:
    """Whether the quotient of two expressions is a nonzero constant; None when that is not known.

    Raises:
        TooLarge: as `rational.size`.
    """
    compared = _cross(answer, reference)
    if compared is None:
        return None
    left, right = compared
    if not left or not right:
        return False if _independent(left, right) else None
    if left.keys() == right.keys():
        ratios = {left[monomial] / right[monomial] for monomial in left}
        if len(ratios) == 1:
            return True
    only_letters = all(isinstance(g, str) and g not in _CONSTANT for g in generators(left, right))
    return False if only_letters else None


def half_turns(node: Node) -> Fraction | None:
    """How many half turns an angle is, when it is a rational multiple of ``\\pi``."""
    reader = _Reader()
    try:
        return _half_turns(reader.quotient(node))
    except (OpenError, RecursionError):
        return None


def _cross(answer: Node, reference: Node) -> tuple[Sum, Sum] | None:
    """Both numerators over the same denominator."""
    size(answer)
    size(reference)
    reader = _Reader()
    try:
        one, two = reader.quotient(answer), reader.quotient(reference)
        if one.bottom == two.bottom:
            return one.top, two.top
        return reader.times(one.top, two.bottom), reader.times(two.top, one.bottom)
    except (OpenError, RecursionError):
        return None


_CONSTANT = frozenset({r"\pi", "e", "i"})


def _independent(*sums: Sum) -> bool:
    """Whether different monomials in these generators are linearly independent over the rationals.

    So it is for letters, roots of primes (Besicovitch 1940), ``i``, and one of ``\\pi`` and ``e``.
    """
    found = generators(*sums)
    plain = all(isinstance(generator, str | int) for generator in found)
    return plain and not {r"\pi", "e"} <= found


class _Reader(Field):
    """Builds normal forms."""

    def quotient(self, node: Node) -> Quotient:
        """Return the normal form of an expression."""
        self.spend(1)
        if isinstance(node, Num):
            return Quotient({NONE: node.value} if node.value else {}, UNIT)
        if isinstance(node, Sym):
            if node.name == r"\infty":
                raise OpenError
            return Quotient(power_of(node.name), UNIT)
        if node.name == "pow":
            return self.power(node)
        args = [self.quotient(arg) for arg in node.args]
        match node.name:
            case "add":
                total = args[0]
                for arg in args[1:]:
                    total = self.add(total, arg)
                return total
            case "neg":
                return self.scaled(args[0], -ONE)
            case "mul":
                return self.mul(args[0], args[1])
            case "div":
                return self.div(args[0], args[1])
            case "root":
                index = _constant(args[1])
                if index is None or index.denominator != 1 or not 2 <= index <= 12:
                    raise OpenError
                return self.root(args[0], int(index))
            case "exp":
                return self.exponential(power_of("e"), args[0])
            case "ln":
                return whole(self.logarithm(args[0]))
            case "log" | "lg":
                base = args[1] if len(args) == 2 else Quotient({NONE: Fraction(10)}, UNIT)
                return self.over(self.logarithm(args[0]), self.logarithm(base))
            case name:
                return self.function(name, args)

    # Powers and roots

    def power(self, node: Op) -> Quotient:
        base, exponent = self.quotient(node.args[0]), self.quotient(node.args[1])
        constant = _constant(exponent)
        if constant is not None and constant.denominator == 1:
            count = abs(int(constant))
            if not count and not base.top:
                raise OpenError
            top, bottom = self.raised(base.top, count), self.raised(base.bottom, count)
            return self.over(top, bottom) if constant >= 0 else self.over(bottom, top)
        if constant is not None:
            return self.fraction_power(base, constant)
        if base.bottom != UNIT:
            raise OpenError
        return self.exponential(base.top, exponent)

    def fraction_power(self, base: Quotient, power: Fraction, real: bool = False) -> Quotient:
        """A principal power, or a `real` root: ``(4x)^{1/2}`` is ``2x^{1/2}``; ``(x^2)^{1/2}`` stays."""
        if base.bottom != UNIT or not base.top or power.denominator > 12:
            raise OpenError
        if len(base.top) == 1:
            ((monomial, factor),) = base.top.items()
            others = [(g, p) for g, p in monomial if not positive(g)]
            letter = len(others) == 1 and isinstance(others[0][0], str) and others[0] != ("i", ONE)
            if factor > 0 and (not others or (letter and others[0][1] == 1)):
                powers = {g: p * power for g, p in monomial}
                return whole(self.times(self.number_power(factor, power), self.monomial(powers)))
        count = power.numerator // power.denominator
        content, rest = primitive(base.top)
        above_zero = all(x > 0 for x in rest.values()) and all(map(positive, generators(rest)))
        key = frozenset(rest.items())
        root: Generator = ("root", key, "real") if real and not above_zero else ("root", key)
        part = self.times(self.number_power(content, power - count), self.monomial({root: power - count}))
        raised = self.raised(base.top, abs(count))
        return whole(self.times(part, raised)) if count >= 0 else self.over(part, raised)

    def root(self, value: Quotient, index: int) -> Quotient:
        if not value.top:
            return value
        if value.bottom != UNIT:
            raise OpenError
        constant = _constant(value)
        if constant is not None and constant < 0:
            if index % 2:
                return self.scaled(self.root(self.scaled(value, -ONE), index), -ONE)
            if index == 2:
                positive = self.number_power(-constant, HALF)
                return whole(self.times(positive, power_of("i")))
            raise OpenError
        return self.fraction_power(value, Fraction(1, index), real=index % 2 == 1)

    def exponential(self, base: Sum, exponent: Quotient) -> Quotient:
        """``b^{c_1 m_1 + …}`` as a product of powers, for a base that is one positive term, or -1."""
        if exponent.bottom != UNIT or len(base) != 1:
            raise OpenError
        ((monomial, factor),) = base.items()
        bases: list[tuple[Generator, Fraction]] = []
        if factor < 0:
            bases.append((-1, ONE))
        for part, sign in ((abs(factor).numerator, 1), (abs(factor).denominator, -1)):
            bases.extend((prime, Fraction(sign * count)) for prime, count in prime_factors(part).items())
        for generator, power in monomial:
            if not positive(generator) and not (isinstance(generator, str) and power == 1):
                raise OpenError
            if isinstance(generator, tuple) or generator == "i":
                raise OpenError
            bases.append((generator, power))
        result = whole(UNIT)
        for generator, power in bases:
            for inner, count in exponent.top.items():
                result = self.mul(result, self.single_power(generator, inner, power * count))
        return result

    def single_power(self, base: Generator, inner: Monomial, count: Fraction) -> Quotient:
        """``base^{count * inner}``."""
        if not inner:
            if base == -1:
                if count.denominator != 1:
                    raise OpenError
                return whole({NONE: ONE if count % 2 == 0 else -ONE})
            if isinstance(base, int):
                return whole(self.number_power(Fraction(base), count))
            return whole(self.monomial({base: count}))
        if base == "e" and len(inner) == 1:
            ((generator, power),) = inner
            if (
                isinstance(generator, tuple)
                and generator[0] == "ln"
                and power == 1
                and is_prime(generator[1])
            ):
                return whole(self.number_power(Fraction(str(generator[1])), count))
        if base == "e" and inner == frozenset({("i", ONE), (r"\pi", ONE)}):
            return self.turn(count)
        return whole(self.monomial({("^", base, inner): count}))

    def turn(self, half_turns: Fraction) -> Quotient:
        """``e^{i \\pi t}``."""
        sine = self.scaled(whole(self.cosine(HALF - half_turns)), ONE)
        return whole(self.plus(self.cosine(half_turns), self.times(sine.top, power_of("i"))))

    # Functions

    def logarithm(self, value: Quotient) -> Sum:
        if value.bottom != UNIT or not value.top:
            raise OpenError
        if len(value.top) != 1:
            return power_of(("ln", _key(value)))
        ((monomial, factor),) = value.top.items()
        if factor <= 0:
            raise OpenError
        total: Sum = {}
        for part, sign in ((factor.numerator, 1), (factor.denominator, -1)):
            for prime, count in prime_factors(part).items():
                total = self.plus(total, {only(("ln", prime)): Fraction(sign * count)})
        rest: dict[Generator, Fraction] = {}
        for generator, power in monomial:
            if generator == "e":
                total = self.plus(total, {NONE: power})
            elif isinstance(generator, int) or generator == r"\pi":
                total = self.plus(total, {only(("ln", generator)): power})
            elif isinstance(generator, tuple) and generator[:2] == ("^", "e") and is_real(generator[2]):
                total = self.plus(total, {generator[2]: power})
            else:
                rest[generator] = power
        if rest:
            total = self.plus(total, power_of(("ln", _key(whole(self.monomial(rest))))))
        return total

    def function(self, name: str, args: list[Quotient]) -> Quotient:
        if name in _TRIG:
            over, under = _TRIG[name]
            top = self.function(over, args) if over else whole(UNIT)
            return self.div(top, self.function(under, args))
        if name in ("sin", "cos"):
            turns = _half_turns(args[0])
            if turns is not None:
                return whole(self.cosine(turns if name == "cos" else HALF - turns))
        if name in _ARCS:
            arc = self.arc(name, args[0])
            if arc is not None:
                return arc
        if name == "fact":
            return self.factorial(args[0])
        if name == "binom":
            n, k = args
            rest = self.add(n, self.scaled(k, -ONE))
            below = self.mul(self.factorial(k), self.factorial(rest))
            return self.div(self.factorial(n), below)
        if name == "abs":
            constant = _constant(args[0])
            if constant is not None:
                return whole({NONE: abs(constant)} if constant else {})
        return whole(power_of((name, *map(_key, args))))

    def factorial(self, value: Quotient) -> Quotient:
        """``(a + c)!`` for whole c as a product over ``a!``."""
        shift = value.top.get(NONE, Fraction(0)) if value.bottom == UNIT else Fraction(0)
        rest = {monomial: factor for monomial, factor in value.top.items() if monomial}
        count = shift.numerator
        if shift.denominator != 1 or (not rest and count < 0) or abs(count) > _MAX_SHIFT:
            return whole(power_of(("fact", _key(value))))
        result = whole(power_of(("fact", _key(whole(rest))))) if rest else whole(UNIT)
        for step in range(1, count + 1):
            result = self.mul(result, whole(self.plus(rest, {NONE: Fraction(step)})))
        for step in range(0, count, -1):
            result = self.div(result, whole(self.plus(rest, {NONE: Fraction(step)} if step else {})))
        return result

    def arc(self, name: str, value: Quotient) -> Quotient | None:
        """The angle whose function has a value in the table, as a multiple of ``\\pi``."""
        function, first = _ARCS[name]
        for step in range(first, first + 13):
            angle = _quotient_of(Fraction(step, 12))
            try:
                found = self.function(function, [angle])
            except OpenError:  # a pole
                continue
            if self.times(found.top, value.bottom) == self.times(value.top, found.bottom):
                return angle
        return None

    def cosine(self, half_turns: Fraction) -> Sum:
        """``\\cos(t \\pi)``: exact at multiples of a twelfth."""
        turns = abs((half_turns + 1) % 2 - 1)  # in [0, 1]
        sign = ONE
        if turns > HALF:
            turns, sign = 1 - turns, -ONE
        step = turns * 12
        if step.denominator != 1:
            angle: Monomial = frozenset({(r"\pi", ONE)})
            return {only(("cos", _key(whole({angle: turns})))): sign}
        return {monomial: factor * sign for monomial, factor in _COSINES[int(step)].items()}


_ARCS = {"arcsin": ("sin", -6), "arccos": ("cos", 0), "arctan": ("tan", -6)}
"""The function, and where its principal branch begins, in twelfths of half a turn."""


def _quotient_of(half_turns: Fraction) -> Quotient:
    return whole({only(r"\pi"): half_turns} if half_turns else {})


def _roots(*primes: int) -> Monomial:
    return frozenset((prime, HALF) for prime in primes)


_COSINES: tuple[Sum, ...] = (
    UNIT,
    {_roots(2, 3): Fraction(1, 4), _roots(2): Fraction(1, 4)},
    {_roots(3): HALF},
    {_roots(2): HALF},
    {NONE: HALF},
    {_roots(2, 3): Fraction(1, 4), _roots(2): Fraction(-1, 4)},
    {},
)
"""Cosines of multiples of a twelfth of half a turn."""


def _key(value: Quotient) -> tuple[Any, ...]:
    return frozenset(value.top.items()), frozenset(value.bottom.items())


def _constant(value: Quotient) -> Fraction | None:
    if value.bottom != UNIT or any(value.top):
        return None
    return value.top.get(NONE, Fraction(0))


def _half_turns(value: Quotient) -> Fraction | None:
    """How many half turns an angle is, when it is a rational multiple of pi."""
    if value.bottom != UNIT or any(monomial != only(r"\pi") for monomial in value.top):
        return None
    return value.top.get(only(r"\pi"), Fraction(0))
