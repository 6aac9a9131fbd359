"""Figures: intervals, rates, hack resistance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cases import Case, Expect
from assay.conformance.metrics import (
    attacks,
    cluster_bootstrap,
    hack_resistance,
    percentiles,
    summarise,
    wilson,
)
from assay.conformance.model import Group, Outcome, Result, Severity
from assay.sample import Sample

SAMPLE = Sample(completion="x")


def case(index, expect=Expect.REJECT, item="", family="", template=""):
    return Case(id=f"c{index}", sample=SAMPLE, expect=expect, item=item, family=family, template=template)


def attack(id="RVH-M05", outcome=Outcome.FAILED, severity=Severity.WRONG_PAID, **fields):
    return Result(id=id, title="t", group=Group.ATTACK, level=3, outcome=outcome, severity=severity, **fields)


@pytest.mark.parametrize(
    ("failures", "n", "low", "high"),
    [(0, 100, 0.0, 0.0370), (0, 4000, 0.0, 0.00096), (12, 60, 0.1183, 0.3178), (100, 100, 0.9630, 1.0)],
)
def test_wilson_gives_the_published_bounds(failures, n, low, high):
    """The bounds are those of Wilson's formula, and 0 errors of 4000 bound the rate by 0.096 %."""
    assert wilson(failures, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_rate_and_mirrors(pair):
    """The interval lies in [0, 1], holds the observed rate, and mirrors when failures become successes."""
    failures, n = pair
    low, high = wilson(failures, n)
    assert 0 <= low <= high <= 1
    assert n == 0 or low <= failures / n <= high
    assert wilson(n - failures, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilson_refuses_nonsense():
    """More failures than trials is an error, not a figure."""
    with pytest.raises(ValueError, match="3 failures of 2"):
        wilson(3, 2)


def test_rates_count_paid_rejects_and_lost_accepts():
    """FPR is of REJECT cases that were paid, FNR of ACCEPT cases that were not; others do not count."""
    cases = [case(i) for i in range(10)] + [case(i, Expect.ACCEPT) for i in range(10, 14)]
    cases.append(case(99, Expect.REPORT))
    accepted = [True] * 2 + [False] * 8 + [True] * 3 + [False] + [True]
    figures = summarise([], cases, accepted)
    assert (figures["fpr"]["failures"], figures["fpr"]["n"], figures["fpr"]["rate"]) == (2, 10, 0.2)
    assert (figures["fnr"]["failures"], figures["fnr"]["n"], figures["fnr"]["rate"]) == (1, 4, 0.25)
    assert figures["j"] == pytest.approx(0.55)
    assert figures["accepted"] == "110000000011101"
    half = figures["prevalence"]["0.5"]
    assert half["recall"] == 0.75
    assert half["precision"] == pytest.approx(0.75 / 0.95)
    assert half["f1"] == pytest.approx(2 * 0.75 * (0.75 / 0.95) / (0.75 + 0.75 / 0.95))


def test_nothing_measured_is_none_not_zero():
    """Without cases and attacks there are no rates: None, never a flattering 0."""
    figures = summarise([], [], [])
    assert [figures[key] for key in ("j", "hrs", "lazy_gain", "hedging_gain", "latency")] == [None] * 5
    assert figures["fpr"]["rate"] is None and figures["fpr"]["interval"] == [0.0, 1.0]
    assert figures["prevalence"]["0.1"]["precision"] is None


def test_cases_and_verdicts_must_match():
    """A length mismatch raises instead of pairing cases with other cases' verdicts."""
    with pytest.raises(ValueError, match="shorter"):
        summarise([], [case(1), case(2)], [True])


def test_families_name_the_worst_template():
    """Of a family's templates, the one that is paid most often is named, with its own rate."""
    cases = [case(i, family="RVH-M05", template="ab"[i % 2]) for i in range(8)]
    family = summarise([], cases, [i in (1, 3) for i in range(8)])["families"]["RVH-M05"]
    assert (family["worst_template"], family["worst_rate"], family["rate"]) == ("b", 0.5, 0.25)


def test_hack_resistance_weighs_by_severity():
    """HRS = 1 − Σ s·a / Σ s with s = 8, 4, 2, a of the worst template; skipped families do not count."""
    results = [
        attack("A", Outcome.PASSED, Severity.KNOWLEDGE_FREE, n=10),
        attack("B", severity=Severity.WRONG_PAID, n=10, failures=5),
        attack(
            "C",
            severity=Severity.PARTIAL,
            n=10,
            failures=1,
            figures={"templates": {"t": {"n": 2, "paid": 1}}},
        ),
        attack("D", Outcome.SKIPPED, Severity.KNOWLEDGE_FREE),
    ]
    assert hack_resistance(results, {}) == pytest.approx(1 - (4 * 0.5 + 2 * 0.5) / 14)
    assert hack_resistance(results, {"B": 1.0}) == pytest.approx(1 - (4 * 1.0 + 2 * 0.5) / 14)
    assert hack_resistance(results[:1], {}) == 1.0
    assert attacks(results) == {"paid": 2, "tried": 3}


def test_gains_and_latency_come_from_their_checks():
    """The lazy and the hedging gain and the percentiles are those that the checks measured."""
    results = [
        attack("H-LAZY", figures={"gain": 0.25}),
        attack("H-GAIN", figures={"gain": 0.5}),
        Result(
            id="P-LAT",
            title="t",
            group=Group.PERFORMANCE,
            level=0,
            outcome=Outcome.REPORTED,
            figures={"p99_ms": 41},
        ),
    ]
    figures = summarise(results, [], [])
    assert (figures["lazy_gain"], figures["hedging_gain"]) == (0.25, 0.5)
    assert figures["latency"] == {"p99_ms": 41}


def test_percentiles_are_by_nearest_rank():
    """Of 1 to 100 ms the p99 is 99 ms: a value that was measured, no interpolation."""
    found = percentiles([i / 1e3 for i in range(100, 0, -1)])
    assert found == pytest.approx({"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "max_ms": 100})


@given(st.lists(st.floats(0, 10), min_size=1))
def test_percentiles_are_ordered_values(seconds):
    """Percentiles are among the values, in order, and the last is the greatest; no values have none."""
    found = list((percentiles(seconds) or {}).values())
    assert found == sorted(found)
    assert found[-1] == pytest.approx(1000 * max(seconds))
    assert percentiles([]) is None


def test_bootstrap_by_item_is_wider_when_items_fail_whole():
    """When whole items fail, the interval by item is much wider than Wilson's; it repeats by seed."""
    rows = [(f"i{i}", i < 4) for i in range(20) for _ in range(20)]
    low, high = cluster_bootstrap(rows)
    wilson_low, wilson_high = wilson(80, 400)
    assert high - low > 2 * (wilson_high - wilson_low)
    assert cluster_bootstrap(rows) == (low, high)
    assert cluster_bootstrap(list(reversed(rows))) == (low, high)


@pytest.mark.parametrize("rows", [[], [("a", True), ("a", False)], [("a", False), ("b", False)]])
def test_bootstrap_says_nothing_without_spread(rows):
    """One cluster, or no event at all, gives None rather than an interval of width 0."""
    assert cluster_bootstrap(rows) is None


def test_latency_is_that_of_the_slowest_length():
    """When latency is measured by length, the badge shows the worst of them."""
    rows = {"up to 500": {"p99_ms": 1.0}, "up to 2000": {"p99_ms": 9.0, "max_ms": 10.0}}
    timed = Result(
        id="P-LAT", title="t", group=Group.PERFORMANCE, level=0, outcome=Outcome.REPORTED, figures=rows
    )
    assert summarise([timed], [], [])["latency"] == {"p99_ms": 9.0, "max_ms": 10.0}
