"""What most checks share: the harmless samples, and the one child run."""

import faulty
import pytest

from assay.conformance import child, sampling


@pytest.mark.parametrize(("seconds", "samples", "least"), [(0.0, 9, 45.0), (2.0, 3, 45.0 + 2 * 300)])
def test_a_slow_plugin_gets_fewer_samples_and_more_time(monkeypatch, seconds, samples, least):
    """One that takes seconds a call is given the time that the probes' calls take, not failed for them."""
    asked = {}

    def run(component, given, probes, **options):
        asked.update(options, n=len(given))
        return child.Findings()

    monkeypatch.setattr(sampling, "_seconds", lambda bench, sample: seconds)
    monkeypatch.setattr(child, "run", run)
    with faulty.bench(faulty.sound) as bench:
        sampling.main_run(bench)
        assert len(sampling.harmless(bench)) == asked["n"] <= samples
    assert asked["timeout"] >= least
    assert (asked["timeout"] == least) is (seconds == 0)


def test_a_verdict_without_a_reason_has_no_colon():
    """What a witness got ends where the reason would begin."""
    from assay import Verdict

    assert sampling.described(Verdict.scored(0.0)) == "scored 0"
    assert sampling.described(Verdict.abstain("why not")) == "abstained: why not"
