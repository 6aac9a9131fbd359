"""Formulas as Z3 terms, built node by node, and what Z3 says of them within a count of steps."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from assay import MissingDependencyError
from assay_verifiers.structured.formula import RELATIONS, FormulaError, Node

SORTS = ("bool", "int", "real")


class Solver:
    """One question to Z3, in a context of its own, so that no question depends on those before it."""

    def __init__(self, variables: Mapping[str, str], effort: int) -> None:
        """Declare the variables.

        Args:
            variables: Sort of each: ``bool``, ``int`` or ``real``.
            effort: Z3's resource limit.

        Raises:
            MissingDependencyError: Z3 is not installed.
        """
        try:
            import z3  # pyright: ignore[reportMissingTypeStubs]
        except ImportError as error:
            raise MissingDependencyError.of("structured.logic", "z3-solver", "structured") from error
        self._z3: Any = z3
        self._context: Any = z3.Context()
        self._effort = effort
        make = {"bool": self._z3.Bool, "int": self._z3.Int, "real": self._z3.Real}
        self._variables = {name: make[sort](name, self._context) for name, sort in variables.items()}

    def formula(self, node: Node) -> Any:
        """A tree as a Z3 formula.

        Raises:
            FormulaError: a name is not declared, sorts are mixed, or the formula is not linear.
        """
        term = self._term(node)
        if not self._is_bool(term):
            raise FormulaError("a term stands where a formula is expected")
        return term

    def satisfiable(self, *formulas: Any) -> bool | None:
        """Whether all of the formulas can hold at once; None when Z3 gives up."""
        solver: Any = self._z3.Solver(ctx=self._context)
        solver.set("rlimit", self._effort)
        solver.add(*formulas)
        found = solver.check()
        return None if found == self._z3.unknown else bool(found == self._z3.sat)

    def implies(self, premise: Any, conclusion: Any) -> bool | None:
        """Whether one formula follows from another; None when Z3 gives up."""
        found = self.satisfiable(premise, self._z3.Not(conclusion))
        return None if found is None else not found

    def differ(self, one: Any, other: Any) -> Any:
        """The formula that two formulas differ."""
        return self._z3.Xor(one, other)

    def _is_bool(self, term: Any) -> bool:
        return bool(self._z3.is_bool(term))

    def _term(self, node: Node) -> Any:
        z3, parts = self._z3, [self._term(part) for part in node.parts]
        match node.sign:
            case "true" | "false":
                return z3.BoolVal(node.sign == "true", self._context)
            case "name":
                if node.value not in self._variables:
                    raise FormulaError(f"there is no variable `{str(node.value)[:20]}`")
                return self._variables[str(node.value)]
            case "number":
                return self._number(node.value)
            case "not" | "and" | "or" | "xor" | "->" | "<->":
                if not all(map(self._is_bool, parts)):
                    raise FormulaError(f"`{node.sign}` stands at a term that is no formula")
                return self._connected(node.sign, parts)
            case sign if sign in RELATIONS:
                return self._related(sign, parts[0], parts[1])
            case _:
                return self._arithmetic(node, parts)

    def _number(self, value: Fraction | str) -> Any:
        number = Fraction(value)
        if number.denominator == 1:
            return self._z3.IntVal(number.numerator, self._context)
        return self._z3.RealVal(str(number), self._context)

    def _connected(self, sign: str, parts: list[Any]) -> Any:
        z3 = self._z3
        if sign == "not":
            return z3.Not(parts[0])
        if sign == "<->":
            return parts[0] == parts[1]
        return {"and": z3.And, "or": z3.Or, "xor": z3.Xor, "->": z3.Implies}[sign](*parts)

    def _related(self, sign: str, left: Any, right: Any) -> Any:
        if self._is_bool(left) != self._is_bool(right) or (self._is_bool(left) and sign not in ("=", "!=")):
            raise FormulaError(f"`{sign}` stands between terms that cannot be compared")
        left, right = self._alike(left, right)
        match sign:
            case "=":
                return left == right
            case "!=":
                return left != right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case _:
                return left >= right

    def _alike(self, left: Any, right: Any) -> tuple[Any, Any]:
        """Both as reals when one of them is."""
        z3 = self._z3
        if self._is_bool(left) or z3.is_int(left) == z3.is_int(right):
            return left, right
        return (z3.ToReal(left), right) if z3.is_int(left) else (left, z3.ToReal(right))

    def _arithmetic(self, node: Node, parts: list[Any]) -> Any:
        if any(map(self._is_bool, parts)):
            raise FormulaError(f"`{node.sign}` stands at a formula")
        if node.sign == "negative":
            return -parts[0]
        if node.sign == "/":
            divisor = constant(node.parts[1])
            if not divisor:
                raise FormulaError("a term is divided by zero, or by what is no number")
            real = self._z3.ToReal(parts[0]) if self._z3.is_int(parts[0]) else parts[0]
            return real * self._z3.RealVal(str(1 / divisor), self._context)
        if node.sign == "*" and all(constant(part) is None for part in node.parts):
            raise FormulaError("variables are multiplied: only linear arithmetic is read")
        left, right = self._alike(parts[0], parts[1])
        return left * right if node.sign == "*" else left + right if node.sign == "+" else left - right


def constant(node: Node) -> Fraction | None:
    """The value of a term without variables; None for any other, and for a division by zero."""
    values = [constant(part) for part in node.parts]
    if node.sign == "number":
        return Fraction(node.value)
    if not values or None in values:
        return None
    numbers = [value for value in values if value is not None]
    match node.sign, numbers:
        case "negative", [a]:
            return -a
        case "+", [a, b]:
            return a + b
        case "-", [a, b]:
            return a - b
        case "*", [a, b]:
            return a * b
        case "/", [a, b] if b:
            return a / b
        case _:
            return None
