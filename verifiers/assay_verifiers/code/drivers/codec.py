"""Plain Python values as bounded JSON. Runs inside the sandbox, and outside to read what comes out.

A value is what its type is, found by identity: nothing here calls a method that a program could have
written, so a subclass of int with an `__eq__` of its own arrives as the integer that it holds.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 100
"""Of nesting; a list that holds itself is refused by it."""
MAX_ITEMS = 200_000
"""Values in one value, itself included."""
MAX_BITS = 13_000
"""Of an integer: about 3900 decimal digits, below the limit of Python's own conversion."""
MAX_SMALL = 2**63
"""Integers up to here are not looked at one by one."""
MAX_TEXT = 4_000_000
"""Characters of one string."""


class NotPlainError(Exception):
    """A value that cannot be carried: not plain, too large or too deep."""


class NoPlainTypeError(NotPlainError):
    """It is the type that cannot be carried."""


class Encoder:
    """Writes one value. `handle` may answer what stands for an object that is not plain, or None."""

    def __init__(self, handle: Callable[[Any], Any] | None = None) -> None:
        """Start with the whole allowance of items."""
        self.handle = handle
        self.left = MAX_ITEMS

    def __call__(self, value: Any, depth: int = 0) -> Any:
        """Return what `json.dumps` writes for `value`.

        Raises:
            NotPlainError: it cannot be carried.
        """
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise NotPlainError("a value that is too large or nested too deep")
        if value is None or value is True or value is False:
            return value
        exact = type(value)
        if exact is list:
            return self._numbers(value) or [self(item, depth + 1) for item in value]
        kinds: list[type] = [exact] if exact is int or exact is str or exact is float else type.mro(exact)
        if int in kinds:
            if int.bit_length(value) > MAX_BITS:
                raise NotPlainError("an integer of more than 3900 digits")
            return int.__int__(value)
        if str in kinds:
            if str.__len__(value) > MAX_TEXT:
                raise NotPlainError("a string that is too long")
            return self._text(str.__str__(value))
        if float in kinds:
            number = float.__float__(value)
            return number if number - number == 0 else {"f": float.__repr__(number)}
        if list in kinds:
            return [self(item, depth + 1) for item in list.__iter__(value)]
        if tuple in kinds:
            return {"t": [self(item, depth + 1) for item in tuple.__iter__(value)]}
        if dict in kinds:
            pairs = [[self(k, depth + 1), self(v, depth + 1)] for k, v in dict.items(value)]
            return {"d": pairs}
        if set in kinds:
            return {"s": [self(item, depth + 1) for item in set.__iter__(value)]}
        if frozenset in kinds:
            return {"z": [self(item, depth + 1) for item in frozenset.__iter__(value)]}
        if bytes in kinds:
            return {"b": bytes.hex(value)}
        if complex in kinds:
            number = complex.__complex__(value)
            return {"c": [self(number.real), self(number.imag)]}
        found = self.handle(value) if self.handle is not None else None
        if found is None:
            raise NoPlainTypeError(f"a value of type {type(value).__name__}")
        return {"h": found}

    def _numbers(self, items: list[Any]) -> list[Any] | None:
        """Return a copy of a list of small integers, the most common large value; None for all others."""
        if len(items) > self.left:
            return None
        for kind in map(type, items):
            if kind is not int:
                return None
        if not items or min(items) < -MAX_SMALL or max(items) > MAX_SMALL:
            return None
        self.left -= len(items)
        return items[:]

    def _text(self, text: str) -> Any:
        """Surrogates go as bytes: as escapes in JSON two of them would become one character."""
        try:
            text.encode()
        except UnicodeEncodeError:
            return {"u": text.encode("utf-32-le", "surrogatepass").hex()}
        return text


_SCALARS = frozenset([type(None), bool, int, float, str])


def decode(raw: Any, resolve: Callable[[Any], Any] | None = None) -> Any:
    """Return the value that `Encoder` wrote.

    Args:
        raw: What `parse` read; lists in it may become part of the value.
        resolve: Turns what stands for an object into that object. None: such objects are not allowed.

    Raises:
        NotPlainError: this is not what an `Encoder` writes.
    """
    if type(raw) in _SCALARS:
        return raw
    if isinstance(raw, list):
        return raw if _SCALARS.issuperset(map(type, raw)) else [decode(item, resolve) for item in raw]
    try:
        ((tag, content),) = raw.items()
        match tag:
            case "f":
                return {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[content]
            case "t":
                return tuple(decode(item, resolve) for item in content)
            case "d":
                return {decode(key, resolve): decode(value, resolve) for key, value in content}
            case "s":
                return {decode(item, resolve) for item in content}
            case "z":
                return frozenset(decode(item, resolve) for item in content)
            case "u":
                return bytes.fromhex(content).decode("utf-32-le", "surrogatepass")
            case "b":
                return bytes.fromhex(content)
            case "c":
                return complex(decode(content[0]), decode(content[1]))
            case "h" if resolve is not None:
                return resolve(content)
            case _:
                raise NotPlainError("an unknown tag")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise NotPlainError(f"not a value: {type(error).__name__}") from None


class Lines:
    """Reads lines from a descriptor. Making a stream for that would cost a fork more than several calls."""

    def __init__(self, descriptor: int, limit: int | None = None) -> None:
        """Nothing has been read. A line longer than `limit` bytes, None for any, ends there."""
        self.descriptor = descriptor
        self.limit = limit
        self.read = bytearray()

    def __call__(self) -> bytes:
        """Return the next line and its end, or what there is before the end of the stream."""
        looked = 0
        while not (end := self.read.find(b"\n", looked) + 1):
            looked = len(self.read)
            part = (
                b"" if self.limit is not None and looked > self.limit else os.read(self.descriptor, 1 << 16)
            )
            if not part:
                end = looked
                break
            self.read += part
        line = bytes(self.read[:end])
        del self.read[:end]
        return line


def write(message: Any) -> bytes:
    """Return one line."""
    return _TO_JSON.encode(message).encode() + b"\n"


def parse(line: bytes | str) -> Any:
    """Read one line that may have been written by anybody.

    Raises:
        NotPlainError: not JSON, or JSON with NaN or Infinity in it, too deep or with too large a number.
    """
    try:
        return _FROM_JSON.decode(line if isinstance(line, str) else line.decode())
    except (ValueError, RecursionError) as error:
        raise NotPlainError(f"not a line of values: {type(error).__name__}") from None


def _refuse(word: str) -> Any:
    raise ValueError(word)


_TO_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_FROM_JSON = json.JSONDecoder(parse_constant=_refuse)
