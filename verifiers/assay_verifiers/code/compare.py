"""Compares what a program gave with what was expected, on the trusted side and on plain data only."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, cast

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two outputs are compared."""

    name: str
    """``exact``, ``lines``, ``tokens``, ``float`` or ``unordered``; for values also ``equal``.

    That is Python's ``==``, as asserts mean it, and no option: a tuple is no list, and 1 is 1.0 and True.
    """
    tolerance: float = 1e-6
    loose_numbers: bool = False

    def texts(self, actual: str, expected: str) -> bool:
        """Whether two standard outputs are the same."""
        return _TEXTS[self.name](actual, expected, self.tolerance)

    def values(self, actual: Any, expected: Any, from_json: bool) -> bool:
        """Whether two plain values are the same.

        Args:
            actual: What the program returned.
            expected: From the dataset.
            from_json: `expected` was JSON, which has neither tuples nor keys other than strings: those
                of `actual` are then taken as JSON would write them. Not so for ``equal``.
        """
        if self.name == "equal":
            return bool(actual == expected)
        if from_json:
            actual = as_json(actual)
        if self.name == "float":
            return near(actual, expected, self.tolerance)
        if self.name == "unordered":
            if from_json and isinstance(actual, set | frozenset):
                actual = as_json(list(cast("set[Any]", actual)))
            if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
                return self._counts(cast("list[Any]", actual)) == self._counts(cast("list[Any]", expected))
        if self.name in ("lines", "tokens") and isinstance(actual, str) and isinstance(expected, str):
            return self.texts(actual, expected)
        return frozen(actual, self.loose_numbers) == frozen(expected, self.loose_numbers)

    def _counts(self, items: Iterable[Any]) -> Counter[Hashable]:
        return Counter(frozen(item, self.loose_numbers) for item in items)


def lines(text: str) -> list[str]:
    """The lines, without white space at their ends and blank lines at the end."""
    found = [line.rstrip(" \t\r") for line in text.split("\n")]
    while found and not found[-1]:
        found.pop()
    return found


def near_tokens(actual: str, expected: str, tolerance: float) -> bool:
    """Compare word by word; decimals within the tolerance, integers and words to the letter."""
    left, right = actual.split(), expected.split()
    return len(left) == len(right) and all(
        _near_word(a, b, tolerance) for a, b in zip(left, right, strict=True)
    )


def _near_word(actual: str, expected: str, tolerance: float) -> bool:
    if actual == expected:
        return True
    if len(actual) > 400 or len(expected) > 400:
        return False
    if _INTEGER.fullmatch(actual) and _INTEGER.fullmatch(expected):
        return int(actual) == int(expected)
    if not (_DECIMAL.fullmatch(actual) and _DECIMAL.fullmatch(expected)):
        return False
    return _close(float(actual), float(expected), tolerance)


def _close(actual: float, expected: float, tolerance: float) -> bool:
    if math.isinf(actual) or math.isinf(expected):
        return actual == expected
    return abs(actual - expected) <= tolerance * max(1.0, abs(expected))


_TEXTS: dict[str, Callable[[str, str, float], bool]] = {
    "exact": lambda actual, expected, _: actual == expected,
    "lines": lambda actual, expected, _: lines(actual) == lines(expected),
    "tokens": lambda actual, expected, _: actual.split() == expected.split(),
    "float": near_tokens,
    "unordered": lambda actual, expected, _: Counter(lines(actual)) == Counter(lines(expected)),
}

COMPARATORS = tuple(_TEXTS)


def near(actual: Any, expected: Any, tolerance: float) -> bool:
    """Compare structure by structure; a number that is not an integer on both sides within the tolerance."""
    if _is_number(actual) and _is_number(expected):
        if type(actual) is int and type(expected) is int:
            return actual == expected
        if actual != actual or expected != expected:
            return actual != actual and expected != expected
        try:
            return _close(float(actual), float(expected), tolerance)
        except OverflowError:
            return bool(actual == expected)
    if type(actual) is not type(expected):
        return False
    if isinstance(actual, complex):
        return near(actual.real, expected.real, tolerance) and near(actual.imag, expected.imag, tolerance)
    if isinstance(actual, list | tuple):
        pairs = zip(actual, expected, strict=False)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return len(actual) == len(expected) and all(near(a, b, tolerance) for a, b in pairs)  # pyright: ignore
    if isinstance(actual, dict):
        same = frozen(list(actual)) == frozen(list(expected)) or actual.keys() == expected.keys()  # pyright: ignore
        return same and all(near(actual[key], expected[key], tolerance) for key in expected)  # pyright: ignore
    return frozen(actual) == frozen(expected)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def frozen(value: Any, loose_numbers: bool = False) -> Hashable:
    """A hashable form that is equal for equal values of equal types: True is not 1 and 1 is not 1.0.

    With `loose_numbers` these three are one. NaN equals itself.
    """
    kind: type = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind in (bool, int, float, complex):
        if value != value:
            return "nan"
        return ("number", value) if loose_numbers else (kind.__name__, value)
    if isinstance(value, list | tuple):
        return kind.__name__, tuple(frozen(item, loose_numbers) for item in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, set | frozenset):
        return kind.__name__, frozenset(frozen(item, loose_numbers) for item in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        pairs = ((frozen(k, loose_numbers), frozen(v, loose_numbers)) for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
        return "dict", frozenset(pairs)
    return kind.__name__, value


def as_json(value: Any) -> Any:
    """The value after a way through JSON: tuples become lists, and keys of dicts strings. Sets stay."""
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        named = {_key(key): as_json(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return named if len(named) == len(value) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value


def _key(key: Any) -> Any:
    return json.dumps(key) if key is None or isinstance(key, bool | int | float) else key
