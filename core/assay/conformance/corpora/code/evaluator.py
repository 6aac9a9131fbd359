"""What a small program returns, worked out on its syntax tree: nothing of it is ever run.

The language is the part of Python that the reference programs of `problems` need: functions, `if`, `for`,
`while`, assignments, comprehensions; None, booleans, integers, texts, lists, tuples and dictionaries.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

STEPS = 4_000
"""Nodes that one call may visit."""
LARGEST = 2**200
LONGEST = 5_000


class ProgramError(Exception):
    """The program raises."""


class TooLongError(Exception):
    """It does not end within the steps, or makes something huge."""


class UnknownSyntaxError(Exception):
    """The program uses what is not evaluated here."""


class _Left(Exception):  # noqa: N818 - not an error
    def __init__(self, how: str, value: Any = None) -> None:
        self.how, self.value = how, value


def _divided(left: Any, right: Any) -> Any:
    return left // right


def _reversed(row: Any) -> list[Any]:
    return list(row)[::-1]


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: _divided,
    ast.Mod: operator.mod,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_BUILTINS: dict[str, Callable[..., Any]] = {
    "len": len, "abs": abs, "min": min, "max": max, "sum": sum, "sorted": sorted, "str": str, "int": int,
    "range": lambda *bounds: list(_range(*bounds)), "list": list, "reversed": _reversed,
}  # fmt: skip
_METHODS: dict[type, frozenset[str]] = {
    list: frozenset({"append", "pop", "count"}),
    str: frozenset({"join", "count"}),
    dict: frozenset({"get"}),
}
_RAISED = (TypeError, ValueError, IndexError, KeyError, ZeroDivisionError, OverflowError, AttributeError)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LONGEST:
        raise TooLongError
    return found


def call(tree: ast.Module, name: str, args: Sequence[Any]) -> Any:
    """Return what ``name(*args)`` returns in the program `tree`; `args` are copied.

    Raises:
        ProgramError: it raises, or there is no such function.
        TooLongError: it takes too long or makes too much.
        UnknownSyntaxError: it is not written in the language of this module.
    """
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if len(functions) != len(tree.body):
        raise UnknownSyntaxError("something else than functions")
    return _Machine(functions).call(name, [_copied(value) for value in args], 0)


def _copied(value: Any) -> Any:
    return [_copied(item) for item in value] if isinstance(value, list) else value  # pyright: ignore


class _Machine:
    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self.functions, self.left = functions, STEPS

    def call(self, name: str, args: list[Any], depth: int) -> Any:
        function = self.functions.get(name)
        if function is None or len(function.args.args) != len(args):
            raise ProgramError(name)
        if depth > 40:
            raise TooLongError
        scope = dict(zip((argument.arg for argument in function.args.args), args, strict=True))
        frame = _Frame(self, scope, depth)
        try:
            frame.block(function.body)
        except _Left as left:
            return left.value
        except _RAISED as error:
            raise ProgramError(type(error).__name__) from None
        return None


class _Frame:
    """One call of one function."""

    def __init__(self, machine: _Machine, scope: dict[str, Any], depth: int) -> None:
        self.machine, self.scope, self.depth = machine, scope, depth

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.do(statement)

    def step(self) -> None:
        self.machine.left -= 1
        if self.machine.left < 0:
            raise TooLongError

    def do(self, node: ast.stmt) -> None:
        self.step()
        match node:
            case ast.Return():
                raise _Left("return", self.value(node.value) if node.value else None)
            case ast.Assign(targets=[target]):
                self.assign(target, self.value(node.value))
            case ast.AugAssign():
                old = self.value(_load(node.target))
                self.assign(node.target, self.binary(node.op, old, self.value(node.value)))
            case ast.If():
                self.block(node.body if self.value(node.test) else node.orelse)
            case ast.While(orelse=[]):
                while self.value(node.test):
                    if not self.round(node.body):
                        break
            case ast.For(orelse=[]):
                for item in list(self.value(node.iter)):
                    self.assign(node.target, item)
                    if not self.round(node.body):
                        break
            case ast.Expr():
                self.value(node.value)
            case ast.Break() | ast.Continue():
                raise _Left("break" if isinstance(node, ast.Break) else "continue")
            case ast.Pass():
                pass
            case _:
                raise UnknownSyntaxError(type(node).__name__)

    def round(self, body: Sequence[ast.stmt]) -> bool:
        """One round of a loop; False: leave it."""
        try:
            self.block(body)
        except _Left as left:
            if left.how == "return":
                raise
            return left.how == "continue"
        return True

    def assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name():
                self.scope[target.id] = value
            case ast.Tuple():
                parts = list(value)
                if len(parts) != len(target.elts):
                    raise ProgramError("ValueError")
                for each, part in zip(target.elts, parts, strict=True):
                    self.assign(each, part)
            case ast.Subscript():
                self.value(target.value)[self.value(target.slice)] = value
            case _:
                raise UnknownSyntaxError(type(target).__name__)

    def value(self, node: ast.expr) -> Any:
        self.step()
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                if node.id not in self.scope:
                    raise ProgramError("NameError")
                return self.scope[node.id]
            case ast.List():
                return [self.value(item) for item in node.elts]
            case ast.Tuple():
                return tuple(self.value(item) for item in node.elts)
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return {self.value(key): self.value(item) for key, item in pairs if key is not None}
            case ast.BinOp():
                return self.binary(node.op, self.value(node.left), self.value(node.right))
            case ast.UnaryOp(op=ast.Not()):
                return not self.value(node.operand)
            case ast.UnaryOp(op=ast.USub()):
                return -self.value(node.operand)
            case ast.BoolOp():
                return self.either(node)
            case ast.Compare():
                return self.compare(node)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test) else node.orelse)
            case ast.Subscript(slice=ast.Slice() as part):
                ends = [self.value(end) if end else None for end in (part.lower, part.upper, part.step)]
                return self.value(node.value)[slice(*ends)]
            case ast.Subscript():
                return self.value(node.value)[self.value(node.slice)]
            case ast.ListComp(generators=[loop]) | ast.GeneratorExp(generators=[loop]):
                return self.comprehended(node.elt, loop)
            case ast.Call(keywords=[]):
                return self.called(node)
            case _:
                raise UnknownSyntaxError(type(node).__name__)

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if type(op) not in _BINARY:
            raise UnknownSyntaxError(type(op).__name__)
        if isinstance(op, ast.Mult) and not (isinstance(left, int) and isinstance(right, int)):
            times = left if isinstance(left, int) else right
            if isinstance(times, int) and times > LONGEST:
                raise TooLongError
        if isinstance(op, ast.Mod) and isinstance(left, str):
            raise UnknownSyntaxError("formatting")
        found = _BINARY[type(op)](left, right)
        if (isinstance(found, int) and abs(found) > LARGEST) or (
            isinstance(found, str | list | tuple) and len(found) > LONGEST  # pyright: ignore
        ):
            raise TooLongError
        return found  # pyright: ignore[reportUnknownVariableType]

    def either(self, node: ast.BoolOp) -> Any:
        found: Any = None
        for part in node.values:
            found = self.value(part)
            if bool(found) is isinstance(node.op, ast.Or):
                break
        return found

    def compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, part in zip(node.ops, node.comparators, strict=True):
            if type(op) not in _COMPARE:
                raise UnknownSyntaxError(type(op).__name__)
            right = self.value(part)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def comprehended(self, element: ast.expr, loop: ast.comprehension) -> list[Any]:
        inner = _Frame(self.machine, dict(self.scope), self.depth)
        found: list[Any] = []
        for item in list(self.value(loop.iter)):
            inner.assign(loop.target, item)
            if all(inner.value(test) for test in loop.ifs):
                found.append(inner.value(element))
        return found

    def called(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            owner: Any = self.value(node.func.value)
            name = node.func.attr
            if not any(type(owner) is kind and name in names for kind, names in _METHODS.items()):
                known = any(name in names for names in _METHODS.values())
                raise ProgramError("AttributeError") if known else UnknownSyntaxError(name)
            return getattr(owner, name)(*(self.value(argument) for argument in node.args))
        if not isinstance(node.func, ast.Name):
            raise UnknownSyntaxError("a call of an expression")
        args = [self.value(argument) for argument in node.args]
        if node.func.id in self.machine.functions:
            return self.machine.call(node.func.id, args, self.depth + 1)
        if node.func.id not in _BUILTINS:
            raise UnknownSyntaxError(node.func.id)
        return _BUILTINS[node.func.id](*args)


def _load(target: ast.expr) -> ast.expr:
    """The same place, to be read: `ast` keeps reading and writing apart, and nothing here does."""
    return target
