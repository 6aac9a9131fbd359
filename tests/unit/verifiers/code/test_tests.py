"""`code.tests`: every form of tests, through drivers that really run."""

import signal

import pytest
from bare_sandbox import BareSandbox

from assay import Exceeded, Execution, Sample, SandboxError, Status
from assay_verifiers.code.check import Parses, Runs, Tests
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.options import RunOptions, TestsOptions
from assay_verifiers.code.reduce import prepare

SQUARE = {"fn_name": "f", "inputs": [[2], [-3]], "outputs": [4, 9]}


def test_standard_input_and_output(judge):
    """Every test is a run of its own; all must pass."""
    tests = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3", "7\n"]}
    assert judge("print(sum(map(int, input().split())))", tests).score == 1.0
    verdict = judge("print(3)", tests)
    assert (verdict.score, verdict.evidence["tests"]) == (0.0, ["passed", "wrong"])
    assert verdict.evidence["first_failure"]["input"] == "3 4\n"
    assert judge("print(sum(map(int, input().split())))\nraise SystemExit(1)", tests).score == 0.0


def test_functions_are_called_with_plain_values(judge):
    """Positional and keyword arguments, methods of LeetCode's Solution; what is printed is no matter."""
    assert judge("def f(x):\n    print('noise')\n    return x * x", SQUARE).score == 1.0
    assert judge("class Solution:\n    def f(self, x):\n        return x * x", SQUARE).score == 1.0
    assert judge("def f(x):\n    return abs(x) * 2", SQUARE).evidence["tests"] == ["passed", "wrong"]
    keywords = {"fn_name": "f", "tests": [{"args": [1], "kwargs": {"y": 2}, "expected": [1, 2]}]}
    assert judge("def f(x, *, y):\n    return x, y", keywords).score == 1.0
    method = {"fn_name": "Box().get", "tests": [{"args": [1], "expected": 1}]}
    assert judge("class Box:\n    def get(self, x):\n        return x", method).score == 1.0


def test_arguments_may_be_judged_after_the_call(judge):
    """Sorting in place is seen; returning a sorted copy is not what is asked for."""
    tests = {"fn_name": "f", "tests": [{"args": [[3, 1, 2]], "argument": 0, "expected": [1, 2, 3]}]}
    assert judge("def f(x): x.sort()", tests).score == 1.0
    assert judge("def f(x): return sorted(x)", tests).score == 0.0


def test_exceptions_may_be_expected(judge):
    """By the exception's own name or the builtin one below it; another one, or none, is wrong."""
    tests = {"fn_name": "f", "tests": [{"args": [0], "raises": "ValueError"}, {"args": [1], "expected": 1}]}
    for kind in ("ValueError", "Own"):
        program = f"class Own(ValueError): pass\ndef f(x):\n    if x < 1: raise {kind}\n    return x"
        assert judge(program, tests).score == 1.0
    assert judge("def f(x):\n    if x < 1: raise KeyError\n    return x", tests).score == 0.0
    assert judge("def f(x): return x", tests).score == 0.0


def test_a_crash_loses_the_rest_of_the_calls(judge):
    """Calls share a process unless each is to have its own."""
    program = "import os\ndef f(x):\n    if x < 0: os.abort()\n    return x * x"
    tests = {"fn_name": "f", "inputs": [[2], [-3], [4]], "outputs": [4, 9, 16]}
    assert judge(program, tests).evidence["tests"] == ["passed", "error"]
    state = "n = [0]\ndef f(x):\n    n[0] += 1\n    return n[0]"
    ones = {"fn_name": "f", "inputs": [[2], [3]], "outputs": [1, 1]}
    assert judge(state, ones).score == 0.0
    assert judge(state, ones, fresh=True).score == 1.0


HUMAN_EVAL = {
    "prompt": "from typing import List\n\ndef shift(x: int) -> int:\n    return x + 1\n\n"
    'def f(xs: List[int]) -> List[int]:\n    """Shift them all."""\n',
    "entry_point": "f",
    "test": "def check(candidate):\n    assert candidate([1, 2]) == [shift(1), shift(2)]\n",
}


def test_human_eval(judge):
    """A body, or the whole function; the prompt's helpers belong to the tests, whatever the program does."""
    assert judge("    return [shift(x) for x in xs]", HUMAN_EVAL).score == 1.0
    assert judge("def f(xs: List[int]):\n    return [x + 1 for x in xs]", HUMAN_EVAL).score == 1.0
    assert judge("def shift(x):\n    return 0\ndef f(xs):\n    return [0, 0]", HUMAN_EVAL).score == 0.0


STACK = """
class Full(Exception):
    pass

class Stack:
    limit = 3
    def __init__(self, items=()):
        self.items = list(items)
        self.name = None
    @classmethod
    def of(cls, *items):
        return cls(items)
    def push(self, item):
        if len(self.items) == self.limit:
            raise Full("full at 3")
        self.items.append(item)
        return self
    def pop(self):
        return self.items.pop()
    def other(self):
        return Stack(self.items[::-1])
    def __len__(self):
        return len(self.items)
    def __contains__(self, item):
        return item in self.items
    def __iter__(self):
        return iter(self.items)
    def __getitem__(self, at):
        return self.items[at]
    def __str__(self):
        return f"Stack({self.items})"
"""
STACK_TESTS = """
import pytest
from solution import Stack, Full

@pytest.fixture
def stack():
    return Stack([1, 2])

def test_methods(stack):
    assert isinstance(stack, Stack) and len(stack) == 2 and stack
    assert stack.push(3) is stack
    assert (stack.pop(), stack.pop()) == (3, 2)
    assert 1 in stack and 7 not in stack and list(stack) == [1] and stack[0] == 1
    assert str(stack) == "Stack([1])" and not Stack()

def test_attributes(stack):
    assert stack.items == [1, 2] and Stack.limit == 3
    stack.name = "a"
    assert stack.name == "a"
    assert stack.other().items == [2, 1]
    assert Stack.of(4).pop() == 4

def test_exceptions(stack):
    stack.push(3)
    with pytest.raises(Full, match="full"):
        stack.push(4)
    with pytest.raises(IndexError):
        Stack().pop()

@pytest.mark.parametrize("n, expected", [(1, 0.1), (2, 0.2)])
def test_numbers(n, expected):
    assert n * 0.1 == pytest.approx(expected)

class TestMore:
    def setup_method(self):
        self.stack = Stack.of(9)
    def test_one(self):
        assert self.stack.pop() == 9
"""


def test_test_functions_and_classes(judge):
    """Classes, attributes, exceptions, fixtures and parameters work across the process boundary."""
    verdict = judge(STACK, STACK_TESTS)
    assert verdict.score == 1.0 and verdict.evidence["total"] == 6, verdict
    broken = judge(STACK.replace("self.items.pop()", "self.items.pop(0)"), STACK_TESTS)
    assert broken.score == 0.0 and broken.evidence["passed"] < 6


def test_unittest(judge):
    """Test cases with assertRaises and setUp."""
    tests = (
        "import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n"
        "    def setUp(self):\n        self.x = 3\n"
        "    def test_a(self):\n        self.assertEqual(f(self.x), 9)\n"
        "    def test_b(self):\n        with self.assertRaises(ValueError):\n            f(-1)\n"
        "if __name__ == '__main__':\n    unittest.main()\n"
    )
    good = "def f(x):\n    if x < 0: raise ValueError\n    return x * x"
    verdict = judge(good, tests)
    assert verdict.score == 1.0 and verdict.evidence["total"] == 2
    assert judge("def f(x): return x * x", tests).evidence["tests"] == ["passed", "wrong"]


def test_changed_arguments_come_back(judge):
    """A list, dict or set given to the program is afterwards what the program made of it."""
    tests = ["x = [3, 1]\nd = {}\ns = {1}\nf(x, d, s)\nassert (x, d, s) == ([1, 3], {'a': [1, 3]}, {1, 2})"]
    assert judge("def f(x, d, s):\n    x.sort()\n    d['a'] = x\n    s.add(2)", tests).score == 1.0
    assert judge("def f(x, d, s):\n    x = sorted(x)", tests).score == 0.0


def test_what_cannot_be_carried_over_is_the_tests_fault(judge):
    """Functions as arguments and modules that are not there are told, and blamed on nobody's program."""
    program = "def f(g, x):\n    return g(x)"
    assert judge(program, ["assert f(lambda x: x + 1, 2) == 3"]).status is Status.REFERENCE_FAULT
    assert judge(program, "import no_such_module\nassert f(1, 2)").status is Status.REFERENCE_FAULT


def test_no_program_can_pass_the_blame_to_the_tests(judge):
    """Whatever a program returns or raises, it is wrong and not left out."""
    tests = ["y = f(1)\nassert f([y, y]) == 2"]
    for body in (
        "return list(range(150_000))",
        "raise ModuleNotFoundError('x')",
        "return f",
        "return [[]] * 10**5",
    ):
        assert judge(f"def f(x):\n    {body}", tests).score == 0.0


@pytest.mark.parametrize(
    "tests",
    [
        "from solution import f\ndef test_b():\n    f(1)\nasync def test_a():\n    assert f(1) == 2\n",
        "from solution import f\ndef test_b():\n    f(1)\ndef test_a():\n    yield f(1)\n    assert False\n",
        "from solution import f\ndef run():\n    assert f(1) == 2\nif __name__ == '__main__':\n    run()\n",
        "def test_a():\n    import pytest\n    pytest.skip('later')\n    assert f(1) == 2\n",
        "import no_such_module_here\nassert no_such_module_here.allclose(f(1), 2)\n",
    ],
)
def test_tests_that_would_pass_anything_are_unusable(judge, tests):
    """Coroutines, generators, code that nothing runs, and skipped tests say nothing about a program."""
    assert judge("def f(x): return 0", tests).status is Status.REFERENCE_FAULT


def test_modules_are_not_the_programs_to_bring(judge):
    """A name that means a well-known module is that module or none, and not a class of the program."""
    program = (
        "class np:\n    allclose = staticmethod(lambda *a: True)\n"
        "class math(np):\n    isclose = np.allclose\ndef f(x): return 7"
    )
    assert judge(program, ["assert math.isclose(f(1), 3)"]).score == 0.0
    assert judge(program, ["assert np.allclose(f(1), 3)"]).score != 1.0


def test_a_function_may_be_called_like_a_builtin(judge):
    """When the tests name it; other builtins are Python's own."""
    row = {"test_list": ["assert sum(10, 15) == 6"], "entry_point": "sum"}
    assert judge("def sum(a, b): return 6", row).score == 1.0
    assert judge("def abs(a): return 3\ndef f(x): return 7", ["assert abs(f(1)) == 3"]).score == 0.0


def test_objects_do_not_decide_whether_they_are_equal(judge):
    """Two objects of the program are equal when they are one; a returned one contains nothing."""
    program = (
        "class A:\n    def __eq__(s, o): return True\n    def __contains__(s, x): return True\n"
        "    def __iter__(s): return iter([1])\n    def get(s): return A()\n"
    )
    assert judge(program, ["a = A()\nassert a == a\nassert a.get() is not None"]).score == 1.0
    for claim in ("A() == A()", "A().get() == 3", "3 in A().get()", "A().get() in [3]", "A() == [1]"):
        assert judge(program, [f"assert {claim}"]).score == 0.0, claim


def test_a_checker_decides(judge):
    """A program of the dataset sees input, expected and actual output; its word or its exit code counts."""
    any_divisor = "import sys\nn = int(open(sys.argv[1]).read())\nd = int(open(sys.argv[3]).read())\n"
    tests = {"inputs": ["12\n"], "outputs": ["2\n"]}
    for end in ("print('OK' if n % d == 0 else 'WRONG')", "sys.exit(n % d)", "print(int(n % d == 0))"):
        row = tests | {"checker": any_divisor + end}
        assert judge("print(3)", row).score == 1.0
        assert judge("print(5)", row).score == 0.0
        assert judge("print('x')", row).score == 0.0


def test_comparators_are_options_and_columns(judge):
    """The option counts before the dataset, the dataset before the default."""
    tests = {"inputs": ["1"], "outputs": ["0.3333333333"]}
    assert judge("print(1 / 3)", tests).score == 0.0
    assert judge("print(1 / 3)", tests | {"comparator": "float"}).score == 1.0
    assert judge("print(1 / 3)", tests, comparator="float").score == 1.0
    assert judge("print(0.3)", tests, comparator="float").score == 0.0
    lines = {"fn_name": "f", "inputs": [[1]], "outputs": [[1, 2]]}
    assert judge("def f(x): return [2, 1]", lines).score == 0.0
    assert judge("def f(x): return [2, 1]", lines, comparator="unordered").score == 1.0


def test_evidence_holds_expected_values_only_on_request(judge):
    """Logs are read by people and models alike."""
    for program, tests in (
        ("print(3)", {"inputs": ["1"], "outputs": ["473829"]}),
        ("def f(x): return 3", {"fn_name": "f", "inputs": [[1]], "outputs": [473829]}),
        ("def f(x): return 3", ["assert f(1) == 473829"]),
    ):
        verdict = judge(program, tests)
        assert "473829" not in repr((verdict.reason, verdict.evidence))
        if not isinstance(tests, list):
            assert "473829" in repr(judge(program, tests, show_expected=True).evidence)


def test_a_prelude_stands_before_the_program(judge):
    """Imports that a prompt promises need not be repeated."""
    assert judge("def f(x: List[int]): return x * x", SQUARE).score == 0.0
    assert judge("def f(x: List[int]): return x * x", SQUARE, prelude="from typing import *").score == 1.0


def test_only_so_many_tests(judge):
    """`max_tests` takes the first."""
    assert judge("def f(x): return 4", SQUARE, max_tests=1).score == 1.0


def test_a_language_other_than_the_tests(judge):
    """Function calls are for Python; a program in another language is wrong, and not run."""
    verdict = judge("```bash\necho 4\n```", SQUARE | {"language": None})
    assert verdict.score == 0.0 and "bash" in verdict.reason


@pytest.mark.parametrize("reference", ["", None, {"inputs": []}])
def test_unusable_tests(judge, reference):
    """Nobody is paid or blamed."""
    assert judge("print(1)", reference).status is Status.REFERENCE_FAULT


class Scripted(BareSandbox):
    """Answers every run in the same way."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def run(self, program):
        self.runs.append(program)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def judge_with(sandbox, program, tests, **options):
    chosen = TestsOptions(**options)
    check = Tests(Engine(sandbox, chosen), chosen)
    return check([prepare(Sample(completion=f"```python\n{program}\n```", reference=tests))])[0]


@pytest.mark.parametrize(
    ("exceeded", "outcome"),
    [
        (Exceeded.CPU, "timeout"),
        (Exceeded.WALL, "timeout"),
        (Exceeded.MEMORY, "memory"),
        (Exceeded.OUTPUT, "output"),
    ],
)
def test_limits_are_the_programs_fault(exceeded, outcome):
    """A program that runs into a bound is wrong, even when its output so far is right."""
    sandbox = Scripted(Execution(exit_code=None, signal=9, exceeded=exceeded, stdout=b"2\n"))
    verdict = judge_with(sandbox, "x", {"inputs": ["1"], "outputs": ["2"]})
    assert (verdict.score, verdict.evidence["tests"]) == (0.0, [outcome])


def test_time_is_bounded_for_all_tests_together():
    """When the sum is used up nothing more is started, and the tests left over have not passed."""
    sandbox = Scripted(Execution(exit_code=0, stdout=b"2\n", seconds=2.0))
    before = len(sandbox.runs)
    tests = {"inputs": ["1"] * 10, "outputs": ["2"] * 10}
    verdict = judge_with(sandbox, "x", tests, total_seconds=5.0, seconds=3.0)
    limits = [run.limits.seconds for run in sandbox.runs[before:]]
    assert verdict.score == 0.0 and limits == pytest.approx([3.0, 3.0, 1.0], abs=0.1)


def test_a_lost_sandbox_is_nobodys_fault():
    """It is raised, for the host to mask the row; the next engine may work."""
    sandbox = Scripted(SandboxError("gone"))
    with pytest.raises(SandboxError):
        judge_with(sandbox, "x", {"inputs": ["1"], "outputs": ["2"]})


def test_a_missing_toolchain_is_an_abstention():
    """Found out when the check is built, and told with the name of the command."""
    sandbox = BareSandbox(lacks={"g++"})
    chosen = TestsOptions()
    check = Tests(Engine(sandbox, chosen), chosen)
    tests = {"inputs": ["1"], "outputs": ["2"]}

    def verdict(reference):
        return check([prepare(Sample(completion="```cpp\nint main(){}\n```", reference=reference))])[0]

    asked = verdict(tests | {"language": "cpp"})
    assert asked.status is Status.ABSTAINED and "g++" in asked.reason
    assert verdict(tests).score == 0.0  # nobody picks a language in order not to be judged


def test_expected_values_never_reach_the_sandbox():
    """What programs are given holds the inputs; only the tester of test code holds what is expected."""
    sandbox = BareSandbox()
    for tests in (
        {"inputs": ["555\n"], "outputs": ["473829"]},
        {"fn_name": "f", "inputs": [[555]], "outputs": [473829]},
        ["assert f(555) == 473829"],
        ["assert f(555) == int(473829)"],
    ):
        judge_with(sandbox, "def f(x): return x", tests)
    seen = [b"".join([run.stdin, *run.files.values()]) for run in sandbox.runs]
    with_answer = [content for content in seen if b"473829" in content]
    assert len(with_answer) == 1 and b"def test_0" in with_answer[0] and b"def f(x)" not in with_answer[0]
    assert sum(b"555" in content for content in seen) == 4


def test_runs_asks_for_no_right_answer(sandbox):
    """`code.runs` looks at the first test only, and at whether it came to an end."""
    check = Runs(Engine(sandbox, RunOptions()), RunOptions())

    def runs(program, tests):
        return check([prepare(Sample(completion=f"```python\n{program}\n```", reference=tests))])[0].score

    io = {"inputs": ["1", "x"], "outputs": ["2", "3"]}
    assert runs("print(int(input()))", io) == 1.0
    assert runs("print(one)", io) == 0.0
    assert runs("def f(x): return 0", SQUARE) == 1.0
    assert runs("def f(x): return g(x)", SQUARE) == 0.0
    assert runs("def f(x): return 0", ["assert f(1) == 2"]) == 1.0
    assert runs("raise ValueError", ["assert f(1) == 2"]) == 0.0


def test_parses_runs_nothing_for_python():
    """Syntax is seen without a sandbox; deep nesting and null bytes are no crash."""
    check = Parses(None)

    def parses(program):
        return check([prepare(Sample(completion=f"```python\n{program}\n```"))])[0].score

    assert parses("x = 1") == 1.0 and parses("raise ValueError") == 1.0
    assert parses("x = ") == 0.0 and parses("x = '\\d'") == 1.0
    assert parses("x = '\0'") == 0.0
    assert parses("(" * 5000 + ")" * 5000) == 0.0


def test_programs_fit_into_what_the_host_allows():
    """With a small `timeout` in registry.yaml programs get a share of it, so that the fault is theirs."""
    sandbox = Scripted(Execution(exit_code=0, stdout=b"2\n"))
    chosen = TestsOptions()
    check = Tests(Engine(sandbox, chosen), chosen)
    sample = prepare(Sample(completion="```python\nx\n```", reference={"inputs": ["1"], "outputs": ["2"]}))
    (verdict,) = guarded_by(5.0, lambda: check([sample]))
    assert verdict.score == 1.0 and 2.0 < sandbox.runs[-1].limits.seconds < 3.5
    check([sample])
    assert sandbox.runs[-1].limits.seconds == chosen.seconds


def guarded_by(seconds, function):
    """Call under the timer that a worker sets."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
