"""Asserts with literals get the verdicts that a tester would give them."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay_verifiers.code.engine import Engine
from assay_verifiers.code.extract import Found
from assay_verifiers.code.options import TestsOptions
from assay_verifiers.code.problem import read_problem

OPTIONS = TestsOptions(seconds=1, total_seconds=2)


@pytest.fixture(scope="module")
def both(sandbox):
    """Judge a program both ways: as calls, and with the tester; say what verdicts are made of."""
    engine = Engine(sandbox, OPTIONS)

    def run(program, reference):
        read = read_problem(reference)
        assert read.code is not None and read.code.literal is not None
        found = []
        for problem in (read, replace(read, code=replace(read.code, literal=None))):
            report = engine.run(problem, Found("python", program), stop=False, options=OPTIONS)
            assert report.gap is None
            found.append((report.loaded, report.all_passed, report.passed / report.total))
        return found

    return run


PROGRAMS = {
    "right": "def f(x): return x + 1",
    "wrong": "def f(x): return x",
    "second wrong": "def f(x): return 2 if x == 1 else 0",
    "second raises": "def f(x): return x + 1 if x != 2 else [][0]",
    "second ends": "import os\ndef f(x): return x + 1 if x != 2 else os._exit(0)",
    "second never ends": "def f(x):\n    while x == 2: pass\n    return x + 1",
    "remembers": "n = [0]\ndef f(x):\n    n[0] += 1\n    return n[0] + 1",
    "float": "def f(x): return x + 1.0",
    "own int": "class I(int):\n    def __eq__(s, o): return True\ndef f(x): return I(x + 1)",
    "bool": "def f(x): return True",
    "object": "def f(x): return object()",
    "generator": "def f(x): yield x + 1",
    "too much": "def f(x): return x + 1 if x > 1 else 'a' * 10**6",
    "far too much": "def f(x): return x + 1 if x > 1 else 'a' * 3 * 10**6",
    "prints": "def f(x):\n    print(x)\n    return x + 1",
    "in Solution": "class Solution:\n    def f(self, x): return x + 1",
    "class": "class f(int):\n    def __new__(c, x): return x + 1",
    "own class": "class f:\n    def __init__(s, x): pass\n    def __eq__(s, o): return True",
    "exception": "class f(Exception): pass",
    "builtin type": "f = int",
    "callable": "class C:\n    def __call__(s, x): return x + 1\nf = C()",
    "value": "f = 3",
    "odd value": "f = object()",
    "module": "import sys as f",
    "callable module": (
        "import types\nclass M(types.ModuleType):\n    def __call__(s, x): return x + 1\nf = M('f')"
    ),
    "on demand": "def __getattr__(name): return lambda x: x + 1",
    "replaced": "def f(x):\n    global f\n    f = int\n    return x + 1",
    "missing": "x = 1",
    "does not load": "def f(x): return x + 1\nraise ValueError",
    "does not parse": "def f(x: return x + 1",
    "leaves": "import os\nos._exit(0)",
    "never loads": "while True: pass",
}
FORMS = {
    "separate": [f"assert f({n}) == {n + 1}" for n in (1, 2, 3)],
    "together": "assert f(1) == 2\nassert f(2) == 3\nassert 4 == f(3)\n",
    "check": {
        "test": "METADATA = {}\ndef check(candidate):\n    assert candidate(1) == 2\n"
        "    assert candidate(2) == 3\n    assert candidate(x=3) == 4\n",
        "entry_point": "f",
    },
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_both_ways_give_one_verdict(both, name, form):
    """Loaded, right, and the share of the tests: the same, whatever the program does."""
    literal, run = both(PROGRAMS[name], FORMS[form])
    assert literal == run
    if name in ("right", "own int", "float", "callable", "prints"):
        assert literal == (True, True, 1.0)


@pytest.mark.parametrize("body", ["x.append(print)", "x[:] = [x]", "x.append({1: x[:]})", "x.clear()"])
def test_arguments_have_to_stay_plain(both, body):
    """What a tester could not get back fails the test."""
    literal, run = both(f"def f(x):\n    {body}\n    return 2", ["assert f([1]) == 2"])
    assert literal == run


SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, -0.5, 1j])
    | st.text("a\U0001f600\n\ud800", max_size=2) | st.binary(max_size=2)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.sets(SCALARS, max_size=3).filter(bool)
        | st.dictionaries(SCALARS, inner, max_size=3)
    ),
    max_leaves=6,
)
CHANGES = {
    "nothing": "x",
    "numbers": "float(x) if type(x) is int else int(x) if type(x) in (bool, float) else x",
    "sequences": "tuple(x) if type(x) is list else list(x) if type(x) is tuple else x",
    "order": "dict(reversed(list(x.items()))) if type(x) is dict else x",
    "frozen": "frozenset(x) if type(x) is set else x",
    "subclass": "type('L', (list,), {'__eq__': lambda s, o: True})(x) if type(x) is list else x",
    "another": "OTHER",
}
DEEP = """
def f(x):
    if type(x) in (list, tuple, set):
        x = type(x)([f(y) for y in x])
    elif type(x) is dict:
        x = {f(k): f(v) for k, v in x.items()}
    return CHANGE
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=3), VALUES, st.sampled_from(sorted(CHANGES)))
def test_equal_means_the_same(both, values, other, change):
    """Any plain values, returned as they are, in another form, or others instead."""
    asserts = [f"assert f({value!r}) == {value!r}" for value in values]
    literal, run = both(DEEP.replace("CHANGE", CHANGES[change]).replace("OTHER", repr(other)), asserts)
    assert literal == run
