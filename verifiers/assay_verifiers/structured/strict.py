"""Strict JSON: one document, exact numbers, bounded before anything is built.

Stricter than `json.loads`: duplicate keys, NaN and infinities, half characters, and documents that are too
deep or whose numbers are too long are refused. RFC 8259 leaves those to the reader; RFC 7493 does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Any, cast

MAX_DEPTH = 64
"""Objects and arrays inside one another, unless an option says otherwise."""
MAX_DIGITS = 400
"""Characters of one number."""
MAX_EXPONENT = 1000

_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJsonError(ValueError):
    """The text is not one JSON document within the limits; the message says why."""


def loads(text: str, max_depth: int = MAX_DEPTH) -> Any:
    """Read one JSON document.

    Args:
        text: The document, with nothing but white space around it.
        max_depth: Most objects and arrays inside one another.

    Returns:
        None, bool, int, Decimal, str, list and dict. A number is an int when it is written as one.

    Raises:
        NotJsonError: it is not JSON, has a key twice, holds a half of a surrogate pair, or passes a limit.
    """
    if _depth(text) > max_depth:
        raise NotJsonError(f"the JSON is nested more than {max_depth} deep")
    if _SURROGATE.search(text):
        raise NotJsonError("the JSON holds a half of a surrogate pair")
    try:
        found = _DECODER.decode(text)
    except NotJsonError:
        raise
    except (ValueError, RecursionError) as error:
        at = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else "too long or too deep"
        raise NotJsonError(f"not JSON{at}: {what}") from error
    if "\\u" in text:
        _check_characters(found)
    return found


def key(value: Any, written: bool = False) -> Hashable:
    """Return what is equal for equal values: by type, objects without order, numbers by exact value.

    Args:
        value: What `loads` returns.
        written: Whether 1 and 1.0 differ. By default they are one number, as in JSON Schema.
    """
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return ("object", frozenset((name, key(item, written)) for name, item in members.items()))
    if isinstance(value, list):
        return ("array", tuple(key(item, written) for item in cast("list[Any]", value)))
    if isinstance(value, bool) or value is None:
        return ("literal", value)
    if isinstance(value, int | Decimal):
        return ("number", value, written and isinstance(value, int))
    return ("string", value)


def _depth(text: str) -> int:
    """How deep brackets outside of strings are nested; linear, also where a string is never closed."""
    deepest = level = 0
    for match in _NESTING.finditer(text):
        token = match.group()
        if token in "[{":
            level += 1
            deepest = max(deepest, level)
        elif token in "]}":
            level -= 1
    return deepest


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonError("an object has a key twice")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotJsonError(f"a number is longer than {MAX_DIGITS} characters")
    return int(text)


def _decimal(text: str) -> Decimal:
    exponent = re.split("[eE]", text)[1:]
    if len(text) > MAX_DIGITS or any(
        len(e.lstrip("+-").lstrip("0")) > 4 or abs(int(e)) > MAX_EXPONENT for e in exponent
    ):
        raise NotJsonError("a number is too long, or its exponent too large")
    return Decimal(text)


def _constant(text: str) -> Any:
    raise NotJsonError(f"{text} is not JSON")


def _check_characters(value: Any) -> None:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise NotJsonError("the JSON holds a half of a surrogate pair")
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            _check_characters(item)
    elif isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            _check_characters(name)
            _check_characters(item)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
