"""From an unbounded score to one in [0, 1]."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import ModelError
from assay.classifier import FILE, Calibration, ClassifierOptions, bounded

FINITE = st.floats(-1e6, 1e6)


def options(**given: object) -> ClassifierOptions:
    return ClassifierOptions.model_validate({"model": "m", **given})


def test_sigmoid_of_the_difference() -> None:
    """The reference is worth one half, one above it what the logistic function says, extremes the ends."""
    score = bounded(options(reference=2.0), None)
    assert [score(2.0), score(3.0), score(1.0)] == [0.5, 0.7311, 0.2689]
    assert (score(1e9), score(-1e9)) == (1.0, 0.0)
    assert math.isnan(score(math.nan)), "no number is no score; the host calls it a fault"


def test_the_option_wins_over_the_file() -> None:
    """What registry.yaml says counts; without it, what training wrote."""
    calibration = Calibration(reference=5.0, quantiles=(0.0, 10.0))
    assert bounded(options(), calibration)(5.0) == 0.5
    assert bounded(options(reference=4.0), calibration)(4.0) == 0.5


def test_quantiles_are_ranks() -> None:
    """A score is worth the share of held-out scores below it, linear in between, 0 and 1 outside."""
    score = bounded(
        options(bound="quantile"), Calibration(reference=0.0, quantiles=(-4.0, 0.0, 0.0, 1.0, 3.0))
    )
    assert [score(x) for x in (-9.0, -4.0, -2.0, 0.0, 1.0, 2.0, 3.0, 9.0)] == [
        0.0, 0.0, 0.125, 0.375, 0.75, 0.875, 1.0, 1.0
    ]  # fmt: skip


@given(st.lists(FINITE, min_size=2, max_size=50), st.lists(FINITE, min_size=2, max_size=20))
def test_both_rise_and_stay_inside(held_out: list[float], scores: list[float]) -> None:
    """A higher score is never worth less, and nothing leaves [0, 1]: no score is worth an attack on it."""
    calibration = Calibration.of(held_out)
    for bound in ("sigmoid", "quantile"):
        worth = [bounded(options(bound=bound), calibration)(score) for score in sorted(scores)]
        assert worth == sorted(worth) and all(0 <= x <= 1 for x in worth)


@given(st.lists(FINITE, min_size=2, max_size=50))
def test_a_calibration_survives_the_disk(
    tmp_path_factory: pytest.TempPathFactory, scores: list[float]
) -> None:
    """What is written is what is read; its quantiles rise from the lowest to the highest score."""
    folder = tmp_path_factory.mktemp("model")
    made = Calibration.of(scores)
    made.write(folder)
    assert Calibration.read(str(folder)) == made
    assert (made.quantiles[0], made.quantiles[-1]) == (min(scores), max(scores))
    assert list(made.quantiles) == sorted(made.quantiles)


def test_nothing_to_bound_by_is_told(tmp_path: Path) -> None:
    """Without a reference or quantiles nobody guesses; a file that is none of ours is refused."""
    assert Calibration.read(str(tmp_path)) is None
    with pytest.raises(ModelError, match="option `reference` must say"):
        bounded(options(), None)
    with pytest.raises(ModelError, match="`bound: quantile` needs its assay_reward"):
        bounded(options(bound="quantile", reference=0.0), None)
    for text in ("{", "[]", '{"reference": 1}', '{"reference": 1, "quantiles": [2, 1]}'):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(ModelError, match="no calibration"):
            Calibration.read(str(tmp_path))


def test_no_model_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither option nor environment: the message names both."""
    monkeypatch.delenv("ASSAY_REWARD_MODEL", raising=False)
    with pytest.raises(ModelError, match="option `model`, or the variable ASSAY_REWARD_MODEL"):
        bounded(ClassifierOptions(), None)
