"""Each check of the contract finds its planted fault, and passes a sound verifier."""

import faulty
import pytest

import assay
from assay.conformance import checks, sampling
from assay.conformance.checks import contract
from assay.conformance.model import CHECKS, Outcome

IDS = [
    "C-LOAD", "C-LEN", "C-TYPE", "C-FIN", "C-RANGE", "C-SHAPE", "C-META", "C-PICKLE", "C-NOMUT", "C-EXC",
    "C-BADREF", "C-DOC",
]  # fmt: skip
CHAT = {"reads": ("completion", "reference", "prompt")}
COLUMNS = {"reads": ("completion", "reference"), "columns": ("seen",)}
PLANTED = [
    ("C-LEN", faulty.one_short, {}),
    ("C-LEN", faulty.empty_raises, {}),
    ("C-TYPE", faulty.floats, {}),
    ("C-TYPE", faulty.text_score, {}),
    ("C-FIN", faulty.nan, {}),
    ("C-FIN", faulty.infinite, {}),
    ("C-RANGE", faulty.out_of_range, {}),
    ("C-RANGE", faulty.not_binary, {}),
    ("C-RANGE", faulty.raises, {}),
    ("C-SHAPE", faulty.chat_blind, CHAT),
    ("C-META", faulty.silent, {}),
    ("C-META", faulty.strange_evidence, {}),
    ("C-PICKLE", faulty.Unpicklable(), {}),
    ("C-PICKLE", faulty.Elsewhere(), {}),
    ("C-NOMUT", faulty.mutates_list, {}),
    ("C-NOMUT", faulty.mutates_columns, COLUMNS),
    ("C-NOMUT", faulty.prompt_mutated, CHAT),
    ("C-EXC", faulty.not_unicode, {}),
    ("C-EXC", faulty.no_nul, {}),
    ("C-BADREF", faulty.trusts_empty, {}),
    ("C-BADREF", faulty.contains, {}),
]


@pytest.fixture(scope="module", autouse=True)
def only_these_probes():
    """The other groups' probes have their own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "probes", lambda: contract.PROBES)
        yield


@pytest.fixture(scope="module")
def sound():
    with faulty.bench(faulty.sound, **CHAT) as bench:
        yield bench


@pytest.mark.parametrize("check", IDS)
def test_a_sound_verifier_passes(sound, check):
    """A verifier without a fault passes every check of the contract."""
    (result,) = sound.run_check(check)
    assert result.outcome is Outcome.PASSED, result.message
    assert result.n > 0


@pytest.mark.parametrize(("check", "factory", "fields"), PLANTED)
def test_a_planted_fault_is_found(check, factory, fields):
    """A verifier with one fault fails the check that is about it, which says what it saw."""
    with faulty.bench(factory, **fields) as bench:
        (result,) = bench.run_check(check)
    assert result.outcome is Outcome.FAILED
    assert result.message
    assert result.failures > 0


def test_an_import_that_touches_the_machine_is_found():
    """C-LOAD names what a plugin opens while it is imported."""
    with faulty.bench(faulty.sound, module="faulty_import") as bench:
        (result,) = bench.run_check("C-LOAD")
    assert result.outcome is Outcome.FAILED
    assert "while it is imported" in result.message


def test_a_slow_import_is_found(sound, monkeypatch):
    """C-LOAD compares the import's CPU time with its bar."""
    monkeypatch.setattr(contract, "LOAD_SECONDS", -1.0)
    (result,) = sound.run_check("C-LOAD")
    assert result.outcome is Outcome.FAILED
    assert "CPU time" in result.message


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": " "},
        {"examples": faulty.EXAMPLES[:2]},
        {"range": (1.0, 1.0)},
        {"range": (0.0, float("inf"))},
    ],
)
def test_an_incomplete_declaration_is_found(fields):
    """C-DOC names what a declaration lacks."""
    assert list(contract.documentation_problems(faulty.spec(faulty.sound, **fields)))
    assert not list(contract.documentation_problems(faulty.spec(faulty.sound)))


def test_an_option_without_description_is_found():
    """C-DOC asks for a description of every option."""
    from pydantic import create_model

    options = create_model("Options", strict=(bool, True))
    (problem,) = contract.documentation_problems(faulty.spec(faulty.sound, options=options))
    assert "'strict'" in problem


def test_a_plain_function_needs_no_reasons():
    """A function that cannot give reasons is not failed for giving none."""
    with faulty.bench(assay.from_predicate(faulty.predicate)) as bench:
        (result,) = bench.run_check("C-META")
    assert result.outcome is Outcome.PASSED


def test_neither_does_one_of_verl_or_in_a_file(tmp_path):
    """Functions of verl, and those that a file brings, return bare numbers too."""
    file = tmp_path / "mine.py"
    file.write_text("def exact(answer, reference):\n    return answer == f'Answer: {reference}'\n")
    from assay.adapters.loading import load_target

    for factory in (assay.from_verl(faulty.verl), load_target(f"{file}:exact").spec.factory):
        with faulty.bench(factory) as bench:
            (result,) = bench.run_check("C-META")
        assert result.outcome is Outcome.PASSED, result.message


def test_pay_for_something_else_needs_no_reference():
    """A reward that declares the reference and pays for length is not failed for an unusable one."""
    fields = {"kind": assay.RewardSpec, "reads": ("completion", "reference")}
    with faulty.bench(faulty.long_enough, **fields) as bench:
        (result,) = bench.run_check("C-BADREF")
    assert result.outcome is Outcome.PASSED, result.message
    with faulty.bench(faulty.trusts_empty, **fields) as bench:
        (result,) = bench.run_check("C-BADREF")
    assert result.outcome is Outcome.FAILED


def test_every_check_of_the_group_is_tried_here():
    """No check of the contract is without a test."""
    checks.load()
    assert {name for name in CHECKS if name.startswith("C-")} == set(IDS)
