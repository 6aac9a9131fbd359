"""The static check with the real pyright."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay import MissingDependencyError
from assay_verifiers.code.language_server import OverrunError, find_server
from assay_verifiers.code.static import TypeChecker, TypesOptions

try:
    find_server()
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

WRONG = "x: int = 'a'"
BOMB = (
    "x0 = (1, 'a', 2.0, None)\n"
    + "".join(f"x{i + 1} = (x{i}, x{i}, [x{i}], {{'a': x{i}}})\n" for i in range(40))
    + "print(x40)\n"
)


@pytest.fixture(scope="module")
def checker():
    """One server with the default options for all tests that do not mind."""
    made = TypeChecker()
    yield made
    made.close()


def rules(checker, source):
    return [found.rule for found in checker.counting(source)]


SILENCED = {
    "ignore": f"{WRONG}  # type: ignore\n",
    "ignore, tight": f"{WRONG}#type:ignore\n",
    "ignore, rule": f"{WRONG}  #  type : ignore[assignment]\n",
    "ignore, no-break space": f"{WRONG}  #\u00a0type:\u00a0ignore\n",
    "ignore, full width": f"{WRONG}  # ｔｙｐｅ: ignore\n",
    "ignore, whole file": f"# type: ignore\n{WRONG}\n",
    "pyright: ignore": f"{WRONG}  # pyright: ignore\n",
    "pyright: ignore, rule": f"{WRONG}  # pyright:ignore[reportAssignmentType]\n",
    "pyright: ignore after another": f"{WRONG}  # noqa # pyright: ignore\n",
    "pyright: rule off": f"# pyright: reportAssignmentType=false\n{WRONG}\n",
    "pyright: rules": f"#pyright:basic,reportAssignmentType=none\n{WRONG}\n",
    "pyright: after CR": f"# a\r# pyright: reportAssignmentType=false\r{WRONG}\r",
    "pyright: after CRLF": f"# pyright: reportAssignmentType=false\r\n{WRONG}\r\n",
    "pyright: after form feed": f"\x0c# pyright: reportAssignmentType=false\n{WRONG}\n",
    "in a string": f"s = '\u2028# pyright: reportAssignmentType=false'\n{WRONG}\n",
    "in an annotation": "x: '''int # pyright: ignore\n''' = 'a'\n",
    "mypy": f"# mypy: ignore-errors\n{WRONG}  # type: ignore\n",
    "type comment": "x = 'a'  # type: Any\nx + 1\n",
    "Any": "from typing import Any\nx: Any = 'a'\n",
    "cast": "import typing as t\nt.cast('t.Any', 1).foo()\n",
    "no_type_check": "from typing import no_type_check\n@no_type_check\ndef f() -> int:\n    return 'a'\n",
    "no_type_check by getattr": "import typing\n@getattr(typing, 'no_type_check')\ndef f() -> int:\n"
    "    return 'a'\n",
    "not TYPE_CHECKING": f"from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    {WRONG}\n",
    "else of TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\n"
    f"else:\n    {WRONG}\n",
    "TYPE_CHECKING under another name": f"from typing import TYPE_CHECKING as T\nif not T:\n    {WRONG}\n",
    "return of TYPE_CHECKING": "from typing import TYPE_CHECKING\ndef f() -> int:\n    if TYPE_CHECKING:\n"
    "        return 1\n    return len(5)\n",
    "or of TYPE_CHECKING": "import typing\ntyping.TYPE_CHECKING or print(1 + 'a')\n",
    "version": f"import sys\nif sys.version_info < (3, 9):\n    {WRONG}\n",
    "NoReturn": "from typing import Callable, NoReturn\ng: Callable[[], NoReturn] = getattr(1, 'real')\n"
    f"g()\n{WRONG}\n",
    "narrowed to Never": "def f(n: int) -> int:\n    if not isinstance(n, int):\n        return n + 'a'\n"
    "    return n\n",
    "relative import": "from . import anything\nanything()\n",
    "unknown import": "import nothing_of_the_kind\nnothing_of_the_kind.f(1)\n",
}


@pytest.mark.parametrize("source", SILENCED.values(), ids=SILENCED)
def test_nothing_silences(checker, source):
    """Each attempt to switch the check off leaves something that counts."""
    assert rules(checker, source)


SOUND = {
    "empty": "",
    "a comment": "# nothing\n",
    "unannotated": "def f(a, b):\n    return a + b\n\n\nprint(f(1, 2))\n",
    "imports": "import heapq\nimport sys\nfrom collections import deque\nprint(heapq, deque, sys.stdin)\n",
    "TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
    "    from collections.abc import Sequence\n"
    "def f(x: 'Sequence[int]') -> int:\n    return x[0]\n",
    "defence": "def f(n: int) -> int:\n    if not isinstance(n, int):\n        raise TypeError(n)\n"
    "    return n\n",
    "exit": "import sys\ndef main() -> int:\n    while True:\n        if input():\n"
    "            sys.exit(1)\n    return 0\nmain()\n",
    "dynamic": "class A: ...\na = A()\nsetattr(a, 'x', 1)\nprint(getattr(a, 'x') + 1)\n",
    "unicode": "größe = '𝒳'\r\nprint(größe.upper())\r\n",
    "escapes": "import re\nprint(re.sub('\\d', '', '1'))\n",
}


@pytest.mark.parametrize("source", SOUND.values(), ids=SOUND)
def test_sound_programs_pass(checker, source):
    """Ordinary programs have nothing that counts."""
    assert rules(checker, source) == []


def test_places(checker):
    """A finding is where it is, after characters outside the basic plane and in files with CRLF."""
    found = checker.check("# é\r\ns = '𝒳'; y: int = s\r\n")
    assert [(one.line, one.column, one.rule) for one in found] == [(2, 19, "reportAssignmentType")]


def test_strict_demands_annotations():
    """The mode is pyright's."""
    strict = TypeChecker(TypesOptions(mode="strict"))
    assert "reportMissingParameterType" in rules(strict, "def f(a):\n    return a\n")
    strict.close()


def test_extra_paths(tmp_path):
    """A package is found where the options say, and only there."""
    (tmp_path / "extra_module.py").write_text("def f(x: int) -> int:\n    return x\n")
    source = "import extra_module\nextra_module.f('a')\n"
    there = TypeChecker(TypesOptions(extra_paths=(str(tmp_path),)))
    assert rules(there, source) == ["reportArgumentType"]
    there.close()


def test_the_machines_own_packages_are_not_seen(checker):
    """Imports resolve to the standard library alone: neither this environment nor the folder it works in."""
    assert rules(checker, "import assay\nimport pytest\nimport program_1\n") == ["reportMissingImports"] * 3


@pytest.mark.slow
def test_pathological_types_end():
    """A program whose types explode is stopped, and the next one is answered."""
    quick = TypeChecker(TypesOptions(seconds=2))
    with pytest.raises(OverrunError):
        quick.check(BOMB)
    assert rules(quick, WRONG) == ["reportAssignmentType"]
    quick.close()


@pytest.mark.slow
def test_two_hundred_programs(monkeypatch, tmp_path):
    """Nothing accumulates: processes are replaced and end, no file is left, no answer is another's."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    it, pids = TypeChecker(TypesOptions(restart_after=70)), []
    for index in range(200):
        found = it.counting(f"a{index} = {index}\nb: str = a{index}\n" if index % 3 else f"print({index})\n")
        assert [one.line for one in found] == ([2] if index % 3 else [])
        pids.append(it.server.pid)
    it.close()
    assert len(set(pids)) == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not list(tmp_path.iterdir())


def test_the_server_ends_with_its_owner():
    """When the owner is killed the server ends, also in the middle of a program."""
    program = f"""
import sys, threading
sys.path[:0] = {sys.path!r}
from assay_verifiers.code.static import TypeChecker, TypesOptions
it = TypeChecker(TypesOptions(seconds=1))
it.start()
print(it.server.pid, flush=True)
it.check({BOMB!r})
"""
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with owner:
        pid = int(owner.stdout.readline())
        owner.kill()
    until = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < until
