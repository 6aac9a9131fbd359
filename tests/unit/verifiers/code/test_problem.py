"""The shapes in which datasets have their tests."""

import json

import pytest

from assay_verifiers.code import probe
from assay_verifiers.code.problem import CallTest, IoTest, ProblemError, read_problem

IO = (IoTest("1\n", "2"), IoTest("3\n", "4"))


@pytest.mark.parametrize(
    "reference",
    [
        {"inputs": ["1\n", "3\n"], "outputs": ["2", "4"]},
        {"inputs": [["1", ""], "3\n"], "outputs": [2, ["4"]], "fn_name": None},
        '{"inputs": ["1\\n", "3\\n"], "outputs": ["2", "4"]}',
        [{"input": "1\n", "output": "2"}, {"input": "3\n", "output": "4"}],
        [
            {"input": "1\n", "output": "2", "type": "stdin_stdout", "fn_name": None},
            {"input": "3\n", "output": "4"},
        ],
        [
            {"input": "1\n", "output": "2", "testtype": "stdin"},
            {"input": "3\n", "output": "4", "testtype": "stdin"},
        ],
        {
            "language": "python",
            "test_cases": [{"input": "1\n", "output": "2"}, {"input": "3\n", "output": "4"}],
        },
        {"ground_truth": '{"inputs": ["1\\n", "3\\n"], "outputs": ["2", "4"]}', "style": "rule"},
        {
            "verification_info": {
                "test_cases": [{"input": "1\n", "output": "2"}, {"input": "3\n", "output": "4"}]
            }
        },
        {"public_test_cases": '[{"input": "1\\n", "output": "2"}, {"input": "3\\n", "output": "4"}]'},
    ],
)
def test_standard_input_and_output(reference):
    """APPS, TACO, verl, DeepCoder, PrimeIntellect and LiveCodeBench write the same tests in these ways."""
    assert read_problem(reference).io == IO


CALLS = (CallTest([1, [2]], {}, 3), CallTest([4, []], {}, 4))


@pytest.mark.parametrize(
    "reference",
    [
        {"fn_name": "f", "inputs": [[1, [2]], [4, []]], "outputs": [3, 4]},
        {"fn_name": "f", "inputs": ["1\n[2]", "4\n[]"], "outputs": ["3", "4"]},
        {"fn_name": "f", "tests": [{"args": [1, [2]], "expected": 3}, {"args": [4, []], "output": 4}]},
        {
            "metadata": '{"func_name": "f"}',
            "public_test_cases": '[{"input": "1\\n[2]", "output": "3", "testtype": "functional"}, '
            '{"input": "4\\n[]", "output": "4", "testtype": "functional"}]',
        },
        [
            {"type": "function_call", "fn_name": "f", "input": [1, [2]], "output": 3},
            {"type": "function_call", "fn_name": "f", "input": [4, []], "output": 4},
        ],
    ],
)
def test_function_calls(reference):
    """Arguments as arrays, or as LiveCodeBench's lines of JSON."""
    problem = read_problem(reference)
    assert (problem.target, problem.calls, problem.language) == ("f", CALLS, "python")


def test_calls_may_say_more():
    """Keywords, expected exceptions, and arguments that are looked at after the call."""
    tests = [
        {"kwargs": {"x": 1}, "expected": 2},
        {"args": [0], "raises": "ValueError"},
        {"args": [[3, 1]], "argument": 0, "expected": [1, 3]},
    ]
    assert read_problem({"fn_name": "Solution().f", "tests": tests}).calls == (
        CallTest([], {"x": 1}, 2),
        CallTest([0], {}, raises="ValueError"),
        CallTest([[3, 1]], {}, [1, 3], argument=0),
    )


def test_wrapped_outputs_are_unwrapped_when_that_is_said():
    """APPS puts an array around each expected value; nobody guesses whether one did."""
    reference = {"fn_name": "f", "inputs": [[1]], "outputs": [[[2]]]}
    assert read_problem(reference).calls[0].expected == [[2]]
    assert read_problem(reference, wrapped=True).calls[0].expected == [2]
    with pytest.raises(ProblemError):
        read_problem({"fn_name": "f", "inputs": [[1]], "outputs": [2]}, wrapped=True)


HUMAN_EVAL = {
    "task_id": "HumanEval/0",
    "prompt": 'from typing import List\n\ndef f(x: int) -> int:\n    """Doc."""\n',
    "entry_point": "f",
    "test": "METADATA = {}\n\ndef check(candidate):\n    assert candidate(1) == helper(2)\n",
}


def test_test_code():
    """HumanEval, MBPP, and test functions, as a row, an array or bare text."""
    code = read_problem(HUMAN_EVAL).code
    assert code is not None and code.entry_point == "f" and code.prefix == HUMAN_EVAL["prompt"]
    assert set(code.names) >= {"f", "helper"}
    mbpp = read_problem(
        {"prompt": "Write f.", "test_list": ["assert f(1) == 2"], "test_imports": ["import math"]}
    )
    assert mbpp.code is not None and "def test_0" in mbpp.code.source and mbpp.code.imports == ("math",)
    assert mbpp.prefix == ""
    assert read_problem(["assert f(1) == 2", "assert f(2) == 3"]).code is not None
    bare = read_problem("from solution import f\n\ndef test_f():\n    assert f(1) == 2\n")
    assert bare.code is not None and bare.code.modules == ("solution",) and bare.language == "python"


def test_what_stands_beside_tests():
    """Language, comparator, tolerance and checker belong to the problem."""
    row = {"inputs": ["1"], "outputs": ["2"], "language": "C++", "comparator": "float", "tolerance": 0.1}
    problem = read_problem(row | {"checker": "print(1)"})
    assert (problem.language, problem.comparator, problem.tolerance) == ("cpp", "float", 0.1)
    assert problem.checker == "print(1)"


BAD = [
    None,
    "",
    "  \n",
    3,
    [],
    {},
    "[1, 2",
    "not python code",
    "x = 1",
    "[" * 100_000,
    [1, 2],
    [{"input": "1"}],
    ["x = 1"],
    ["assert f(1"],
    {"inputs": [], "outputs": []},
    {"inputs": ["1"], "outputs": []},
    {"inputs": "1", "outputs": "2"},
    {"inputs": [{"a": 1}], "outputs": ["1"]},
    {"inputs": ["1", "2"], "outputs": ["", " \n"]},
    {"inputs": ["1"], "outputs": ["2"], "language": "cobol"},
    {"inputs": ["1"], "outputs": ["2"], "comparator": "psychic"},
    {"inputs": ["1"], "outputs": ["2"], "tolerance": 7},
    {"fn_name": "f", "inputs": [[1]], "outputs": [1], "language": "java"},
    {"fn_name": "import os", "inputs": [[1]], "outputs": [1]},
    {"fn_name": "f", "inputs": [3], "outputs": [1]},
    {"fn_name": "f", "inputs": ["{"], "outputs": ["1"]},
    {"fn_name": "f", "inputs": [[1], [2]], "outputs": [None, None]},
    {"fn_name": "f", "inputs": [[object()]], "outputs": [1]},
    {"fn_name": "f", "tests": [{"args": [1], "expected": 1, "argument": 5}]},
    [{"fn_name": "f", "args": [1], "output": 1}, {"fn_name": "g", "args": [1], "output": 1}],
    {"test": "def check(candidate):\n    assert candidate(1)"},
    {"test": "def check(candidate):\n    assert candidate(1)", "entry_point": "__import__('os')"},
    {"question": "What?"},
]


@pytest.mark.parametrize("reference", BAD, ids=lambda value: repr(value)[:40])
def test_unusable_tests_are_told_and_never_run(reference):
    """Tests that are malformed, empty, or passed by doing nothing are refused, by the probe too."""
    with pytest.raises(ProblemError):
        read_problem(reference)
    assert probe(reference)


def test_messages_do_not_tell_what_is_expected():
    """Problems of the tests are reported without their content."""
    row = {"fn_name": "f", "inputs": ["1"], "outputs": ["{4711"]}
    assert "4711" not in str(probe(row)) and "4711" not in str(probe(json.dumps(row)))
    assert probe({"inputs": ["1"], "outputs": ["2"]}) is None
