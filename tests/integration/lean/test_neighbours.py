"""Real Lean behind other people's clients, and behind a stand-in for a toolchain."""

import json
import shutil
import subprocess
import threading
import types
import typing
from pathlib import Path

import lean_stand_in
import pytest
import typing_extensions

from assay import Sample
from assay_verifiers.lean import dojo, launch
from assay_verifiers.lean.backends import Once
from assay_verifiers.lean.check import Checker
from assay_verifiers.lean.kimina import Judges, server
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.reduce import prepare
from assay_verifiers.lean.remote import Remote
from assay_verifiers.lean.repl import Repl, write_folder
from assay_verifiers.lean.session import Session
from assay_verifiers.lean.slot import Slot

# other people's modules may warn as they like
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def session(build):
    """One Lean for all tests of this file that need no other."""
    session = Session(LeanOptions(folder=str(build), back_ends=["wasm"], spare=False, seconds=30))
    try:
        session.ready()
        yield session
    finally:
        session.close()


@pytest.fixture(scope="module")
def url(session):
    """Where that Lean is served."""
    listening = server("127.0.0.1", 0, Judges([session]))
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


SNIPPETS = {
    "valid": "theorem t (x y : Nat) : x + y = y + x := by omega",
    "sorry": "theorem t : 1 = 2 := by sorry",
    "lean_error": "theorem t : 1 = 2 := rfl",
    "repl_error": "import Mathlib\ntheorem t : 1 = 1 := rfl",
}
CHEATS = (
    "axiom cheat : False\ntheorem t : 1 = 2 := cheat.elim",
    "theorem t : 2 ^ 64 = 0 := by native_decide",
    "#eval IO.Process.exit 0",
    'import Lean\nopen Lean Elab Command in\nrun_cmd throwError "x"',
    "macro_rules | `($a = $b) => `(True)\ntheorem t : 1 = 2 := trivial",
)


def test_kimina_client(url, monkeypatch):
    """Unmodified, it passes its own test, and calls nothing valid that the audit refuses."""
    # its models need Python 3.12 with recent pydantic versions; before that, this is what pydantic asks for
    monkeypatch.setattr(typing, "TypedDict", typing_extensions.TypedDict)
    kimina_client = pytest.importorskip("kimina_client", reason="pip install kimina-client")
    client = kimina_client.KiminaClient(url)
    client.test()
    assert client.health()["status"] == "ok"

    def status(code):
        result = client.check(code, timeout=20, show_progress=False).results[0]
        return result.analyze().status.value

    assert {name: status(code) for name, code in SNIPPETS.items()} == {name: name for name in SNIPPETS}
    assert {status(code) for code in CHEATS} == {"lean_error"}


def test_a_server_of_ours_as_a_back_end(url):
    """It is believed because it audits, its canaries included; the statement is compared there."""
    backend = Remote(LeanOptions(server=url, seconds=30), lambda request: None)
    reference = json.dumps(
        {"statement": "theorem t (x : Nat) : f x = x + 1", "preamble": "def f (n : Nat) := n + 1"}
    )
    codes = ("by rfl", "by sorry", "def f (n : Nat) := n + 1\ntheorem t (x : Nat) : f x = f x := rfl")
    samples = [prepare(Sample(completion=f"```lean\n{code}\n```", reference=reference)) for code in codes]
    verdicts = Checker(backend)(samples)
    assert [verdict.score for verdict in verdicts] == [1.0, 0.0, 0.0], verdicts
    assert "audited there" in verdicts[0].evidence["back_end"]
    assert verdicts[2].evidence["verdict"] == "statement_changed"
    unread = Checker(backend)(
        [Sample(completion="theorem t : g = 1 := rfl", reference="theorem t : g = 1 := sorry")]
    )
    assert unread[0].status.value == "reference_fault"


def test_definitions_are_audited_too(session):
    """A proof by `def` rests on axioms as one by `theorem` does, also when any syntax may run."""
    said = session.run("axiom cheat : False\ndef t : 1 = 2 := cheat.elim\ndef f := 1", guard=False).messages
    refused = [m["data"].split(":")[0] for m in said if m["severity"] == "error"]
    assert sorted(refused) == ["the audit refuses cheat", "the audit refuses t"], said


def test_tactics(session):
    """Tactic mode goes through Lean's own goals, and is over when the audit has no objection."""
    repl = Repl(session)

    def step(state, tactic):
        return repl.answer({"tactic": tactic, "proofState": state})

    first = repl.answer({"cmd": "theorem t (n : Nat) : 0 + n = n := by sorry"})["sorries"][0]
    assert first["goal"] == "n : Nat\n⊢ 0 + n = n"
    split = step(first["proofState"], "induction n")
    assert [goal.splitlines()[0] for goal in split["goals"]] == ["case zero", "case succ"]
    left = step(split["proofState"], "case zero =>\n  rfl")
    assert len(left["goals"]) == 1 and left["proofStatus"].startswith("Incomplete")
    done = step(left["proofState"], "rename_i n ih\nrw [← Nat.add_assoc, ih]")
    assert (done["proofStatus"], done["goals"]) == ("Completed", [])
    assert step(first["proofState"], "rfl")["message"].startswith("Lean error")
    assert step(first["proofState"], "sorry")["proofStatus"].startswith("Incomplete")
    assert "not allowed" in step(first["proofState"], "native_decide")["message"]
    term = repl.answer({"cmd": "theorem u (p : Prop) (h : p) : p := sorry"})["sorries"][0]
    assert term["goal"] == "p : Prop\nh : p\n⊢ p"
    assert step(term["proofState"], "assumption")["proofStatus"] == "Completed"


def test_lean_interact(build, tmp_path, monkeypatch):
    """Unmodified, it talks to our REPL as to one that it has built: commands, environments, tactics."""
    lean_interact = pytest.importorskip("lean_interact", reason="pip install lean-interact")
    write_folder(tmp_path / "repl", "4.28.0", ["--folder", str(build)])
    config = lean_interact.LeanREPLConfig(
        local_repl_path=tmp_path / "repl",
        build_repl=False,
        lake_path=tmp_path / "repl" / "lake",
        cache_dir=tmp_path / "cache",
    )
    lean = lean_interact.LeanServer(config)
    try:

        def run(**fields):
            return lean.run(lean_interact.Command(**fields), timeout=290)

        defined = run(cmd="def f (n : Nat) := n + 1")
        assert run(cmd="theorem t : f 1 = 2 := rfl", env=defined.env).lean_code_is_valid()
        assert not run(cmd="theorem t : f 1 = 3 := rfl", env=defined.env).lean_code_is_valid()
        assert not run(cmd=CHEATS[0]).lean_code_is_valid()
        left_open = run(cmd="theorem t (p : Prop) (h : p) : p := by sorry")
        assert not left_open.lean_code_is_valid(allow_sorry=False)
        state = left_open.sorries[0].proof_state
        done = lean.run(lean_interact.ProofStep(proof_state=state, tactic="exact h"), timeout=290)
        assert done.proof_status == "Completed" and done.goals == []
    finally:
        lean.kill()


SOURCE = "theorem first : 1 = 1 := rfl\n\ntheorem t (x : Nat) (h : 0 < x) : x ≠ 0 := by\n  omega\n"


def traced(session, folder, module):
    """What LeanDojo needs of a traced repository, with our Lean in the place of `lake env lean`."""
    (folder / "Lean4Repl.lean").write_text("")
    begin, proof = SOURCE.index("theorem t"), SOURCE.index("by\n  omega")
    theorem = types.SimpleNamespace(start=begin, locate_proof=lambda: (proof, len(SOURCE)))

    class File(str):
        start_pos = 0

    file = types.SimpleNamespace(
        get_traced_theorem=lambda thm: theorem,
        lean_file=File(SOURCE),
        abs_path=folder / "A.lean",
        comments=[],
    )

    def execute(command, capture_output):
        text = (folder / command.split()[-1]).read_text().replace("import Lean4Repl", "", 1)
        messages = session.run(text, guard=False).messages
        lean = [m for m in messages if "the audit refuses" not in m["data"]]
        if any(m["severity"] == "error" for m in lean):
            raise subprocess.CalledProcessError(1, command)
        lines = (
            f"A.lean:{m['pos']['line']}:{m['pos']['column']}: {m['severity']}: {m['data']}" for m in lean
        )
        return "\n".join(lines), ""

    return {
        "get_traced_repo_path": lambda repo: folder,
        "to_json_path": lambda *names: folder / "A.ast.json",
        "TracedFile": types.SimpleNamespace(from_traced_file=lambda *names: file),
        "get_code_without_comments": lambda text, start, end, comments: str(text)[start:end],
        "execute": execute,
    }


def test_lean_dojo_is_corrected(session, tmp_path, monkeypatch):
    """Its `check_proof` calls ``by sorry`` a proof with this Lean; ours does not."""
    module = pytest.importorskip("lean_dojo.interaction.dojo", reason="pip install lean-dojo, Python < 3.13")
    for name, value in traced(session, tmp_path, module).items():
        monkeypatch.setattr(module, name, value)
    theorem = types.SimpleNamespace(repo=None, file_path=Path("A.lean"), full_name="t")
    found = dojo.problem(SOURCE, [3, 1], "t")
    check = Checker(session.backend)

    def judged(proof):
        return dojo.check_proof(theorem, proof, found, check, module.check_proof)

    good, bad, left_open = judged("by omega"), judged("by rfl"), judged("by sorry")
    assert (good.dojo, good.right) == (True, True), good
    assert (bad.dojo, bad.right) == (False, False), bad
    assert (left_open.dojo, left_open.right) == (True, False), left_open
    assert left_open.verdict.evidence["axioms"] == ["sorryAx"]
    native = judged("by native_decide")
    assert not native.right


def test_a_toolchain(build, tmp_path, monkeypatch):
    """The process protocol of a native Lean, with a stand-in that hands the program on to WebAssembly.

    What this does not show: that a native Lean elaborates ``Audit.lean`` and finds Mathlib.
    """
    worker = Path(launch.__file__).parent / "worker.js"
    tool = lean_stand_in.on_wasm(tmp_path, build, worker)
    monkeypatch.setenv("PATH", f"{tool}:{Path(shutil.which('node')).parent}:/usr/bin:/bin")
    slot = Slot(launch.native(), LeanOptions(spare=False, seconds=30))
    try:
        answers = [
            slot.judge(
                {"imports": ["Init"], "statement": "theorem t : 1 = 1 := by sorry", "submission": code}
            )
            for code in ("theorem t : 1 = 1 := rfl", "theorem t : 1 = 1 := by sorry", *CHEATS)
        ]
    finally:
        slot.close()
    assert [answer["verdict"] for answer in answers[:2]] == ["accepted", "forbidden_axiom"]
    assert all(answer["verdict"] != "accepted" for answer in answers[2:])


def test_one_process_per_proof(build):
    """The last resort gives the same verdicts."""
    backend = Once(launch.wasm(build), LeanOptions(seconds=30))
    request = {"imports": ["Init"], "statement": "theorem t : 1 = 1 := by sorry"}
    answers = backend.check([{**request, "submission": "theorem t : 1 = 1 := rfl"}])
    assert [answer["verdict"] for answer in answers] == ["accepted"]
