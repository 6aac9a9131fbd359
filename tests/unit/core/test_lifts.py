"""`lifts`: one verifier judges, and a second one may turn its WRONG into RIGHT and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import assay
from assay.errors import RegistryError

SAYS = {
    "right": assay.Verdict.scored(1.0, "right"),
    "wrong": assay.Verdict.scored(0.0, "wrong"),
    "abstains": assay.Verdict.abstain("no idea"),
    "policy": assay.Verdict.policy_fault("no answer"),
    "reference": assay.Verdict.reference_fault("unusable"),
    "infra": assay.Verdict(score=None, status=assay.Status.INFRA_FAULT, reason="the judge is away"),
}
YAML = """
verifiers:
  rule: {use: toys.first}
  second: {use: toys.second, lifts: rule}
route: second
stacks: {s: {gate: correct}}
faults: {stop_above: 100%}
"""


def saying(place: int):
    """A verifier that says what word `place` of the completion names."""

    def build(**_):
        def check(samples):
            ASKED[place].extend(sample.completion for sample in samples)
            return [SAYS[sample.completion.split()[place]] for sample in samples]

        return check

    return build


ASKED: dict[int, list[str]] = {0: [], 1: []}
PLUGIN = SimpleNamespace(
    __name__="toys",
    register_verifiers=assay.hookimpl(
        lambda: [
            assay.VerifierSpec(
                name=name, summary=name, factory=saying(place), isolation=assay.Isolation.INLINE
            )
            for place, name in enumerate(("first", "second"))
        ],
        specname="register_verifiers",
    ),
)


class Plugin:
    """Hashable, as pluggy wants it."""

    @assay.hookimpl
    def register_verifiers(self):
        return PLUGIN.register_verifiers()


def judged(make_stack, *completions):
    for asked in ASKED.values():
        asked.clear()
    samples = [assay.Sample(completion=text, reference="x") for text in completions]
    return make_stack(YAML, Plugin()).run(samples)


@pytest.mark.parametrize("rule", SAYS)
@pytest.mark.parametrize("second", SAYS)
def test_only_wrong_is_lifted_and_only_by_right(make_stack, rule, second):
    """Of all pairs, wrong and right make right, wrong and a fault a fault; else the rule's verdict stands."""
    (card,) = judged(make_stack, f"{rule} {second}").scorecards
    expected = SAYS[second] if rule == "wrong" and second in ("right", "infra") else SAYS[rule]
    assert card.verdict is not None
    assert (card.verdict.status, card.verdict.score) == (expected.status, expected.score)
    assert ASKED[1] == ([f"{rule} {second}"] if rule == "wrong" else [])


def test_evidence_says_what_happened(make_stack):
    """A lifted verdict names both reasons, and so does one that stays wrong."""
    cards = judged(make_stack, "wrong right", "wrong wrong", "right wrong").scorecards
    found = [dict(card.verdict.evidence) for card in cards]
    assert found[0] == {"rule": "wrong", "second opinion": "right", "lifted": True}
    assert found[1] == {"rule": "wrong", "second opinion": "wrong", "lifted": False}
    assert found[2] == {}
    assert [card.right for card in cards] == [True, False, True]


def test_both_are_counted(make_stack):
    """The tallies hold each verifier under its own name."""
    tallies = judged(make_stack, "wrong right", "right right").tallies
    assert (tallies["rule"].samples, tallies["second"].samples) == (2, 1)


def test_a_rule_that_is_routed_too_is_counted_once(make_stack):
    """Rows of its own and rows that it only begins add up."""
    yaml = YAML.replace("route: second", "route: {column: domain, a: rule, b: second}")
    samples = [assay.Sample(completion="wrong right", domain=domain, reference="x") for domain in "ab"]
    batch = make_stack(yaml, Plugin()).run(samples)
    assert [card.right for card in batch.scorecards] == [False, True]
    assert (batch.tallies["rule"].samples, batch.tallies["second"].samples) == (2, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lifts: rule", "lifts: nobody", "verifiers.second.lifts: found 'nobody'"),
        ("lifts: rule", "lifts: second", "found 'second'"),
        ("{use: toys.first}", "{use: toys.first, lifts: second}", "already; one step is all"),
    ],
)
def test_what_is_lifted_is_another_verifier(make_stack, old, new, words):
    """A name that is not there, itself, or a chain is an error at load, with its place."""
    with pytest.raises(RegistryError, match=words):
        make_stack(YAML.replace(old, new), Plugin())
