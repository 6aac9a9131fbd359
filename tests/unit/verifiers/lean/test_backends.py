"""Which back end judges, and what a server's word is worth."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import lean_stand_in
import pytest
from click.testing import CliRunner

import assay_verifiers.lean
from assay import InfraError, Sample, Status
from assay.host import Host
from assay_verifiers.lean import backends, launch
from assay_verifiers.lean.backends import FirstThatWorks, Once, in_question, made
from assay_verifiers.lean.check import Checker
from assay_verifiers.lean.commands import lean
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.problem import read
from assay_verifiers.lean.remote import Remote
from assay_verifiers.lean.slot import DistrustError, Slot


class Toy:
    """A back end that accepts ``omega``; `fault` is raised instead of getting ready."""

    def __init__(self, title, fault=None):
        self.title, self.fault, self.closed = title, fault, False

    def ready(self):
        if self.fault:
            raise self.fault

    def check(self, requests):
        self.ready()
        return [
            {"verdict": "accepted" if "omega" in r["submission"] else "forbidden_axiom"} for r in requests
        ]

    def close(self):
        self.closed = True


def verdict_of(backend, proof="by omega", unaudited="refuse", **problem):
    reference = json.dumps({"statement": "theorem t : 1 = 1", **problem})
    return Checker(backend, unaudited)(
        [Sample(completion=f"theorem t : 1 = 1 := {proof}", reference=reference)]
    )[0]


def absent():
    raise InfraError("not there")


def test_the_first_that_works_judges():
    """One that cannot be made or started is passed over, stopped, and its successor named in the verdict."""
    broken, good, never = Toy("broken", InfraError("does not start")), Toy("good"), Toy("never")
    chain = FirstThatWorks([("a", absent), ("b", lambda: broken), ("c", lambda: good), ("d", lambda: never)])
    verdict = verdict_of(chain)
    assert verdict.score == 1.0 and verdict.evidence["back_end"] == "good"
    assert broken.closed and not good.closed


def test_none_says_why_and_how_to_install():
    """A machine without any Lean is nobody's wrong answer."""
    with pytest.raises(InfraError, match=r"a: not there.*assay lean install"):
        FirstThatWorks([("a", absent)])
    chain = FirstThatWorks([("a", lambda: Toy("a", InfraError("dies")))])
    with pytest.raises(InfraError, match=r"a: dies.*assay lean install"):
        chain.check([])


def test_no_back_end_takes_the_place_of_one_that_lied():
    """An accepted false theorem stops the run instead of moving it on."""
    chain = FirstThatWorks([("a", lambda: Toy("a", DistrustError("it lied"))), ("b", lambda: Toy("b"))])
    for _ in range(2):
        with pytest.raises(DistrustError, match="lied"):
            chain.check([])


@pytest.mark.parametrize(
    ("named", "order"),
    [
        ({}, ("native", "wasm", "wasm_once")),
        ({"project": "p"}, ("native",)),
        ({"server": "http://s"}, ("remote",)),
        ({"project": "p", "server": "http://s"}, ("native", "remote")),
        ({"project": "p", "back_ends": ["wasm"]}, ("wasm",)),
    ],
)
def test_what_is_named_is_meant(named, order):
    """A project or a server is not replaced by a Lean without its libraries, unless the options say so."""
    assert in_question(LeanOptions(**named)) == order


@pytest.fixture
def toolchain(tmp_path, monkeypatch):
    """Put a stand-in for a toolchain on the PATH."""

    def put(**options):
        monkeypatch.setenv("PATH", f"{lean_stand_in.toy(tmp_path / 'tool', **options)}:/usr/bin:/bin")
        return tmp_path / "tool"

    return put


def test_a_toolchain_on_the_path_is_talked_to(toolchain):
    """`lean` runs the same program with the same protocol; the verdict names version and place."""
    tool = toolchain()
    backend = made("native", LeanOptions(spare=False))
    try:
        verdict = verdict_of(backend)
        assert verdict.score == 1.0 and verdict_of(backend, "rfl").score == 0.0
        assert verdict.evidence["back_end"] == f"native Lean 4.28.0 at {tool}/bin/lean, warm"
        assert (tool / "path").read_text() == "\n"
    finally:
        backend.close()


def test_a_project_brings_its_search_path(toolchain, tmp_path):
    """`lake env` is asked once, in the project; Lean then runs without Lake."""
    tool = toolchain()
    project = tmp_path / "project"
    project.mkdir()
    backend = made("native", LeanOptions(spare=False, project=str(project)))
    try:
        assert verdict_of(backend).score == 1.0
        assert (tool / "project").read_text().strip() == str(project)
        assert (tool / "path").read_text().strip() == f"{tool}/packages"
    finally:
        backend.close()
    with pytest.raises(InfraError, match="not a folder"):
        made("native", LeanOptions(project=str(tmp_path / "none")))


def test_a_toolchain_that_lies_stops_the_run(toolchain):
    """Its canaries are those of every Lean."""
    toolchain(lenient=True)
    backend = made("native", LeanOptions(spare=False))
    try:
        with pytest.raises(DistrustError):
            verdict_of(backend)
    finally:
        backend.close()


def test_one_process_per_proof(toolchain, monkeypatch):
    """Each request has a process that no other has seen, and none is left."""
    toolchain()
    started = []

    class Counted(Slot):
        def __init__(self, *args):
            super().__init__(*args)
            started.append(self)

    monkeypatch.setattr(backends, "Slot", Counted)
    backend = Once(launch.native(), LeanOptions())
    assert [verdict_of(backend, p).score for p in ("by omega", "rfl")] == [1.0, 0.0]
    assert len(started) == 2 and not any(slot.worker.alive for slot in started)


@pytest.fixture
def kimina():
    """Serve results that a function makes of each snippet."""
    servers = []

    def serve(result):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send({"status": "ok"})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                found = [{"id": s["id"], "time": 0.1, **result(s)} for s in body["snippets"]]
                self.send({"results": found[::-1]})

            def send(self, content):
                data = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def stock(snippet):
    """What kimina's server says: errors and sorries, and nothing about axioms."""
    code = snippet["code"]
    if "slow" in code:
        return {"error": "Lean REPL command timed out in 10 seconds"}
    if "broken" in code:
        return {"error": "no REPL"}
    if "nonsense" in code:
        return {
            "response": {"messages": [{"severity": "error", "pos": {"line": 1, "column": 2}, "data": "no"}]}
        }
    return {"response": {"sorries": [{}]} if "sorry" in code else {"messages": []}}


def remote(url, local=None, **options):
    return Remote(LeanOptions(server=url, **options), lambda request: local)


def test_what_a_server_accepts_is_audited_here(kimina):
    """The local verdict counts, both ways; the verdict says who gave it."""
    backend = remote(kimina(stock), Toy("here"))
    good, cheat = verdict_of(backend), verdict_of(backend, "cheat.elim")
    assert good.score == 1.0 and good.evidence["audited_by"] == "here"
    assert cheat.score == 0.0 and cheat.evidence["verdict"] == "forbidden_axiom"


@pytest.mark.parametrize(
    ("worth", "status", "score"),
    [("refuse", Status.INFRA_FAULT, None), ("abstain", Status.ABSTAINED, None), ("pay", Status.SCORED, 1.0)],
)
def test_what_nobody_audited_is_paid_only_when_the_registry_says_so(kimina, worth, status, score):
    """And the reason says that it was not."""
    verdict = verdict_of(remote(kimina(stock)), unaudited=worth)
    assert (verdict.status, verdict.score) == (status, score)
    assert "audit" in verdict.reason and verdict.evidence["verdict"] == "unaudited"


def test_refusals_of_a_server_count(kimina):
    """An error, an open proof and a time-out are the policy's; a broken server is nobody's."""
    backend = remote(kimina(stock), Toy("here"))
    assert verdict_of(backend, "nonsense").evidence["verdict"] == "elaboration_error"
    assert verdict_of(backend, "by sorry").score == 0.0
    assert verdict_of(backend, "slow").status is Status.POLICY_FAULT
    with pytest.raises(InfraError, match="no REPL"):
        verdict_of(backend, "broken")


def test_a_statement_that_the_server_cannot_read_is_the_references_fault(kimina):
    """No proof is blamed for it, and the statement is asked about once."""
    asked = []
    backend = remote(kimina(lambda snippet: asked.append(snippet["code"]) or stock(snippet)), Toy("here"))
    for proof in ("by omega", "by rfl"):
        verdict = verdict_of(backend, proof, preamble="nonsense")
        assert verdict.status is Status.REFERENCE_FAULT
    assert sum("by sorry" in code for code in asked) == 1


def audited(snippet):
    """What a server of ours says: Audit.lean's answer besides."""
    assert read(snippet["reference"]).head.startswith("theorem")
    good = "omega" in snippet["code"]
    return {"response": {"messages": []}, "assay": {"verdict": "accepted" if good else "forbidden_axiom"}}


def test_a_server_that_audits_is_believed(kimina):
    """Nothing is started here, and the verdict says that the audit was there."""
    verdict = verdict_of(remote(kimina(audited)))
    assert verdict.score == 1.0 and "audited there" in verdict.evidence["back_end"]


def test_a_server_that_accepts_a_canary_stops_the_run(kimina):
    """Its audit is worth nothing."""
    url = kimina(lambda snippet: {"response": {"messages": []}, "assay": {"verdict": "accepted"}})
    with pytest.raises(DistrustError):
        verdict_of(remote(url))


def test_a_server_that_is_not_there_is_nobodys_fault():
    """Nothing listens on port 1."""
    with pytest.raises(InfraError, match="does not answer"):
        verdict_of(remote("http://127.0.0.1:1"))


@pytest.fixture
def info(tmp_path, monkeypatch):
    """What `assay lean info` says on a machine with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(launch, "ELAN", tmp_path)

    def run(*options):
        result = CliRunner().invoke(lean, ["info", "--json", *options], catch_exceptions=False)
        return json.loads(result.output)

    return run


def test_info_says_what_is_missing(info, tmp_path, monkeypatch):
    """Nothing is there, and each line says how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = info()
    assert not any(row["usable"] for row in rows.values())
    assert "assay lean install" in rows["wasm"]["what"] and "lean-lang.org" in rows["native"]["what"]


def test_info_tries_what_is_there(info, toolchain):
    """Being found is one thing, refusing false theorems another."""
    toolchain(lenient=True)
    assert info()["native"]["usable"]
    tried = info("--try")["native"]
    assert not tried["usable"] and "false theorem" in tried["what"]


def test_the_machine_is_reported(monkeypatch, tmp_path):
    """`assay doctor` says of each local Lean what it is, or how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(launch, "ELAN", tmp_path)
    host = Host()
    host.register(assay_verifiers.lean, "lean")
    rows = host.report_machine()["lean"]
    assert [row[:2] for row in rows] == [("native", None), ("wasm", None)]
    assert "assay lean install" in rows[1][2]
