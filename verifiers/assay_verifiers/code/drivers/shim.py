"""Runs inside the sandbox, in the tester: as much of pytest as test code in datasets uses."""

from __future__ import annotations

import itertools
import re
import types
from collections.abc import Callable
from typing import Any


class Skipped(Exception):  # noqa: N818 - no error
    """``pytest.skip``: raised by test code only, since what a program raises is of other classes."""


class Raises:
    """``with pytest.raises(ValueError, match=…) as caught``."""

    def __init__(self, expected: Any, match: str | None = None) -> None:
        """Expect an exception of a class, or of one of several."""
        self.expected, self.match = expected, match
        self.value: BaseException | None = None

    @property
    def type(self) -> Any:
        """Class of what was raised."""
        return type(self.value)

    def __enter__(self) -> Raises:
        """Start."""
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        """Fail when nothing was raised, or when its text does not match."""
        if error is None:
            raise AssertionError(f"DID NOT RAISE {self.expected}")
        if not isinstance(error, self.expected):
            return False
        self.value = error
        if self.match is not None and re.search(self.match, str(error)) is None:
            raise AssertionError("the text of the exception does not match")
        return True


class Approx:
    """``pytest.approx``: equal within a tolerance; numbers, and lists, tuples and dicts of them."""

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None) -> None:
        """Keep what is expected; `rel` 1e-6 and `abs` 1e-12 unless one of them is given."""
        self.expected = expected
        self.rel = rel if rel is not None else (1e-6 if abs is None else 0.0)
        self.abs = abs if abs is not None else 1e-12

    def __eq__(self, actual: object) -> bool:
        """Compare."""
        return self.near(actual, self.expected)

    def near(self, actual: Any, expected: Any) -> bool:
        """Compare one value, and the values in it."""
        if isinstance(expected, dict):
            return (
                isinstance(actual, dict)
                and actual.keys() == expected.keys()  # pyright: ignore[reportUnknownMemberType]
                and all(self.near(actual[key], expected[key]) for key in expected)  # pyright: ignore
            )
        if isinstance(expected, list | tuple):
            same = type(actual) is type(expected) and len(actual) == len(expected)  # pyright: ignore
            return same and all(map(self.near, actual, expected))  # pyright: ignore
        if isinstance(expected, bool) or not isinstance(expected, int | float | complex):
            return bool(actual == expected)
        if isinstance(actual, bool) or not isinstance(actual, int | float | complex):
            return False
        return actual == expected or abs(actual - expected) <= max(self.abs, self.rel * abs(expected))


class Mark:
    """``@pytest.mark.parametrize``; every other mark changes nothing."""

    def __getattr__(self, name: str) -> Any:
        """Return a decorator."""

        def mark(*args: Any, **kwargs: Any) -> Any:
            if name == "parametrize":
                return lambda function: _parametrized(function, *args, **kwargs)  # pyright: ignore
            return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else lambda found: found  # pyright: ignore

        return mark


def _parametrized(function: Any, argnames: Any, argvalues: Any, **_: Any) -> Any:
    keys = [key.strip() for key in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    rows: list[dict[str, Any]] = []
    for value in argvalues:
        values = getattr(value, "values_of_param", value if len(keys) > 1 else (value,))
        rows.append(dict(zip(keys, values, strict=True)))
    function.parameters = [rows, *getattr(function, "parameters", [])]
    return function


def _fixture(function: Any = None, **_: Any) -> Any:
    def mark(found: Any) -> Any:
        found.is_fixture = True
        return found

    return mark if function is None else mark(function)


def _fail(reason: str = "") -> None:
    raise AssertionError(reason)


def _skip(reason: str = "", **_: Any) -> None:
    raise Skipped(reason)


def _raises(expected: Any, function: Any = None, *args: Any, match: str | None = None, **kwargs: Any) -> Any:
    if function is None:
        return Raises(expected, match)
    with Raises(expected, match) as caught:
        function(*args, **kwargs)
    return caught


def pytest_module() -> types.ModuleType:
    """Return what ``import pytest`` gives."""
    module = types.ModuleType("pytest")
    vars(module).update(
        raises=_raises,
        approx=Approx,
        mark=Mark(),
        fixture=_fixture,
        fail=_fail,
        skip=_skip,
        param=lambda *values, **_: types.SimpleNamespace(values_of_param=values),  # pyright: ignore
        main=lambda *_: 0,  # pyright: ignore[reportUnknownLambdaType]
    )
    return module


def runs(function: Callable[..., Any], namespace: dict[str, Any]) -> list[Callable[[], Any]]:
    """Every run of a test function: one for each combination of its parameters, with its fixtures."""
    found: list[Callable[[], Any]] = []
    for rows in itertools.product(*getattr(function, "parameters", [])):
        given = {key: value for row in rows for key, value in row.items()}

        def run(given: dict[str, Any] = given) -> Any:
            wanted = [name for name in parameters(function) if name not in given]
            made = {name: _made(name, namespace, 0) for name in wanted if name in namespace}
            return function(**given, **made)

        found.append(run)
    return found


def _made(name: str, namespace: dict[str, Any], depth: int) -> Any:
    """Build a fixture. What it would undo is not undone: each sample has a process of its own."""
    fixture = namespace[name]
    if depth > 20 or not getattr(fixture, "is_fixture", False):
        raise LookupError(f"no fixture {name!r}")
    needed = [key for key in parameters(fixture) if key in namespace]
    made: Any = fixture(**{key: _made(key, namespace, depth + 1) for key in needed})
    return next(made) if type(made) is types.GeneratorType else made  # pyright: ignore


def parameters(function: Any) -> tuple[str, ...]:
    """Names of the parameters of a Python function, `self` of a bound method left out."""
    code = function.__code__
    return code.co_varnames[hasattr(function, "__self__") : code.co_argcount + code.co_kwonlyargcount]
