"""Reads test code that only compares calls of one function with literals, as most of MBPP and HumanEval does.

Such code needs no process of its own: the calls are made, and what they return is compared outside. Whatever
is written in another way is left to the tester, which runs it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from assay_verifiers.code.cases import CallTest
from assay_verifiers.code.drivers.codec import Encoder, NotPlainError


@dataclass(frozen=True, slots=True)
class LiteralAsserts:
    """What the code asserts."""

    target: str
    """The function, a name of the program."""
    finds: str
    """How the tester would find it: ``candidate`` as what ``check`` is given, ``function`` as a name."""
    calls: tuple[CallTest, ...] = field(repr=False)
    separate: bool
    """Whether each call is a test of its own; else all of them are one test, which the first failure ends."""


class _OtherError(Exception):
    """The code is written in another way."""


def read_literal_asserts(
    tree: ast.Module, entry_point: str | None, names: Collection[str], prefix: str = ""
) -> LiteralAsserts | None:
    """Read asserts of ``f(<literals>) == <literal>``, either way round; ``assert True`` counts for nothing.

    They stand at module level, in test functions without parameters, or in ``check(candidate)``, beside which
    there may be a ``METADATA``.

    Args:
        tree: The test code.
        entry_point: What ``check`` is given.
        names: Names that the code takes from the program.
        prefix: Code in front of the program, from which names are taken first, but for the entry point.

    Returns:
        None when any of the code is something else.
    """
    try:
        found = _read(tree, entry_point)
    except (_OtherError, NotPlainError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    if found.target not in names or hasattr(builtins, found.target):
        return None
    return None if prefix and found.finds == "function" else found


def _read(tree: ast.Module, entry_point: str | None) -> LiteralAsserts:
    body = [node for node in tree.body if not _is_metadata(node)]
    match body:
        case [ast.FunctionDef(name="check") as check] if entry_point is not None:
            (parameter,) = _parameters(check)
            return LiteralAsserts(entry_point, "candidate", tuple(_calls(check.body, {parameter})), False)
        case [ast.Assert(), *_]:
            bodies = [body]
        case _:
            bodies = [_test(node) for node in body]
    if body != tree.body or len({getattr(node, "name", node) for node in body}) != len(body):
        raise _OtherError
    called: set[str] = set()
    tests = [_calls(each, called) for each in bodies]
    (target,) = called
    separate = len(tests) > 1
    # A test that failed ends before its other calls, and what they would have done the next tests may notice.
    if separate and any(len(calls) > 1 for calls in tests):
        raise _OtherError
    if entry_point not in (None, target):
        raise _OtherError
    return LiteralAsserts(target, "function", tuple(call for calls in tests for call in calls), separate)


def _is_metadata(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="METADATA")], value=ast.Dict() as value):
            ast.literal_eval(value)
            return True
        case _:
            return False


def _test(node: ast.stmt) -> list[ast.stmt]:
    if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test") or _parameters(node):
        raise _OtherError
    return node.body


def _parameters(function: ast.FunctionDef) -> list[str]:
    """Names of the parameters of a function that has nothing but a name and plain parameters."""
    given = function.args
    others = (given.posonlyargs, given.kwonlyargs, given.defaults, given.vararg, given.kwarg)
    if any(others) or function.decorator_list or function.returns is not None:
        raise _OtherError
    if any(each.annotation is not None for each in given.args):
        raise _OtherError
    return [each.arg for each in given.args]


def _calls(body: list[ast.stmt], called: set[str]) -> list[CallTest]:
    """Read the asserts of one test.

    Args:
        body: Its statements.
        called: Names that are called, so far; in the end there is one.
    """
    found: list[CallTest] = []
    for node in body:
        match node:
            case ast.Assert(test=ast.Constant(value=True)):
                pass
            case ast.Assert(test=ast.Compare(ast.Call() as call, [ast.Eq()], [expected])):
                found.append(_call(call, expected, called))
            case ast.Assert(test=ast.Compare(expected, [ast.Eq()], [ast.Call() as call])):
                found.append(_call(call, expected, called))
            case _:
                raise _OtherError
        if node.msg is not None:
            ast.literal_eval(node.msg)
    if not found or len(called) != 1:
        raise _OtherError
    return found


def _call(call: ast.Call, expected: ast.expr, called: set[str]) -> CallTest:
    if not isinstance(call.func, ast.Name):
        raise _OtherError
    called.add(call.func.id)
    kwargs: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in kwargs:
            raise _OtherError
        kwargs[keyword.arg] = ast.literal_eval(keyword.value)
    found = CallTest([ast.literal_eval(each) for each in call.args], kwargs, ast.literal_eval(expected))
    for value in (found.args, found.kwargs, found.expected):
        Encoder()(value)
    return found
