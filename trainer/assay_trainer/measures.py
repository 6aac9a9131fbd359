"""The arithmetic of evaluation: pass@k, intervals, and tests between paired results. Nothing is random.

pass@k = 1 − C(n−c, k) / C(n, k)                       Chen et al. 2021 (Codex), equation 1; unbiased
sign flips: p = P( |Σ_q s_q d_q| ≥ |Σ_q d_q| )         s_q = ±1 with equal chance, independently
McNemar:    p = 2 P( X ≤ min(b, c) ), at most 1        X ~ Binomial(b + c, 1/2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from assay import MissingDependencyError

if TYPE_CHECKING:
    import numpy

Z = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""

Interval = tuple[float, float]

_FINEST = 1000
"""Differences are counted in whole parts of one; of at most so many parts."""


def pass_at(n: int, right: int, k: int) -> float:
    """Chance that at least one of k attempts, drawn from n without putting back, is right.

    Args:
        n: Attempts, 1 or more.
        right: How many of them are right, 0 to n.
        k: 1 to n.

    Returns:
        0 to 1; for k = 1, the share that is right.
    """
    every = math.comb(n, k)
    return (every - math.comb(n - right, k)) / every  # integers of any size: nothing overflows or cancels


def clustered(means: Sequence[float]) -> Interval:
    """95 % interval of the mean of question means, inside [0, 1]; Wilson's when they are all alike."""
    n = len(means)
    mean = sum(means) / n
    half = _half_width(means)
    if half == 0:
        return wilson(mean * n, n)
    return max(0.0, mean - half), min(1.0, mean + half)


def paired(differences: Sequence[float]) -> Interval:
    """95 % interval of the mean of N differences, each −1 to 1, inside [−1, 1]; N is 1 or more.

    Where all are alike nothing varies, and the half-width is Wilson's upper bound for 0 of N: that many
    questions that differ otherwise could have been missed.
    """
    mean = sum(differences) / len(differences)
    half = _half_width(differences) or wilson(0, len(differences))[1]
    return max(-1.0, mean - half), min(1.0, mean + half)


def wilson(successes: float, n: int) -> Interval:
    """Wilson's 95 % interval of a share; `n` is 1 or more."""
    share, z2 = successes / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def sign_flips(differences: Sequence[Fraction]) -> float:
    """Two-sided p-value of paired differences under the hypothesis that each sign is a coin's: exact.

    The distribution of the sum over all 2^N sign patterns is built question by question, on the grid of
    the differences' common denominator. Where that is above 1000 they are rounded to thousandths.

    Args:
        differences: One for each question. Those that are 0 do not matter; none at all gives 1.

    Raises:
        MissingDependencyError: numpy is not installed.
    """
    try:
        import numpy
    except ImportError:
        raise MissingDependencyError.of("a paired test", "numpy", "train") from None

    parts = math.lcm(*(difference.denominator for difference in differences))
    parts = parts if parts <= _FINEST else _FINEST
    steps = [count for difference in differences if (count := round(difference * parts))]
    # chance[i] is that of the sum i − reach, where reach is the sum so far with all signs alike
    chance: numpy.ndarray[Any, numpy.dtype[numpy.float64]] = numpy.ones(1)
    for step in map(abs, steps):
        grown = numpy.zeros(len(chance) + 2 * step)
        grown[: len(chance)] += chance / 2
        grown[2 * step :] += chance / 2
        chance = grown
    reach, seen = sum(map(abs, steps)), abs(sum(steps))
    return min(1.0, 2 * float(chance[reach + seen :].sum())) if seen else 1.0


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value of two paired yes-or-no results, from the pairs in which they differ."""
    n, fewer = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(fewer + 1)) / 2**n)


def holm(values: Sequence[float]) -> list[float]:
    """Adjust N p-values for having been tested together (Holm 1979); in the order given, each at most 1."""
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted


def _half_width(values: Sequence[float]) -> float:
    n = len(values)
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0
    return Z * math.sqrt(variance / n)
