"""What real Lean answers: true theorems, attacks with and without the guard, limits, the whole stack."""

import json
from pathlib import Path

import pytest

from assay import InfraError, Sample, Status
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack
from assay_verifiers import lean
from assay_verifiers.lean import launch
from assay_verifiers.lean.attacks import ATTACKS, META, METAPROGRAMS, RUNAWAYS
from assay_verifiers.lean.attacks_more import ON_DEFINITIONS
from assay_verifiers.lean.check import Checker, probe
from assay_verifiers.lean.compiled import compile_once
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.reduce import prepare
from assay_verifiers.lean.slot import Slot
from assay_verifiers.lean.theorems import FALSE, THEOREMS
from assay_verifiers.lean.theorems_data import WITH_PREAMBLE
from assay_verifiers.lean.worker import Worker

pytestmark = pytest.mark.slow
GUARD = pytest.mark.parametrize("guard", [True, False], ids=["guarded", "audit-alone"])


def test_true_theorems_are_accepted(judge):
    """At least 99 % of more than two hundred; each that is not is listed."""
    theorems = (*(("", *pair) for pair in THEOREMS), *WITH_PREAMBLE)
    missed = [
        (signature, answer["verdict"], answer.get("detail"))
        for preamble, signature, proof in theorems
        if (answer := judge(signature, f"theorem t {signature} := {proof}", preamble=preamble))["verdict"]
        != "accepted"
    ]
    assert len(theorems) >= 200 and len(missed) <= len(theorems) // 100, missed


@GUARD
def test_no_attack_is_accepted(judge, guard):
    """None of more than two hundred, whatever it does to names, meanings, axioms, options or output."""
    attacks = (*(("", *rest) for _, *rest in ATTACKS), *(tuple(rest) for _, *rest in ON_DEFINITIONS))
    answers = [(code, judge(signature, code, guard, preamble=given)) for given, signature, code in attacks]
    assert len(answers) >= 200
    assert not [code for code, answer in answers if answer["verdict"] in ("accepted", "bad_reference")]


def test_a_proof_that_only_the_kernel_refuses_is_refused(judge):
    """Submissions are elaborated without its check: the replay is what refuses them."""
    code = "theorem t : (1 : Nat) = 2 := by decide +kernel"
    for guard in (True, False):
        assert judge(": (1 : Nat) = 2", code, guard)["verdict"] in ("kernel_rejected", "elaboration_error")
    code = "def f : Nat := 1\ntheorem t : f = 2 := (rfl : f = 2)"
    assert judge(": (1 : Nat) = 2", code)["verdict"] != "accepted"


@GUARD
def test_no_refuted_statement_is_accepted(judge, guard):
    """What decides, simplifies or computes does not prove what is false."""
    for signature in FALSE:
        for proof in ("rfl", "by decide", "by simp", "by omega", "by trivial", "by simp_all", "by rfl"):
            answer = judge(signature, f"theorem t {signature} := {proof}", guard)
            assert answer["verdict"] not in ("accepted", "bad_reference"), (signature, proof)


@GUARD
@pytest.mark.parametrize("attack", METAPROGRAMS, ids=range(len(METAPROGRAMS)))
def test_programs_that_change_lean_are_refused(judge, attack, guard):
    """Also where the reference imports Lean itself, and without the guard: the replay decides."""
    _, signature, code = attack
    assert judge(signature, code, guard, META)["verdict"] not in ("accepted", "bad_reference")


@pytest.mark.parametrize(
    ("attack", "guard"), [*((each, False) for each in RUNAWAYS), *((each, True) for each in RUNAWAYS[::3])]
)
def test_runaways_cost_a_process_at_most(judge, attack, guard):
    """They are refused, and the next proof is judged as ever."""
    _, signature, code = attack
    assert judge(signature, code, guard)["verdict"] not in ("accepted", "bad_reference")
    assert judge(": 1 = 1", "theorem t : 1 = 1 := rfl")["verdict"] == "accepted"


def test_axioms_are_reported(judge):
    """The three standard ones may be used, and are named."""
    answer = judge("(p : Prop) : p ∨ ¬ p", "theorem t (p : Prop) : p ∨ ¬ p := Classical.em p")
    assert answer["verdict"] == "accepted"
    answer = judge(
        "(p q : Prop) (h : p ↔ q) : p = q", "theorem t (p q : Prop) (h : p ↔ q) : p = q := propext h"
    )
    assert answer["axioms"] == ["propext"]


def test_definitions_and_lemmas_may_help(judge):
    """A proof may bring types, recursive functions and lemmas of its own; the kernel replays them all."""
    code = (
        "inductive Tree where | leaf | node (l r : Tree)\n"
        "def Tree.size : Tree → Nat\n  | .leaf => 1\n  | .node l r => l.size + r.size\n"
        "theorem pos (t : Tree) : 0 < t.size := by\n  induction t with\n"
        "  | leaf => decide\n  | node l r hl hr => simp only [Tree.size]; omega\n"
        "theorem t (x y : Nat) (h : x < y) : x + 1 ≤ y := by\n  have := pos .leaf\n  omega\n"
    )
    answer = judge("(x y : Nat) (h : x < y) : x + 1 ≤ y", code)
    assert answer["verdict"] == "accepted" and answer["constants"] >= 1


def test_what_the_preamble_defines_cannot_be_redefined(judge):
    """The statement's constants keep the meaning that the reference gave them."""
    preamble = "def f (n : Nat) : Nat := n + 1"
    assert judge(": f 1 = 2", "theorem t : f 1 = 2 := rfl", preamble=preamble)["verdict"] == "accepted"
    for guard in (True, False):
        code = "namespace X\ndef f (n : Nat) : Nat := n\ntheorem t : f 1 = 1 := rfl\nend X\nopen X"
        assert judge(": f 1 = 1", code, guard, preamble=preamble)["verdict"] != "accepted"


def test_a_statement_that_does_not_elaborate_is_the_references_fault(slot):
    """`assay check` lists it, and no proof is blamed for it."""
    sample = Sample(completion="```lean\nby simp\n```", reference="theorem t : nonsense 1 = 2 := by sorry")
    verdict = Checker(slot)([prepare(sample)])[0]
    assert verdict.status is Status.REFERENCE_FAULT and "nonsense" in verdict.reason


REGISTRY = """\
assay: 1
plugins: [lean]
verifiers: {{proofs: {{use: lean, timeout: 400s, options: {{folder: "{folder}", spare: false}}}}}}
route: proofs
stacks: {{s: {{gate: correct}}}}
workers: {{count: 1}}
"""


def test_the_whole_stack(build):
    """Completions in, scores out: through prepare, an Assay worker with its memory limit, and Lean."""
    host = Host()
    host.register(lean, "lean")
    reference = json.dumps({"statement": "theorem t (x : Nat) : x + 0 = x"})
    completions = ("```lean\nby simp\n```", "```lean\nby sorry\n```", "no proof", "```lean\nby omega\n```")
    samples = [
        Sample(id=str(i), group="g", completion=completion, reference=reference)
        for i, completion in enumerate(completions)
    ]
    registry = parse_registry(REGISTRY.format(folder=build), Path("registry.yaml"))
    with Stack.build(registry, host, "s") as stack:
        cards = stack.score(samples)
    assert [card.right for card in cards] == [True, False, False, True], cards


def test_references_are_probed(build):
    """The probe of `assay check` elaborates the statement."""
    assert probe("theorem t : 1 = 1 := by sorry", spare=False) is None
    assert "elaborate" in (probe("theorem t : one = 1 := by sorry", spare=False) or "")


@pytest.mark.parametrize("name", [None, "Session.lean", "Export.lean"])
def test_programs_are_compiled(build, name):
    """Each program can be, and what was compiled is what starts."""
    program = name and launch.joined(name)
    place = compile_once(build, launch.text_of(program))
    assert place is not None
    started = launch.wasm(build, program)
    assert started.folder == place
    worker = Worker(started)
    try:
        assert worker.wait_ready().startswith("4.28")
    finally:
        worker.close()


def test_a_broken_audit_is_noticed(build, tmp_path, monkeypatch):
    """A checker that overlooks axioms accepts a canary, and from then on gives no verdict."""
    here = Path(launch.__file__).parent
    text = (here / "Audit.lean").read_text(encoding="utf-8")
    sound = "match notStandard reached.axioms, reached.unusable with"
    assert text.count(sound) == 1
    broken = text.replace(sound, "match notStandard [], reached.unusable with")
    (tmp_path / "Audit.lean").write_text(broken, encoding="utf-8")
    (tmp_path / "worker.js").write_text((here / "worker.js").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(launch, "_HERE", tmp_path)
    slot = Slot(launch.wasm(build), LeanOptions(spare=False))
    try:
        with pytest.raises(InfraError, match="false theorem"):
            slot.ready()
    finally:
        slot.close()
