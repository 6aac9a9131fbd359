"""The report's pictures: which metrics each one shows, with its caption, alt text and data table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay_trainer.report import formats
from assay_trainer.report.figures import Axes, Point, Series, average_window, draw
from assay_trainer.report.folder import Row, RunFolder, number
from assay_trainer.report.headline import bounds, cons_key

MAX_ROWS = 60
"""A data table shows at most about this many steps."""
COMPONENT = ("assay/", "/mean")
"""A component's mean is logged as ``assay/<component>/mean``."""
HEALTH = {
    "reward": "Reward",
    "reward_std": "Reward, standard deviation",
    "loss": "Loss",
    "kl": "KL to the reference policy",
    "entropy": "Entropy",
    "grad_norm": "Gradient norm",
    "completions/clipped_ratio": "Cut at the length limit (share)",
}
"""Metrics of the trainer's own, in the order shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture with what stands around it."""

    title: str
    svg: str
    legend: tuple[tuple[str, int], ...]
    """(name, line style) of each line."""
    caption: str
    columns: tuple[str, ...]
    """Head of the data table; the first column is the step."""
    rows: tuple[tuple[str, ...], ...]
    every: int
    """The data table shows one step in so many; 1: all of them."""


def accuracy(run: RunFolder) -> Figure | None:
    """pass@1 and cons@k on the evaluation set over training: Figure 2 of the DeepSeek-R1 paper."""
    cons = cons_key(*run.evals)
    names: list[str] = ["pass@1", cons] if cons else ["pass@1"]
    series = [
        Series(name=name, points=points(run.evals, name), band=_band(run.evals, name), style=style)
        for style, name in enumerate(names)
    ]
    band = " Bands: intervals." if any(line.band for line in series) else ""
    caption = f"Accuracy on the evaluation problems.{band}"
    return figure("Accuracy during training", series, _share(), caption)


def length(run: RunFolder) -> Figure | None:
    """Mean response length over training: Figure 3 of the DeepSeek-R1 paper."""
    series = [
        Series(name="training rollouts", points=points(run.metrics, "completions/mean_length"), style=0),
        Series(name="evaluation", points=points(run.evals, "mean_tokens"), style=1),
    ]
    axes = Axes(show=formats.plain, least=0, smooth=True)
    return figure("Mean response length", series, axes, "Tokens per completion.", formats.tokens)


def components(run: RunFolder) -> Figure | None:
    """The mean score of each reward component over training."""
    names = component_names(run.metrics)
    series = [
        Series(name=name, points=points(run.metrics, name.join(COMPONENT)), style=style)
        for style, name in enumerate(names)
    ]
    caption = "Mean score of each component over a batch, before weights."
    return figure("Reward components", series, Axes(show=formats.plain, smooth=True), caption)


def right_share(run: RunFolder) -> Figure | None:
    """The share of training rollouts that the verifier called right."""
    series = [Series(name="right", points=points(run.metrics, "assay/right/mean"))]
    return figure("Right training rollouts", series, _share(smooth=True), "Share of rollouts judged right.")


def loss(run: RunFolder) -> Figure | None:
    """The loss of a run that learns from given texts."""
    series = [Series(name="loss", points=points(run.metrics, "loss"))]
    return figure("Loss", series, Axes(show=formats.plain, least=0, smooth=True), "Loss of each logged step.")


def health(run: RunFolder) -> list[Figure]:
    """One small picture for each metric of the trainer's own that was logged."""
    found: list[Figure | None] = []
    for key, title in HEALTH.items():
        axes = Axes(show=formats.plain, width=300, height=150, smooth=True)
        found.append(figure(title, [Series(name=key, points=points(run.metrics, key))], axes, ""))
    return [drawn for drawn in found if drawn]


def component_names(metrics: Sequence[Row], end: str = COMPONENT[1]) -> list[str]:
    """Return the components that log ``assay/<component><end>``, in the order first logged.

    ``right`` is the routed verifier's, not a component of the reward.
    """
    start = COMPONENT[0]
    keys = {key: None for row in metrics for key in row if key.startswith(start) and key.endswith(end)}
    return [name for key in keys if (name := key[len(start) : -len(end)]) != "right" and name]


def points(rows: Sequence[Row], key: str) -> tuple[Point, ...]:
    """Return (step, value) of each row that has a finite `key`."""
    found = [(number(row.get("step")), number(row.get(key))) for row in rows]
    return tuple((step, value) for step, value in found if step is not None and value is not None)


def figure(
    title: str,
    series: Sequence[Series],
    axes: Axes,
    caption: str,
    cell: Callable[[float | None], str] | None = None,
) -> Figure | None:
    """Draw the series that have points; None when none has.

    Args:
        title: Stands above the picture and opens its alt text.
        series: Lines; those without points are left out.
        axes: How the picture is drawn.
        caption: One sentence below it.
        cell: Writes a value into the data table. None: as on the value axis.
    """
    drawn = [line for line in series if line.points]
    if not drawn:
        return None
    write = cell or (formats.percent if axes.show is formats.percent_tick else formats.plain)
    window = max(average_window(len(line.points)) for line in drawn)
    if axes.smooth and window > 1 and caption:
        caption += f" Faint: as logged; strong: moving average over {window} points."
    alt = f"{title}, a line for each of: " + "; ".join(_course(line, write) for line in drawn) + "."
    rows, every = _table(drawn, write)
    return Figure(
        title=title,
        svg=draw(drawn, axes, alt),
        legend=tuple((line.name, line.style) for line in drawn),
        caption=caption,
        columns=("Step", *_columns(drawn)),
        rows=rows,
        every=every,
    )


def _share(smooth: bool = False) -> Axes:
    return Axes(show=formats.percent_tick, least=0, most=1, smooth=smooth)


def _band(rows: Sequence[Row], name: str) -> tuple[tuple[float, float, float], ...]:
    found = [(number(row.get("step")), bounds(row, name)) for row in rows]
    return tuple((step, *ends) for step, ends in found if step is not None and ends is not None)


def _course(line: Series, write: Callable[[float | None], str]) -> str:
    (start, first), (end, last) = line.points[0], line.points[-1]
    if len(line.points) == 1:
        return f"{line.name}, {write(first)} at step {start:.0f}"
    return f"{line.name}, from {write(first)} at step {start:.0f} to {write(last)} at step {end:.0f}"


def _columns(series: Sequence[Series]) -> list[str]:
    return [head for line in series for head in ([line.name, "interval"] if line.band else [line.name])]


def _table(
    series: Sequence[Series], write: Callable[[float | None], str]
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Return the rows of the data table, thinned; the last step and short lines are kept whole."""
    steps = sorted({step for line in series for step, _ in line.points})
    every = -(-len(steps) // MAX_ROWS)
    whole = {step for line in series if len(line.points) <= MAX_ROWS // 2 for step, _ in line.points}
    kept = [step for i, step in enumerate(steps) if i % every == 0 or step in whole or step == steps[-1]]
    columns: list[dict[float, str]] = []
    for line in series:
        columns.append({step: write(value) for step, value in line.points})
        if line.band:
            columns.append({step: formats.interval((low, high)) for step, low, high in line.band})
    rows = [(f"{step:.0f}", *(column.get(step, formats.NONE) for column in columns)) for step in kept]
    return tuple(rows), every
