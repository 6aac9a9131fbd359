"""Length rewards, held against the papers' equations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay import Sample, Status, Verdict
from assay_plugins import length as plugin

RIGHT = True
WRONG = False


def cosine(right: bool | None, tokens: int | None, **options: object) -> Verdict:
    check = plugin.build_cosine(**{"max_length": 100, **options})
    return check([Sample(completion="x" * 7, tokens=tokens, right=right)])[0]


def overlong(tokens: int | None, **options: object) -> Verdict:
    check = plugin.build_soft_overlong(**{"max_completion_length": 100, "cache": 20, **options})
    return check([Sample(completion="x" * 90, tokens=tokens)])[0]


@pytest.mark.parametrize(("tokens", "expected"), [(0, 1.0), (50, 0.75), (100, 0.5), (101, 0.5), (200, 0.5)])
def test_cosine_of_right_answers(tokens: int, expected: float) -> None:
    """Right answers fall from 1 to 0.5 on a cosine and stay there past max_length."""
    assert cosine(RIGHT, tokens).score == pytest.approx(expected)


@pytest.mark.parametrize("tokens", [0, 1, 50, 100, 1000])
def test_cosine_of_wrong_answers_is_flat_by_default(tokens: int) -> None:
    """By default a wrong answer earns -1 at any length: being long pays nothing (RVH-N07)."""
    assert cosine(WRONG, tokens).score == -1.0


def test_cosine_can_be_the_papers() -> None:
    """With max_value_wrong -0.5 long wrong answers earn more, as in the paper and TRL."""
    scores = [cosine(WRONG, tokens, max_value_wrong=-0.5).score for tokens in (0, 50, 100)]
    assert scores == pytest.approx([-1.0, -0.75, -0.5])


def test_cosine_abstains_without_a_judgement() -> None:
    """When nobody could tell whether the answer is right, there is nothing to scale."""
    found = cosine(None, 10)
    assert found.status is Status.ABSTAINED and found.reason


@pytest.mark.parametrize(
    ("tokens", "expected"), [(0, 0.0), (80, 0.0), (81, -0.05), (90, -0.5), (100, -1.0), (101, -1.0)]
)
def test_soft_overlong_is_equation_13(tokens: int, expected: float) -> None:
    """0 up to max - cache, linear to -1 at max, -1 beyond."""
    assert overlong(tokens).score == pytest.approx(expected)


def test_soft_overlong_without_ramp_is_a_step() -> None:
    """cache 0 punishes only what is past the limit."""
    assert [overlong(tokens, cache=0).score for tokens in (100, 101)] == [0.0, -1.0]


def test_units_are_never_mixed() -> None:
    """Unknown token counts are abstained from, not replaced by characters, which are asked for (RVH-N06)."""
    assert overlong(None).status is Status.ABSTAINED
    assert cosine(RIGHT, None).status is Status.ABSTAINED
    assert overlong(3, unit="characters").score == pytest.approx(-0.5)  # its 90 characters
    assert cosine(RIGHT, 100, unit="characters", max_length=14).score == pytest.approx(0.75)
    assert "90 of 100 characters" in overlong(None, unit="characters").reason
    assert "right in 3 of 100 tokens" in cosine(RIGHT, 3).reason


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_length": 0},
        {"max_length": 10, "unit": "words"},
        {"max_length": 10, "max_value_right": 1.5},
        {"max_length": 10, "min_value_wrong": -1.5},
        {"max_length": 10, "min_value_right": 1.0, "max_value_right": 0.5},
        {"max_length": 10, "max_value_wrong": 0.6},
        {"max_length": 10, "typo": 1},
        {"max_length": 10, "max_value_right": math.nan},
    ],
)
def test_bad_cosine_options_are_errors(options: dict[str, object]) -> None:
    """Options under which wrong could outrank right, or leave the declared range, are refused."""
    with pytest.raises(ValidationError):
        plugin.build_cosine(**options)


@pytest.mark.parametrize(
    "options",
    [{}, {"cache": 1}, {"max_completion_length": 10}, {"max_completion_length": 10, "cache": 11}],
)
def test_bad_overlong_options_are_errors(options: dict[str, object]) -> None:
    """Both lengths are required, and the ramp starts at 0 or later."""
    with pytest.raises(ValidationError):
        plugin.build_soft_overlong(**options)


VALUES = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(sorted)


@given(VALUES, st.integers(1, 10_000), st.integers(0, 20_000), st.booleans())
def test_cosine_stays_between_its_bounds(values: list[float], longest: int, tokens: int, right: bool) -> None:
    """Whatever the options, the score is in the declared range and wrong never outranks right."""
    keys = ("min_value_wrong", "max_value_wrong", "min_value_right", "max_value_right")
    options = dict(zip(keys, values, strict=True))
    score = cosine(right, tokens, max_length=longest, **options).score
    assert score is not None
    low, high = values[2:] if right else values[:2]
    assert low - 1e-12 <= score <= high + 1e-12
    assert plugin.COSINE.range[0] <= score <= plugin.COSINE.range[1]


@given(st.integers(0, 300), st.integers(0, 300), st.booleans(), st.sampled_from([" ", "\n", "x"]))
def test_longer_never_pays_more(length: int, more: int, right: bool, padding: str) -> None:
    """By default neither reward rises when anything, white space included, is appended (RVH-N05)."""
    short = Sample(completion="x" * length, tokens=length, right=right)
    long = Sample(completion="x" * length + padding * more, tokens=length + more, right=right)
    for unit in ("tokens", "characters"):
        for check in (
            plugin.build_cosine(max_length=200, unit=unit),
            plugin.build_soft_overlong(max_completion_length=200, cache=50, unit=unit),
        ):
            first, second = check([short, long])
            assert first.score is not None and second.score is not None
            assert second.score <= first.score
