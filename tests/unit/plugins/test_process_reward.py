"""Steps, and what their scores come to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample, Status, Verdict
from assay.host import Host
from assay_plugins import process_reward
from assay_plugins.process_reward import ProcessOptions, ProcessReward, Trace, split
from assay_plugins.process_reward.reward import aggregate

TEXTS = st.text(alphabet="aB 1.!\n。`*:)-\t第步\u200b", max_size=200) | st.text(max_size=80)
WAYS = ("auto", "blank_lines", "numbered", "sentences")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("One.\n\nTwo.\n \nThree.", ["One.\n\n", "Two.\n \n", "Three."]),
        ("1. One.\n2. Two.\n   More.\n10) Ten.", ["1. One.\n", "2. Two.\n   More.\n", "10) Ten."]),
        ("First:\nStep 1: a\nStep 2: b", ["First:\n", "Step 1: a\n", "Step 2: b"]),
        ("**1.** a\n**2.** b", ["**1.** a\n", "**2.** b"]),
        ("One is odd. Two is even! So?", ["One is odd. ", "Two is even! ", "So?"]),
        ("It is 3.14, e.g. less than 4.", ["It is 3.14, e.g. less than 4."]),
        ("先算三。再加五。", ["先算三。", "再加五。"]),
        ("3.14 is pi\n2.72 is e", ["3.14 is pi\n2.72 is e"]),
        ("Look:\n```\na = 1\n\nb = 2\n```\n\nDone.", ["Look:\n```\na = 1\n\nb = 2\n```\n\n", "Done."]),
        ("```\nA. B. C.\n1. d\n2. e\n```", ["```\nA. B. C.\n1. d\n2. e\n```"]),
        ("Paragraph. With two. Sentences.\n\nNext.", ["Paragraph. With two. Sentences.\n\n", "Next."]),
        ("", [""]),
    ],
)
def test_where_steps_end(text: str, steps: list[str]) -> None:
    """Paragraphs, else numbers, else sentences; code, decimals and abbreviations end nothing."""
    assert split(text) == steps


@pytest.mark.parametrize("how", WAYS)
@given(text=TEXTS)
def test_no_letter_is_lost(how: str, text: str) -> None:
    """Joined, the steps are the text; each has something in it, unless the whole text is blank."""
    steps = split(text, how)  # type: ignore[arg-type]
    assert "".join(steps) == text and len(steps) >= 1
    assert all(step.strip() for step in steps) or not text.strip()


@pytest.mark.parametrize(("how", "worth"), [("min", 0.2), ("mean", 0.6), ("last", 0.6), ("product", 0.12)])
def test_aggregates(how: str, worth: float) -> None:
    """The weakest, the mean, the last, and all of them multiplied."""
    assert aggregate([1.0, 0.2, 0.6], how) == pytest.approx(worth)  # type: ignore[arg-type]


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=20), st.sampled_from(["min", "mean", "last", "product"])
)
def test_aggregates_stay_inside(scores: list[float], how: str) -> None:
    """What is in [0, 1] stays there, whichever way it is put together."""
    assert 0 <= aggregate(scores, how) <= 1  # type: ignore[arg-type]


def lengths(traces: Sequence[Trace], /) -> list[Sequence[float] | Verdict]:
    """A scorer that likes short steps, and refuses what shouts."""
    return [
        Verdict.abstain("no shouting") if "!" in "".join(t.steps) else [1 / len(s.strip()) for s in t.steps]
        for t in traces
    ]


def test_any_scorer_will_do() -> None:
    """A scorer of one's own sees prompt and steps once for the whole batch; its verdicts stay as they are."""
    seen: list[Sequence[Trace]] = []

    def scorer(traces: Sequence[Trace], /) -> list[Sequence[float] | Verdict]:
        seen.append(traces)
        return lengths(traces)

    reward = ProcessReward(scorer, ProcessOptions(aggregate="min", max_steps=3))
    texts = ("a\n\nbb\n\nc", "a!\n\nb", "a\n\nb\n\nc\n\nd", "abcd")
    verdicts = reward([Sample(completion=text, prompt="p") for text in texts])
    assert [v.score for v in verdicts] == [0.5, None, None, 0.25]
    assert [v.status for v in verdicts[1:3]] == [Status.ABSTAINED, Status.POLICY_FAULT]
    assert verdicts[0].evidence == {"steps": [1.0, 0.5, 1.0]} and "weakest is step 2" in verdicts[0].reason
    assert len(seen) == 1 and [trace.prompt for trace in seen[0]] == ["p"] * 3
    assert reward([]) == []


def test_what_is_on_offer() -> None:
    """One reward, described, and nothing about it is evaluated: its options name no code."""
    host = Host()
    host.register(process_reward, "process_reward")
    spec = host.find("process_reward").spec
    assert spec.options is not None and all(f.description for f in spec.options.model_fields.values())
    assert process_reward.prepare(Sample(completion=" \u200b ")) == Verdict.policy_fault(
        "the completion is empty"
    )
