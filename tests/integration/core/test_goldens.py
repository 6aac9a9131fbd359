"""Whole reports on golden verifiers: what the suite says about each is what is known of it."""

import goldens
import pytest

from assay.conformance.subject import Subject
from assay.host import Host, Plugin, Provided
from assay.sample import Sample
from assay.verdict import Status

NAMED = {name: (spec, expected) for name, spec, expected in goldens.goldens()}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMED)
def test_a_golden_verifier_gets_the_expected_report(name):
    """The level is the known one, and the checks that are about its fault are among the failed."""
    spec, expected = NAMED[name]
    assert expected.differs(goldens.report_on(spec)) == ""


def test_a_report_that_differs_is_noticed():
    """Another level, a check that should have failed, and a failure where none is due are all named."""
    report = goldens.report_on(goldens.golden_spec("leaky"))
    assert goldens.Expected(2, ("O-LOG",)).differs(report) == ""
    assert "level 2 instead of 3" in goldens.Expected(3, ("O-LOG",)).differs(report)
    assert "D-REPEAT did not fail" in goldens.Expected(2, ("D-REPEAT",)).differs(report)
    assert "failed: O-LOG" in goldens.Expected(2).differs(report)


@pytest.mark.parametrize(("how", "reason"), [("hanging", "CPU"), ("memory", "memory")])
def test_what_the_host_bears_does_happen(how, reason):
    """The hanging one is stopped at its time limit and the other at its memory limit; then both judge on."""
    plugin = Plugin("planted", "(local)", "0", "planted", ())
    subject = Subject(Provided(goldens.golden_spec(how), plugin), Host(), {}, None)
    texts = (r"\boxed{42}", "x" * (goldens.LONG + 1), r"So \boxed{42}")
    first, bomb, last = subject.judge([Sample(completion=text, reference="42") for text in texts])
    subject.close()
    assert bomb.status is Status.POLICY_FAULT and reason in bomb.reason
    assert first.score == last.score == 1.0
