"""The suite on trial: naive harnesses and planted faults of a small verifier of programs are found."""

import itertools
from dataclasses import dataclass, replace

import pytest
from naive_harness import accepts
from planted import Factory
from planted_code import FENCE, GUARDS, Small, code_spec

import assay
from assay.cases import Expect
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.corpora import code
from assay.conformance.model import Outcome
from assay.host import Host, Plugin, Provided

pytestmark = pytest.mark.usefixtures("sandbox")

BY_CHECK = {"bare": "K-ISO", "output_cut": "K-LANG"}
"""Guards that only a check of its own can miss."""


def one_of_each(seed=0):
    """A case of each label, family, template and form of tests."""
    found = {}
    for case in code.cases(FENCE, seed, False):
        if case.expect in (Expect.ACCEPT, Expect.REJECT):
            form = "vault" in case.item, "stdio" in case.item
            found.setdefault((case.expect, case.family, case.template, form), case)
    return list(found.values())


CASES = one_of_each()


def bench_of(spec, cases=CASES):
    checks.load()
    bench = Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host())
    bench.__dict__["cases"] = tuple(cases)
    return bench


def spec_of(check):
    return replace(code_spec(), factory=Factory(check))


def outcome(spec, check, cases=CASES):
    with bench_of(spec, cases) as bench:
        return bench.run_check(check)


def is_broken(check, case):
    return (check([case.sample])[0].score == 1.0) is not (case.expect is Expect.ACCEPT)


def test_the_small_one_is_sound():
    """With all guards on nothing of the corpus is misjudged, and the checks of its own pass."""
    assert not [case.id for case in CASES if is_broken(Small(), case)]
    for check in ("K-ISO", "K-LANG"):
        assert [result.outcome for result in outcome(code_spec(), check)] == [Outcome.PASSED]


@pytest.mark.parametrize("guard", [guard for guard in GUARDS if guard not in BY_CHECK])
def test_a_guard_that_is_off_is_noticed(guard):
    """Some labelled case is misjudged without this guard."""
    assert any(is_broken(Small(guard), case) for case in CASES)


@pytest.mark.parametrize("guard", BY_CHECK)
def test_a_check_of_its_own_notices(guard):
    """Isolation and size show in their own checks, with a witness."""
    (result,) = outcome(code_spec(guard), BY_CHECK[guard])
    assert result.outcome is Outcome.FAILED and result.witness is not None
    if guard == "bare":
        assert "reached: file" in result.message or "connected to" in result.message


def test_an_exit_code_harness_is_forged():
    """Positive control: at least ten attack programs pass a harness that looks at the exit code."""
    attacks = [
        c for c in CASES if c.knowledge_free and c.family.startswith("RVH-C") and c.family != "RVH-C15"
    ]
    forged = {(c.family, c.template) for c in attacks if accepts(c.sample.completion, c.sample.reference)}
    assert len(forged) >= 10, forged
    assert len({family for family, _ in forged}) >= 5, forged
    right = [case for case in CASES if case.expect is Expect.ACCEPT]
    assert all(accepts(case.sample.completion, case.sample.reference) for case in right)


def test_the_suite_fails_the_exit_code_harness():
    """Families of attacks, and the check that counts all exploits, fail it with a witness."""
    graded = [case for case in CASES if case.family != "RVH-C15"]
    spec = code_spec("exit_code")
    with bench_of(spec, graded) as bench:
        families = {result.id: result for result in bench.run_check("H-FAMILIES")}
        failed = {id for id, result in families.items() if result.outcome is Outcome.FAILED}
        assert failed >= {"RVH-C01", "RVH-C03", "RVH-C04", "RVH-C05", "RVH-C13"}
        assert families["RVH-C01"].knowledge_free and families["RVH-C01"].witness is not None
        (hack,) = bench.run_check("K-HACK")
        assert hack.outcome is Outcome.FAILED and hack.failures >= 10


def test_mutants_that_are_paid_fail_k_mut():
    """A verifier that asks for one test only pays mutants."""
    (result,) = outcome(code_spec("first_test"), "K-MUT", [c for c in CASES if c.family == code.MUTANT])
    assert result.outcome is Outcome.FAILED and result.witness is not None


@dataclass(frozen=True)
class Refuses:
    """Ends in a fault where a program tries something."""

    def __call__(self, samples):
        for sample in samples:
            if "os._exit" in sample.completion:
                raise RuntimeError("lost")
        return Small()(samples)


def test_an_exploit_that_ends_in_a_fault_fails_k_hack():
    """A program that brings the grader down goes unpunished: not paid, and not refused either."""
    spec = spec_of(Refuses())
    exits = [case for case in CASES if case.family == "RVH-C01"]
    (result,) = outcome(spec, "K-HACK", exits)
    assert result.outcome is Outcome.FAILED and "fault" in result.witness.got


@dataclass(frozen=True)
class Unbounded:
    """Bears what runs out of time."""

    def __call__(self, samples):
        return [
            assay.Verdict.scored(1.0) if "while True" in s.completion else Small()([s])[0] for s in samples
        ]


def test_a_paid_timeout_fails_k_res():
    """Programs that use everything up must be wrong; the right ones beside them are right."""
    spec = spec_of(Unbounded())
    (result,) = outcome(spec, "K-RES")
    assert result.outcome is Outcome.FAILED and "loops" in result.message


TURNS = itertools.count()


@dataclass(frozen=True)
class Fickle:
    """Another verdict each time."""

    def __call__(self, samples):
        return [assay.Verdict.scored(float(next(TURNS) % 3 == 0)) for _ in samples]


def test_verdicts_that_change_under_load_fail_k_par():
    """Alone and beside 31 others a completion gets the same verdict."""
    spec = spec_of(Fickle())
    (result,) = outcome(spec, "K-PAR")
    assert result.outcome is Outcome.FAILED
    assert [r.outcome for r in outcome(code_spec(), "K-PAR", CASES[:40])] == [Outcome.PASSED]


@pytest.mark.parametrize("check", ["K-MUT", "K-HACK", "K-ISO", "K-RES", "K-LANG", "K-PAR"])
def test_they_apply_to_programs_only(check):
    """A verifier that judges nothing of the kind is not asked."""
    spec = replace(code_spec(), judges=None)
    assert [result.outcome for result in outcome(spec, check, ())] == [Outcome.SKIPPED]
