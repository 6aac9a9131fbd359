"""Reads test code of datasets: asserts, test functions and classes, HumanEval's ``check(candidate)``.

Nothing is run here. The code is looked at for the names that it takes from the program.
"""

from __future__ import annotations

import ast
import builtins
import marshal
import sys
import warnings
from dataclasses import dataclass, field
from functools import lru_cache

from assay_verifiers.code.drivers.tester import ALIASES, HELPFUL
from assay_verifiers.code.literal_asserts import LiteralAsserts, read_literal_asserts

MODULES = frozenset(
    [
        *("solution", "main", "candidate", "submission", "answer", "program", "module", "your_module"),
        *("my_module", "code_under_test"),
    ]
)
"""What test code may call the program when it imports it."""


@dataclass(frozen=True, slots=True)
class TestCode:
    """Test code, ready to be run."""

    __test__ = False

    source: str = field(repr=False)
    names: tuple[str, ...]
    """That the code uses and does not define: helpers, modules, and what the program defines."""
    modules: tuple[str, ...]
    """Under which it imports the program."""
    imports: tuple[str, ...] = ()
    """The other modules that it imports."""
    entry_point: str | None = None
    prefix: str = field(default="", repr=False)
    compiled: tuple[str | None, str] = field(default=(None, ""), repr=False)
    """The kind of Python that compiled the source, and marshal's form of the code in hexadecimal digits."""
    literal: LiteralAsserts | None = None
    """The same as calls, where the code is nothing but asserts with literals. None: it has to be run."""


class TestCodeError(ValueError):
    """The test code cannot be used."""

    __test__ = False


@lru_cache(maxsize=256)
def read_test_code(
    text: str, entry_point: str | None = None, prefix: str = "", asserts: tuple[str, ...] = ()
) -> TestCode:
    """Look at test code.

    Args:
        text: The code, or with `asserts` what they need before them.
        entry_point: What ``check`` is given, as HumanEval names it: ``f`` or ``Solution().f``.
        prefix: Code in front of the program, whose helpers the tests may use too.
        asserts: Tests of one statement or more, such as MBPP's; each becomes a test function.

    Raises:
        TestCodeError: it is not Python, tests nothing, or ``check`` lacks its entry point.
    """
    tree = _parsed(text)
    for number, statement in enumerate(asserts):
        tree.body.append(_as_function(f"test_{number}", _parsed(statement)))
    if not any(_tests(node) for node in ast.walk(tree)):
        raise TestCodeError("the test code asserts nothing")
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    if "check" in defined and entry_point is None and "check" not in called:
        raise TestCodeError("the test code has check(candidate), and there is no entry_point")
    if entry_point and not all(part.removesuffix("()").isidentifier() for part in entry_point.split(".")):
        raise TestCodeError("the entry_point is not a name")
    imported = {module.partition(".")[0] for node in ast.walk(tree) for module in _imported(node)}
    modules = imported & MODULES
    names = _names(tree) - defined - modules
    if entry_point:
        names.add(entry_point.split(".")[0].removesuffix("()"))
    source = ast.unparse(tree) if asserts else text
    compiled = _compiled(source)
    surely = names - HELPFUL - ALIASES.keys()
    return TestCode(
        source=source,
        names=tuple(sorted(names)),
        modules=tuple(sorted(modules)),
        imports=tuple(sorted(imported - modules)),
        entry_point=entry_point,
        prefix=prefix,
        compiled=compiled,
        literal=None if compiled[0] is None else read_literal_asserts(tree, entry_point, surely, prefix),
    )


@lru_cache(maxsize=256)
def defines(text: str) -> bool:
    """Whether a text is Python that defines or imports something, and not prose."""
    if "def " not in text and "import " not in text:
        return False
    try:
        tree = parsed(text)
    except SyntaxError:
        return False
    kinds = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    return any(isinstance(node, kinds) for node in tree.body)


def parsed(code: str) -> ast.Module:
    """Parse Python without its warnings.

    Raises:
        SyntaxError: it is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte, or nested too deep
        raise SyntaxError(str(error)) from None


def _compiled(source: str) -> tuple[str | None, str]:
    """Compile once what each tester would compile anew. No code where that fails: the tester says why."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, "checks.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ""
    return sys.implementation.cache_tag, marshal.dumps(code).hex()


def _parsed(code: str) -> ast.Module:
    try:
        return parsed(code)
    except SyntaxError as error:
        raise TestCodeError(f"the test code is not Python: {error.msg}") from None


def _as_function(name: str, tree: ast.Module) -> ast.stmt:
    head = ast.parse(f"def {name}(): pass").body[0]
    assert isinstance(head, ast.FunctionDef)
    head.body = tree.body or head.body
    return head


def _tests(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    return isinstance(node, ast.Attribute) and (
        node.attr.startswith("assert") or node.attr in ("raises", "fail")
    )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _names(tree: ast.Module) -> set[str]:
    """Names that are read somewhere, are no builtins, and are not bound by the code at module level."""
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            bound |= {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return {name for name in read - bound if not hasattr(builtins, name) and not name.startswith("__")}
