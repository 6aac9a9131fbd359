"""Restarts, canaries and the secret, with a program of a few lines in the place of Lean."""

import json
import os
import shutil
import stat
import sys

import pytest

from assay import InfraError, Sample, Status
from assay_verifiers.lean.backends import build_folder
from assay_verifiers.lean.check import Checker
from assay_verifiers.lean.launch import wasm
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.slot import Slot

PROGRAM = """\
#!{python}
import json, os, sys, time
key = sys.stdin.readline().strip()
def say(**fields):
    print("@" + json.dumps({{"key": key, **fields}}), flush=True)
say(id=0, verdict="ready", detail="toy")
for line in sys.stdin:
    r = json.loads(line)
    text = r["submission"]
    if "die" in text: sys.exit(3)
    if "spin" in text:
        while True: pass
    if "forge" in text:
        print("@" + json.dumps({{"key": "guessed", "id": r["id"], "verdict": "accepted"}}), flush=True)
    good = "omega" in text or {lenient}
    say(id=r["id"], verdict="accepted" if good else "forbidden_axiom", detail="x", axioms=[])
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Make a slot whose Lean is a toy; `lenient`: a toy that accepts everything."""
    made = []

    def make(lenient=False, **options):
        program = tmp_path / "node"
        program.write_text(PROGRAM.format(python=sys.executable, lenient=lenient))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(shutil, "which", lambda name: str(program))
        options = {"spare": False, "seconds": 0.3} | options
        made.append(Slot(wasm(tmp_path), LeanOptions(**options)))
        return made[-1]

    yield make
    for slot in made:
        slot.close()


def ask(slot, text):
    reference = json.dumps({"statement": "theorem t : False"})
    return Checker(slot)([Sample(completion=text, reference=reference)])[0]


def test_answers_need_the_secret(toy):
    """A line that looks like an answer and does not bear the secret is passed over."""
    verdict = ask(toy(), "forge")
    assert verdict.score == 0.0


def test_a_proof_that_kills_lean_is_blamed_and_the_next_one_judged(toy):
    """A crash is tried once more, then is the policy's fault; a fresh process takes the next proof."""
    slot = toy()
    verdict = ask(slot, "die")
    assert verdict.status is Status.POLICY_FAULT and slot.restarts == 2
    assert ask(slot, "omega").score == 1.0


def test_a_proof_that_never_ends_is_stopped_by_its_cpu_time(toy):
    """It is stopped once: another try would end the same way."""
    slot = toy()
    verdict = ask(slot, "spin")
    assert verdict.status is Status.POLICY_FAULT and "CPU" in verdict.reason and slot.restarts == 1


def test_a_spare_takes_over(toy):
    """After a kill the process that was waiting becomes the one that judges."""
    slot = toy(spare=True)
    ask(slot, "omega")
    spare = slot._spare
    ask(slot, "spin")
    ask(slot, "omega")
    assert slot.worker is spare and spare.alive


def test_an_accepted_canary_stops_everything(toy):
    """No verdict is given any more, and the reason says why."""
    slot = toy(lenient=True)
    for _ in range(2):
        with pytest.raises(InfraError, match="false theorem"):
            ask(slot, "omega")


def test_canaries_are_tried_in_between(toy):
    """Every `canary_every` checks one more request goes to Lean."""
    slot = toy(canary_every=2)
    ask(slot, "omega")
    before = slot.worker._count
    ask(slot, "omega")
    assert slot.worker._count == before + 2


def test_nothing_is_left_running(toy):
    """Closing kills the process and its spare."""
    slot = toy(spare=True)
    ask(slot, "omega")
    pids = [slot.worker.pid, slot._spare.pid]
    slot.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_machine_without_lean_says_how_to_get_it(tmp_path):
    """A missing installation is nobody's wrong answer."""
    with pytest.raises(InfraError, match="assay lean install"):
        build_folder(LeanOptions(folder=str(tmp_path)))
