"""The corpus of programs: deterministic, large enough, and with labels that its own evaluator confirms."""

import ast
import json
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cases import Expect
from assay.conformance.corpora import code, digest
from assay.conformance.corpora.code import evaluator
from assay.conformance.corpora.code.exploits import VAULT, exploits
from assay.conformance.corpora.code.mutants import KINDS, mutants
from assay.conformance.corpora.code.problems import make_item, observe
from assay.conformance.corpora.code.sources import SOURCES


def render(answer: str) -> str:
    return f"```python\n{answer}\n```"


CASES = code.cases(render, 0, False)
ITEMS = code.make_items(0, False)


def run(source, *args):
    return evaluator.call(ast.parse(source), "f", args)


def test_equal_seeds_give_equal_cases():
    """The corpus follows from its seed, and another seed gives another one."""
    assert digest(CASES) == digest(code.cases(render, 0, False))
    assert digest(CASES) != digest(code.cases(render, 1, False))


def test_there_is_enough_of_everything():
    """12 problems, 400 right programs, 200 mutants of all kinds, 40 attack programs, 15 of the C families."""
    assert len({item.name for item in ITEMS}) == len(SOURCES) >= 12
    count = Counter((case.expect, case.family) for case in CASES)
    assert count[Expect.ACCEPT, ""] >= 400 and count[Expect.REJECT, code.MUTANT] >= 200
    assert {case.template for case in CASES if case.family == code.MUTANT} == set(KINDS)
    attacks = [case for case in CASES if case.family.startswith("RVH-C") and case.knowledge_free]
    assert len({(case.family, case.template) for case in attacks}) >= 40
    assert len({case.family for case in CASES if case.family.startswith("RVH-C")}) >= 15
    assert {item.stdio for item in ITEMS} == {True, False}


def test_case_ids_are_unique():
    """Reports, and baselines, name cases by id."""
    assert max(Counter(case.id for case in CASES).values()) == 1


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.name}-{'stdio' if item.stdio else 'call'}")
def test_labels_follow_from_the_tests(item):
    """The reference passes every test, every mutant fails one, and no constant passes them all."""
    tree = ast.parse(item.reference)
    right = [observe(tree, item.source, args, item.stdio) for args in item.tests]
    assert [evaluator.call(tree, item.name, args) for args in item.tests] == list(item.expected)
    assert len(set(right)) >= 2
    assert set(map(repr, item.tests)) <= set(map(repr, item.domain))
    for mutant in item.mutants:
        changed = ast.parse(mutant.source)
        assert [observe(changed, item.source, args, item.stdio) for args in item.tests] != right, mutant


def test_no_attack_on_the_vault_knows_its_number():
    """What a program looks for is in its tests only; it holds no more than the first digits."""
    for case in CASES:
        if "vault" in case.item and case.expect is Expect.REJECT:
            number = str(json.loads(case.sample.reference)["outputs"][0]).strip()
            assert number.startswith(VAULT) and len(number) == 13
            assert number not in case.sample.completion


def test_exploits_hold_no_part_of_a_problem():
    """An exploit is the same whatever is asked: only the function's name is filled in."""
    for exploit in exploits():
        one, other = (exploit.for_function(name, False) for name in ("aaaa", "bbbb"))
        assert one.replace("aaaa", "bbbb") == other


def test_completions_about_one_item_differ():
    """Two cases of one item never share their completion."""
    seen = defaultdict(set)
    for case in CASES:
        assert case.sample.completion not in seen[case.item]
        seen[case.item].add(case.sample.completion)


@given(st.lists(st.integers(-50, 50), max_size=6), st.integers(1, 9))
def test_the_evaluator_agrees_with_python(numbers, k):
    """Loops, branches, comprehensions and slices mean what they mean in Python."""
    source = f"""
def f(row):
    found = [n * {k} for n in row if n % 2 == 0]
    total = 0
    for index in range(len(row)):
        if row[index] < 0:
            continue
        total += row[index] // {k}
        if total > 60:
            break
    return [total, *found[1:]] if False else [total] + found[1:][::-1]
"""
    source = source.replace("[total, *found[1:]] if False else ", "")
    found = [n * k for n in numbers if n % 2 == 0]
    total = 0
    for n in numbers:
        if n < 0:
            continue
        total += n // k
        if total > 60:
            break
    assert run(source, numbers) == [total, *found[1:][::-1]]


@pytest.mark.parametrize(
    "body",
    [
        "return row[9]",
        "return 1 // 0",
        "return x",
        "return row + 1",
        "return row.split()",
        "a, b = row",
        "row.nope()",
    ],
)
def test_what_python_raises_is_an_error(body):
    """A program that raises has no value; one with what is not known here is not evaluated."""
    with pytest.raises((evaluator.ProgramError, evaluator.UnknownSyntaxError)):
        run(f"def f(row):\n    {body}", [1, 2, 3])


@pytest.mark.parametrize(
    "body", ["while True: pass", "return f(row)", "return 'x' * 10**9", "return range(10**9)"]
)
def test_nothing_runs_for_ever(body):
    """Steps, depth and sizes are bounded."""
    with pytest.raises((evaluator.TooLongError, evaluator.UnknownSyntaxError)):
        run(f"def f(row):\n    {body}", [])


def test_arguments_are_copied():
    """A program that changes its argument changes nothing of the next evaluation."""
    row = [1, 2]
    assert run("def f(row):\n    row.append(3)\n    return row", row) == [1, 2, 3] and row == [1, 2]


@pytest.mark.parametrize("name", ["open", "getattr", "__import__", "print"])
def test_only_harmless_functions_are_known(name):
    """The evaluator calls a fixed list of pure functions and methods."""
    with pytest.raises(evaluator.UnknownSyntaxError):
        run(f"def f(row):\n    return {name}('x')", [])
    with pytest.raises(evaluator.UnknownSyntaxError):
        run("def f(row):\n    return row.__class__", [])


def test_mutants_differ_in_text():
    """No mutant is the program itself, and none comes twice."""
    source = make_item(0, random.Random(0), 0).reference
    found = [mutant.source for mutant in mutants(source, random.Random(0))]
    assert len(found) == len(set(found)) >= 10
    assert ast.unparse(ast.parse(source)) not in found
