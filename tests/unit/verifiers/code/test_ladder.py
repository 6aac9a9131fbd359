"""`code.ladder`: the highest rung pays."""

import itertools

import pytest
from bare_sandbox import BareSandbox
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import MissingDependencyError, Sample, Status
from assay_verifiers.code import ladder as module
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.ladder import RUNGS, Ladder
from assay_verifiers.code.options import LadderOptions
from assay_verifiers.code.reduce import prepare

TESTS = {"inputs": ["1 2\n", "3 4\n", "5 6\n", "0 0\n"], "outputs": ["3", "7", "11", "0"]}
WEIGHTS = {"block": 0.1, "parses": 0.1, "types": 0.1, "runs": 0.2, "tests": 0.5}


@pytest.fixture(scope="module")
def climb(sandbox):
    options = LadderOptions(**WEIGHTS)
    asked = []

    def typed(source, spent):
        asked.append(source)
        return "badly" not in source

    ladder = Ladder(Engine(sandbox, options), options, typed)

    def run(program, tests=TESTS, fence="python"):
        return ladder([prepare(Sample(completion=f"```{fence}\n{program}\n```", reference=tests))])[0]

    run.asked = asked
    return run


@pytest.mark.parametrize(
    ("program", "rung", "score"),
    [
        ("def f(:", "block", 0.1),
        ("badly = one", "parses", 0.2),
        ("well = one", "types", 0.3),
        ("print('x')", "runs", 0.5),
        ("print(3)", "runs", 0.5 + 0.5 / 4),
        ("a, b = map(int, input().split())\nprint(a + b if a else 1)", "runs", 0.5 + 0.5 * 3 / 4),
        ("badly = 1\na, b = map(int, input().split())\nprint(a + b)", "tests", 1.0),
    ],
)
def test_each_rung_pays(climb, program, rung, score):
    """A program is paid for the highest rung, those below included, and for its share of the tests."""
    verdict = climb(program)
    assert verdict.evidence["rung"] == rung and verdict.score == pytest.approx(score)


def test_who_runs_is_not_asked_about_types(climb):
    """The static check is for programs that do not run: no right one is below a wrong one by it."""
    climb.asked.clear()
    climb("print(3)")
    assert climb.asked == []
    climb("x = one")
    assert len(climb.asked) == 1


def test_calls_and_test_code_climb_too(climb):
    """Running means that a call came back, or that the program could be loaded."""
    calls = {"fn_name": "f", "inputs": [[1], [2]], "outputs": [2, 3]}
    assert climb("def f(x): return x + 1", calls).score == 1.0
    assert climb("def f(x): return 2", calls).score == pytest.approx(0.75)
    assert climb("def f(x): return y", calls).evidence["rung"] == "types"
    asserts = ["assert f(1) == 2", "assert f(2) == 3"]
    assert climb("def f(x): return 2", asserts).score == pytest.approx(0.75)
    assert climb("def f(x): return y", asserts).evidence["rung"] == "runs"
    assert climb("import badly", asserts).evidence["rung"] == "parses"


def test_other_languages(climb):
    """Their tools say whether a program parses; the rung of the types is theirs with it."""
    bash = {"inputs": ["1 2\n"], "outputs": ["3"]}
    assert climb("read a b\necho $((a + b))", bash, "bash").score == 1.0
    assert climb("if", bash, "bash").evidence["rung"] == "block"
    assert climb("exit 3", bash, "bash").evidence["rung"] == "types"


def test_unusable_tests(climb):
    """They pay nobody."""
    assert climb("print(1)", {"inputs": []}).status is Status.REFERENCE_FAULT


WEIGHT = st.floats(min_value=0, max_value=1e6)


@settings(deadline=None)
@given(WEIGHT, WEIGHT, WEIGHT, WEIGHT, st.floats(min_value=1e-3, max_value=1e6), st.booleans())
def test_a_higher_rung_never_pays_less(block, parses, types, runs, tests, partial):
    """For any weights: monotone in the rung and in the share of the tests, within 0 and 1."""
    options = LadderOptions(block=block, parses=parses, types=types, runs=runs, tests=tests, partial=partial)
    ladder = Ladder.__new__(Ladder)
    ladder.options = options
    scores = [ladder.score(rung, 0.0) for rung in RUNGS[:-1]]
    scores += [ladder.score("runs", share) for share in (0.2, 0.5, 0.99)] + [ladder.score("tests", 1.0)]
    assert all(one <= other + 1e-12 for one, other in itertools.pairwise(scores))
    assert scores[0] >= 0 and scores[-1] == 1.0 and all(score <= 1 for score in scores)


def test_weights_are_not_negative():
    """A rung cannot be a penalty, and the tests have to count."""
    for wrong in ({"runs": -0.1}, {"tests": 0}):
        with pytest.raises(ValidationError):
            LadderOptions(**wrong)


def test_a_rung_that_cannot_be_asked_is_left_out(monkeypatch, caplog):
    """Without pyright the rungs share the weight of `types`, and a warning says so; asked for, it is due."""

    def missing():
        raise MissingDependencyError("no Node.js")

    monkeypatch.setattr(module, "types_check", missing)
    options, check = module.with_types(LadderOptions())
    assert options.types == 0 and check is None and "no Node.js" in caplog.text
    ladder = Ladder(Engine(BareSandbox(), options), options, check)
    assert ladder.score("types", 0.0) == ladder.score("parses", 0.0) == pytest.approx(0.1 / 0.95)
    with pytest.raises(MissingDependencyError):
        module.with_types(LadderOptions(types=0.05))
    assert module.with_types(LadderOptions(types=0))[1] is None
    assert module.with_types(LadderOptions(types=0.3, language="bash"))[1] is None


def test_the_rung_of_types_has_a_weight(monkeypatch):
    """Where pyright is there it weighs 0.05, or what was asked for."""
    monkeypatch.setattr(module, "types_check", lambda: lambda source, spent: True)
    for asked, weight in ((None, 0.05), (0.3, 0.3)):
        options, check = module.with_types(LadderOptions(types=asked))
        assert options.types == weight and check is not None


def test_types_are_checked_in_what_is_left_of_the_time():
    """The static check is told what the program has had."""
    options, told = LadderOptions(**WEIGHTS), []
    ladder = Ladder(Engine(BareSandbox(), options), options, lambda source, spent: told.append(spent) or True)
    ladder([prepare(Sample(completion="```python\nsum(range(10**6))\nx = one\n```", reference=TESTS))])
    assert len(told) == 1 and told[0] > 0


def test_without_partial_credit_only_all_tests_count():
    """`partial: false` pays a share of the tests like none."""
    options = LadderOptions(**WEIGHTS, partial=False)
    ladder = Ladder(Engine(BareSandbox(), options), options, None)
    sample = prepare(Sample(completion="```python\nprint(3)\n```", reference=TESTS))
    assert ladder([sample])[0].score == pytest.approx(0.5)
