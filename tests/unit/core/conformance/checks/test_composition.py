"""Stacks under test: composition, advantages, routes."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.conformance.checks import composition
from assay.conformance.checks.composition import advantages, run_stack_checks
from assay.conformance.model import Outcome
from assay.scoring.compose import Composition

GATED = """\
verifiers: {v: {use: toys.equal}, w: {use: toys.equal}}
route: {column: domain, math: v, code: w}
stacks:
  s:
    gate: correct
    rewards: {length: {use: toys.characters, weight: 0.2}, more: {use: toys.digits, weight: 0.1}}
"""
OUTRANKED = """\
verifiers: {v: {use: toys.equal}}
route: v
stacks:
  s: {rewards: {accuracy: {use: correct}, length: {use: toys.characters, weight: 2}}}
"""


def outcomes(stack):
    return {result.id: result.outcome for result in run_stack_checks(stack)}


def test_a_gated_stack_passes(make_stack):
    """Gate, small bonuses and a route by column: nothing fails, and marginal effects are only reported."""
    assert outcomes(make_stack(GATED)) == {
        "X-TRL": Outcome.PASSED,
        "X-VAR": Outcome.PASSED,
        "X-DOM": Outcome.PASSED,
        "X-NONE": Outcome.PASSED,
        "X-ONE": Outcome.REPORTED,
        "X-ROUTE": Outcome.PASSED,
    }


def test_a_stack_without_a_verifier_skips_what_is_about_being_right(make_stack):
    """Without correctness there is nothing to outrank and nothing to route."""
    found = outcomes(make_stack("stacks: {s: {rewards: {r: {use: toys.characters}}}}\n"))
    skipped = {name for name, outcome in found.items() if outcome is Outcome.SKIPPED}
    assert skipped == {"X-VAR", "X-DOM", "X-ROUTE"}


def test_a_wrong_answer_that_outranks_a_right_one_fails(make_stack):
    """An auxiliary of weight 2 beats accuracy of weight 1: X-DOM fails and says by how much."""
    found = {result.id: result for result in run_stack_checks(make_stack(OUTRANKED))}
    assert found["X-DOM"].outcome is Outcome.FAILED and "OUTRANK" in found["X-DOM"].message
    assert found["X-DOM"].figures["highest_wrong"] > found["X-DOM"].figures["lowest_right"]


def test_marginal_effects_grow_with_weight(make_stack):
    """The component of weight 2 decides more orders than the one of weight 1."""
    shares = next(r for r in run_stack_checks(make_stack(OUTRANKED)) if r.id == "X-ONE").figures
    assert shares["share_of_orders"]["length"] > shares["share_of_orders"]["accuracy"] > 0


def test_an_abstention_that_counts_as_zero_fails(make_stack, monkeypatch):
    """A composition that pays a share of what is present, unscaled, is found by X-NONE."""
    stack = make_stack(GATED)
    original = Composition.__call__

    def penalised(self, verdicts, right, gate=None):
        composed = original(self, verdicts, right, gate)
        abstained = any(verdict.score is None for verdict in verdicts.values())
        lower = composed.reward is not None and abstained and len(verdicts) > 2 and right
        return replace(composed, reward=-composed.reward) if lower else composed

    monkeypatch.setattr(Composition, "__call__", penalised)
    assert outcomes(stack)["X-NONE"] is Outcome.FAILED


def test_infinite_rewards_fail(make_stack, monkeypatch):
    """A composition that yields infinity or NaN is found by X-TRL."""
    stack = make_stack(OUTRANKED)
    original = Composition.__call__

    def infinite(self, *arguments):
        composed = original(self, *arguments)
        return composed if composed.reward is None else replace(composed, reward=composed.reward / 1e-320)

    monkeypatch.setattr(Composition, "__call__", infinite)
    assert outcomes(stack)["X-TRL"] is Outcome.FAILED


def test_a_route_that_swallows_unknown_domains_fails(make_stack, monkeypatch):
    """A router with a fall-back for unknown domains is found by X-ROUTE."""
    stack = make_stack(GATED)
    monkeypatch.setattr(stack.router, "named", lambda sample: stack.router.table.get(sample.domain, "v"))
    assert outcomes(stack)["X-ROUTE"] is Outcome.FAILED


def test_the_same_seed_gives_the_same_results(make_stack):
    """Synthetic groups follow from the seed."""
    stack = make_stack(OUTRANKED)
    assert run_stack_checks(stack, 3) == run_stack_checks(stack, 3)
    assert composition._group(stack, random.Random(1)) != composition._group(stack, random.Random(2))


@given(st.lists(st.none() | st.floats(-10, 10), min_size=2, max_size=16))
def test_advantages_are_centred(rewards):
    """Advantages of the rows that count sum to about 0; masked rows get exactly 0."""
    found = advantages(rewards)
    assert abs(sum(found)) < 1e-6 * len(found) * 100
    assert all(value == 0.0 for value, reward in zip(found, rewards, strict=True) if reward is None)


@pytest.mark.slow
def test_advantages_are_trls():
    """The same numbers as TRL 1.16's own nan-aware deviation gives (sum_then_normalize, one group)."""
    torch = pytest.importorskip("torch")
    utils = pytest.importorskip("trl.trainer.utils")
    rng = random.Random(0)
    for _ in range(50):
        rewards = [None if rng.random() < 0.2 else rng.choice((0.0, 1.0, rng.random())) for _ in range(8)]
        values = torch.tensor([float("nan") if r is None else r for r in rewards], dtype=torch.float64)
        theirs = (values - torch.nanmean(values)) / (utils.nanstd(values) + 1e-4)
        assert advantages(rewards) == pytest.approx(
            torch.nan_to_num(theirs, nan=0.0).tolist(), abs=1e-6
        )  # nanstd corrects in single precision
