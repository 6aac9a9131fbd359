"""Each check of operations finds its planted fault, and passes a sound verifier."""

import signal
import subprocess
import sys

import faulty
import pytest

import assay
from assay.conformance import bombs, checks, sampling
from assay.conformance.checks import operations
from assay.conformance.model import CHECKS, Outcome

IDS = ["O-BOMB", "O-MEM", "O-SIDE", "O-FS", "O-NET", "O-EVAL", "O-FAIL", "O-LOG"]
FULL_ONLY = ["O-HANG", "O-CANCEL"]
PROCESS = {"isolation": assay.Isolation.PROCESS}
QUICK = {"limits": assay.Limits(seconds=0.3)}
PLANTED = [
    ("O-BOMB", faulty.spins, QUICK),
    ("O-BOMB", faulty.sound, {**QUICK, **PROCESS, "prepare": faulty.spinning_prepare}),
    ("O-BOMB", faulty.sleeps, {**QUICK, **PROCESS}),
    ("O-MEM", faulty.leaks, {}),
    ("O-MEM", faulty.leaks_files, {}),
    ("O-MEM", faulty.leaks_threads, {}),
    ("O-FS", faulty.writes_file, {}),
    ("O-FS", faulty.starts_program, {}),
    ("O-NET", faulty.opens_socket, {}),
    ("O-EVAL", faulty.evaluates, {}),
    ("O-EVAL", faulty.runs_blocks, {}),
    ("O-LOG", faulty.tells_reason, {}),
    ("O-LOG", faulty.tells_log, {}),
    ("O-LOG", faulty.tells_output, {}),
]


@pytest.fixture(scope="module", autouse=True)
def only_these_probes():
    """The other groups' probes have their own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "probes", lambda: operations.PROBES)
        yield


@pytest.fixture(scope="module")
def sound():
    with faulty.bench(faulty.sound, **PROCESS) as bench:
        yield bench


@pytest.mark.parametrize("check", IDS)
def test_a_sound_verifier_passes(sound, check):
    """A verifier without a fault passes every check of operations, in worker processes."""
    (result,) = sound.run_check(check)
    assert result.outcome is Outcome.PASSED, result.message


@pytest.mark.parametrize(("check", "factory", "fields"), PLANTED)
def test_a_planted_fault_is_found(check, factory, fields):
    """A verifier with one fault fails the check that is about it."""
    with faulty.bench(factory, **fields) as bench:
        (result,) = bench.run_check(check)
    assert result.outcome is Outcome.FAILED, result
    assert result.message


@pytest.mark.parametrize("name", faulty.SIDE_EFFECTS)
def test_a_side_effect_is_found(name):
    """O-SIDE names the global state that a check changes."""
    with faulty.bench(faulty.SIDE_EFFECTS[name], **PROCESS) as bench:
        bench.shared["harmless"] = [case.sample for case in bench.cases[:3]]  # no workers are needed
        (result,) = bench.run_check("O-SIDE")
    assert result.outcome is Outcome.FAILED
    assert "it changes:" in result.message


def test_bombs_that_were_not_set_off_prove_nothing(monkeypatch):
    """O-BOMB fails when the process that should time the bombs gave up before them."""
    monkeypatch.setattr(bombs, "probe_bombs", faulty.gives_up)
    with faulty.bench(faulty.sound) as bench:
        (result,) = bench.run_check("O-BOMB")
    assert result.outcome is Outcome.FAILED and "no bombs today" in result.message


def test_noise_at_the_import_hides_nothing_later():
    """The watch keeps a hundred events of each phase, so that a noisy one does not blind the next."""
    code = """
from assay.conformance.trace import Watch
import os
watch = Watch()
for phase in ("import", "use"):
    with watch(phase):
        for number in range(150):
            try: os.mkdir("/")
            except OSError: pass
print([sum(event[0] == phase for event in watch.events) for phase in ("import", "use")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[100, 100]"


@pytest.mark.slow
def test_a_bomb_that_workers_kill_in_time_passes():
    """A check that spins on a bomb is no danger in a worker that is killed at its limit."""
    with faulty.bench(faulty.spins, **PROCESS) as bench:
        (result,) = bench.run_check("O-BOMB")
    assert result.outcome is Outcome.PASSED, result.message
    assert result.figures["slowest_seconds"] > 0.5


@pytest.mark.slow
def test_full_runs_try_more():
    """In a full run a hanging neighbour, a lost worker and an interrupt are tried for real."""
    with faulty.bench(faulty.sound, full=True, **PROCESS) as bench:
        (hang,) = bench.run_check("O-HANG")
        (cancel,) = bench.run_check("O-CANCEL")
        (failing,) = bench.run_check("O-FAIL")
    assert (hang.outcome, hang.failures) == (Outcome.REPORTED, 0), hang.message
    assert "infra_fault" in hang.message
    assert cancel.outcome is Outcome.PASSED, cancel.message
    assert failing.outcome is Outcome.PASSED, failing.message
    assert failing.n == 4


@pytest.mark.slow
def test_an_interrupt_comes_where_interrupts_are_ignored():
    """O-CANCEL passes in a run that a script put into the background, whose children ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with faulty.bench(faulty.sound, full=True, **PROCESS) as bench:
            (cancel,) = bench.run_check("O-CANCEL")
    finally:
        signal.signal(signal.SIGINT, before)
    assert cancel.outcome is Outcome.PASSED, cancel.message


def test_a_failure_that_becomes_a_score_is_found(monkeypatch):
    """O-FAIL fails when the host turns what is injected into a score."""
    monkeypatch.setattr(operations, "Raises", lambda: faulty.sound)
    with faulty.bench(faulty.sound) as bench:
        (result,) = bench.run_check("O-FAIL")
    assert result.outcome is Outcome.FAILED


def test_every_check_of_the_group_is_tried_here():
    """No check of operations is without a test."""
    checks.load()
    assert {name for name in CHECKS if name.startswith("O-")} == {*IDS, *FULL_ONLY}
