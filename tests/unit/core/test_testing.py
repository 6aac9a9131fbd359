"""The conformance suite under pytest: one test a check, ended as the check ended. The bench is a fake."""

import importlib.metadata
import subprocess
import sys

import pytest

import assay
import assay.testing
from assay.conformance import checks, model
from assay.conformance.model import CheckSpec, Group, Outcome, Result, Witness

pytest_plugins = ["pytester"]

INSTALLED = any(e.value == "assay.pytest_plugin" for e in importlib.metadata.entry_points(group="pytest11"))
LOAD = () if INSTALLED else ("-p", "assay.pytest_plugin")
OUTCOMES = {
    "C-PASS": [Outcome.PASSED],
    "C-FAIL": [Outcome.PASSED, Outcome.WAIVED, Outcome.FAILED],
    "C-SKIP": [Outcome.SKIPPED, Outcome.SKIPPED],
    "C-WAIVED": [Outcome.PASSED, Outcome.WAIVED],
    "C-FIGURES": [Outcome.REPORTED],
    "C-SOME": [Outcome.SKIPPED, Outcome.PASSED],
    "C-NONE": [],
    "C-FULL": [Outcome.PASSED],
}


def result(check, outcome, **fields):
    return Result(id=check, title=f"{check} holds", group=Group.CONTRACT, level=1, outcome=outcome, **fields)


class FakeBench:
    """Answers as `OUTCOMES` says, and notes what is done with it."""

    log: list

    def __init__(self, provided, *, host, seed, full):
        self.log.append(("open", provided.name, seed, full))
        self.provided = provided

    def run_check(self, check):
        witness = Witness(completion="long" * 200, reference="4", expected="rejected", got="scored 1.0")
        return [
            result(check, o, message=f"it is {o}", n=9, failures=3, template="boxes", witness=witness)
            for o in OUTCOMES[check]
        ]

    def close(self):
        self.log.append(("close", self.provided.name))


@pytest.fixture
def log(monkeypatch):
    monkeypatch.setattr(FakeBench, "log", [], raising=False)
    monkeypatch.setattr("assay.conformance.bench.Bench", FakeBench)
    monkeypatch.setattr(checks, "load", lambda: None)
    known = {
        name: CheckSpec(
            id=name,
            title=name,
            group=Group.CONTRACT,
            level=1,
            run=lambda bench: [],
            full_only=name == "C-FULL",
        )
        for name in OUTCOMES
    }
    monkeypatch.setattr(model, "CHECKS", known)
    return FakeBench.log


def suite(arguments, imports=""):
    return f"""
import assay, assay.testing
{imports}

@assay.testing.parametrize_with_checks({arguments})
def test_conformance(assay_check):
    assay_check()
"""


def test_each_check_is_a_test_and_ends_as_the_check_did(log, pytester):
    """Passed and reported pass, failed fails, skipped skips, waived is an expected failure."""
    pytester.makepyfile(suite("'math_answer'"))
    outcome = pytester.runpytest_inprocess(*LOAD, "-v", "-rA")
    outcome.assert_outcomes(passed=3, failed=1, skipped=2, xfailed=1)
    for name, word in [
        ("C-PASS", "PASSED"),
        ("C-FAIL", "FAILED"),
        ("C-SKIP", "SKIPPED"),
        ("C-WAIVED", "XFAIL"),
        ("C-FIGURES", "PASSED"),
        ("C-SOME", "PASSED"),
        ("C-NONE", "SKIPPED"),
    ]:
        outcome.stdout.re_match_lines([rf".*\[math_answer-{name}\] {word}"])


def test_a_failure_shows_claim_message_and_witness(log, pytester):
    """What failed can be read and pasted; there is no traceback, and the waived part is not shown."""
    pytester.makepyfile(suite("'math_answer'"))
    outcome = pytester.runpytest_inprocess(*LOAD, "-k", "C-FAIL", "-rN")
    outcome.stdout.fnmatch_lines(
        [
            "C-FAIL: C-FAIL holds",
            "  it is failed",
            "  3 of 9 cases failed",
            "  worst template: boxes",
            "  completion: 'longlong*' … (800 characters)",
            "  reference: '4'",
            "  expected: rejected",
            "  got: scored 1.0",
        ]
    )
    outcome.stdout.no_fnmatch_line("*it is waived*")
    outcome.stdout.no_fnmatch_line("*Traceback*")


def test_a_bench_is_opened_once_and_closed(log, pytester):
    """All checks of a subject share one bench, with the seed and the mode that were asked for."""
    pytester.makepyfile(suite("'format.think', 'math_answer', seed=7, full=True"))
    pytester.runpytest_inprocess(*LOAD)
    assert log == [
        ("open", "format.think", 7, True),
        ("open", "math_answer", 7, True),
        ("close", "format.think"),
        ("close", "math_answer"),
    ]


def test_full_only_checks_need_full(log):
    """A quick run has no tests for them."""
    quick = assay.testing.parametrize_with_checks("x").kwargs["ids"]
    full = assay.testing.parametrize_with_checks("x", full=True).kwargs["ids"]
    assert "x-C-FULL" not in quick and "x-C-PASS" in quick
    assert set(full) - set(quick) == {"x-C-FULL"}


def test_filters_have_checks_of_their_own():
    """By name or as a spec; no check of pay is among them, and none of filters among those of others."""
    spec = assay.RolloutFilterSpec(name="own", summary="", factory=list)
    marks = {
        s: assay.testing.parametrize_with_checks(s).kwargs["ids"] for s in ("filters.empty", "length.cosine")
    }
    own = assay.testing.parametrize_with_checks(spec).kwargs["ids"]
    assert [i.rpartition(".empty")[2] for i in marks["filters.empty"]] == [i.removeprefix("own") for i in own]
    assert "own-R-REASON" in own and "own-C-LOAD" in own and "own-A-GOOD" not in own
    assert "length.cosine-A-GOOD" in marks["length.cosine"]
    assert not any("-R-" in i for i in marks["length.cosine"])


def test_specs_and_files_are_subjects_too(log, pytester):
    """A spec that no plugin offers, and a function in a file."""
    path = pytester.makepyfile(rewards="def same(answer, reference):\n    return answer == reference\n")
    spec = "assay.VerifierSpec(name='own', summary='', factory=assay.from_predicate(same))"
    pytester.makepyfile(
        test_own=suite(f"{spec}, {f'{path}:same'!r}", "def same(a, b):\n    return a == b\n"),
    )
    pytester.runpytest_inprocess(*LOAD, "-k", "C-PASS").assert_outcomes(passed=2, deselected=12)
    assert [entry[:2] for entry in log] == [
        ("open", "own"), ("open", "same"), ("close", "own"), ("close", "same"),
    ]  # fmt: skip


def test_an_unknown_plugin_is_one_clear_line(log, pytester):
    """The message lists what there is; there is no traceback."""
    pytester.makepyfile(suite("'chess'"))
    outcome = pytester.runpytest_inprocess(*LOAD, "-k", "C-PASS")
    outcome.assert_outcomes(errors=1, deselected=6)
    outcome.stdout.fnmatch_lines(["no plugin 'chess' is loaded. There are:*math_answer*"])
    outcome.stdout.no_fnmatch_line("*Traceback*")


def test_the_fixture_says_what_it_needs(pytester):
    """Without the mark, the error names it."""
    pytester.makepyfile("def test_it(assay_check):\n    assay_check()\n")
    outcome = pytester.runpytest_inprocess(*LOAD)
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*@assay.testing.parametrize_with_checks*"])


@pytest.mark.parametrize(
    ("arguments", "passed", "opened"),
    [
        (("--assay=math_answer",), 3, ["math_answer"]),
        (("--assay=math_answer", "--assay=format.think", "--assay-full"), 8, ["math_answer", "format.think"]),
        (("--assay=math_answer", "test_other.py"), 4, ["math_answer"]),
        ((), 1, []),
    ],
)
def test_the_option_needs_no_test_file(log, pytester, arguments, passed, opened):
    """``--assay=NAME`` runs the checks alone, or beside the paths that are given."""
    pytester.makepyfile(test_other="def test_other():\n    pass\n")
    outcome = pytester.runpytest_inprocess(*LOAD, *arguments)
    assert outcome.parseoutcomes()["passed"] == passed
    assert [entry[1] for entry in log if entry[0] == "open"] == opened
    if opened:
        outcome.stdout.fnmatch_lines(["FAILED assay::test_conformance?math_answer-C-FAIL? *"])


def test_the_plugin_is_light():
    """Every pytest run beside Assay loads it: no pydantic, no pool, no suite."""
    code = (
        "import sys, pytest; before = set(sys.modules); import assay.pytest_plugin\n"
        "heavy = {'pydantic', 'loky', 'pebble', 'ruamel', 'rich', 'assay.conformance', 'assay.host'}\n"
        "print(*sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_short_values_are_literals():
    """A witness without optional parts has no empty lines, and its text is a literal."""
    witness = Witness(completion="a\n'b'", expected="rejected", got="scored 1.0", fields={"truncated": True})
    text = assay.testing.describe(result("C-X", Outcome.FAILED, witness=witness))
    assert text.splitlines() == [
        "C-X: C-X holds",
        '''  completion: "a\\n'b'"''',
        "  truncated: True",
        "  expected: rejected",
        "  got: scored 1.0",
    ]
