"""Reflection words, and whether they helped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample
from assay_trainer.reflection import find_aha, reflection_metrics, reflections


def samples(*texts: str) -> list[Sample]:
    return [Sample(completion=text) for text in texts]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<think>Wait, wait. I should recheck this.</think>4", 3),
        ("<think>Hmm. Let me check: 4. However, re-check.</think>4", 4),
        ("<think>等等，不对，重新检查。</think>4", 4),
        ("<think>Let's double-check and verify.</think>4", 2),
        ("<think>The waiter verified the hmmm.</think>4", 0),
        ("<think>2+2=4</think>wait", 0),
        ("no tags, but wait", 1),
        ("", 0),
    ],
)
def test_counts_words(text: str, count: int) -> None:
    """English words at word boundaries in any case, Chinese ones anywhere; only in the reasoning."""
    assert reflections(text) == count


def test_metrics() -> None:
    """The share of reflecting completions, and the right shares on both sides."""
    batch = samples("wait, 4", "hmm 5", "wait 4", "4", "5")
    assert reflection_metrics(batch, [True, False, True, True, False]) == {
        "reflection/share": 3 / 5,
        "reflection/right_share": 2 / 3,
        "reflection/plain_right_share": 1 / 2,
    }


def test_unjudged_rows_count_towards_nothing() -> None:
    """A row that nobody could judge is in no share, and a share of nothing is left out, not 0."""
    assert reflection_metrics(samples("wait", "4"), [None, True]) == {
        "reflection/share": 0.0,
        "reflection/plain_right_share": 1.0,
    }
    assert reflection_metrics(samples("wait"), [None]) == {}
    assert reflection_metrics([], []) == {}


def test_lengths_must_agree() -> None:
    """A missing judgement is a mistake of the caller, never passed over."""
    with pytest.raises(ValueError, match="zip"):
        reflection_metrics(samples("a", "b"), [True])


def test_aha_reflects_and_is_right() -> None:
    """The shortest completion that reflects and is right; none when there is none."""
    batch = samples("wait, no: it is really 4", "wait, 4", "hmm", "4")
    assert find_aha(batch, [True, True, False, True]) == 1
    assert find_aha(batch, [False, None, False, True]) is None


@given(
    st.lists(st.tuples(st.sampled_from(["wait", "4", "hmm 等等", ""]), st.sampled_from([True, False, None])))
)
def test_shares_are_shares(rows: list[tuple[str, bool | None]]) -> None:
    """Every metric is in [0, 1], whatever the batch."""
    metrics = reflection_metrics(samples(*(text for text, _ in rows)), [right for _, right in rows])
    assert all(0 <= value <= 1 for value in metrics.values())
