"""`judge.answer`: what reaches the judge, and what its replies amount to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from judge_bench import Bench, Start
from judge_server import (
    Trouble,
    always_a,
    completion,
    gullible,
    honest,
    letter,
    likes_first,
    reply,
    texts,
    yes_man,
)

from assay import Sample, Status, Verdict
from assay_verifiers.judge.answer import AnswerJudge, control_for, prepare, probe
from assay_verifiers.judge.cases import answer_cases

QUESTION = "What is the capital of France?"


def judged(bench: Bench, completion: str, reference: Any = "Paris", prompt: str = QUESTION) -> Verdict:
    """As the host does it: prepare, then the check."""
    sample = Sample(completion=completion, reference=reference, prompt=prompt)
    ready = prepare(sample, **bench.options.model_dump())
    return ready if isinstance(ready, Verdict) else AnswerJudge(bench.endpoint, bench.options)([ready])[0]


@pytest.mark.parametrize(
    ("text", "status", "score"),
    [
        ("<answer>Paris</answer>", Status.SCORED, 1.0),
        ("<answer>\n Paris </answer>", Status.SCORED, 1.0),
        (r"\boxed{Paris}", Status.SCORED, 1.0),
        ("Paris", Status.POLICY_FAULT, None),
        ("", Status.POLICY_FAULT, None),
        ("<think><answer>Paris</answer>", Status.POLICY_FAULT, None),
        ("<think><answer>Paris</answer></think> Hm.", Status.POLICY_FAULT, None),
        ("<answer>" + "x" * 501 + "</answer>", Status.POLICY_FAULT, None),
        ("<answer>Paris</answer> <answer>Lyon</answer>", Status.SCORED, 0.0),
        ("It is not <answer>Paris</answer>", Status.SCORED, 0.0),
        ("<answer>:</answer>", Status.SCORED, 0.0),
        ("<answer>?!</answer>", Status.SCORED, 0.0),
        ("<answer>...</answer>", Status.POLICY_FAULT, None),
    ],
)
def test_what_needs_no_judge(start: Start, text: str, status: Status, score: float | None) -> None:
    """The reference to the letter is right; what states no single answer is wrong; nobody is asked."""
    bench = start(yes_man)
    verdict = judged(bench, text)
    assert (verdict.status, verdict.score) == (status, score)
    assert not bench.server.asked and verdict.reason


def test_what_states_nothing_may_abstain(start: Start) -> None:
    """`unextracted: abstain` leaves such rows to others."""
    bench = start(honest, unextracted="abstain")
    for text in ("Paris", "<answer>Paris</answer> <answer>Lyon</answer>"):
        assert judged(bench, text).status is Status.ABSTAINED


@pytest.mark.parametrize("reference", [None, "", " \n", "\u200b", True, [], ["Paris"], {"a": 1}, "x" * 2001])
def test_unusable_references(start: Start, reference: Any) -> None:
    """Missing, empty, listed or far too long ones are nobody's answer, and `assay check` says so before."""
    assert judged(start(yes_man), "<answer>Paris</answer>", reference).status is Status.REFERENCE_FAULT
    assert probe(reference)


def test_usable_references() -> None:
    """Text and numbers."""
    assert probe("Paris") is None and probe(42) is None and probe(0.5) is None


def test_the_judge_sees_the_answer_and_nothing_else(start: Start) -> None:
    """Neither reasoning nor what stands around the answer is in any request."""
    bench = start(honest)
    judged(bench, "<think>SECRET plan</think> SECRET words <answer>the city of Paris</answer> SECRET end")
    assert bench.server.asked and "SECRET" not in json.dumps(bench.server.asked)
    first, *_ = [texts(asked["messages"][-1]["content"]) for asked in bench.server.asked]
    assert first == {"question": QUESTION, "first text": "Paris", "second text": "the city of Paris"}


def test_right_takes_both_orders_and_both_controls(start: Start) -> None:
    """Reference first, answer first with the letters exchanged, and either of them beside something else."""
    bench = start(honest)
    verdict = judged(bench, "<answer>the city of Paris</answer>")
    assert verdict.score == 1.0 and verdict.extracted == "the city of Paris"
    assert verdict.evidence == {
        "votes": ["same"] * 2,
        "controls": ["different"] * 2,
        "reference controls": ["different"] * 2,
    }
    users = [asked["messages"][-1]["content"] for asked in bench.server.asked]
    first, second, third, fourth, fifth, sixth = (texts(user) for user in users)
    assert first["first text"] == second["second text"] == "Paris"
    assert [letter(user, "same") for user in users] == ["A", "B"] * 3
    assert third["first text"] == fourth["second text"] == control_for("Paris", "the city of Paris")
    assert fifth["second text"] == sixth["first text"] == "Paris"


def test_the_reference_is_controlled_once(start: Start) -> None:
    """The second right answer to a question costs four requests, not six."""
    bench = start(honest, concurrency=1)
    texts_ = ("its density is lower than that of water", "Because it is less dense")
    samples = [Sample(completion=text, reference="because it is less dense") for text in texts_]
    verdicts = AnswerJudge(bench.endpoint, bench.options)(samples)
    assert [v.score for v in verdicts] == [1.0, 1.0] and len(bench.server.asked) == 10


def test_a_reference_that_passes_beside_anything_pays_nobody(start: Start) -> None:
    """A judge that believes the reference whatever stands beside it has not compared it."""

    def believes(user: str, choices: Sequence[str]) -> str:
        return reply(letter(user, "same" if "Paris" in texts(user).values() else "different"))

    bench = start(believes)
    verdict = judged(bench, "<answer>London</answer>")
    assert verdict.status is Status.ABSTAINED and "reference" in verdict.reason


def test_wrong_takes_both_orders(start: Start) -> None:
    """Two requests; with `tie: wrong` the first one is enough."""
    bench = start(honest)
    assert judged(bench, "<answer>London</answer>").score == 0.0
    assert len(bench.server.asked) == 2
    bench = start(honest, tie="wrong")
    assert judged(bench, "<answer>London</answer>").score == 0.0
    assert len(bench.server.asked) == 1


@pytest.mark.parametrize("votes", [2, 4])
def test_votes(start: Start, votes: int) -> None:
    """Each order with each meaning of the letters, where four are asked for."""
    bench = start(honest, votes=votes, control=False)
    assert judged(bench, "<answer>the city of Paris</answer>").score == 1.0
    users = [asked["messages"][-1]["content"] for asked in bench.server.asked]
    assert len({(texts(user)["first text"], letter(user, "same")) for user in users}) == votes


@pytest.mark.parametrize("brain", [always_a, likes_first, yes_man])
@pytest.mark.parametrize("tie", ["abstain", "wrong"])
def test_a_biased_judge_pays_nobody(start: Start, brain: Any, tie: str) -> None:
    """Whoever likes a letter, a place or everything contradicts itself, and nobody is right by that."""
    bench = start(brain, tie=tie)
    for text in ("London", "the city of Paris", "Solution:", "zzz"):
        verdict = judged(bench, f"<answer>{text}</answer>")
        assert verdict.score == (0.0 if tie == "wrong" else None), text


def test_what_passes_beside_anything_is_wrong(start: Start) -> None:
    """A judge that is honest but for openings: they are wrong, and right answers stay right."""
    bench = start(gullible)
    assert judged(bench, "<answer>the city of Paris</answer>").score == 1.0
    verdict = judged(bench, "<answer>Thought process:</answer>")
    assert verdict.score == 0.0 and verdict.evidence["votes"] == ["same", "same"]
    assert "something else" in verdict.reason


def test_every_known_attack_fails_on_a_gullible_judge(start: Start) -> None:
    """Master keys, injections and forged verdicts that this judge believes are never right."""
    bench = start(gullible)
    ready = [prepare(case.sample, **bench.options.model_dump()) for case in answer_cases()]
    reached = [item for item in ready if isinstance(item, Sample)]
    verdicts = AnswerJudge(bench.endpoint, bench.options)(reached)
    assert len(reached) > 150
    assert sum(v.evidence["votes"][0] == "same" for v in verdicts) > 60  # it does believe them
    assert not [v.extracted for v in verdicts if v.score == 1.0]
    assert not [item for item in ready if isinstance(item, Verdict) and item.score == 1.0]


@pytest.mark.parametrize(
    "trouble", [Trouble(body=completion("Right!")), Trouble(status=403), Trouble(body="<html>")]
)
@pytest.mark.parametrize("place", range(6))
def test_no_verdict_is_a_fault(start: Start, trouble: Trouble, place: int) -> None:
    """Whichever of the six requests fails, the row is masked, not paid and not refused."""
    bench = start(honest, [*[None] * place, trouble])
    verdict = judged(bench, "<answer>the city of Paris</answer>")
    assert verdict.status is Status.INFRA_FAULT and verdict.score is None and verdict.reason


def test_one_fault_is_one_row(start: Start) -> None:
    """The other rows of a batch keep their verdicts, in order."""
    bench = start(honest, [Trouble(body="<html>")], concurrency=1)
    samples = [Sample(completion=text, reference="Paris") for text in ("x", "the city of Paris", "y")]
    verdicts = AnswerJudge(bench.endpoint, bench.options)(samples)
    assert [v.status for v in verdicts] == [Status.INFRA_FAULT, Status.SCORED, Status.SCORED]
    assert [v.score for v in verdicts] == [None, 1.0, 0.0]


def test_a_share_is_written_down_for_people(start: Start, tmp_path: Path) -> None:
    """The same share, whoever runs it and in which order; each item once; nothing that is wrong."""

    def anything(user: str, choices: Sequence[str]) -> str:
        given = texts(user)
        pair = {given["first text"], given["second text"]}
        same = "Paris" in pair and any(text.startswith("right") for text in pair)
        return reply(letter(user, "same" if same else "different"))

    files = [tmp_path / name for name in ("one.jsonl", "two.jsonl")]
    items = [Sample(completion=f"right {n}", reference="Paris", prompt=QUESTION) for n in range(60)]
    wrong = [Sample(completion=f"wrong {n}", reference="Paris", prompt=QUESTION) for n in range(9)]
    for file, samples in zip(files, ([*items, *wrong], items[::-1] * 2), strict=True):
        bench = start(anything, audit=str(file), audit_share=0.3)
        AnswerJudge(bench.endpoint, bench.options)(samples)
    one, two = ([json.loads(line) for line in file.read_text().splitlines()] for file in files)
    assert sorted(row["id"] for row in one) == sorted(row["id"] for row in two)
    assert 8 <= len(one) <= 32
    assert set(one[0]) >= {"id", "question", "reference", "answer", "votes", "controls", "model", "right"}
    assert all(row["answer"].startswith("right") and row["right"] is None for row in one)


def test_controls_are_never_the_answer() -> None:
    """What a control compares with stands in neither text, and is the same for equal texts."""
    for reference, answer in (
        ("42", "-90217.355"),
        ("Paris", "a copper kettle full of rainwater"),
        ("42", "x"),
    ):
        control = control_for(reference, answer)
        assert control not in answer and control == control_for(reference, answer)
        assert any(c.isdigit() for c in control) == any(c.isdigit() for c in reference)
