"""The protocols of kimina and of the community's REPL, and LeanDojo, with a toy in the place of Lean."""

import io
import json
import re
import threading
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample, Verdict
from assay_verifiers.lean import dojo
from assay_verifiers.lean.commands import lean
from assay_verifiers.lean.kimina import Judges, server
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.problem import UnusableReferenceError, read
from assay_verifiers.lean.repl import Repl, _Open, converse, requests, write_folder
from assay_verifiers.lean.session import FailedError, Session

CHEAT = {"name": "t", "verdict": "forbidden_axiom", "detail": "cheat", "axioms": ["cheat"]}
OPEN = {"name": "t", "verdict": "forbidden_axiom", "detail": "sorryAx", "axioms": ["sorryAx"]}


class Toy:
    """Finds every ``sorry``, lets the audit object to ``cheat``, and counts environments."""

    title = "toy"

    def __init__(self):
        self.asked, self.process = [], "one"

    def ready(self):
        pass

    def close(self):
        pass

    def check(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        self.asked.append(request)
        if request.get("op") != "run":
            return {"verdict": "accepted" if "omega" in request["submission"] else "statement_changed"}
        text = request["text"]
        if "slow" in text:
            return {"verdict": "lost", "detail": "the proof used up its time", "limit": True}
        if "Mathlib" in request.get("imports", ()):
            return {"verdict": "failed", "detail": "unknown module prefix"}
        sorries = []
        for match in re.finditer("(?<!all_goals )sorry" if "exact" in text else "sorry", text):
            line, column = (
                text.count("\n", 0, match.start()) + 1,
                match.start() - text.rfind("\n", 0, match.start()) - 1,
            )
            place = {"pos": {"line": line, "column": column}, "endPos": {"line": line, "column": column + 5}}
            sorries += [{**place, "goal": "\n⊢ p", "tactic": True}] * 2
        wrong = [{"severity": "error", "pos": {"line": 1, "column": 0}, "endPos": None, "data": "bad"}]
        return {
            "verdict": "ran",
            "key": self.process,
            "env": len(self.asked),
            "messages": wrong if "wrong" in text else [],
            "sorries": sorries,
            "audit": [CHEAT] * ("cheat" in text) + [OPEN] * ("hidden" in text),
        }


@pytest.fixture
def toy():
    return Toy()


@pytest.fixture
def session(toy):
    return Session(LeanOptions(), toy)


def test_lines_stay_where_they_were(session, toy):
    """Imports are taken off, and what Lean says about later lines still fits the text."""
    session.run("import Std\n-- so\nimport Lean\ntheorem t : p := sorry")
    assert toy.asked[0]["imports"] == ["Init", "Std", "Lean"]
    assert toy.asked[0]["text"] == "\n\n\ntheorem t : p := sorry"


def test_what_the_audit_refuses_is_an_error(session):
    """Also where Lean had nothing to say; an open proof that left no trace is an open proof."""
    assert [m["severity"] for m in session.run("cheat").messages] == ["error"]
    assert session.run("hidden").sorries and not session.run("hidden").messages


def test_goals_are_reported_once(session):
    """Lean elaborates some texts twice."""
    assert len(session.run("sorry and sorry").sorries) == 2


def test_imports_that_are_not_trusted_are_refused(session):
    """Nothing is run."""
    with pytest.raises(FailedError, match="not trusted"):
        session.run("import Evil\n")


def answers(session, *requests_, **options):
    repl = Repl(session, **options)
    return [repl.answer(request) for request in requests_]


def test_commands_and_environments(session, toy):
    """A command continues an environment that an earlier one has made."""
    first, second = answers(session, {"cmd": "def f := 1"}, {"cmd": "theorem t : f = 1 := sorry", "env": 0})
    assert (first, second["env"]) == ({"env": 0}, 1)
    assert toy.asked[1]["env"] == 1 and second["sorries"][0]["proofState"] == 0


def test_an_environment_dies_with_its_process(session, toy):
    """It is never mistaken for one of the next process with the same number."""
    repl = Repl(session)
    repl.answer({"cmd": "def f := 1"})
    toy.process = "two"
    assert "lost" in repl.answer({"cmd": "#check f", "env": 0})["message"]


@pytest.mark.parametrize(
    "request_",
    [
        None,
        [],
        {},
        {"cmd": "x", "env": 7},
        {"cmd": "x", "env": True},
        {"tactic": "x", "proofState": 3},
        {"pickleTo": "f", "env": 0},
        {"path": "/nowhere.lean"},
        {"cmd": "slow"},
        {"cmd": "import Mathlib\n"},
    ],
)
def test_what_cannot_be_answered_gets_a_message(session, request_):
    """And nothing else."""
    assert list(answers(session, request_)[0]) == ["message"]


def test_tactics(session, toy):
    """A step puts its tactic where ``sorry`` stands; goals are those that are open there afterwards."""
    repl = Repl(session)
    repl.answer({"cmd": "theorem t : p := by\n  sorry"})
    step = repl.answer({"tactic": "intro x", "proofState": 0})
    assert (step["proofState"], step["goals"]) == (1, ["⊢ p"]) and step["proofStatus"].startswith(
        "Incomplete"
    )
    assert toy.asked[-1]["text"] == "theorem t : p := by\n  (\n(\nintro x\n); all_goals sorry)"
    done = repl.answer({"tactic": "exact x", "proofState": 1})
    assert (done["proofStatus"], done["goals"]) == ("Completed", [])
    cut = repl.answer({"tactic": "exact x\nsorry", "proofState": 1})
    assert cut["proofStatus"].startswith("Incomplete") and cut["goals"] == []
    assert repl.answer({"tactic": "wrong", "proofState": 1}) == {"message": "Lean error:\nbad"}
    assert "cheat" in repl.answer({"tactic": "exact cheat", "proofState": 1})["message"]


@given(
    st.text("ab\n", max_size=9),
    st.text("ab\n", max_size=9),
    st.booleans(),
    st.lists(st.text("ab", min_size=1)),
)
def test_what_is_open_is_found(before, after, tactic, steps):
    """The offset is that of the ``sorry`` behind the tactics, and the text around them is as it was."""
    text, at = _Open(before, after, None, tactic, frozenset(), tuple(steps)).text()
    assert text[at : at + 5] == "sorry" and text.startswith(before) and text.endswith(after)
    assert text.count("(") == text.count(")")


def test_a_conversation():
    """Blank lines end requests; what is not JSON gets an answer too."""
    stream = io.StringIO('{"cmd":\n "x"}\n\n\nnot json\n\n{"cmd": "y"}')
    assert list(requests(stream)) == [{"cmd": "x"}, None, {"cmd": "y"}]
    out = io.StringIO()
    converse(Repl(Session(LeanOptions(), Toy())), io.StringIO('{"cmd": "x"}\n\n'), out)
    assert out.getvalue() == '{"env": 0}\n\n'


def test_a_folder_for_clients(tmp_path):
    """It has what lean-interact looks for, and both programs can be run."""
    write_folder(tmp_path, "4.28.0")
    assert (tmp_path / "lean-toolchain").read_text() == "leanprover/lean4:v4.28.0\n"
    for path in (tmp_path / "lake", tmp_path / ".lake" / "build" / "bin" / "repl"):
        assert path.stat().st_mode & 0o111


@pytest.fixture
def post(session):
    """A server, and how to ask it."""
    listening = server("127.0.0.1", 0, Judges([session]))
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()

    def post(path, body, **headers):
        url = f"http://127.0.0.1:{listening.server_port}{path}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    yield post
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_check(post):
    """Error xor response, in the order asked; a time-out says so in kimina's words."""
    codes = ("theorem t : p := x", "theorem t : p := sorry", "cheat", "slow", "import Mathlib\n")
    snippets = [{"id": code, "code": code} for code in codes]
    status, answer = post("/api/check", {"snippets": snippets, "timeout": 5, "infotree": None})
    right, open_, cheat, slow, missing = answer["results"]
    assert status == 200 and [r["id"] for r in answer["results"]] == list(codes)
    assert right["response"] == {"env": 1, "messages": []}
    assert open_["response"]["sorries"][0]["goal"] == "⊢ p"
    assert cheat["response"]["messages"][0]["severity"] == "error"
    assert "timed out" in slow["error"] and "response" not in slow
    assert list(missing["response"]) == ["message"]


def test_verify(post):
    """The older schema takes ``proof`` or ``code``, and has the time inside."""
    codes = [{"custom_id": 1, "proof": "x"}, {"custom_id": "b", "code": "cheat"}]
    first, second = post("/verify", {"codes": codes})[1]["results"]
    assert first["custom_id"] == "1" and first["response"]["time"] >= 0 and not first["response"]["messages"]
    assert second["response"]["messages"]


def test_a_reference_is_compared(post):
    """What kimina's protocol cannot ask: whether it is this statement that was proven."""
    reference = "theorem t : p := by sorry"
    snippets = [
        {"id": "a", "code": "theorem t : p := by omega", "reference": reference},
        {"id": "b", "code": "theorem t : True := trivial", "reference": reference},
        {"id": "c", "code": "theorem t : True := trivial", "reference": "nothing"},
    ]
    right, wrong, unusable = post("/api/check", {"snippets": snippets})[1]["results"]
    assert right["assay"]["verdict"] == "accepted" and not right["response"]["messages"]
    assert wrong["assay"]["verdict"] == "statement_changed" and wrong["response"]["messages"]
    assert unusable["assay"]["verdict"] == "bad_reference"


def test_what_the_server_does_not_take(post):
    """Other schemas and other paths are refused as kimina's server refuses them."""
    assert post("/api/check", {"snippets": []})[0] == 422
    assert post("/elsewhere", {})[0] == 404
    assert post("/health", None) == (200, {"status": "ok", "lean": "toy"})


def test_a_key_is_asked_for(session, monkeypatch):
    """When one is set."""
    monkeypatch.setenv("LEAN_SERVER_API_KEY", "k")
    listening = server("127.0.0.1", 0, Judges([session]))
    assert listening.RequestHandlerClass.key == "k"
    listening.server_close()


def test_options_of_commands_are_checked(tmp_path):
    """One that is out of range is named; a folder that is written starts the REPL with the same options."""
    refused = CliRunner().invoke(lean, ["repl", "--memory-mb", "1"])
    assert refused.exit_code == 2 and "--memory-mb" in refused.output
    written = CliRunner().invoke(lean, ["repl", "--write", str(tmp_path / "r"), "--seconds", "7"])
    assert written.exit_code == 0 and str(tmp_path / "r" / "lake") in written.output
    script = (tmp_path / "r" / ".lake" / "build" / "bin" / "repl").read_text()
    assert "--seconds 7.0" in script and "--no-spare" in script and "--guard" in script


SOURCE = """\
import Std
namespace A
def f (n : Nat) := n

/-- := in a comment -/
theorem first : f 1 = 1 := rfl

theorem second (n : Nat) (h : n = (fun x => x) n := by rfl) /- := -/ : f n = n := by
  rfl

theorem third : Nat → f 1 = 1
  | _ => rfl
end A
"""


def test_theorems_of_a_dataset_become_rows(tmp_path):
    """The statement ends where the proof begins; what stands before it is the preamble."""
    (tmp_path / "A.lean").write_text(SOURCE)
    records = [
        {"file_path": "A.lean", "full_name": "A.second", "start": [8, 1]},
        {"file_path": "A.lean", "full_name": "A.third", "start": [11, 1]},
        {"file_path": "A.lean", "full_name": "A.none", "start": [99, 1]},
    ]
    rows = list(dojo.rows(records, tmp_path))
    second, third = (read(row["reference"]) for row in rows)
    assert second.head.endswith(": f n = n") and second.name == "A.second"
    assert second.imports == ("Init", "Std") and "theorem first" in second.preamble
    assert third.head == "theorem third : Nat → f 1 = 1"
    assert rows[0]["domain"] == "lean" and "by sorry" in rows[0]["prompt"]


def test_a_file_without_a_proof_is_refused():
    """It is not cut at a colon inside brackets."""
    with pytest.raises(UnusableReferenceError):
        dojo.problem("theorem t (h : p := by rfl) : p", [1, 1], "t")


def check(samples: list[Sample]) -> list[Verdict]:
    return [Verdict.scored(0.0 if "sorry" in sample.completion else 1.0) for sample in samples]


def test_dojos_word_is_never_the_verdict():
    """Whatever its `check_proof` returns, the proof is judged again."""
    found = dojo.problem("theorem t : 1 = 1 := rfl", [1, 1], "t")
    judged = dojo.check_proof(None, "by sorry", found, check, lambda theorem, proof: True)
    assert judged.dojo and not judged.right
    judged = dojo.check_proof(None, "rfl", found, check, lambda theorem, proof: False)
    assert judged.right and not judged.dojo


def test_tactics_become_a_proof():
    """Lines of one tactic stay together."""
    assert (
        dojo.script(["intro x", "cases x with\n| a => rfl"]) == "by\n  intro x\n  cases x with\n  | a => rfl"
    )
