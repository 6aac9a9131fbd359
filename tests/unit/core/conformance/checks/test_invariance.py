"""Each check of invariance finds its planted fault, and passes a sound check."""

import faulty
import pytest

import assay
from assay.conformance import checks, sampling
from assay.conformance.checks import invariance
from assay.conformance.model import CHECKS, Outcome

IDS = [
    "D-REPEAT", "D-PROC", "D-ORDER", "D-SPLIT", "D-NEIGH", "D-THREAD", "D-ASYNC", "D-FORK", "D-STATE",
]  # fmt: skip
PLANTED = [
    ("D-REPEAT", faulty.random_score),
    ("D-PROC", faulty.hash_order),
    ("D-PROC", faulty.time_zone),
    ("D-PROC", faulty.folder),
    ("D-ORDER", faulty.first_wins),
    ("D-SPLIT", faulty.batch_size),
    ("D-NEIGH", faulty.jealous),
    ("D-STATE", faulty.not_twice),
    ("D-STATE", faulty.poisoned),
    ("D-STATE", faulty.drifts),
    ("D-THREAD", faulty.shared_slot),
    ("D-THREAD", faulty.main_thread_only),
    ("D-ASYNC", faulty.own_loop),
    ("D-FORK", faulty.not_after_fork),
]
GROUP = {"scope": assay.Scope.GROUP}


@pytest.fixture(scope="module", autouse=True)
def only_these_probes():
    """The other groups' probes have their own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "probes", lambda: invariance.PROBES)
        yield


@pytest.fixture(scope="module")
def sound():
    with faulty.bench(faulty.sound) as bench:
        yield bench


@pytest.mark.parametrize("check", IDS)
def test_a_sound_verifier_passes(sound, check):
    """A verifier without a fault passes every check of invariance."""
    (result,) = sound.run_check(check)
    assert result.outcome is Outcome.PASSED, result.message
    assert result.n > 0


@pytest.mark.parametrize(("check", "factory"), PLANTED)
def test_a_planted_fault_is_found(check, factory):
    """A verifier with one fault fails the check that is about it, with a witness."""
    with faulty.bench(factory) as bench:
        (result,) = bench.run_check(check)
    assert result.outcome is Outcome.FAILED, result
    assert result.failures > 0
    assert result.witness is not None


@pytest.mark.parametrize("check", ["D-GROUP", "D-REPEAT", "D-ORDER", "D-PROC", "D-STATE"])
def test_a_sound_group_reward_passes(check):
    """A reward that sees whole groups is tried by groups."""
    with faulty.bench(faulty.longest, **GROUP) as bench:
        (result,) = bench.run_check(check)
    assert result.outcome is Outcome.PASSED, result.message


@pytest.mark.parametrize("factory", [faulty.first_longest, faulty.spread])
def test_a_group_reward_with_a_fault_is_found(factory):
    """Equal completions paid apart, and a group of one that raises, fail D-GROUP."""
    with faulty.bench(factory, **GROUP) as bench:
        (result,) = bench.run_check("D-GROUP")
    assert result.outcome is Outcome.FAILED


def test_what_was_raised_is_told():
    """A check that works in the main thread only says so, rather than that it differs."""
    with faulty.bench(faulty.main_thread_only) as bench:
        (result,) = bench.run_check("D-THREAD")
    assert "it raised ValueError: signal only works in main thread" in result.message
    assert result.witness.got == "checker_fault" and result.witness.expected.endswith("scored 1")


def test_declared_chance_is_measured():
    """D-REPEAT tells how often a plugin that declares itself random changes its mind, and grades nothing."""
    with faulty.bench(faulty.random_score, deterministic=False) as bench:
        (result,) = bench.run_check("D-REPEAT")
    assert result.outcome is Outcome.REPORTED
    assert 0 < result.figures["varying"] <= 1


def test_what_does_not_apply_is_skipped():
    """A plugin that declares itself random is not tried for repetition; a sample's for groups."""
    with faulty.bench(faulty.random_score, deterministic=False) as bench:
        assert bench.run_check("D-ORDER")[0].outcome is Outcome.SKIPPED
        assert bench.run_check("D-GROUP")[0].outcome is Outcome.SKIPPED
    with faulty.bench(faulty.longest, **GROUP) as bench:
        assert bench.run_check("D-NEIGH")[0].outcome is Outcome.SKIPPED


def test_every_check_of_the_group_is_tried_here():
    """No check of invariance is without a test."""
    checks.load()
    assert {name for name in CHECKS if name.startswith("D-")} == {*IDS, "D-GROUP"}
