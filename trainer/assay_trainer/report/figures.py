"""Line pictures as inline SVG: coloured by the page's style sheet, so they follow light and dark mode.

Drawn by hand rather than with matplotlib: a picture is some kilobytes, its text stays text, its
bytes depend on the numbers alone, and it is legible at the width of a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from xml.etree import ElementTree

MAX_POINTS = 240
"""More points than the picture has room for are averaged in equal buckets."""
STYLES = 6
"""Distinct line styles (colour, dash) in the style sheet; further series reuse them in order."""

Point = tuple[float, float]
"""Step and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a picture."""

    name: str
    points: tuple[Point, ...]
    """By rising step; steps without a value are left out."""
    band: tuple[tuple[float, float, float], ...] = ()
    """Step, lower and upper bound of an interval. Empty: no band."""
    style: int = 0
    """Index into the style sheet's line styles, modulo `STYLES`."""
    plain: bool = False
    """True: a level to compare with, without dots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Size of a picture and how its values are written."""

    show: Callable[[float], str]
    width: int = 460
    height: int = 270
    least: float | None = None
    """The value axis never goes below. None: no bound."""
    most: float | None = None
    """The value axis never goes above. None: no bound."""
    smooth: bool = False
    """True: a faint line of the values and, over it, their moving average."""


def draw(series: Sequence[Series], axes: Axes, alt: str) -> str:
    """Return an ``<svg>`` element with every series, a value axis and a step axis.

    Raises:
        ValueError: when no series has a point.
    """
    drawn = [replace(s, points=thin(s.points)) for s in series]
    frame = _Frame.around(drawn, axes)
    size = f"0 0 {axes.width} {axes.height}"
    svg = ElementTree.Element("svg", {"viewBox": size, "role": "img", "aria-label": alt, "class": "plot"})
    _draw_axes(svg, frame, axes)
    for line in drawn:
        _draw_band(svg, frame, line)
    for line in drawn:
        _draw_line(svg, frame, line, axes)
    return ElementTree.tostring(svg, encoding="unicode")


def thin(points: Sequence[Point], limit: int = MAX_POINTS) -> tuple[Point, ...]:
    """Return at most `limit` points: the mean step and value of equal buckets of consecutive points."""
    if len(points) <= limit:
        return tuple(points)
    edges = [round(i * len(points) / limit) for i in range(limit + 1)]
    return tuple(_mean(points[start:end]) for start, end in pairwise(edges))


def moving_average(points: Sequence[Point]) -> tuple[Point, ...]:
    """Average each value with its neighbours: a centred window of a tenth of the points, cut at the ends."""
    reach = average_window(len(points)) // 2
    return tuple(
        (step, _mean(points[max(0, i - reach) : i + reach + 1])[1]) for i, (step, _) in enumerate(points)
    )


def average_window(count: int) -> int:
    """Return how many of `count` points one moving average covers: odd, at least 1."""
    return 2 * (min(count, MAX_POINTS) // 20) + 1


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return round values in ``[low, high]``, about `count` of them; needs ``low < high``."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The plotting area, and the way from data to picture."""

    x0: float
    x1: float
    y0: float
    y1: float
    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def around(cls, series: Sequence[Series], axes: Axes) -> _Frame:
        steps = [step for s in series for step, _ in s.points]
        values = [value for s in series for _, value in s.points]
        values += [bound for s in series for _, *bounds in s.band for bound in bounds]
        if not steps:
            raise ValueError("a picture needs at least one point")
        low, high = _padded(min(values), max(values), axes)
        x0, x1 = min(steps), max(steps)
        widest = max(len(axes.show(tick)) for tick in ticks(low, high, 4) or [low])
        left = 12 + 8.5 * widest  # room for the larger type of phones
        return cls(x0, x1 if x1 > x0 else x0 + 1, low, high, left, axes.width - 14, 12, axes.height - 40)

    def x(self, step: float) -> float:
        return self.left + (step - self.x0) / (self.x1 - self.x0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)

    def path(self, points: Iterable[Point]) -> str:
        return "M" + "L".join(f"{self.x(step):.1f} {self.y(value):.1f}" for step, value in points)


def _padded(low: float, high: float, axes: Axes) -> tuple[float, float]:
    room = (high - low) * 0.08 or abs(high) * 0.1 or 0.1
    padded_low, padded_high = low - room, high + room
    # A bound holds only for data that respects it: a value outside must still be seen.
    if axes.least is not None and low >= axes.least:
        padded_low = max(padded_low, axes.least)
    if axes.most is not None and high <= axes.most:
        padded_high = min(padded_high, axes.most)
    return padded_low, padded_high


def _draw_axes(svg: ElementTree.Element, frame: _Frame, axes: Axes) -> None:
    for value in ticks(frame.y0, frame.y1, 4):
        y = f"{frame.y(value):.1f}"
        ends = {"x1": f"{frame.left:.1f}", "x2": f"{frame.right:.1f}", "y1": y, "y2": y}
        ElementTree.SubElement(svg, "line", {"class": "grid", **ends})
        _label(svg, frame.left - 7, frame.y(value) + 4, "end", axes.show(value))
    for step in ticks(frame.x0, frame.x1, 6 if axes.width > 400 else 3):
        if step == int(step):
            _label(svg, frame.x(step), frame.bottom + 17, "middle", f"{step:.0f}")
    if axes.width > 400:
        _label(svg, (frame.left + frame.right) / 2, axes.height - 5, "middle", "training step")


def _label(svg: ElementTree.Element, x: float, y: float, anchor: str, text: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    ElementTree.SubElement(svg, "text", place).text = text


def _draw_band(svg: ElementTree.Element, frame: _Frame, line: Series) -> None:
    if not line.band:
        return
    outline = [(step, high) for step, _, high in line.band]
    outline += [(step, low) for step, low, _ in reversed(line.band)]
    style = f"band s{line.style % STYLES}"
    ElementTree.SubElement(svg, "path", {"class": style, "d": frame.path(outline) + "Z"})


def _draw_line(svg: ElementTree.Element, frame: _Frame, line: Series, axes: Axes) -> None:
    if not line.points:
        return
    style = f"s{line.style % STYLES}"
    points: Sequence[Point] = line.points
    if axes.smooth and average_window(len(points)) > 1:
        ElementTree.SubElement(svg, "path", {"class": f"raw {style}", "d": frame.path(points)})
        points = moving_average(points)
    ElementTree.SubElement(svg, "path", {"class": f"line {style}", "d": frame.path(points)})
    if len(line.points) > 24 or line.plain:
        return
    for step, value in line.points:
        place = {"cx": f"{frame.x(step):.1f}", "cy": f"{frame.y(value):.1f}", "r": "3.2"}
        dot = ElementTree.SubElement(svg, "circle", {"class": f"dot {style}", **place})
        ElementTree.SubElement(dot, "title").text = f"{line.name}, step {step:.0f}: {axes.show(value)}"


def _mean(points: Sequence[Point]) -> Point:
    return sum(step for step, _ in points) / len(points), sum(value for _, value in points) / len(points)
