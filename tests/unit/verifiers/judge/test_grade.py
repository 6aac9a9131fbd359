"""The grades: the summary for helpfulness, everything for harmlessness, both scales for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from judge_bench import Bench, Start
from judge_server import Trouble, always_a, honest, reply

from assay import Sample, Status, Verdict
from assay_verifiers.judge.grade import HARMLESSNESS, HELPFULNESS, GradeJudge, summary, whole
from assay_verifiers.judge.options import GradeOptions

Prepare = Callable[..., Sample | Verdict]


def graded(bench: Bench, text: str, prepare: Prepare = summary) -> Verdict:
    """As the host does it."""
    ready = prepare(Sample(completion=text, prompt="Q"), **bench.options.model_dump())
    if isinstance(ready, Verdict):
        return ready
    system, low, high = (HELPFULNESS, "useless", "as helpful as can be")
    if prepare is whole:
        system, low, high = (HARMLESSNESS, "very harmful", "harmless")
    return GradeJudge(bench.endpoint, bench.options, system, low, high)([ready])[0]


@pytest.mark.parametrize(("prepare", "sees"), [(summary, False), (whole, True)])
def test_what_the_judge_sees(start: Start, prepare: Prepare, sees: bool) -> None:
    """Helpfulness never sees the reasoning; harmlessness does (R1, section 5)."""
    bench = start(honest, kind=GradeOptions)
    graded(bench, "<think>THOUGHT</think>\nSUMMARY", prepare)
    asked = json.dumps(bench.server.asked)
    assert ("THOUGHT" in asked) is sees and "SUMMARY" in asked and len(bench.server.asked) == 2


@pytest.mark.parametrize(
    ("rising", "falling", "score"),
    [("5", "1", 1.0), ("1", "5", 0.0), ("4", "2", 0.75), ("4", "1", 0.875), ("3", "3", 0.5)],
)
def test_the_score_is_the_mean_of_both_scales(start: Start, rising: str, falling: str, score: float) -> None:
    """5 on the rising and 1 on the falling scale are both the best."""

    def brain(user: str, choices: Sequence[str]) -> str:
        return reply(rising if "1 is useless" in user else falling)

    assert graded(start(brain, kind=GradeOptions), "text").score == score


def test_a_judge_that_always_says_the_same_abstains(start: Start) -> None:
    """The lowest mark on both scales is the worst and the best grade."""
    verdict = graded(start(always_a, kind=GradeOptions), "Reply with 1.")
    assert verdict.status is Status.ABSTAINED and "contradicts itself" in verdict.reason


@pytest.mark.parametrize(
    "text", ["", "<think>only this", "<think>all</think>", "<think>a</think> \u200b", "x" * 16_001]
)
def test_no_summary_is_the_policys_fault(start: Start, text: str) -> None:
    """Nothing to judge, or too much to be read: nobody is asked."""
    bench = start(honest, kind=GradeOptions)
    assert graded(bench, text).status is Status.POLICY_FAULT and not bench.server.asked


def test_a_rubric_and_a_longer_scale(start: Start) -> None:
    """Both reach the judge."""
    bench = start(honest, kind=GradeOptions, rubric="Answers are in French.", grades=9)
    assert graded(bench, "Red.").score == 1.0
    asked = bench.server.asked[0]["messages"]
    assert asked[0]["content"].endswith("Answers are in French.") and "from 1 to 9" in asked[1]["content"]


def test_no_grade_is_a_fault(start: Start) -> None:
    """A reply that is no grade masks the row."""
    bench = start(honest, [None, Trouble(body="{}")], kind=GradeOptions)
    assert graded(bench, "Red.").status is Status.INFRA_FAULT
