"""pass@k against enumeration, intervals, and the paired tests against their definitions."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_trainer.measures import clustered, holm, mcnemar, paired, pass_at, sign_flips, wilson


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_is_the_share_of_draws_with_a_right_one(case: tuple[int, int, int]) -> None:
    """pass@k is the share of all k-subsets of the attempts that hold a right one."""
    n, right, k = case
    draws = list(itertools.combinations([i < right for i in range(n)], k))
    assert pass_at(n, right, k) == pytest.approx(mean(map(any, draws)))


@given(st.integers(1, 6), st.integers(0, 10), st.integers(1, 6))
def test_pass_at_is_unbiased(n: int, tenths: int, k: int) -> None:
    """Its mean over n independent attempts is 1 − (1 − p)^k, whatever p is."""
    k, p = min(k, n), tenths / 10
    expected = sum(
        p**c * (1 - p) ** (n - c) * pass_at(n, c, k) * len(list(itertools.combinations(range(n), c)))
        for c in range(n + 1)
    )
    assert expected == pytest.approx(1 - (1 - p) ** k)


def test_pass_at_of_many_attempts() -> None:
    """Neither overflows nor loses digits where the binomials have thousands of them."""
    assert pass_at(100_000, 1, 1) == 1e-5
    assert pass_at(10_000, 1, 5_000) == 0.5
    assert pass_at(10_000, 9_999, 2) == 1.0


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_sign_flips_counts_all_patterns(quarters: list[int]) -> None:
    """p is the share of all sign patterns whose sum is as far from 0 as the one seen."""
    seen = abs(sum(quarters))
    sums = [
        abs(sum(s * d for s, d in zip(signs, quarters, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(quarters))
    ]
    expected = mean(total >= seen for total in sums)
    assert sign_flips([Fraction(quarter, 4) for quarter in quarters]) == pytest.approx(expected)


def test_sign_flips_of_nothing() -> None:
    """Without a difference there is no evidence."""
    assert sign_flips([]) == 1.0 == sign_flips([Fraction(0)] * 50)


def test_sign_flips_with_awkward_denominators() -> None:
    """Differences without a small common denominator are rounded, and p hardly moves."""
    exact = [Fraction(i % 7 - 2, 7) for i in range(40)]
    awkward = [value + Fraction(1, 10_007) * (i % 2) for i, value in enumerate(exact)]
    assert sign_flips(awkward) == pytest.approx(sign_flips(exact), abs=0.02)


def test_sign_flips_is_a_test() -> None:
    """Where nothing differs p is below 0.05 about one time in twenty, below 0.5 about one in two."""
    draw = random.Random(0)
    found = [
        sign_flips([Fraction(draw.randint(0, 4) - draw.randint(0, 4), 4) for _ in range(60)])
        for _ in range(400)
    ]
    assert 0.02 < mean(p <= 0.05 for p in found) < 0.09
    assert 0.4 < mean(p <= 0.5 for p in found) < 0.6


@pytest.mark.parametrize(
    ("first", "second", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (9, 1, 22 / 1024)]
)
def test_mcnemar(first: int, second: int, p: float) -> None:
    """Twice the smaller tail of a fair coin, at most 1."""
    assert mcnemar(first, second) == pytest.approx(p)


def test_holm() -> None:
    """The textbook's steps: 0.01·4, 0.02·3, 0.03·2 and no less than before, 0.9; in the order given."""
    assert holm([0.03, 0.9, 0.01, 0.02]) == pytest.approx([0.06, 0.9, 0.04, 0.06])
    assert holm([0.7, 0.8]) == [1.0, 1.0] and holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_helps(values: list[float]) -> None:
    """An adjusted p-value is no smaller, at most 1, and keeps the order."""
    adjusted = holm(values)
    assert all(p <= q <= 1 for p, q in zip(values, adjusted, strict=True))
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=40))
def test_paired_intervals_hold_the_mean_and_are_not_empty(gains: list[float]) -> None:
    """Inside [−1, 1], around the estimate, and never of zero width."""
    low, high = paired(gains)
    assert -1 <= low <= mean(gains) <= high <= 1 and low < high


def test_pairing_is_worth_something() -> None:
    """Two models that share their difficulties are told apart by pairs sooner than by two intervals."""
    first = [0.0] * 40 + [0.9] * 40
    second = [0.1] * 35 + [0.0] * 5 + [1.0] * 35 + [0.9] * 5
    low, _ = paired([b - a for a, b in zip(first, second, strict=True)])
    assert low > 0 and clustered(first)[1] > clustered(second)[0]
    assert paired([0.0] * 10) == (-wilson(0, 10)[1], wilson(0, 10)[1])
