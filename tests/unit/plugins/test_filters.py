"""Rollout filters."""

from __future__ import annotations

import pickle

import pytest

from assay import KEEP, Sample, drop
from assay_plugins import filters as plugin


def test_truncated_drops_what_was_cut_off() -> None:
    """Only truncated rollouts go, in place, whatever their text."""
    batch = [Sample(completion="a"), Sample(completion="a", truncated=True), Sample(completion="")]
    assert plugin.build_truncated()(batch) == [KEEP, drop("truncated"), KEEP]


@pytest.mark.parametrize("blank", ["", " \n", "\u200b\u2060", "\u3164"])
def test_empty_drops_what_shows_nothing(blank: str) -> None:
    """Blank and invisible completions go; a single mark stays."""
    batch = [Sample(completion=blank), Sample(completion=".")]
    assert plugin.build_empty()(batch) == [drop("empty"), KEEP]


def test_examples_hold() -> None:
    """Good completions are kept and bad ones dropped; each filter has three examples, with both."""
    for spec in plugin.register_rollout_filters():
        decide = spec.factory()
        good = [example.sample(text) for example in spec.examples for text in example.good]
        bad = [example.sample(text) for example in spec.examples for text in example.bad]
        assert len(spec.examples) >= 3 and good and bad
        assert all(decision.keep for decision in decide(good)), spec.name
        assert not any(decision.keep for decision in decide(bad)), spec.name


def test_filters_take_an_empty_batch_and_pickle() -> None:
    """No samples give no decisions, also after a trip to another process."""
    for spec in plugin.register_rollout_filters():
        assert pickle.loads(pickle.dumps(spec)).factory()([]) == []
