"""Preferences: both orders, and a tie where they differ."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from judge_bench import Start
from judge_server import Trouble, always_a, honest, noisy

from assay import InfraError
from assay_verifiers.judge.pairwise import Comparison, Pairwise, Preference

MIRROR = {
    Preference.FIRST: Preference.SECOND,
    Preference.SECOND: Preference.FIRST,
    Preference.TIE: Preference.TIE,
}
TEXTS = ("Yes.", "No, since it rains.", "I do not know.", "Perhaps", "It is so because it must be so.")
PAIRS = [("Why?", one, other) for one, other in itertools.permutations(TEXTS, 2)]


@pytest.mark.parametrize("brain", [honest, always_a, noisy])
def test_a_turned_pair_is_preferred_the_other_way(start: Start, brain: Any) -> None:
    """Whatever the judge, turning a pair turns the preference."""
    compare = Pairwise(start(brain).endpoint)
    there, back = compare(PAIRS), compare([(q, second, first) for q, first, second in PAIRS])
    assert [c.preference for c in there] == [MIRROR[c.preference] for c in back]


def test_a_judge_of_places_has_no_preference(start: Start) -> None:
    """Always the first: all ties, and the raw figure says why. An honest one has none."""
    assert set(Pairwise(start(always_a).endpoint)(PAIRS)) == {Comparison(Preference.TIE, False)}
    found = Pairwise(start(honest).endpoint)(PAIRS)
    assert all(c.consistent and c.preference is not Preference.TIE for c in found)


def test_only_summaries_are_compared(start: Start) -> None:
    """Reasoning is not shown; equal summaries tie, and one that is missing loses, without a question."""
    bench = start(honest)
    compare = Pairwise(bench.endpoint)
    assert compare([("Q", "<think>a</think>x", "x"), ("Q", "<think>x", "y"), ("Q", "y", "")]) == [
        Comparison(Preference.TIE, True),
        Comparison(Preference.SECOND, True),
        Comparison(Preference.FIRST, True),
    ]
    assert not bench.server.asked
    compare([("Q", "<think>THOUGHT</think>x", "yy")])
    assert "THOUGHT" not in json.dumps(bench.server.asked) and len(bench.server.asked) == 2


def test_no_verdict_raises(start: Start) -> None:
    """An evaluation does not go on without its judge."""
    with pytest.raises(InfraError):
        Pairwise(start(honest, [Trouble(body="{}")]).endpoint)(PAIRS[:1])
