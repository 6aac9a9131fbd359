"""Test code that is read as calls, and test code that is not."""

import pytest

from assay_verifiers.code.cases import CallTest
from assay_verifiers.code.problem import read_problem

CHECK = "METADATA = {'author': 'x'}\n\n\ndef check(candidate):\n    assert True, 'starts'\n"


def literal(reference):
    code = read_problem(reference).code
    assert code is not None
    return code.literal


def test_one_assert_each():
    """MBPP: every assert is a test, by the function's name alone."""
    found = literal(["assert f(1, [2], y=(3,)) == {4: None}", "assert {-1.5, 2j} == f(), 'text'"])
    assert found.calls == (CallTest([1, [2]], {"y": (3,)}, {4: None}), CallTest([], {}, {-1.5, 2j}))
    assert (found.target, found.finds, found.separate) == ("f", "function", True)
    assert literal("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(2) == 3\n").separate


def test_check():
    """HumanEval: one test, with what stands in front of the program."""
    asserts = "    assert candidate('a') == 'b'\n    assert candidate('c') == 'd', 'text'\n"
    found = literal({"test": CHECK + asserts, "entry_point": "f", "prompt": "def f(x: str):\n"})
    assert found.calls == (CallTest(["a"], {}, "b"), CallTest(["c"], {}, "d"))
    assert (found.target, found.finds, found.separate) == ("f", "candidate", False)


def test_all_in_one_test():
    """Asserts below each other are one test: the first failure ends it."""
    assert not literal("assert f(1) == 2\nassert f(2) == 3\n").separate
    assert not literal(["assert f(1) == 2\nassert f(2) == 3"]).separate


OTHER = [
    ["assert f(1)"],
    ["assert not f(1) == 2"],
    ["assert f(1) != 2"],
    ["assert f(1) is None"],
    ["assert f(1) == 2 == 2"],
    ["assert f(1) == f(2)"],
    ["assert (f(1) == 2, 'text')"],
    ["assert f(1) == 2, str(f(1))"],
    ["assert f(1) == 1 + 1"],
    ["assert f(x) == 2"],
    ["assert f(*[1]) == 2"],
    ["assert f(**{'x': 1}) == 2"],
    ["assert f(x=1, x=2) == 2"],
    ["assert f([] * 2) == 2"],
    ["assert f(...) == 2"],
    ["assert f({[]: 1}) == 2"],
    ["assert f('{x}') == f'{1}'"],
    ["assert f.g(1) == 2"],
    ["assert f(1)(2) == 2"],
    ["assert sorted([2, 1]) == [1, 2]"],
    ["assert math(1) == 2"],
    ["assert np(1) == 2"],
    ["assert test_0(1) == 2"],
    ["assert f(1) == 2", "assert g(1) == 2"],
    ["assert f(1) == 2", "assert True"],
    ["assert f(1) == 2", "assert f(1) == 2\nassert f(2) == 3"],
    ["x = 1\nassert f(1) == 2"],
    ["for x in [1]:\n    assert f(1) == 2"],
    [f"assert f({'[' * 101}{']' * 101}) == 2"],
    [f"assert f({2**13_001:#x}) == 2"],
    "import solution\nassert f(1) == 2",
    "from solution import f\nassert f(1) == 2",
    "x = 1\nassert f(1) == 2",
    "METADATA = {}\nassert f(1) == 2",
    "assert f(1) == 2\ndef test_a():\n    assert f(1) == 2",
    "def test_a():\n    assert f(1) == 2\ndef test_a():\n    assert f(2) == 3",
    "def test_a(x):\n    assert f(1) == 2",
    "def test_a(x=1):\n    assert f(1) == 2",
    "@skip\ndef test_a():\n    assert f(1) == 2",
    "async def test_a():\n    assert f(1) == 2",
    "def other():\n    assert f(1) == 2",
    "def check(candidate):\n    assert candidate(1) == 2\ncheck(f)",
    {"test_list": ["assert f(1) == 2"], "test_setup_code": "x = 1"},
    {"test_list": ["assert f(1) == 2"], "test_imports": ["import math"]},
    {"test_list": ["assert f(1) == 2"], "entry_point": "g"},
    {"test_list": ["assert sum(1) == 2"], "entry_point": "sum"},
    {"test": "assert f(1) == 2", "prefix": "def f(x): return 2"},
    {"test": CHECK, "entry_point": "f"},
    {"test": CHECK + "    assert f(1) == 2", "entry_point": "f"},
    {"test": CHECK + "    assert candidate(1) == 2", "entry_point": "Solution().f"},
    {"test": CHECK + "    assert candidate(1) == 2", "entry_point": "sum"},
    {"test": CHECK + "    assert candidate(1) == 2\n    return", "entry_point": "f"},
    {"test": CHECK + "    assert candidate(1) == 2\ncheck(f)", "entry_point": "f"},
    {"test": CHECK + "    assert candidate(1) == 2\nassert f(1) == 2", "entry_point": "f"},
    {"test": "def check(candidate, x):\n    assert candidate(1) == 2", "entry_point": "f"},
    {"test": "def check(candidate, x=1):\n    assert candidate(1) == 2", "entry_point": "f"},
    {"test": "METADATA = {[]: 1}\ndef check(candidate):\n    assert candidate(1) == 2", "entry_point": "f"},
]


@pytest.mark.parametrize("reference", OTHER, ids=lambda value: repr(value)[:60])
def test_other_code_is_run(reference):
    """Whatever is written in another way, or means something else, is left to the tester."""
    assert literal(reference) is None
