"""The whole suite on the judges, asked over HTTP: an honest one proves them, a broken one proves nothing."""

from __future__ import annotations

import pytest
from judge_server import BRAINS, judging

from assay.conformance.bench import Bench
from assay.conformance.model import Report
from assay.conformance.run import run
from assay.errors import PluginError
from assay.host import Host
from assay_verifiers import judge

pytestmark = pytest.mark.slow


def report_of(name: str, brain: str, monkeypatch: pytest.MonkeyPatch) -> Report:
    host = Host()
    host.register(judge, "judge")
    with judging(BRAINS[brain]) as server:
        monkeypatch.setenv("ASSAY_JUDGE_URL", server.url)
        monkeypatch.setenv("ASSAY_JUDGE_MODEL", "stand-in")
        with Bench(host.find(name), host=host) as bench:
            return run(bench)


@pytest.mark.parametrize("name", ["judge.answer", "judge.helpfulness", "judge.harmlessness"])
def test_an_honest_judge_reaches_level_three(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails but what is waived: it opens connections."""
    report = report_of(name, "honest", monkeypatch)
    assert [result.id for result in report.failed] == []
    assert report.level == 3


def test_a_gullible_judge_reaches_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it believes is caught by the controls: no attack is paid."""
    report = report_of("judge.answer", "gullible", monkeypatch)
    assert [result.id for result in report.failed] == [] and report.level == 3


@pytest.mark.parametrize("brain", ["always_a", "yes_man"])
def test_a_judge_that_compares_nothing_proves_nothing(brain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The declared examples fail, and the report says so."""
    report = report_of("judge.answer", brain, monkeypatch)
    assert report.level is None and "examples" in report.inconclusive


def test_a_judge_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """`assay test` ends with one line that names the address."""
    host = Host()
    host.register(judge, "judge")
    with judging() as server:
        url = server.url
    monkeypatch.setenv("ASSAY_JUDGE_URL", url)
    monkeypatch.setenv("ASSAY_JUDGE_MODEL", "m")
    with (
        Bench(host.find("judge.answer"), host=host) as bench,
        pytest.raises(PluginError, match=f"answers at {url}"),
    ):
        run(bench)
