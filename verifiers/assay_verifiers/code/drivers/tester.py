"""Runs inside the sandbox: runs test code against a program in another process, and prints the verdict.

Standard input holds ``{"names", "entry_point", "modules", "imports", "prefix", "checks", "compiled"}``: the
prefix and the checks as source; which kind of Python compiled the checks, and marshal's form of that code in
hexadecimal digits. Descriptor 3 leads to the program. Standard output is this process's own: the program
cannot reach it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import marshal
import os
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from assay_verifiers.code.drivers.codec import parse, write
from assay_verifiers.code.drivers.program import execute
from assay_verifiers.code.drivers.remote import CannotCarry, Link, RemoteModule, function, names
from assay_verifiers.code.drivers.shim import Skipped, parameters, pytest_module, runs

if TYPE_CHECKING:
    import unittest

HELPFUL = frozenset(
    [
        *("math", "cmath", "re", "random", "collections", "itertools", "functools", "string", "datetime"),
        *("copy", "json", "heapq"),
    ]
)
"""Modules that test code may use without importing them, as where tests are pasted below the program.

They are never taken from the program, which could bring an `allclose` of its own.
"""
ALIASES = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "scipy": "scipy"}
"""The same, where the sandbox has them."""


class Tester:
    """Runs the tests one by one and keeps what became of each."""

    def __init__(self, link: Link, payload: dict[str, Any]) -> None:
        """Nothing has run yet."""
        self.link = link
        self.payload = payload
        self.units: list[dict[str, str]] = []
        self.loaded = False
        """Whether the program could be imported."""

    def run(self, name: str, test: Callable[[], Any]) -> bool:
        """Run one test; say whether it passed. A test in which the program failed to answer has failed."""
        failures, gaps, status, error = self.link.failures, len(self.link.gaps), "passed", ""
        try:
            value = test()
            if isinstance(value, types.CoroutineType | types.GeneratorType | types.AsyncGeneratorType):
                raise self.link.gap("a test that is a coroutine or generator")
            if value is False:
                raise AssertionError
        except BaseException as found:
            status, error = "skipped" if _is_skip(found) else "failed", type(found).__name__
        if self.link.failures != failures or len(self.link.gaps) != gaps:
            status = "failed"
        self.units.append({"name": name[:200], "status": status, "error": error})
        return status == "passed"

    def namespace(self) -> dict[str, Any]:
        """Names that the test code finds besides those it defines: helpers, and stand-ins for the program."""
        found: dict[str, Any] = {}
        if self.payload["prefix"]:
            with contextlib.suppress(Exception):
                prefix = execute("prefix", self.payload["prefix"].encode(), {})
                found = {k: v for k, v in vars(prefix).items() if not k.startswith("__")}
        entry = self.payload["entry_point"]
        found |= {name: importlib.import_module(name) for name in self.payload["names"] if name in HELPFUL}
        found |= {name: self.module(ALIASES[name]) for name in self.payload["names"] if name in ALIASES}
        wanted = [name for name in self.payload["names"] if name not in found or name == entry]
        found |= names(self.link, wanted)
        return found

    def module(self, name: str) -> types.ModuleType:
        """Import a module that the sandbox may lack."""
        known = name in sys.modules or name in sys.stdlib_module_names
        if not known and importlib.machinery.PathFinder.find_spec(name) is None:
            raise self.link.gap(f"the module {name}, which the sandbox lacks")
        return importlib.import_module(name)

    def all(self) -> None:
        """Run everything."""
        link, entry = self.link, self.payload["entry_point"]
        for name in self.payload["modules"]:
            sys.modules[name] = module = RemoteModule(name)
            vars(module)["_link"] = link
        if "pytest" in self.payload["imports"]:
            sys.modules["pytest"] = pytest_module()
        for name in self.payload["imports"]:
            self.module(name)
        space: dict[str, Any] = {}

        def load() -> None:
            loaded = link.ask({})
            if loaded.get("load") is not None:
                raise link.failure("the program does not load")
            self.loaded = True
            checks = self.payload["checks"].encode()
            space.update(vars(execute("checks", checks, self.namespace(), self.compiled())))

        loaded = self.run("module", load)
        if entry and "check" in space:
            if loaded:
                self.units.clear()
            candidate = self.candidate(entry)
            self.run("check", lambda: space["check"](candidate))
            return
        tests = self.collected(space) if loaded else []
        if tests and loaded:
            self.units.clear()
        for name, test in tests:
            self.run(name, test)

    def compiled(self) -> types.CodeType | None:
        """The checks as code, where the Python that compiled them is of this version."""
        kind, code = self.payload["compiled"]
        return marshal.loads(bytes.fromhex(code)) if kind == sys.implementation.cache_tag and code else None

    def candidate(self, entry: str) -> Any:
        """What ``check(candidate)`` is given: ``f``, or ``Solution().f`` with a fresh object each time."""
        owner, _, method = entry.rpartition(".")
        if not owner:
            return function(self.link, entry)
        cls = owner.removesuffix("()")

        def call(*args: Any, **kwargs: Any) -> Any:
            of = names(self.link, [cls]).get(cls)
            if of is None:
                raise AttributeError(f"the program defines no {cls}")
            return getattr(of() if owner.endswith("()") else of, method)(*args, **kwargs)

        return call

    def collected(self, space: dict[str, Any]) -> list[tuple[str, Callable[[], Any]]]:
        """Test functions, and the tests of test classes, in the order in which they are defined."""
        found: list[tuple[str, Callable[[], Any]]] = []
        for name, value in list(space.items()):
            if _is_case(value):
                loader = sys.modules["unittest"].TestLoader()
                found += [(f"{name}.{test}", _case(value, test)) for test in loader.getTestCaseNames(value)]
            elif isinstance(value, type) and name.startswith("Test") and value.__module__ == "checks":
                methods = [method for method in vars(value) if method.startswith("test")]
                found += [(f"{name}.{method}", _method(value, method, space)) for method in methods]
            elif (
                isinstance(value, types.FunctionType)
                and name.startswith("test")
                and value.__module__ == "checks"
            ):
                found += [(name, run) for run in runs(value, space)]
        return found


def _is_case(value: Any) -> bool:
    """Whether it is a `unittest.TestCase`. Only test code that needs that module imports it."""
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(value, type) and issubclass(value, unittest.TestCase)


def _is_skip(error: BaseException) -> bool:
    unittest = sys.modules.get("unittest")
    return isinstance(error, Skipped) or (unittest is not None and isinstance(error, unittest.SkipTest))


def _case(cls: type[unittest.TestCase], name: str) -> Callable[[], Any]:
    """One test of a `unittest.TestCase`, raising what it finds. Class fixtures run before each."""

    def run() -> None:
        cls.setUpClass()
        result: unittest.TestResult = sys.modules["unittest"].TestResult()
        cls(name).run(result)
        if result.skipped:
            raise Skipped
        if not result.wasSuccessful() or result.testsRun != 1:
            raise AssertionError

    return run


def _method(cls: type, name: str, space: dict[str, Any]) -> Callable[[], Any]:
    """One test of a plain test class, with what it sets up before."""

    def run() -> None:
        instance = cls()
        for prepare in ("setup_class", "setup_method", "setUp", "setup"):
            if hasattr(instance, prepare):
                setup = getattr(instance, prepare)
                setup(*([None] * len(parameters(setup))))
        for each in runs(getattr(instance, name), space):
            each()

    return run


def main() -> None:
    """Run the tests and print what became of them."""
    payload = parse(sys.stdin.buffer.read())
    verdict = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    link = Link(3)
    tester = Tester(link, payload)
    try:
        tester.all()
    except CannotCarry:
        pass
    except BaseException as error:
        tester.units.append({"name": "tester", "status": "failed", "error": type(error).__name__})
    if not link.calls and all(unit["status"] != "failed" for unit in tester.units):
        link.gaps.append("something else to run it: it never used the program")
    gaps = [gap[:300] for gap in link.gaps[:5]]
    line = write({"units": tester.units[:5000], "gaps": gaps, "loaded": tester.loaded})
    while line:
        line = line[os.write(verdict, line) :]
    os._exit(0)


if __name__ == "__main__":
    main()
