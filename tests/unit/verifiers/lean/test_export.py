"""What `policy: export` makes of the answers of its two processes, with fakes in the place of Lean."""

import pytest

from assay_verifiers.lean import backends
from assay_verifiers.lean.export import REFUSALS, Exports
from assay_verifiers.lean.options import LeanOptions

REQUEST = {
    "imports": ["Init"],
    "preamble": "",
    "statement": "theorem t : False := by sorry",
    "submission": "x",
}


class Fake:
    """Answers every request by a function of it, and remembers the requests."""

    title = "fake"

    def __init__(self, answer):
        self.answer, self.asked, self.closed = answer, [], False

    def ready(self):
        """Always."""

    def check(self, requests):
        """Ask the function."""
        self.asked += requests
        return [self.answer(request) for request in requests]

    def close(self):
        """Remember."""
        self.closed = True


def judged(author, replayer):
    """The answer of both, and the fakes."""
    first, second = Fake(author), Fake(replayer)
    return Exports(first, second).check([REQUEST])[0], first, second


def test_the_replay_decides():
    """Its verdict stands, and its requests carry the text and nothing of the submission."""
    answer, first, second = judged(
        lambda _: {"verdict": "exported", "export": "end 0\n", "messages": [1], "axioms": ["lie"]},
        lambda _: {"verdict": "accepted", "axioms": []},
    )
    assert answer == {"verdict": "accepted", "axioms": [], "messages": [1]}
    assert first.asked[0]["op"] == "export" and second.asked[0]["op"] == "replay"
    assert "submission" not in second.asked[0] and second.asked[0]["export"] == ["end 0\n"]


@pytest.mark.parametrize(
    "forged",
    [
        {"verdict": "accepted"},
        {"verdict": "accepted", "export": "end 0\n"},
        {"verdict": "usable"},
        {"verdict": "exported"},
        {"verdict": "exported", "export": ["end 0"]},
        {"verdict": "unaudited"},
        {"verdict": "bad_reference", "detail": "no, it is yours"},
        {},
    ],
)
def test_the_first_process_can_only_refuse(forged):
    """It can neither accept nor put the blame on the reference; its answer then reads as a failure."""
    answer, _, second = judged(lambda _: forged, lambda r: {"verdict": "usable"})
    assert answer["verdict"] == "failed"
    assert [request["op"] for request in second.asked] == ["probe"]


def test_a_bad_reference_is_confirmed_by_the_second_process():
    """Then it is the reference's fault."""
    answer, _, _ = judged(
        lambda _: {"verdict": "bad_reference", "detail": "a"},
        lambda _: {"verdict": "bad_reference", "detail": "b"},
    )
    assert answer == {"verdict": "bad_reference", "detail": "b"}


@pytest.mark.parametrize("verdict", sorted(REFUSALS))
def test_refusals_stand(verdict):
    """The second process is not asked."""
    answer, _, second = judged(
        lambda _: {"verdict": verdict, "detail": "d"}, lambda _: {"verdict": "accepted"}
    )
    assert answer["verdict"] == verdict and not second.asked


def test_references_are_probed_where_no_submission_runs():
    """`assay check` asks the second process."""
    first, second = Fake(lambda _: {}), Fake(lambda _: {"verdict": "usable"})
    both = Exports(first, second)
    assert both.check([{**REQUEST, "op": "probe"}])[0]["verdict"] == "usable" and not first.asked
    both.close()
    assert first.closed and second.closed


def test_the_option_chooses(monkeypatch, tmp_path):
    """`policy: export` puts two processes, which run the longer program, in the place of one."""
    programs = []
    monkeypatch.setattr(backends, "build_folder", lambda _: tmp_path)
    monkeypatch.setattr(backends, "wasm", lambda _, program: programs.append(program))
    for name in ("Slot", "Replayer", "Once"):
        monkeypatch.setattr(backends, name, lambda *_: Fake(dict))
    for back_end in ("wasm", "wasm_once"):
        assert isinstance(backends.made(back_end, LeanOptions()), Fake)
        assert isinstance(backends.made(back_end, LeanOptions(policy="export")), Exports)
    assert programs[0] is None and programs[2] is None
    text = programs[1].read_text(encoding="utf-8")
    assert "namespace Assay.Export" in text and text.count("public def main") == 1
