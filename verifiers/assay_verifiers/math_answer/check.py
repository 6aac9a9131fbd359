"""The symbolic rungs: SymPy, then Math-Verify, in a worker process that the host can kill.

Trees come from `syntax.parse`, never from SymPy's own parsers, which evaluate text; Math-Verify
reads LaTeX with a grammar, and only what `admit` lists. What is built here
is bounded by `rational.size` in `prepare`; what still takes too long is stopped from outside.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay import MissingDependencyError, Sample, Status, Verdict
from assay_verifiers.math_answer.canonical import canonical
from assay_verifiers.math_answer.compare import compare
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.mathverify import MathVerify
from assay_verifiers.math_answer.options import chosen_options
from assay_verifiers.math_answer.oracle import ExactOracle, Truth, spelling
from assay_verifiers.math_answer.rational import TooLarge, size
from assay_verifiers.math_answer.reduce import ReferenceError_, check_size, read_reference, unread_texts
from assay_verifiers.math_answer.syntax import Node, Num, Op, Sym

_DIGITS = 50
"""Precision in decimal digits beyond what the numerals in both sides could hide."""
_POINTS = ((7, 11, 1), (-5, 13, -2), (17, 19, 3), (23, 7, -1), (29, 31, 0), (3, 17, 5))
"""Where letters are evaluated: the k-th letter takes (a + k) / b + c. None is a root of anything usual."""
_ENOUGH = 3
"""At how many points both sides must be defined and agree."""
_SMOOTH_NAMES = "add mul div neg pow root ln log lg sin cos tan cot sec csc arcsin arccos arctan fact binom"
_SMOOTH = frozenset(_SMOOTH_NAMES.split())
"""Operations with which agreement in all digits at all points is taken for equality. Not those that
come as close to a constant as one likes (``\\tanh 3000``), have steps, or are unknown functions."""
_SAME, _OTHER = 1.0, 0.0


def build(**options: Any) -> Checker:
    """Make the check.

    Raises:
        MissingDependencyError: when SymPy, which Math-Verify brings, is not installed.
    """
    chosen = chosen_options(**options)
    try:
        sympy = importlib.import_module("sympy")
    except ImportError as error:
        raise MissingDependencyError.of("math_answer", "sympy", "math") from error
    return Checker(sympy, chosen.rounding)


class Checker:
    """Compares the reduced samples that `prepare` leaves open."""

    def __init__(self, sympy: Any, rounding: int | None = None) -> None:
        """Keep the modules, imported once per process."""
        self._oracle = SymbolicOracle(sympy, MathVerify(sympy), rounding)

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge samples whose completion and reference are normalised answers."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        answer, reference = read(sample.completion), read(str(sample.reference))
        oracle = self._oracle
        oracle.asked = False
        if not all(map(oracle.last.usable, unread_texts(reference))):
            return Verdict.reference_fault("the reference is not mathematics that this verifier reads")
        try:
            check_size(answer)
            extracted = canonical(answer)
            truth = compare(answer, reference, oracle)
        except TooLarge:
            return Verdict.policy_fault("the answer is too large to be computed")
        rung = "math-verify" if oracle.asked else "symbolic"
        evidence = {"rung": rung, "answer": sample.completion}
        score, reason = (_SAME, "equals the reference") if truth else (_OTHER, "differs from the reference")
        return Verdict.scored(score, reason, extracted=extracted, evidence=evidence)


class SymbolicOracle:
    """Decides equality of expressions: numerically to refute, symbolically to prove."""

    def __init__(self, sympy: Any, last: MathVerify, rounding: int | None = None) -> None:
        """Keep the module and the last rung."""
        self.sympy = sympy
        self.exact = ExactOracle(rounding)
        self.last = last
        self.asked = False
        """Whether the last rung was asked since this was set to False."""

    def unread(self, answer: str, reference: str) -> Truth:
        """Ask the last rung about what the grammar does not read."""
        if self.exact.unread(answer, reference) is False:
            return False
        self.asked = True
        return spelling(answer) == spelling(reference) or self.last.equal(answer, reference)

    def rounds(self, answer: str, reference: str) -> bool:
        """See `rounding.rounds`."""
        return self.exact.rounds(answer, reference)

    def equal(self, answer: Node, reference: Node) -> Truth:
        """Whether both are equal for real letters wherever both are defined."""
        known = self.exact.equal(answer, reference)
        if known is not None:
            return known
        left, right = self.build(answer), self.build(reference)
        if self._undefined(left) or self._undefined(right):
            return bool(left == right) and not left.has(self.sympy.nan, self.sympy.zoo)
        if left - right == 0:
            return True
        agree = self._agree(left, right, size(answer) + size(reference))
        if not agree or (_smooth(answer) and _smooth(reference)):
            return agree is not None and agree
        return self._proved(left - right)

    def proportional(self, answer: Node, reference: Node) -> Truth:
        """Whether the quotient is a constant."""
        known = self.exact.proportional(answer, reference)
        if known is not None:
            return known
        left, right = self.build(answer), self.build(reference)
        if self._undefined(left) or self._undefined(right):
            return False
        if left.free_symbols != right.free_symbols or self._zero(left) or self._zero(right):
            return False
        quotient = self.sympy.simplify(left / right)
        return bool(quotient.is_number and quotient.is_finite and not self._zero(quotient))

    def build(self, node: Node) -> Any:
        """Turn a tree into a SymPy expression. Sizes were checked before."""
        sympy = self.sympy
        if isinstance(node, Num):
            return sympy.Rational(node.value.numerator, node.value.denominator)
        if isinstance(node, Sym):
            constants = {r"\pi": sympy.pi, "e": sympy.E, "i": sympy.I, r"\infty": sympy.oo}
            found = constants.get(node.name)
            return sympy.Symbol(node.name, real=True) if found is None else found
        return self._operation(node, [self.build(arg) for arg in node.args])

    def _operation(self, node: Op, args: list[Any]) -> Any:
        sympy = self.sympy
        if node.name.startswith("call:"):
            return sympy.Function(node.name)(*args)
        match node.name:
            case "add":
                return sympy.Add(*args)
            case "mul":
                return sympy.Mul(*args)
            case "div":
                return args[0] / args[1]
            case "neg":
                return -args[0]
            case "pow":
                return sympy.Pow(*args)
            case "root" if args[1].is_odd and args[0].is_real:
                return sympy.real_root(args[0], args[1])
            case "root":
                return sympy.root(args[0], args[1])
            case "log" | "lg" if len(args) == 1:
                return sympy.log(args[0], 10)
            case name:
                return getattr(sympy, _SYMPY_NAMES.get(name, name))(*args)

    def _undefined(self, expression: Any) -> bool:
        sympy = self.sympy
        return bool(expression.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo))

    def _zero(self, expression: Any) -> bool:
        return bool(expression == 0) or self._agree(expression, self.sympy.S.Zero, 20.0) is not False

    def _agree(self, left: Any, right: Any, digits: float) -> bool | None:
        """Compare at points to more digits than the numerals on both sides can hide a difference in.

        Returns:
            False at the first difference; None when too few points lie in both domains.
        """
        sympy = self.sympy
        precision = _DIGITS + 2 * int(digits)
        letters = sorted(left.free_symbols | right.free_symbols, key=str)
        complex_ = left.has(sympy.I) or right.has(sympy.I)
        agreed = 0
        for a, b, c in _POINTS:
            point = {letter: sympy.Rational(a + k, b) + c for k, letter in enumerate(letters)}
            values = [side.subs(point).evalf(precision) for side in (left, right)]
            if any(not value.is_number or value.has(sympy.nan, sympy.zoo, sympy.oo) for value in values):
                continue
            if letters and not complex_ and any(value.is_real is False for value in values):
                continue  # outside the real domain of a root or logarithm
            scale = 1 + abs(values[0])
            if abs((values[0] - values[1]).evalf(precision)) > scale * sympy.Float(10) ** (-precision + 20):
                return False
            agreed += 1
            if not letters:
                return True
        return True if agreed >= _ENOUGH else None

    def _proved(self, difference: Any) -> bool:
        sympy = self.sympy
        if sympy.expand(difference) == 0:
            return True
        return bool(sympy.simplify(difference.rewrite(sympy.exp)) == 0 or sympy.simplify(difference) == 0)


def _smooth(node: Node) -> bool:
    return not isinstance(node, Op) or (node.name in _SMOOTH and all(map(_smooth, node.args)))


_SYMPY_NAMES = {
    "fact": "factorial",
    "binom": "binomial",
    "abs": "Abs",
    "ceil": "ceiling",
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}


_PROBE = Sample(completion="0")


def probe(reference: Any, **options: Any) -> str | None:
    """Say why a reference cannot be used; None when it can."""
    try:
        text = read_reference(reference, chosen_options(**options)).text
    except ReferenceError_ as error:
        return str(error)
    (verdict,) = build(**options)([replace(_PROBE, reference=text)]) if unread_texts(read(text)) else (None,)
    return verdict.reason if verdict is not None and verdict.status is Status.REFERENCE_FAULT else None
