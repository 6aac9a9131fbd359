"""JSON Schema with exact numbers, through `jsonschema`, and no way out of the process.

Overridden where the library follows Python instead of the specification: equality (``enum``, ``const``,
``uniqueItems``), ``multipleOf`` and ``pattern``. ``format`` says nothing here, as the specification has it by
default. References to other documents are not fetched.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from assay import MissingDependencyError
from assay_verifiers.structured.patterns import finder
from assay_verifiers.structured.strict import NotJsonError, key, loads
from assay_verifiers.structured.verdicts import UnusableError

_SHOWN = 100


class Schema:
    """A usable schema."""

    def __init__(self, schema: Any) -> None:
        """Read a schema.

        Args:
            schema: What `strict.loads` returned.

        Raises:
            UnusableError: it is no valid schema, or refers to what is not in it.
            MissingDependencyError: `jsonschema` is not installed.
        """
        library = _library()
        if not isinstance(schema, dict | bool):
            raise UnusableError("the schema is neither an object nor a boolean")
        latest = library.validators.Draft202012Validator
        kind = library.validators.validator_for(schema, default=latest)
        try:
            kind.check_schema(schema)
        except (library.errors.SchemaError, RecursionError) as error:
            raise UnusableError(f"the schema is not valid: {str(error).splitlines()[0][:_SHOWN]}") from error
        for pattern in _patterns(schema):
            finder(pattern)
        self._validator: Any = _exact(kind)(schema, registry=library.registries.EMPTY_REGISTRY)
        self._unresolvable: Any = library.lookup.Unresolvable
        for probe in ("null", "{}", "[]", '""', "0"):  # a loop of references shows on any value
            self.problem(loads(probe))

    def problem(self, value: Any) -> str | None:
        """Say what in a value breaks the schema, without what the schema asks for; None: nothing.

        Raises:
            UnusableError: the schema refers to what is not in it, or to itself without end.
        """
        try:
            error: Any = next(self._validator.iter_errors(value), None)
        except self._unresolvable as missing:
            raise UnusableError("the schema refers to what is not in it") from missing
        except RecursionError as endless:
            raise UnusableError("the schema refers to itself without end") from endless
        return None if error is None else f"breaks `{error.validator}` at {error.json_path[:_SHOWN]}"


@lru_cache(maxsize=1024)
def schema_of(text: str, part: bool) -> Schema:
    """Read a schema from text, once.

    Args:
        text: JSON.
        part: Whether the schema is its member ``schema`` rather than all of it.

    Raises:
        UnusableError, MissingDependencyError: as `Schema`.
    """
    try:
        found = loads(text)
    except NotJsonError as error:
        raise UnusableError(f"the schema is {error}") from error
    return Schema(found["schema"] if part else found)


class _Library(NamedTuple):
    """The modules that are used; untyped."""

    errors: Any
    validators: Any
    lookup: Any
    registries: Any


@cache
def _library() -> _Library:
    try:
        names = (
            "jsonschema.exceptions",
            "jsonschema.validators",
            "referencing.exceptions",
            "referencing.jsonschema",
        )
        modules: list[Any] = [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise MissingDependencyError.of("structured.json", "jsonschema", "structured") from error
    return _Library(*modules)


@cache
def _exact(kind: Any) -> Any:
    """A validator class of the library with our equality and arithmetic."""
    checker = kind.TYPE_CHECKER.redefine("integer", _is_integer).redefine("number", _is_number)
    ours = {
        "enum": _enum,
        "const": _const,
        "uniqueItems": _unique,
        "multipleOf": _multiple,
        "pattern": _pattern,
    }
    known = {name: check for name, check in ours.items() if name in kind.VALIDATORS}
    return _library().validators.extend(kind, validators=known, type_checker=checker)


def _is_number(_: Any, value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_integer(_: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _error(message: str) -> Any:
    return _library().errors.ValidationError(message)


def _enum(_: Any, allowed: Any, value: Any, __: Any) -> Iterator[Any]:
    if key(value) not in {key(item) for item in allowed}:
        yield _error("not one of the values")


def _const(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[Any]:
    if key(value) != key(wanted):
        yield _error("not the value")


def _unique(_: Any, wanted: Any, value: Any, __: Any) -> Iterator[Any]:
    if wanted and isinstance(value, list):
        items = cast("list[Any]", value)
        if len({key(item) for item in items}) != len(items):
            yield _error("an item occurs twice")


def _multiple(_: Any, step: Any, value: Any, __: Any) -> Iterator[Any]:
    if _is_number(None, value) and Fraction(value) % Fraction(step):
        yield _error("not a multiple")


def _pattern(_: Any, pattern: Any, value: Any, __: Any) -> Iterator[Any]:
    if isinstance(value, str) and not finder(pattern)(value):
        yield _error("does not match")


def _patterns(schema: Any) -> Iterator[str]:
    """All patterns of a schema, and perhaps values that only look like one."""
    if isinstance(schema, dict):
        members = cast("dict[str, Any]", schema)
        pattern = members.get("pattern")
        if isinstance(pattern, str):
            yield pattern
        for item in members.values():
            yield from _patterns(item)
    elif isinstance(schema, list):
        for item in cast("list[Any]", schema):
            yield from _patterns(item)
