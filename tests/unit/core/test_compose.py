"""Composition: what is paid, and the proof of what can be paid."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Status, Verdict
from assay.scoring.compose import Composition, Part, bounds_of

ABSTAIN = Verdict.abstain("not mine")
POLICY = Verdict.policy_fault("bomb")
REFERENCE = Verdict.reference_fault("no gold")


def of(score):
    return Verdict.scored(score)


def fault(status):
    return Verdict(score=None, status=status, reason="lost")


SUM = Composition([Part("accuracy", 1.0, (0, 1), True), Part("format", 0.5, (0, 1))], gated=False)
GATED = Composition([Part("format", 0.5, (0, 1)), Part("penalty", 0.2, (-1, 0))], gated=True)


def test_sum_is_the_weighted_sum():
    """R = Σ w s when everything is present."""
    assert SUM({"accuracy": of(1.0), "format": of(0.5)}, True).reward == 1.25


def test_abstention_is_left_out_and_renormalised():
    """A component that abstains is neither 0 nor free: the others carry its weight."""
    assert SUM({"accuracy": of(1.0), "format": ABSTAIN}, True).reward == 1.5
    assert SUM({"accuracy": of(0.0), "format": ABSTAIN}, False).reward == 0.0
    assert SUM({"accuracy": REFERENCE, "format": of(1.0)}, None).reward == 1.5


def test_policy_fault_is_worth_the_lowest_score():
    """What the completion broke pays the bottom of the range, and is never an abstention."""
    assert SUM({"accuracy": POLICY, "format": of(1.0)}, False).reward == 0.5
    assert GATED({"format": of(1.0), "penalty": POLICY}, True, of(1.0)).reward == pytest.approx(1.3)


@pytest.mark.parametrize("status", [Status.CHECKER_FAULT, Status.INFRA_FAULT])
def test_faults_mask_the_row(status):
    """A checker or infrastructure fault of any component, the gate included, pays nobody anything."""
    masked = SUM({"accuracy": of(1.0), "format": fault(status)}, True)
    assert masked.reward is None and "format" in (masked.masked or "")
    assert GATED({"format": of(1.0), "penalty": of(0.0)}, None, fault(status)).reward is None


def test_a_gate_pays_wrong_answers_nothing():
    """However well formed, wrong is 0; right starts at 1."""
    assert GATED({"format": of(1.0), "penalty": of(0.0)}, False, of(0.0)).reward == 0.0
    assert GATED({"format": of(0.0), "penalty": of(0.0)}, True, of(1.0)).reward == 1.0


def test_a_gate_that_cannot_tell_masks():
    """No verdict on correctness, no payment either way."""
    assert GATED({"format": of(1.0), "penalty": of(0.0)}, None, REFERENCE).reward is None


def test_nothing_present_masks():
    """A row on which everybody abstains is unscorable, not 0."""
    assert SUM({"accuracy": ABSTAIN, "format": ABSTAIN}, None).reward is None


def test_bounds_say_what_a_sum_allows():
    """With weights 1 and 0.5 wrong earns at most 0.5 and right at least 1; with 1 and 1.2 it is refuted."""
    bounds = bounds_of(SUM, binary=True)
    assert bounds is not None and bounds.proven and bounds.wrong == (0.0, 0.5) and bounds.right == (1.0, 1.5)
    loose = Composition([Part("accuracy", 1.0, (0, 1), True), Part("format", 1.2, (0, 1))], gated=False)
    refuted = bounds_of(loose, binary=True)
    assert refuted is not None and not refuted.proven and "OUTRANK" in str(refuted)


def test_a_graded_verifier_is_never_proven_in_a_sum():
    """A score just below the top is wrong and earns nearly as much as right."""
    bounds = bounds_of(SUM, binary=False)
    assert bounds is not None and not bounds.proven


parts = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0]), st.sampled_from([(0, 1), (-1, 0), (-0.5, 0.5), (0, 3)])
    ),
    max_size=3,
)


@given(parts, st.booleans(), st.data())
def test_no_row_escapes_the_bounds(extras, gated, data):
    """Whatever scores, abstentions and policy faults a row has, its reward stays in the proven span."""
    built = [Part("accuracy", 1.0, (0, 1), True)] * (not gated)
    built += [Part(f"p{i}", w, b) for i, (w, b) in enumerate(extras)]
    composition = Composition(built, gated)
    bounds = bounds_of(composition, binary=True)
    if bounds is None:
        return
    right = data.draw(st.booleans())
    verdicts = {}
    for part in built:
        if part.is_correct:
            verdicts[part.name] = of(1.0) if right else data.draw(st.sampled_from([of(0.0), POLICY]))
        else:
            share = data.draw(st.sampled_from([0.0, 0.25, 1.0]))
            score = part.bounds[0] + share * (part.bounds[1] - part.bounds[0])
            verdicts[part.name] = data.draw(st.sampled_from([of(score), ABSTAIN, POLICY]))
    reward = composition(verdicts, right, of(float(right))).reward
    low, high = bounds.right if right else bounds.wrong
    assert reward is not None and low - 1e-9 <= reward <= high + 1e-9


@given(parts)
def test_the_bounds_are_attained(extras):
    """The span is not merely safe: some row earns each end of it, so a refusal is never for nothing."""
    built = [Part("accuracy", 1.0, (0, 1), True), *(Part(f"p{i}", w, b) for i, (w, b) in enumerate(extras))]
    composition = Composition(built, gated=False)
    bounds = bounds_of(composition, binary=True)
    assert bounds is not None
    rewards = []
    for choice in itertools.product(*[[of(p.bounds[0]), of(p.bounds[1]), ABSTAIN] for p in built[1:]]):
        verdicts = {"accuracy": of(1.0), **{p.name: v for p, v in zip(built[1:], choice, strict=True)}}
        rewards.append(composition(verdicts, True).reward)
    assert math.isclose(min(rewards), bounds.right[0], abs_tol=1e-9)
    assert math.isclose(max(rewards), bounds.right[1], abs_tol=1e-9)
