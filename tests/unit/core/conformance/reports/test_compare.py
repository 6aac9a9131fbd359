"""Two runs side by side, and a run against its baseline."""

import json
from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assay.conformance.model import Outcome
from assay.conformance.reports import as_json, compare
from assay.errors import DataError


def changed(report, which, /, **changes):
    results = tuple(replace(r, **changes) if r.id == which else r for r in report.results)
    return replace(report, results=results)


def accepted(report, bits):
    return replace(report, metrics={**report.metrics, "accepted": bits})


@pytest.mark.parametrize(("a", "b", "p"), [(0, 0, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (5, 5, 1.0)])
def test_mcnemar_gives_known_values(a, b, p):
    """Two-sided exact binomial p-values."""
    assert compare.mcnemar(a, b) == pytest.approx(p)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_tail(a, b):
    """It is the doubled tail of the binomial at 1/2, symmetric, and between 0 and 1."""
    n = a + b
    tail = sum(comb(n, k) for k in range(min(a, b) + 1)) / 2**n
    assert compare.mcnemar(a, b) == pytest.approx(min(1.0, 2 * tail)) == compare.mcnemar(b, a)


def test_mcnemar_bears_large_counts():
    """Thousands of discordant pairs neither overflow nor divide by zero."""
    assert 0 <= compare.mcnemar(100, 7900) < 1e-300
    assert compare.mcnemar(4000, 4000) == 1.0


def test_equal_runs_have_no_difference(report):
    """A run compared with itself: comparable, nothing changed, p = 1."""
    found = compare.compare(report, report)
    assert found["comparable"] and found["changed"] == [] and found["mcnemar"]["p"] == 1.0
    json.dumps(found)


def test_changed_checks_and_pairs_are_named(report):
    """A check that changed stands with both outcomes; the paired test counts who paid which case."""
    other = accepted(changed(report, "C-LEN", outcome=Outcome.FAILED, failures=3), "0111")
    found = compare.compare(accepted(report, "1100"), other)
    assert [row["id"] for row in found["changed"]] == ["C-LEN"]
    assert found["changed"][0]["b"] == {"outcome": "failed", "n": 74, "failures": 3}
    assert found["mcnemar"] == {"cases": 4, "only_a": 1, "only_b": 2, "p": 1.0}


def test_other_cases_are_not_paired(report):
    """Runs on other cases are marked, and get no paired test."""
    found = compare.compare(report, replace(report, corpus="cd" * 32))
    assert not found["comparable"] and found["why_not"] == "different cases" and found["mcnemar"] is None


def test_the_table_fits(report):
    """The table holds the changed check, both outcomes, and fits 80 columns."""
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    other = changed(report, "A-EQ", outcome=Outcome.FAILED, failures=9)
    console.print(compare.table(compare.compare(report, other)))
    console.file.close()
    shown = console.export_text()
    assert "A-EQ" in shown and "failed (9 of 400)" in shown and "p = 1" in shown


def baseline(report):
    return json.loads(as_json.dumps(report))


def test_the_same_run_is_no_regression(report):
    """Nothing is worse than itself, and what got better is no regression."""
    assert compare.regressions(baseline(report), report) == []
    worse = changed(report, "C-LEN", outcome=Outcome.FAILED, failures=1)
    assert compare.regressions(baseline(worse), report) == []


@pytest.mark.parametrize(
    ("id", "changes", "said"),
    [
        ("C-LEN", {"outcome": Outcome.FAILED}, "C-LEN: passed → failed"),
        ("C-LEN", {"outcome": Outcome.WAIVED}, "C-LEN: passed → waived"),
        ("C-LEN", {"outcome": Outcome.SKIPPED}, "C-LEN: passed → skipped"),
        ("C-LEN", {"id": "C-NEW"}, "C-LEN: passed → gone"),
        ("O-MEM", {"outcome": Outcome.FAILED}, "O-MEM: waived → failed"),
        ("RVH-M05", {"failures": 13}, "RVH-M05: 12 → 13 failures of 60"),
        ("RVH-M05", {"id": "RVH-M99"}, "RVH-M99: new, and failed"),
    ],
)
def test_each_regression_is_said(report, id, changes, said):
    """Every way in which a check can get worse gives exactly one line."""
    assert compare.regressions(baseline(report), changed(report, id, **changes)) == [said]


def test_a_lower_level_and_higher_rates_are_regressions(report):
    """The level and the error rates count as well; on other cases the interval decides."""
    rate = {"rate": 0.014, "failures": 56, "n": 4000, "interval": [0.011, 0.018]}
    worse = replace(report, level=None, metrics={**report.metrics, "fpr": rate})
    lines = ["level: L2 → nothing proven", "false positives: 1.25 % → 1.4 %"]
    assert compare.regressions(baseline(report), worse) == lines
    assert compare.regressions(baseline(report), replace(worse, corpus="other")) == lines[:1]


def test_a_quick_run_may_leave_out_what_a_full_one_has(report):
    """What another mode skips is no regression."""
    quick = changed(report, "C-LEN", outcome=Outcome.SKIPPED)
    assert compare.regressions(baseline(replace(report, mode="full")), quick) == []


def test_baselines_of_other_suites_are_refused(report):
    """Figures of different suite versions do not compare; what is no report is an error."""
    (line,) = compare.regressions(baseline(replace(report, suite_version="0.9")), report)
    assert "suite 0.9" in line
    with pytest.raises(DataError, match="the baseline"):
        compare.regressions({}, report)
