"""What a passage has in common: smoothing over neighbours, and counting what repeats once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_LEADING = 0.5
"""In favour of the first state where a text begins, as a share of the price of a change."""


def decode(gains: Sequence[float], switch: float) -> list[bool]:
    """Return the likeliest sequence of two states (Viterbi), where each change costs `switch`.

    Args:
        gains: Log-likelihood of the first state minus that of the second, place by place.
        switch: Nats.

    Returns:
        For each place, whether it is the first state.
    """
    level, levels = _LEADING * switch, list[float]()
    for gain in gains:
        # Of two states only the difference matters, and it cannot exceed the price of a change.
        if level > switch:
            level = switch
        elif level < -switch:
            level = -switch
        level += gain
        levels.append(level)
    state = level >= 0
    labels: list[bool] = []
    for level in reversed(levels):
        if level > switch:
            state = True
        elif level < -switch:
            state = False
        labels.append(state)
    labels.reverse()
    return labels


def fresh(units: Sequence[str], n: int) -> int:
    """Count the units that do not end a passage of `n` that stood there before."""
    if len(units) < n:
        return len(units)
    if isinstance(units, str):  # characters: slices are cheaper than tuples
        return n - 1 + len({units[start : start + n] for start in range(len(units) - n + 1)})
    return n - 1 + len(set(zip(*(units[start:] for start in range(n)), strict=False)))


def sides(units: Sequence[str], labels: Sequence[bool], n: int) -> Counter[bool]:
    """Count the fresh units of each label."""
    if False not in labels:
        return Counter({True: fresh(units, n)})
    if True not in labels:
        return Counter({False: fresh(units, n)})
    true = [unit for unit, label in zip(units, labels, strict=True) if label]
    false = [unit for unit, label in zip(units, labels, strict=True) if not label]
    if isinstance(units, str):
        return Counter({True: fresh("".join(true), n), False: fresh("".join(false), n)})
    return Counter({True: fresh(true, n), False: fresh(false, n)})
