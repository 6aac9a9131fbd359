"""Levels, badge and record."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.conformance.levels import badge, level_of, record, report_hash
from assay.conformance.metrics import summarise, wilson
from assay.conformance.model import Group, Outcome, Report, Result, Severity

ids = itertools.count()


def result(level, outcome=Outcome.PASSED, group=Group.CONTRACT, severity=None, **fields):
    return Result(
        id=f"X{next(ids)}", title="t", group=group, level=level, outcome=outcome, severity=severity, **fields
    )


GOOD = [result(1), result(2), result(3), result(3, group=Group.ATTACK, severity=Severity.WRONG_PAID)]


def report(results, **fields):
    base = {"subject": {"name": "v", "version": "1"}, "mode": "quick", "seed": 0, "metrics": {}}
    return Report(**{**base, "results": tuple(results), "level": level_of(results), **fields})


def test_levels_are_climbed_one_by_one():
    """Each level needs all of those below it; only a full run reaches the fourth."""
    assert [level_of(GOOD[:n]) for n in (1, 2, 3)] == [1, 2, 3]
    assert level_of(GOOD) == 3
    assert level_of(GOOD, full=True) == 4


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_failure_stops_below_its_level(level):
    """A failed check of level k leaves level k − 1, whatever passes above."""
    assert level_of([*GOOD, result(level, Outcome.FAILED)], full=True) == level - 1


def test_a_failure_that_no_level_requires_costs_nothing():
    """Level 0 means that no level requires the check."""
    assert level_of([*GOOD, result(0, Outcome.FAILED)]) == 3


def test_only_failing_level_four_keeps_three():
    """A failed check of level 4 costs that level alone."""
    assert level_of([*GOOD, result(4, Outcome.FAILED)], full=True) == 3


def test_waivers_are_borne_up_to_three():
    """A waived failure does not cost level 1 to 3, and always costs level 4."""
    assert level_of([*GOOD, result(1, Outcome.WAIVED)], full=True) == 3


def test_skipped_checks_prove_nothing():
    """A level of which every check was skipped is not reached; nothing graded gives None."""
    assert level_of([]) is None
    assert level_of([result(1, Outcome.SKIPPED), result(0, Outcome.REPORTED)]) is None
    assert level_of([result(1), result(2, Outcome.SKIPPED), result(3)]) == 1


@pytest.mark.parametrize(
    ("severity", "cap"),
    [
        (Severity.KNOWLEDGE_FREE, 1),
        (Severity.WRONG_PAID, 2),
        (Severity.PARTIAL, 3),
        (Severity.OPERATIONAL, 3),
    ],
)
def test_paid_attacks_cap_the_level(severity, cap):
    """A knowledge-free attack that is paid caps at 1, a paid wrong answer at 2, even where no level asks."""
    paid = result(0, Outcome.FAILED, Group.ATTACK, severity)
    assert level_of([*GOOD, paid]) == cap


@given(
    st.lists(
        st.builds(
            result,
            st.integers(0, 4),
            st.sampled_from(Outcome),
            st.sampled_from([Group.CONTRACT, Group.ATTACK]),
            st.none() | st.sampled_from(Severity),
        )
    ),
    st.booleans(),
    st.integers(0, 4),
)
def test_one_more_failure_never_raises_the_level(results, full, level):
    """The level falls or stays when a failure is added, and a quick run never reaches 4."""
    before = level_of(results, full=full)
    after = level_of([*results, result(level, Outcome.FAILED, Group.ATTACK)], full=full)
    assert after is not None and (before is None or after <= before)
    assert full or before is None or before < 4


def test_badge_sums_up():
    """The line holds suite, level, the FPR's upper bound rounded up, FNR, attacks, p99 and waivers."""
    rate = {
        "fpr": {"rate": 0.0, "n": 2000, "interval": list(wilson(0, 2000))},
        "fnr": {"rate": 0.016, "n": 500},
    }
    metrics = {**rate, "latency": {"p99_ms": 41.2}}
    made = report([*GOOD, result(1, Outcome.WAIVED)], metrics=metrics)
    assert badge(made) == "suite 1.0 · L3 · FPR ≤ 0.2 % · FNR 1.6 % · 0/1 attacks · p99 41 ms · 1 waived"


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_badge_never_understates_the_bound(pair):
    """The bound in the badge is at least the bound that was computed."""
    upper = wilson(*pair)[1]
    line = badge(report(GOOD, metrics={"fpr": {"rate": 0, "n": 1, "interval": [0.0, upper]}}))
    shown = float(line.partition("FPR ≤ ")[2].partition(" %")[0]) / 100
    assert upper <= shown + 1e-12 and shown <= upper * 1.11


def test_badge_says_when_nothing_is_proven():
    """An inconclusive run shows its reason and no figure."""
    made = report([], inconclusive="the control failed")
    assert badge(made) == "suite 1.0 · nothing proven: the control failed"


def test_record_repeats_when_only_timings_differ():
    """The record of a second run differs by date and p99 at most; a changed outcome changes its hash."""
    one = report([*GOOD, result(0, group=Group.PERFORMANCE)], metrics=summarise([], [], [], latencies=[0.1]))
    slower = [replace(r, seconds=9.0) for r in one.results]
    slower[-1] = replace(slower[-1], outcome=Outcome.REPORTED, n=5)  # timings decide it
    two = report(slower, seconds=99.0, metrics=summarise([], [], [], latencies=[0.2]))
    first, second = record(one, date="2026-01-01"), record(two, date="2026-01-01")
    assert first["figures"].pop("p99_ms") == 100 and second["figures"].pop("p99_ms") == 200
    assert first == second and first["level"] == 3 and first["date"] == "2026-01-01"
    assert report_hash(report([*GOOD, result(0, Outcome.FAILED)])) != report_hash(report([*GOOD, result(0)]))
