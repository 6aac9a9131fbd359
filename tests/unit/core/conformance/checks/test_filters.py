"""The checks of rollout filters: sound ones pass all of them, and each planted fault is noticed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import planted_filters
import pytest

import assay
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.levels import badge, record
from assay.conformance.model import CHECKS, EVERY, Outcome
from assay.conformance.reports import as_json, render, terminal
from assay.conformance.reports.repro import script
from assay.conformance.run import run
from assay.host import Host, Plugin, Provided
from assay.specs import Kind

checks.load()
PLUGIN = Plugin("planted", "planted", "0", "planted_filters", ())


def bench(spec, **settings):
    return Bench(Provided(spec, PLUGIN), host=Host(), **settings)


def failed(spec, check_id):
    with bench(spec) as b:
        results = b.run_check(check_id)
    return [result for result in results if result.outcome is Outcome.FAILED]


@pytest.mark.parametrize("spec", [planted_filters.SOUND, planted_filters.REPEATS], ids=lambda s: s.name)
def test_a_sound_filter_is_robust(spec):
    """It reaches level 3; only checks for filters or for every kind are run, and all that can apply pass."""
    with bench(spec) as b:
        report = run(b)
    assert report.failed == [] and report.level == 3
    ran = {result.id for result in report.results}
    assert ran == {check.id for check in CHECKS.values() if Kind.FILTER in check.kinds}
    skipped = {result.id for result in report.results if result.outcome is Outcome.SKIPPED}
    grouped = "prompt" in spec.reads
    apart = {"D-SPLIT", "D-NEIGH", "O-LOG"} if grouped else {"R-GROUP", "C-SHAPE"}
    assert skipped == {"R-CASES"} | apart


@pytest.mark.parametrize(("off", "check_id"), planted_filters.FAULTS.items())
def test_a_planted_fault_is_noticed(off, check_id):
    """With one guard off, the check that is named for it fails."""
    assert failed(planted_filters.planted(off), check_id)


def test_every_check_of_filters_alone_notices_a_fault():
    """None of them is idle; cases of other plugins are tried below."""
    own = {check.id for check in CHECKS.values() if check.kinds == (Kind.FILTER,)}
    assert own - {"R-CASES"} <= set(planted_filters.FAULTS.values())


@pytest.mark.parametrize("off", ["keeps_truncated", "drops_short"])
def test_without_its_examples_nothing_is_proven(off):
    """The declared examples are the control: exit code 5, and no other check is run."""
    with bench(planted_filters.planted(off)) as b:
        report = run(b)
    assert report.exit_code(1) == 5 and {r.id for r in report.results} == {"R-GOOD", "R-BAD"}


def test_checks_of_pay_are_not_for_filters():
    """Asked for one, the bench says so."""
    with bench(planted_filters.SOUND) as b:
        (result,) = b.run_check("A-GOOD")
    assert result.outcome is Outcome.SKIPPED and "filter" in result.message


def test_cases_of_other_plugins_are_decided_as_labelled():
    """A case that a plugin brings counts, and the filter is known to it as what it is."""
    known = []

    class Brings:
        @assay.hookimpl
        def register_cases(self, name, spec):
            known.append(spec)
            sample = assay.Sample(completion="words", tokens=50)
            yield assay.Case(id="long", sample=sample, expect=assay.Expect.REJECT, reason="too long")

    host = Host()
    host.register(Brings(), "brings")
    with Bench(Provided(planted_filters.SOUND, PLUGIN), host=host) as b:
        (result,) = b.run_check("R-CASES")
    assert result.outcome is Outcome.FAILED and result.witness.got == "kept"
    assert known == [planted_filters.SOUND]


def test_a_factory_that_fails_is_told_at_once():
    """It cannot be tested."""

    def broken():
        raise OSError("no such file")

    with pytest.raises(assay.errors.PluginError, match="no such file"):
        bench(replace(planted_filters.SOUND, factory=broken))


def test_every_form_of_report_is_written():
    """Also with failures; there are no error rates, and the badge has the level."""
    with bench(planted_filters.planted("quotes")) as b:
        report = run(b)
    assert report.metrics["fpr"]["n"] == 0 and "FPR" not in badge(report) and " L0" in badge(report)
    assert record(report, date="2026-01-01")["level"] == 0
    for form in ("json", "junit", "sarif", "html"):
        text = render(report, form)
        assert "R-REASON" in text
        if form == "junit":
            ET.fromstring(text)
    assert as_json.loads(as_json.dumps(report)).level == 0
    assert "R-REASON" in terminal.render(report)


def test_a_failure_is_reproduced_by_a_script(capsys):
    """The script judges the witness by an installed filter, as the suite did."""
    with Bench(Host.load(["filters"]).find("filters.empty"), host=Host()) as b:
        report = run(b)
    witness = replace(report.results[0], id="R-MADE", outcome=Outcome.FAILED)
    sample = assay.conformance.model.Witness(completion=" ", expected="kept", got="dropped: empty")
    report = replace(report, results=(replace(witness, witness=sample),))
    scope = {"__name__": "__main__"}
    exec(script(report, "R-MADE"), scope)
    assert capsys.readouterr().out.splitlines() == ["expected: kept", "got: scored 0.0 'empty'"]


def test_every_means_every_kind():
    """A kind that is added is tested by default with what is for all."""
    assert set(EVERY) == set(Kind)
