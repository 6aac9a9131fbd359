"""The filter of chains of thought that mix languages."""

from __future__ import annotations

import pickle

import pytest

from assay import Sample
from assay_plugins.language.mixed import MIXED, build_mixed

pytest.importorskip("wordfreq")

GERMAN = (
    "Zuerst addieren wir die beiden Zahlen und prüfen danach, ob die Summe stimmt, die wir erwartet haben. "
)
ENGLISH = "First we add the two numbers and then we check whether the sum is the one that we had expected. "


def reasons(*completions, **options):
    return [
        decision.reason for decision in build_mixed(**options)([Sample(completion=c) for c in completions])
    ]


def test_examples_hold() -> None:
    """Good completions are kept and bad ones dropped."""
    for example in MIXED.examples:
        assert reasons(*example.good) == [""] * len(example.good)
        assert reasons(*example.bad) == ["mixed languages"] * len(example.bad)


def test_only_the_chain_of_thought_counts() -> None:
    """An answer in another language is kept, and so is a chain of thought in any one language."""
    assert reasons(f"<think>{ENGLISH}</think>{GERMAN}", f"<think>{GERMAN}</think>4") == ["", ""]
    assert reasons(f"<think>{ENGLISH}{GERMAN}", ENGLISH + GERMAN) == ["mixed languages"] * 2


def test_the_limits_are_options() -> None:
    """Half of the words may be allowed or not; with few words nobody can tell."""
    assert reasons(ENGLISH + GERMAN, max_other=0.3) == ["mixed languages"]
    assert reasons(ENGLISH + GERMAN, max_other=0.7) == [""]
    assert reasons("OK 好的，没问题", "We add 我们加") == ["", ""]
    assert reasons(ENGLISH + GERMAN, min_words=100) == [""]


def test_it_pickles_and_takes_an_empty_batch() -> None:
    """No samples give no decisions, also after a trip to another process."""
    assert pickle.loads(pickle.dumps(MIXED)).factory()([]) == []
