"""How numbers are written for people."""

from __future__ import annotations

NONE = "–"
"""Stands where there is no number."""


def percent(value: float | None) -> str:
    """Write a share in [0, 1] as ``43.8%``."""
    return NONE if value is None else f"{value * 100:.1f}%"


def percent_tick(value: float) -> str:
    """Write a share for an axis, without needless decimals."""
    return f"{value * 100:.4g}%"


def plain(value: float | None) -> str:
    """Write four significant digits, thousands apart: ``1,234``, ``0.0312``."""
    if value is None:
        return NONE
    if abs(value) < 1e9 and (value == int(value) or abs(value) >= 1000):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def tokens(value: float | None) -> str:
    """Write a mean length with one decimal."""
    return NONE if value is None else f"{value:,.1f}"


def duration(seconds: float | None) -> str:
    """Write seconds as ``1 h 12 min``, ``3 min 20 s`` or ``4.2 s``."""
    if seconds is None:
        return NONE
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def interval(bounds: tuple[float, float] | None) -> str:
    """Write an interval of shares as ``31.0–57.1%``; empty when there is none."""
    return "" if bounds is None else f"{bounds[0] * 100:.1f}–{bounds[1] * 100:.1f}%"


def points(difference: float) -> str:
    """Write a difference of shares in percentage points, with its sign: ``+3.4``."""
    shown = f"{difference * 100:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown.replace("-", "−")


def points_between(bounds: tuple[float, float] | None) -> str:
    """Write an interval of differences as ``−0.2 to +0.8``; empty when there is none."""
    return "" if bounds is None else f"{points(bounds[0])} to {points(bounds[1])}"


def chance(p: float | None) -> str:
    """Write a p-value: ``0.034``, or ``< 0.001``."""
    return NONE if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
