"""The bench: cases of a plugin, judged once, and checks that look at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import faulty
import pytest
import toys

from assay import (
    Example,
    Expect,
    RewardSpec,
    Sample,
    Status,
    Verdict,
    VerifierSpec,
    Waiver,
    from_predicate,
    from_score,
)
from assay.conformance import checks, model
from assay.conformance.bench import Bench, example_cases
from assay.conformance.model import Group, Outcome, check
from assay.conformance.subject import Subject
from assay.errors import PluginError
from assay.host import Host, Provided

EXAMPLES = (Example(reference="5", good=("5",), bad=("6", "")),)


def bench(spec, **settings):
    host = Host()
    plugin = type("Plugin", (), {})()
    hook = "register_verifiers" if isinstance(spec, VerifierSpec) else "register_rewards"
    setattr(plugin, hook, toys.assay.hookimpl(lambda: [spec], specname=hook))
    host.register(plugin, "mine")
    return Bench(host.find(f"mine.{spec.name}"), host=host, **settings)


def verifier(**fields):
    fields = {
        "name": "same",
        "summary": "",
        "factory": from_predicate(toys.obey),
        "examples": EXAMPLES,
        **fields,
    }
    return VerifierSpec(**fields, isolation=toys.INLINE)


@pytest.fixture
def scratch(monkeypatch):
    """A registry of checks that is forgotten after the test."""
    monkeypatch.setattr(model, "CHECKS", {})
    monkeypatch.setattr("assay.conformance.bench.CHECKS", model.CHECKS)
    return model.CHECKS


def test_examples_become_cases():
    """A verifier's good and bad are accept and reject; a reward's are ordered pairs."""
    with bench(verifier()) as b:
        assert [case.expect for case in example_cases(b.subject)] == [
            Expect.ACCEPT,
            Expect.REJECT,
            Expect.REJECT,
        ]
    reward = RewardSpec(
        name="long", summary="", factory=from_score(toys.characters), isolation=toys.INLINE,
        examples=(Example(good=("aaa",), bad=("a", "")),),
    )  # fmt: skip
    with bench(reward) as b:
        cases = example_cases(b.subject)
        assert [case.expect for case in cases] == [Expect.ORDERED] * 2
        assert [v.score for v in b.verdicts(cases[0])] == [0.3, 0.1]


def test_a_subject_knows_what_accepting_means():
    """The top of the range accepts; the bottom and a POLICY_FAULT reject; abstaining is neither."""
    with bench(verifier()) as b:
        assert b.subject.accepts(Verdict.scored(1.0)) and not b.subject.accepts(Verdict.scored(0.9))
        assert b.subject.rejects(Verdict.scored(0.0)) and b.subject.rejects(Verdict.policy_fault(""))
        abstained = Verdict.abstain("")
        assert not b.subject.accepts(abstained) and not b.subject.rejects(abstained)


@pytest.mark.parametrize(
    ("until", "outcome"), [("2999-01-01", Outcome.WAIVED), ("2000-01-01", Outcome.FAILED)]
)
def test_waivers_hold_until_their_day(scratch, until, outcome):
    """A waived failure is shown as waived with its reason; after its day it is a failure again."""

    @check("T-FAIL", "fails", group=Group.CONTRACT, level=1)
    def fails(bench):
        return bench.result("T-FAIL", Outcome.FAILED, message="found it")

    waiver = Waiver(check="T-FAIL", reason="known", until=until)
    with bench(verifier(waivers=(waiver,)), today=date(2026, 1, 1)) as b:
        (result,) = b.run_check("T-FAIL")
    assert result.outcome is outcome and "found it" in result.message


def test_full_checks_are_left_out_of_quick_runs(scratch):
    """A check marked so is skipped, and says why."""

    @check("T-LONG", "long", group=Group.CONTRACT, level=1, full_only=True)
    def long(bench):
        raise AssertionError

    with bench(verifier()) as b:
        (result,) = b.run_check("T-LONG")
    assert result.outcome is Outcome.SKIPPED and "full" in result.message


def test_two_checks_of_one_name_are_refused(scratch):
    """Check ids are stable names; a second one with the same id is a bug of the suite."""
    check("T-X", "x", group=Group.CONTRACT, level=1)(lambda bench: [])
    with pytest.raises(ValueError, match="T-X"):
        check("T-X", "x", group=Group.CONTRACT, level=1)(lambda bench: [])


def test_a_filter_is_judged_by_what_it_keeps():
    """Kept is the most and dropped the least; a breach of contract is a fault, not a decision."""
    host = Host()
    host.register(toys, "toys")
    even = host.find("toys.even")
    with Bench(even, host=host) as b:
        kept, dropped = b.subject.judge([Sample(completion="ab"), Sample(completion="a")])
    assert b.subject.accepts(kept) and b.subject.rejects(dropped) and dropped.reason == "odd"
    breaches = (
        (lambda samples: [], "0 decisions for 1"),
        (lambda samples: [1] * len(samples), "a Decision is expected"),
    )
    for breach, words in breaches:
        spec = replace(even.spec, factory=lambda breach=breach: breach)
        with Bench(Provided(spec, even.plugin), host=host) as b:
            verdicts = b.subject.judge([Sample(completion="ab"), Sample(completion="a")])
        assert {verdict.status for verdict in verdicts} == {Status.CHECKER_FAULT}
        assert words in verdicts[0].reason


def test_a_subject_that_pays_is_no_filter():
    """A filter has a subject of its own."""
    host = Host()
    host.register(toys, "toys")
    with pytest.raises(PluginError, match=r"toys\.even is a filter"):
        Subject(host.find("toys.even"), host, {}, None)


def test_a_check_that_empties_its_input_is_still_judged():
    """The host gives a check a list of its own: whoever clears it is found by C-NOMUT, and ends no run."""
    checks.load()
    with faulty.bench(faulty.mutates_list) as bench:
        (good,), (mutation,) = bench.run_check("A-GOOD"), bench.run_check("C-NOMUT")
    assert (good.outcome, mutation.outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert "changed" in mutation.message
