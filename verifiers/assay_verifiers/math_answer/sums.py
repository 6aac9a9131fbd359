"""Sums of monomials with rational coefficients: the ring in which closed forms are compared.

A monomial is a product of rational powers of generators: letters, ``\\pi``, ``e`` and ``i`` by name, primes
as integers, and tuples for everything else (``("root", …)``, ``("sin", …)``, ``("ln", 2)``, ``("^", 2, …)``).
Products are reduced by the equations that generators satisfy. Work is counted, and bounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MAX_TERMS = 300
"""Most terms of one sum."""
MAX_WORK = 1500
"""Most products of terms for one comparison, each counted once per `_CHEAP_BITS` of coefficients."""
_CHEAP_BITS = 200
_MAX_POWER = 64
"""Highest power of a sum that is multiplied out."""
_MAX_FACTOR = 1000
"""Primes are sought up to here; a remaining factor below its square is prime too."""

Generator = str | int | tuple[Any, ...]
Monomial = frozenset[tuple[Generator, Fraction]]
Sum = dict[Monomial, Fraction]

NONE: Monomial = frozenset()
"""The monomial of a constant."""
UNIT: Sum = {NONE: Fraction(1)}
ONE, HALF = Fraction(1), Fraction(1, 2)


class OpenError(Exception):
    """Not decided here."""


class Ring:
    """Arithmetic of sums that counts its work."""

    def __init__(self) -> None:
        """Begin with all work left."""
        self.left = MAX_WORK

    def spend(self, amount: int) -> None:
        """Count work.

        Raises:
            OpenError: when all is spent.
        """
        self.left -= amount
        if self.left < 0:
            raise OpenError

    def plus(self, one: Sum, two: Sum) -> Sum:
        """The sum of two."""
        if len(one) < len(two):
            one, two = two, one
        self.spend(len(two))
        total = dict(one)
        for monomial, factor in two.items():
            found = total.get(monomial, 0) + factor
            if found:
                total[monomial] = found
            else:
                del total[monomial]
        if len(total) > MAX_TERMS:
            raise OpenError
        return total

    def times(self, one: Sum, two: Sum) -> Sum:
        """The product of two."""
        if one == UNIT:
            return two
        if two == UNIT:
            return one
        self.spend(len(one) * len(two) * (1 + (_bits(one) + _bits(two)) // _CHEAP_BITS))
        total: Sum = {}
        for a, x in one.items():
            for b, y in two.items():
                for monomial, factor in self.product(a, b).items():
                    found = total.get(monomial, 0) + x * y * factor
                    if found:
                        total[monomial] = found
                    else:
                        del total[monomial]
        if len(total) > MAX_TERMS:
            raise OpenError
        return total

    def product(self, one: Monomial, two: Monomial) -> Sum:
        """The product of two monomials."""
        if not one:
            return {two: ONE}
        if not two:
            return {one: ONE}
        powers = dict(one)
        for generator, power in two:
            powers[generator] = powers.get(generator, Fraction(0)) + power
        return self.monomial(powers)

    def monomial(self, powers: dict[Generator, Fraction]) -> Sum:
        """Reduce powers of generators that satisfy an equation."""
        factor = ONE
        kept: dict[Generator, Fraction] = {}
        others: list[Sum] = []
        for generator, power in powers.items():
            if isinstance(generator, int):  # the root of a prime
                whole = power.numerator // power.denominator
                factor *= Fraction(generator) ** whole
                power -= whole
            elif generator == "i":
                turns = int(power) % 4
                factor *= -1 if turns >= 2 else 1
                power = Fraction(turns % 2)
            elif isinstance(generator, tuple):
                power = self.reduced(generator, power, others)
            if power:
                kept[generator] = power
        result: Sum = {frozenset(kept.items()): factor}
        for other in others:
            result = self.times(result, other)
        return result

    def reduced(self, generator: tuple[Any, ...], power: Fraction, others: list[Sum]) -> Fraction:
        """Replace whole powers of a root by its radicand, and squares of sines."""
        if generator[0] == "root" and power >= 1:
            whole = power.numerator // power.denominator
            others.extend([sum_of(generator[1])] * whole)
            self.spend(whole)
            return power - whole
        if generator[0] == "sin" and power >= 2 and power.denominator == 1:
            cosine: Monomial = frozenset({(("cos", *generator[1:]), Fraction(2))})
            count = power.numerator // 2
            self.spend(count)
            others.extend([{NONE: ONE, cosine: -ONE}] * count)
            return power - 2 * count
        return power

    def raised(self, total: Sum, count: int) -> Sum:
        """A whole power."""
        if count > _MAX_POWER and len(total) > 1:
            raise OpenError
        if len(total) == 1:
            ((monomial, factor),) = total.items()
            powers = {generator: power * count for generator, power in monomial}
            return self.times(self.monomial(powers), {NONE: factor**count})
        result = UNIT
        for _ in range(count):
            result = self.times(result, total)
        return result

    def number_power(self, number: Fraction, power: Fraction) -> Sum:
        """A power of a positive rational, by its prime factors."""
        powers: dict[Generator, Fraction] = {}
        for part, sign in ((number.numerator, 1), (number.denominator, -1)):
            for prime, count in prime_factors(part).items():
                powers[prime] = powers.get(prime, Fraction(0)) + sign * count * power
        return self.monomial(powers)


@dataclass(frozen=True, slots=True)
class Quotient:
    """A sum over a sum."""

    top: Sum
    bottom: Sum


def whole(total: Sum) -> Quotient:
    """A sum over one."""
    return Quotient(total, UNIT)


class Field(Ring):
    """Arithmetic of quotients. They are not reduced, except when the denominator is one term."""

    def over(self, top: Sum, bottom: Sum) -> Quotient:
        """A quotient; divided out when the denominator is one term."""
        if not bottom:
            raise OpenError  # a division by zero
        if len(bottom) > 1 or bottom == UNIT:
            return Quotient(top, bottom)
        ((monomial, factor),) = bottom.items()
        inverse: dict[Generator, Fraction] = {}
        rest = UNIT
        for generator, power in monomial:
            if isinstance(generator, tuple) and generator[0] == "root" and power.denominator != 1:
                inverse[generator] = 1 - power
                rest = self.times(rest, sum_of(generator[1]))
            else:
                inverse[generator] = -power
        top = self.times(top, self.times(self.monomial(inverse), {NONE: 1 / factor}))
        return Quotient(top, rest)

    def scaled(self, value: Quotient, factor: Fraction) -> Quotient:
        """A multiple."""
        return Quotient({monomial: x * factor for monomial, x in value.top.items()}, value.bottom)

    def add(self, one: Quotient, two: Quotient) -> Quotient:
        """The sum of two."""
        if one.bottom == two.bottom:
            return Quotient(self.plus(one.top, two.top), one.bottom)
        top = self.plus(self.times(one.top, two.bottom), self.times(two.top, one.bottom))
        return Quotient(top, self.times(one.bottom, two.bottom))

    def mul(self, one: Quotient, two: Quotient) -> Quotient:
        """The product of two."""
        return self.over(self.times(one.top, two.top), self.times(one.bottom, two.bottom))

    def div(self, one: Quotient, two: Quotient) -> Quotient:
        """The quotient of two."""
        return self.over(self.times(one.top, two.bottom), self.times(one.bottom, two.top))


def _bits(total: Sum) -> int:
    """The size of the largest coefficient."""
    return max(
        (x.numerator.bit_length() + x.denominator.bit_length() for x in total.values()),
        default=0,
    )


def power_of(generator: Generator) -> Sum:
    """The sum that is one generator."""
    return {only(generator): ONE}


def only(generator: Generator) -> Monomial:
    """The monomial that is one generator."""
    return frozenset({(generator, ONE)})


def sum_of(key: frozenset[tuple[Any, Fraction]]) -> Sum:
    """The sum that a root was made of."""
    return dict(key)


def positive(generator: Generator) -> bool:
    """Whether a generator is positive for all real letters."""
    if isinstance(generator, tuple):
        return (
            generator[0] == "^" and (generator[1] == "e" or is_prime(generator[1])) and is_real(generator[2])
        )
    return generator in (r"\pi", "e") or is_prime(generator)


def is_prime(generator: Generator) -> bool:
    """Whether it stands for a root of a prime; -1 stands for ``(-1)^n``."""
    return isinstance(generator, int) and generator > 1


def is_real(key: Monomial) -> bool:
    """Whether a monomial is plainly real: letters, roots of primes and their logarithms."""
    return all(
        generator[0] == "ln" and is_prime(generator[1]) if isinstance(generator, tuple) else generator != "i"
        for generator, _ in key
    )


def primitive(total: Sum) -> tuple[Fraction, Sum]:
    """The positive rational that divides every coefficient, and the rest."""
    factors = list(total.values())
    top = math.gcd(*(factor.numerator for factor in factors))
    content = Fraction(top, math.lcm(*(factor.denominator for factor in factors)))
    return content, {monomial: factor / content for monomial, factor in total.items()}


def prime_factors(number: int) -> dict[int, int]:
    """Prime factors of a positive number, if trial division finds them."""
    found: dict[int, int] = {}
    candidate = 2
    while number > 1 and candidate * candidate <= number:
        if candidate > _MAX_FACTOR:
            raise OpenError
        while number % candidate == 0:
            found[candidate] = found.get(candidate, 0) + 1
            number //= candidate
        candidate += 1 if candidate == 2 else 2
    if number > 1:
        found[number] = found.get(number, 0) + 1
    return found


def generators(*sums: Sum) -> set[Generator]:
    """All generators that occur."""
    return {generator for total in sums for monomial in total for generator, _ in monomial}
