"""Reads the tests of a problem, in the shapes that datasets have them in. The reference is the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

from assay_verifiers.code.cases import CallTest, IoTest
from assay_verifiers.code.compare import COMPARATORS
from assay_verifiers.code.drivers.codec import Encoder, NotPlainError, parse
from assay_verifiers.code.languages import language_named
from assay_verifiers.code.testcode import TestCode, TestCodeError, defines, read_test_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The tests of one problem: exactly one of `io`, `calls` and `code`."""

    io: tuple[IoTest, ...] = ()
    calls: tuple[CallTest, ...] = ()
    target: str = ""
    """What `calls` calls."""
    code: TestCode | None = None
    language: str | None = None
    comparator: str | None = None
    """What the dataset says; options say more."""
    tolerance: float | None = None
    checker: str | None = field(default=None, repr=False)
    """Python program that judges an output."""
    prefix: str = field(default="", repr=False)
    """Put before the program."""

    @property
    def count(self) -> int:
        """How many tests, as far as that is known before they run."""
        return len(self.io) or len(self.calls) or 1


class ProblemError(ValueError):
    """The tests cannot be read; the message names what and never what is expected."""


def read_problem(reference: Any, wrapped: bool = False) -> Problem:
    """Read tests from a dataset column: JSON text, an object or array, or Python test code.

    Args:
        reference: The column's value.
        wrapped: Whether each expected value of a function call is an array around it.

    Raises:
        ProblemError: it is none of the shapes that docs/reference/code.md lists.
    """
    problem = _read_text(reference) if isinstance(reference, str) else _read(reference)
    return replace(problem, calls=tuple(map(_unwrapped, problem.calls))) if wrapped else problem


def _unwrapped(call: CallTest) -> CallTest:
    expected = call.expected
    if call.raises is not None:
        return call
    if (
        not isinstance(expected, Sequence)
        or isinstance(expected, str)
        or len(cast("list[Any]", expected)) != 1
    ):
        raise ProblemError("an expected value is not an array of one, and `wrapped` is set")
    return replace(call, expected=expected[0])


@lru_cache(maxsize=16)
def _read_text(text: str) -> Problem:
    if not text.strip():
        raise ProblemError("there are no tests")
    if text.lstrip()[0] not in "[{":
        return Problem(code=_code(text, {}), language="python")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError(f"the tests are neither JSON nor test code: {type(error).__name__}") from None
    return _read(found)


def _read(found: Any) -> Problem:
    if isinstance(found, str):
        return _read_text(found)
    if isinstance(found, Sequence):
        return _read_list(list(cast("Sequence[Any]", found)), {})
    if not isinstance(found, Mapping):
        raise ProblemError(f"the tests are a {type(found).__name__}; an object, an array or text is expected")
    row = {key: value for key, value in cast("Mapping[str, Any]", found).items() if value is not None}
    for wrapper in ("ground_truth", "verification_info", "input_output"):
        if wrapper in row:
            return read_problem(row[wrapper])
    if "inputs" in row or "outputs" in row:
        return _read_columns(row)
    for key in ("tests", "test_cases", "test_list", "public_test_cases"):
        items = _array(row.get(key))
        if items is not None:
            return _read_list(items, row)
    for key in ("test", "tests", "test_code"):
        if isinstance(row.get(key), str):
            return Problem(code=_code(row[key], row), **_common(row, "python"))
    raise ProblemError(
        f"no tests under any known key; there are: {', '.join(map(str, list(row)[:8])) or 'none'}"
    )


def _array(value: Any) -> list[Any] | None:
    """An array, or JSON text of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return (
        list(cast("Sequence[Any]", value))
        if isinstance(value, Sequence) and not isinstance(value, str)
        else None
    )


def _common(row: Mapping[str, Any], language: str | None = None) -> dict[str, Any]:
    """What may stand beside any tests."""
    named = row.get("language")
    if named is not None:
        known = language_named(str(named))
        if known is None or (language is not None and known.name != language):
            raise ProblemError(f"tests of this kind in {str(named)[:40]!r} cannot be run")
        language = known.name
    comparator = row.get("comparator")
    if comparator is not None and comparator not in COMPARATORS:
        raise ProblemError(f"comparator {str(comparator)[:40]!r} is not one of {', '.join(COMPARATORS)}")
    tolerance = row.get("tolerance")
    if tolerance is not None and not (isinstance(tolerance, int | float) and 0 <= tolerance <= 1):
        raise ProblemError("`tolerance` is not a number from 0 to 1")
    return {
        "language": language,
        "comparator": comparator,
        "tolerance": tolerance,
        "checker": _text(row, "checker") or None,
        "prefix": _prefix(row),
    }


def _prefix(row: Mapping[str, Any]) -> str:
    """Code in front of the program: ``prefix``, or a ``prompt`` that is Python, as HumanEval's are."""
    prompt = row.get("prompt")
    return _text(row, "prefix") or (prompt if isinstance(prompt, str) and defines(prompt) else "")


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise ProblemError(f"`{key}` is not text")
    return value


def _code(text: str, row: Mapping[str, Any]) -> TestCode:
    try:
        return read_test_code(text, _text(row, "entry_point") or None, _prefix(row))
    except TestCodeError as error:
        raise ProblemError(str(error)) from None


def _name(row: Mapping[str, Any]) -> str | None:
    metadata = row.get("metadata")
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            metadata = None
    sources = (row, cast("Mapping[str, Any]", metadata)) if isinstance(metadata, Mapping) else (row,)
    for source in sources:
        for key in ("fn_name", "func_name", "entry_point"):
            if isinstance(source.get(key), str) and source[key].strip():
                return source[key].strip()
    return None


def _read_columns(row: Mapping[str, Any]) -> Problem:
    """``{"inputs": […], "outputs": […]}``, with ``fn_name`` for function calls."""
    inputs, outputs = row.get("inputs"), row.get("outputs")
    if not isinstance(inputs, Sequence) or not isinstance(outputs, Sequence) or isinstance(inputs, str):
        raise ProblemError("`inputs` and `outputs` are not both arrays")
    pairs = list(zip(cast("Sequence[Any]", inputs), cast("Sequence[Any]", outputs), strict=False))
    if len(inputs) != len(outputs) or not pairs:  # pyright: ignore[reportUnknownArgumentType]
        raise ProblemError("`inputs` and `outputs` have different lengths, or none")
    name = _name(row)
    if name is None:
        return _io_problem((IoTest(_stream(i), _stream(o)) for i, o in pairs), row)
    return _call_problem((_call({"input": i, "output": o}) for i, o in pairs), name, row)


def _io_problem(tests: Iterable[IoTest], row: Mapping[str, Any]) -> Problem:
    problem = Problem(io=tuple(tests), **_common(row))
    if problem.checker is None and not any(test.output.strip() for test in problem.io):
        raise ProblemError("no test expects any output, so that saying nothing would pass")
    return problem


def _call_problem(calls: Iterable[CallTest], name: str, row: Mapping[str, Any]) -> Problem:
    problem = Problem(calls=tuple(calls), target=_target(name), **_common(row, "python"))
    if all(call.raises is None and call.expected is None for call in problem.calls):
        raise ProblemError("no call expects a value, so that doing nothing would pass")
    return problem


def _read_list(items: list[Any], row: Mapping[str, Any]) -> Problem:
    """Asserts as text, or an object for each test."""
    if not items:
        raise ProblemError("there are no tests")
    if all(isinstance(item, str) for item in items):
        setup = [_text(row, "test_setup_code"), *_lines_of(row.get("test_imports", []))]
        try:
            code = read_test_code("\n".join(setup), _name(row), "", tuple(items))
        except TestCodeError as error:
            raise ProblemError(str(error)) from None
        return Problem(code=code, **_common(row, "python"))
    if not all(isinstance(item, Mapping) for item in items):
        raise ProblemError("the tests are neither all text nor all objects")
    tests = [{k: v for k, v in cast("Mapping[str, Any]", item).items() if v is not None} for item in items]
    names = {name for item in tests if (name := _name(item) or _name(row))}
    typed = {str(item.get("type") or item.get("testtype") or "") for item in tests}
    functional = typed & {"functional", "function_call"} or ("args" in tests[0] or "kwargs" in tests[0])
    if typed & {"stdin", "stdin_stdout"} or not (functional or names):
        return _io_problem(map(_io, tests), row)
    if len(names) != 1:
        raise ProblemError("the tests name no function, or several")
    return _call_problem(map(_call, tests), names.pop(), row)


def _lines_of(value: Any) -> list[str]:
    return [str(item) for item in cast("Sequence[Any]", value)] if isinstance(value, Sequence) else []


def _io(item: Mapping[str, Any]) -> IoTest:
    if "output" not in item and "expected_output" not in item:
        raise ProblemError("a test has no `output`")
    return IoTest(_stream(item.get("input", "")), _stream(item.get("output", item.get("expected_output"))))


def _stream(value: Any) -> str:
    """Standard input or output: text, or an array of its lines."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = cast("Sequence[Any]", value)
        return "\n".join(map(_stream, parts))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ProblemError(f"an input or output is a {type(value).__name__} where text is expected")
    return str(value)


def _target(name: str) -> str:
    if not all(part.removesuffix("()").isidentifier() for part in name.split(".")):
        raise ProblemError("the function's name is not one")
    return name


def _call(item: Mapping[str, Any]) -> CallTest:
    """One call. Text as input is LiveCodeBench's: a line of JSON for each argument, and JSON expected."""
    given = item.get("input", [])
    args, kwargs, lined = item.get("args", []), item.get("kwargs", {}), isinstance(given, str)
    if lined:
        args = [_json(line) for line in given.split("\n") if line.strip()]
    elif isinstance(given, Mapping):
        kwargs = kwargs or given  # pyright: ignore[reportUnknownVariableType]
    elif isinstance(given, Sequence):
        args = args or given  # pyright: ignore[reportUnknownVariableType]
    else:
        raise ProblemError("the arguments of a call are not an array or an object")
    if not isinstance(args, Sequence) or not isinstance(kwargs, Mapping):
        raise ProblemError("`args` is not an array, or `kwargs` is not an object")
    raises, argument = item.get("raises"), item.get("argument")
    expected = item.get("output", item.get("expected"))
    if lined and isinstance(expected, str):
        expected = _json(expected)
    keyword = cast("Mapping[str, Any]", kwargs)
    call = CallTest(
        args=list(cast("Sequence[Any]", args)),
        kwargs={str(key): value for key, value in keyword.items()},
        expected=expected,
        raises=None if raises is None else str(raises),
        argument=argument,
    )
    _check_call(call)
    return call


def _check_call(call: CallTest) -> None:
    try:
        Encoder()([call.args, call.kwargs, call.expected])
    except NotPlainError as error:
        raise ProblemError(f"a call has {error}") from None
    place = call.argument
    known = call.kwargs if isinstance(place, str) else range(len(call.args))
    if place is not None and place not in known:
        raise ProblemError("`argument` names none of the call's arguments")


def _json(text: str) -> Any:
    try:
        return parse(text)
    except NotPlainError:
        raise ProblemError("an argument or expected value of a call is not JSON") from None
