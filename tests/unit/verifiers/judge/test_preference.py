"""A completion against a reference: the pairwise judge as a reward."""

from __future__ import annotations

import json
from typing import Any

import pytest
from judge_bench import Start
from judge_server import Trouble, always_a, honest

from assay import Sample, Status, Verdict
from assay_verifiers.judge.options import PreferenceOptions
from assay_verifiers.judge.preference import PreferenceJudge, prepare


def judged(start: Start, completion: str, reference: Any, brain: Any = honest, **options: Any) -> Verdict:
    bench = start(brain, kind=PreferenceOptions)
    found = prepare(Sample(completion=completion, reference=reference, prompt="Why?"), **options)
    return PreferenceJudge(bench.endpoint)([found])[0] if isinstance(found, Sample) else found


@pytest.mark.parametrize(
    ("completion", "reference", "score"),
    [
        ("It is so because it must be.", "Yes.", 1.0),
        ("Yes.", "It is so because it must be.", 0.0),
        ("<think>one</think>Yes.", "<think>another one</think>Yes.", 0.5),
    ],
)
def test_the_summary_is_compared_with_the_reference_s(
    start: Start, completion: str, reference: str, score: float
) -> None:
    """Better pays 1, equal a half, worse nothing; a judge of places finds all of them equal."""
    assert judged(start, completion, reference).score == score
    assert judged(start, completion, reference, always_a).score == 0.5


def test_faults_are_whose_they_are(start: Start) -> None:
    """No summary is the policy's fault, a reference without one cannot be used, silence is the judge's."""
    assert judged(start, "<think>x", "Yes.").status is Status.POLICY_FAULT
    assert judged(start, "x" * 60, "Yes.", max_judged_chars=50).status is Status.POLICY_FAULT
    for reference in (None, "", "<think>x", 5, "x" * 60):
        assert judged(start, "Yes.", reference, max_judged_chars=50).status is Status.REFERENCE_FAULT
    lost = PreferenceJudge(start(honest, [Trouble(body="{}")], kind=PreferenceOptions).endpoint)
    assert lost([Sample(completion="a", reference="b")])[0].status is Status.INFRA_FAULT


def test_no_reasoning_is_shown(start: Start) -> None:
    """Neither that of the completion nor that of the reference reaches the judge."""
    bench = start(honest, kind=PreferenceOptions)
    sample = prepare(
        Sample(completion="<think>AAA</think>x", reference="<think>BBB</think>yy", prompt="Why?")
    )
    assert isinstance(sample, Sample)
    PreferenceJudge(bench.endpoint)([sample])
    asked = json.dumps(bench.server.asked)
    assert "AAA" not in asked and "BBB" not in asked and "Why?" in asked
