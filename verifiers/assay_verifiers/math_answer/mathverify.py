"""The last rung: Math-Verify, for single expressions that the grammar does not read.

Structure, relations, units and words stay with `compare`. What may reach it says `admit`; both
directions must hold; and what it read is evaluated here again, because it takes differences below
1e-15 for nothing.
"""

from __future__ import annotations

import importlib
import logging
from typing import Any

from assay import MissingDependencyError
from assay_verifiers.math_answer.admit import admissible, digits_of, letters_of

_DIGITS = 50
_MOST_DIGITS = 20_000
_RATIONAL = ((7, 11), (13, 6), (19, 5))
_WHOLE = ((4, 1), (6, 1), (9, 1))
"""Values of the letters; whole where a letter may bound a sum."""


class MathVerify:
    """Reads and compares with Math-Verify, its time limits off: the worker's clock stops it from outside."""

    def __init__(self, sympy: Any) -> None:
        """Import Math-Verify.

        Raises:
            MissingDependencyError: when it is not installed.
        """
        try:
            self._module = importlib.import_module("math_verify")
            parser = importlib.import_module("latex2sympy2_extended.latex2sympy2")
        except ImportError as error:
            raise MissingDependencyError.of("math_answer", "math-verify", "math") from error
        logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that its time limits are off
        self._sympy = sympy
        as_it_is = parser.NormalizationConfig(
            basic_latex=False,
            units=False,
            malformed_operators=False,
            nits=False,
            boxed="last",
            equations=False,
        )
        self._latex = self._module.LatexExtractionConfig(
            boxed_match_priority=0, normalization_config=as_it_is
        )

    def read(self, text: str) -> Any:
        """Return what Math-Verify makes of an expression; None when it is not one, or lost a letter."""
        if not text:
            return None
        found = self._module.parse(
            f"\\boxed{{{text}}}",
            extraction_config=[self._latex],
            fallback_mode="no_fallback",
            parsing_timeout=None,
        )
        sympy = self._sympy
        if len(found) != 1:
            return None
        (read,) = found
        if not isinstance(read, sympy.Expr | sympy.MatrixBase):
            return None
        if read.has(sympy.nan, sympy.zoo, sympy.oo, sympy.core.function.AppliedUndef):
            return None
        kept = {char for name in read.atoms(sympy.Symbol) for char in str(name)}
        return read if {c.casefold() for c in letters_of(text)} <= kept | {"e", "i"} else None

    def equal(self, answer: str, reference: str) -> bool:
        """Whether two expressions that `admit` lets through are equal."""
        left, right = self.read(answer), self.read(reference)
        if left is None or right is None:
            return False
        verify = self._module.verify
        both = all(
            verify([one], [two], strict=True, allow_set_relation_comp=False, timeout_seconds=None)
            for one, two in ((left, right), (right, left))
        )
        return both and self._same_values(left, right, digits_of(answer) + digits_of(reference))

    def usable(self, reference: str) -> bool:
        """Whether a reference outside the grammar can be compared at all."""
        return admissible(reference) and self.read(reference) is not None

    def _same_values(self, left: Any, right: Any, hidden: int) -> bool:
        """Whether both have the same values at every point, to 50 digits beyond the `hidden` ones."""
        if hidden > _MOST_DIGITS:
            return False
        sympy = self._sympy
        precision = _DIGITS + hidden
        letters = sorted(left.free_symbols | right.free_symbols, key=str)
        bounded = any(side.has(sympy.Sum, sympy.Product, sympy.binomial) for side in (left, right))
        tolerance = sympy.Float(10, precision) ** (20 - precision)
        for a, b in _WHOLE if bounded else _RATIONAL:
            point = {letter: sympy.Rational(a, b) + k for k, letter in enumerate(letters)}
            ours, theirs = (self._entries(side, point, precision) for side in (left, right))
            if ours is None or theirs is None or len(ours) != len(theirs) or ours[0] != theirs[0]:
                return False
            for one, two in zip(ours[1:], theirs[1:], strict=True):
                if not one.is_number or not two.is_number or one.has(sympy.nan, sympy.zoo):
                    return False
                if not abs(one - two) <= tolerance * (1 + abs(two)):
                    return False
        return True

    def _entries(self, side: Any, point: dict[Any, Any], precision: int) -> list[Any] | None:
        """Shape and values; None for products of matrices that were left unevaluated."""
        value = side.subs(point).doit()
        if isinstance(value, self._sympy.MatrixBase):
            return [value.shape, *(entry.evalf(precision) for entry in value.flat())]
        if isinstance(value, self._sympy.MatrixExpr):
            return None
        return [(), value.evalf(precision)]
