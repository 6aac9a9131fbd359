"""The parts of the report: sections of completions, pairs, headline, pictures, terminal table."""

import json
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assay_trainer.report import print_summary
from assay_trainer.report.completions import Section, clip, pairs, sections
from assay_trainer.report.curves import length
from assay_trainer.report.figures import Axes, Series, average_window, draw, moving_average, thin, ticks
from assay_trainer.report.folder import by_step, number, read_run
from assay_trainer.report.formats import chance, duration, percent, plain, points
from assay_trainer.report.headline import Accuracy, headline, sentence
from assay_trainer.report.operations import checking

FINITE = st.floats(-1e100, 1e100)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("<think>a</think><answer>b</answer>", [("think", "a", ""), ("answer", "b", "")]),
        ("a</think>b", [("think", "a", "opened in the prompt"), ("text", "b", "")]),
        ("x<think>a", [("text", "x", ""), ("think", "a", "never closed")]),
        ("<think></think>", [("think", "", "empty")]),
        ("<think>a<think>b</think>c", [("think", "a<think>b", ""), ("text", "c", "")]),
        ("</answer>a", [("text", "</answer>a", "")]),
        ("just text", [("text", "just text", "")]),
        ("", []),
    ],
)
def test_sections_of_a_completion(completion: str, expected: list[tuple[str, str, str]]) -> None:
    """Reasoning, answer and the rest are told apart, and tags out of place stay visible."""
    assert sections(completion) == [Section(*part) for part in expected]


@given(st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "word", "<b>"])))
def test_sections_lose_no_text(pieces: list[str]) -> None:
    """Every word of a completion stands in its sections, in order, however the tags are mixed."""
    shown = "".join(part.text for part in sections("".join(pieces)))
    words = re.findall(r"word|<b>", "".join(pieces))
    assert re.findall(r"word|<b>", shown) == words


@given(st.text(max_size=300), st.integers(30, 100))
def test_clipping_keeps_both_ends(text: str, limit: int) -> None:
    """A clipped text begins and ends as it did and says how much is gone; a short one is unchanged."""
    shown = clip(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        assert shown.startswith(text[:20]) and shown.endswith(text[-10:]) and "characters not shown" in shown


def test_pairs_show_success_and_harm_first() -> None:
    """Prompts that became right come first, then those that became wrong; others are not left out."""
    rows = [
        {"stage": stage, "prompt": name, "completion": "", "scorecard": {"right": right}}
        for name, states in {"a": (True, True), "b": (True, False), "c": (False, True)}.items()
        for stage, right in zip(("before", "after"), states, strict=True)
    ]
    found = pairs([*rows, {"stage": "before", "prompt": "alone"}])
    assert [pair.became for pair in found] == ["became right", "became wrong", "stayed right"]


def test_rows_of_equal_step_merge() -> None:
    """A resumed run's later line wins, without wiping what only the earlier line had."""
    rows = [{"step": 2, "a": 1, "b": 1}, {"step": 1}, {"step": 2, "b": 2}, {"no": "step"}]
    assert by_step(rows) == ({"step": 1}, {"step": 2, "a": 1, "b": 2})


@pytest.mark.parametrize("value", [None, True, "1", math.nan, math.inf, 10**400, [1]])
def test_only_finite_numbers_count(value: object) -> None:
    """Booleans, texts, NaN and what no float can hold are no numbers."""
    assert number(value) is None


def accuracy(before: float, after: float, half: float) -> Accuracy:
    spans = ((value - half, value + half) for value in (before, after))
    first, last = spans
    return Accuracy(name="pass@1", before=before, after=after, before_interval=first, after_interval=last)


def test_overlapping_intervals_temper_the_claim() -> None:
    """A rise within the noise of the evaluation is not sold as a rise for sure; a clear one is not hedged."""
    assert "too small to be sure" in sentence(accuracy(0.30, 0.34, 0.03))
    assert sentence(accuracy(0.3, 0.5, 0.03)) == "pass@1 rose by 20.0 percentage points, from 30.0% to 50.0%."
    assert "fell by 20.0" in sentence(accuracy(0.5, 0.3, 0.03))
    assert "did not change" in sentence(accuracy(0.5, 0.5, 0.03))


def test_a_stopped_run_takes_its_last_evaluation(run: Path) -> None:
    """Without a summary, before and after are the first and last evaluation, and the run is unfinished."""
    (run / "summary.json").unlink()
    head = headline(read_run(run))
    assert not head.finished
    assert [(row.name, row.before, row.after) for row in head.accuracies] == [
        ("pass@1", 0.125, 0.4884),
        ("cons@16", 0.19, 0.6262),
    ]


def test_one_evaluation_is_not_both(run: Path) -> None:
    """A single evaluation at step 0 is a before without an after."""
    (run / "summary.json").unlink()
    first = (run / "evals.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (run / "evals.jsonl").write_text(first, encoding="utf-8")
    row = headline(read_run(run)).accuracies[0]
    assert (row.before, row.after, row.change) == (0.125, None, None)


def test_an_interval_of_another_measurement_is_not_borrowed(run: Path) -> None:
    """A summary value that the evaluations do not hold stands without their interval."""
    summary = {"before": {"pass@1": 0.125}, "after": {"pass@1": 0.9}}
    (run / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    row = headline(read_run(run)).accuracies[0]
    assert row.before_interval == pytest.approx((0.08, 0.17))
    assert (row.after, row.after_interval) == (0.9, None)


def test_k_is_named_wherever_it_is_a_placeholder(run: Path) -> None:
    """Files that say ``cons@k`` beside a k read like files that say ``cons@16``, domains and summary too."""
    named = read_run(run)
    wanted = headline(named)
    for name in ("evals.jsonl", "summary.json"):
        text = (run / name).read_text(encoding="utf-8")
        (run / name).write_text(text.replace("cons@16", "cons@k"), encoding="utf-8")
    assert read_run(run).evals == named.evals
    assert headline(read_run(run)) == wanted


@given(st.lists(st.tuples(st.integers(0, 10**6), FINITE), min_size=1, max_size=40), st.booleans())
def test_pictures_stay_inside_their_frame(points: list[tuple[int, float]], smooth: bool) -> None:
    """Whatever the numbers, every coordinate drawn is finite and inside the picture."""
    series = Series(name="x", points=tuple(sorted(points)))
    axes = Axes(show=plain, smooth=smooth)
    svg = draw([series], axes, "alt")
    drawn = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", svg)
    assert drawn and "nan" not in svg and "inf" not in svg
    assert all(-1 <= float(x) <= axes.width + 1 and -1 <= float(y) <= axes.height + 1 for x, y in drawn)


def test_a_higher_value_is_drawn_higher() -> None:
    """Later steps lie to the right and larger values further up (smaller y)."""
    svg = draw([Series(name="x", points=((0, 0.1), (10, 0.9)))], Axes(show=percent), "alt")
    (x0, y0), (x1, y1) = re.findall(r"[ML]([\d.]+) ([\d.]+)", svg)
    assert float(x0) < float(x1) and float(y0) > float(y1)


def test_nothing_to_draw_is_an_error() -> None:
    """A picture without a point is refused rather than drawn empty."""
    with pytest.raises(ValueError, match="at least one point"):
        draw([Series(name="x", points=())], Axes(show=plain), "alt")


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=700))
def test_thinning_keeps_the_mean(values: list[float]) -> None:
    """A long line is averaged, never sampled: no value is dropped, and steps still rise."""
    points = [(float(step), value) for step, value in enumerate(values)]
    thinned = thin(points, 50)
    assert len(thinned) == min(50, len(points))
    assert all(a[0] < b[0] for a, b in pairwise(thinned))
    assert all(min(values) - 1e-9 <= value <= max(values) + 1e-9 for _, value in thinned)
    if len(values) % len(thinned) == 0:
        mean = sum(value for _, value in thinned) / len(thinned)
        assert mean == pytest.approx(sum(values) / len(values), abs=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=120))
def test_moving_average_stays_in_range(values: list[float]) -> None:
    """An average lies between the extremes, at the same steps as its values."""
    points = [(float(step), value) for step, value in enumerate(values)]
    averaged = moving_average(points)
    assert [step for step, _ in averaged] == [step for step, _ in points]
    assert all(min(values) - 1e-9 <= value <= max(values) + 1e-9 for _, value in averaged)


def test_averaging_covers_a_tenth_of_the_line() -> None:
    """Few points are shown as they are; the window of a long line is odd and about a tenth of it."""
    assert [average_window(count) for count in (1, 7, 19, 20, 120, 10_000)] == [1, 1, 1, 3, 13, 25]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    """A value axis has between one and eight ticks, all of them on it."""
    found = ticks(low, low + span, 4)
    assert 1 <= len(found) <= 8
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in found)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.25, "0.25 s"), (59.4, "59.4 s"), (200, "3 min 20 s"), (4324, "1 h 12 min")],
)
def test_durations(seconds: float | None, text: str) -> None:
    """Durations read as people say them."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (3.0, "3"), (1234.5, "1,234"), (0.03125, "0.03125"), (1e300, "1e+300")]
)
def test_plain_numbers(value: float | None, text: str) -> None:
    """Numbers keep four digits, and huge ones do not fill the page."""
    assert plain(value) == text


def test_a_thinned_table_keeps_every_evaluation(run: Path) -> None:
    """Where a long line shares its table with few evaluations, each evaluation keeps its row."""
    found = length(read_run(run))
    assert found is not None
    assert found.every > 1
    evaluated = [row[0] for row in found.rows if row[2] != "–"]
    assert evaluated == ["0", "20", "40", "60", "80", "100", "120"]


def printed(run: Path) -> str:
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        print_summary(run, console)
    return captured.get()


def test_terminal_table_shows_the_run(run: Path) -> None:
    """The terminal shows before, after, change, time, memory and seed."""
    text = printed(run)
    for shown in ("12.5%", "48.8%", "+36.3 points", "44.3–53.3%", "cons@16"):
        assert shown in text
    assert "time 1 h 12 min, peak memory 3,174 MB, seed 1729" in text
    assert "stopped" not in text


def test_terminal_table_of_an_empty_folder(tmp_path: Path) -> None:
    """A run without files prints gaps and says that it stopped."""
    assert "The run stopped before its end" in printed(tmp_path)


def test_drops_are_shown_by_reason(tmp_path: Path) -> None:
    """Below the rollouts that filters dropped stands how many went for each reason, over all steps."""
    rows = [
        {"step": 1, "assay/dropped": 2.0, "assay/dropped/filters.wrong/wrong": 2.0},
        {"step": 2, "assay/dropped": 3.0, "assay/dropped/filters.wrong/wrong": 1.0, "assay/dropped/a/b": 2.0},
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert checking(read_run(tmp_path)) == [
        ("Rollouts dropped by filters, all logged steps", "5"),
        ("… of which a/b", "2"),
        ("… of which filters.wrong/wrong", "3"),
    ]


def test_differences_and_chances_are_written() -> None:
    """A difference has its sign unless it is none; a small p is not written as 0."""
    assert [points(value) for value in (0.034, -0.5, 0.0, -0.0001)] == ["+3.4", "−50.0", "0.0", "0.0"]
    assert [chance(p) for p in (0.0341, 0.00001, None)] == ["0.034", "< 0.001", "–"]
