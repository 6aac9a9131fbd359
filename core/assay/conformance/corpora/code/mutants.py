"""Programs that are wrong in one place: the faults that people, and models, make."""

from __future__ import annotations

import ast
import copy
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
_SHIFTED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
}  # fmt: skip

KINDS = (
    "operator swapped", "off by one", "wrong branch", "dropped case", "missing edge case", "wrong default",
)  # fmt: skip

Change = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program that differs in one place."""

    kind: str
    """One of `KINDS`."""
    source: str


def mutants(source: str, rng: random.Random) -> Iterator[Mutant]:
    """Yield all mutants of a program, of each kind in turn, in an order that `rng` decides."""
    tree = ast.parse(source)
    plans: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    for place, node in enumerate(ast.walk(tree)):
        for kind, change in _changes(node):
            plans[kind].append((place, change))
    for plan in plans.values():
        rng.shuffle(plan)
    seen = {ast.unparse(tree)}
    while any(plans.values()):
        for kind in KINDS:
            if not plans[kind]:
                continue
            place, change = plans[kind].pop()
            changed = copy.deepcopy(tree)
            change(list(ast.walk(changed))[place])
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                yield Mutant(kind, text)


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can go wrong at a node: kind, and how to make it so."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _SWAPPED:
        yield "operator swapped", _set("op", _SWAPPED[type(node.op)])
    elif isinstance(node, ast.BoolOp):
        yield "operator swapped", _set("op", ast.And if isinstance(node.op, ast.Or) else ast.Or)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind, table in (("off by one", _SHIFTED), ("wrong branch", _OPPOSITE)):
            if type(node.ops[0]) in table:
                yield kind, _compare(table[type(node.ops[0])])
    elif isinstance(node, ast.Constant):
        if type(node.value) is int:
            yield "off by one", _constant(node.value + 1)
            yield "off by one", _constant(node.value - 1)
        elif isinstance(node.value, str) and node.value:
            yield "wrong default", _constant(node.value[:-1])
    elif isinstance(node, ast.IfExp):
        yield "wrong branch", _other_branch
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Subscript):
        yield "wrong default", _zero
    elif isinstance(node, ast.For):
        yield "off by one", _without_first
    for name in ("body", "orelse"):
        statements = getattr(node, name, None)
        if not isinstance(statements, list):
            continue
        for index, statement in enumerate(statements):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if isinstance(statement, ast.If):
                guard = isinstance(statement.body[-1], ast.Return) and not statement.orelse
                yield "missing edge case" if guard else "dropped case", _drop(name, index)


def _set(name: str, kind: type[ast.AST]) -> Change:
    return lambda node: setattr(node, name, kind())


def _compare(kind: type[ast.cmpop]) -> Change:
    return lambda node: setattr(node, "ops", [kind()])


def _constant(value: int | str) -> Change:
    return lambda node: setattr(node, "value", value)


def _zero(node: ast.AST) -> None:
    assert isinstance(node, ast.Assign)
    node.value = ast.Constant("x" if _is_text(node.value) else 0)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _other_branch(node: ast.AST) -> None:
    assert isinstance(node, ast.IfExp)
    node.body, node.orelse = node.orelse, node.body


def _without_first(node: ast.AST) -> None:
    assert isinstance(node, ast.For)
    node.iter = ast.Subscript(node.iter, ast.Slice(ast.Constant(1)), ast.Load())


def _drop(name: str, index: int) -> Change:
    def change(node: ast.AST) -> None:
        statements: list[ast.stmt] = getattr(node, name)
        del statements[index]
        if not statements and name == "body":
            statements.append(ast.Pass())

    return change
