"""The two plots of docs/explanation/mathematics.md, from the reports of accuracy.py and speed.py."""

from collections.abc import Mapping
from pathlib import Path

OURS, OTHERS, WRONG = "#1f6f8b", "#9aa5ab", "#c8553d"
_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "assay",
    "figure.facecolor": "white",
}


def _colour(name: str) -> str:
    return OURS if name.startswith("assay") else OTHERS


def _figure(width: float, height: float, columns: int = 1):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update(_STYLE)
    return pyplot.subplots(1, columns, figsize=(width, height), layout="constrained")


def plot_accuracy(report: Mapping, path: Path) -> None:
    """Two rows of bars: how often a grader is right, and how often it pays a wrong answer."""
    found = {name: grader["settled"] for name, grader in report["graders"].items()}
    names = sorted(found, key=lambda name: found[name]["accuracy"])
    figure, (left, right) = _figure(7.2, 0.45 + 0.3 * len(names), 2)
    colours = [_colour(name) for name in names]
    for axes, key, title in (
        (left, "accuracy", "verdicts that are right, %"),
        (right, "false_positive_rate", "wrong answers that are paid, %"),
    ):
        values = [100 * found[name][key] for name in names]
        bars = axes.barh(names, values, color=colours if axes is left else [WRONG] * len(names), height=0.66)
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_xlim(0, 1.18 * max(*values, 1))
        axes.tick_params(axis="y", length=0)
    right.set_yticklabels([])
    figure.savefig(path, metadata={"Date": None})


def plot_speed(report: Mapping, path: Path) -> None:
    """Pairs per CPU second by length of the completions, both axes logarithmic."""
    summary = report["summary"]
    sizes = [int(size) for size in summary]
    figure, axes = _figure(5.2, 3.2)
    series = {
        "math_answer, warm cache": ("warm", OURS, "--"),
        "math_answer": ("assay", OURS, "-"),
        "Math-Verify": ("math_verify", OTHERS, "-"),
    }
    for label, (key, colour, line) in series.items():
        values = [summary[str(size)][key] for size in sizes]
        axes.plot(sizes, values, line, color=colour, marker="o", markersize=4)
        axes.annotate(
            label, (sizes[0], values[0]), xytext=(0, 7), textcoords="offset points", color=colour, fontsize=9
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("length of a completion, KB")
    axes.set_title("pairs judged per CPU second", loc="left", fontsize=9)
    axes.set_ylim(top=3 * max(summary[str(size)]["warm"] for size in sizes))
    axes.grid(axis="y", color="#e6e9eb", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.savefig(path, metadata={"Date": None})
