"""A whole stack: does what it pays survive composition and TRL's advantages?

These checks look at a `Stack` rather than at one plugin. They need no completions: verdicts are drawn from
the components' declared ranges, so that whatever the plugins may answer is covered.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from assay.conformance.model import Group, Outcome, Result, Witness
from assay.errors import DataError
from assay.sample import Sample
from assay.scoring.compose import Composition, Part
from assay.scoring.stack import Stack
from assay.verdict import Status, Verdict

EPSILON = 1e-4
"""What TRL adds to the deviation."""
GROUPS, SIZE = 200, 8
UNKNOWN = "a domain that nobody routes"


def run_stack_checks(stack: Stack, seed: int = 0) -> list[Result]:
    """Check how a stack composes; the same arguments give the same results."""
    groups = [_group(stack, random.Random(f"{seed} {number}")) for number in range(GROUPS)]
    return [
        trl(stack, groups),
        variance(stack, groups),
        dominance(stack, groups),
        neutral(stack, groups),
        marginal(stack, groups),
        route(stack),
    ]


def advantages(rewards: Sequence[float | None]) -> list[float]:
    """TRL 1.16's advantages of one group: (r − mean) / (std + 1e-4), None left out and worth 0.

    The deviation divides by n − 1, as ``trl.trainer.utils.nanstd`` does; a group with fewer than two
    scores has none and gets 0 everywhere.
    """
    known = [reward for reward in rewards if reward is not None]
    if len(known) < 2:
        return [0.0] * len(rewards)
    mean = math.fsum(known) / len(known)
    deviation = math.sqrt(math.fsum((reward - mean) ** 2 for reward in known) / (len(known) - 1))
    return [0.0 if reward is None else (reward - mean) / (deviation + EPSILON) for reward in rewards]


@dataclass(frozen=True, slots=True)
class Row:
    """What all components might say about one completion."""

    right: bool | None
    verdicts: Mapping[str, Verdict]
    gate: Verdict | None

    def reward(self, composition: Composition) -> float | None:
        """What a composition pays for it."""
        return composition(self.verdicts, self.right, self.gate).reward


def trl(stack: Stack, groups: Sequence[Sequence[Row]]) -> Result:
    """X-TRL: finite advantages, of the sign that the reward has within its group, and 0 for masked rows."""
    broken: list[str] = []
    for rows in groups:
        rewards = [row.reward(stack.composition) for row in rows]
        known = [reward for reward in rewards if reward is not None]
        mean = math.fsum(known) / len(known) if known else 0.0
        for reward, advantage in zip(rewards, advantages(rewards), strict=True):
            if not math.isfinite(advantage):
                broken.append(f"reward {reward}: advantage {advantage}")
            elif reward is None and advantage != 0.0:
                broken.append(f"masked row: advantage {advantage}")
            elif reward is not None and abs(reward - mean) > 1e-9 and (reward > mean) != (advantage > 0):
                broken.append(f"reward {reward} against mean {mean}: advantage {advantage}")
    return _result(
        "X-TRL", "advantages are finite, of the right sign, and 0 for masked rows", SIZE * len(groups), broken
    )


def variance(stack: Stack, groups: Sequence[Sequence[Row]]) -> Result:
    """X-VAR: right and wrong answers in one group are told apart; a group of equal rows carries no signal."""
    broken: list[str] = []
    if stack.bounds is None:
        return _skipped("X-VAR", "a mixed group carries a signal", "the stack does not look at correctness")
    tried = 0
    for rows in groups:
        payable = (row for row in rows if row.right and row.reward(stack.composition) is not None)
        right = next(payable, None)
        if right is None:
            continue
        lowest = {part.name: part.bounds[0] for part in stack.composition.parts if part.is_correct}
        wrong = Row(
            False,
            {**right.verdicts, **{name: Verdict.scored(score) for name, score in lowest.items()}},
            Verdict.scored(stack.router.range[0]),
        )
        tried += 1
        pair = [row.reward(stack.composition) for row in (right, wrong)]
        mixed, same = advantages(pair), advantages([pair[0]] * SIZE)
        if not mixed[0] > 0 > mixed[1]:
            broken.append(f"alike but for being right: rewards {pair}")
        if any(abs(value) > 1e-6 for value in same):
            broken.append(f"all the same: advantages {same}")
    return _result("X-VAR", "a mixed group carries a signal, a uniform one none", tried, broken)


def dominance(stack: Stack, groups: Sequence[Sequence[Row]]) -> Result:
    """X-DOM: no wrong answer can earn as much as a right one; proven from ranges, and tried."""
    title = "a wrong answer never outranks a right one"
    if stack.bounds is None:
        return _skipped("X-DOM", title, "the stack does not look at correctness")
    rows = [row for group in groups for row in group]
    paid = [(row.right, reward) for row in rows if (reward := row.reward(stack.composition)) is not None]
    right = min((reward for is_right, reward in paid if is_right is True), default=math.inf)
    wrong = max((reward for is_right, reward in paid if is_right is False), default=-math.inf)
    broken = [] if stack.bounds.proven else [str(stack.bounds)]
    low, high = stack.bounds.right[0] - 1e-9, stack.bounds.wrong[1] + 1e-9
    if right < low or wrong > high:
        broken.append(f"beyond the bounds: a right one earned {right:g}, a wrong one {wrong:g}")
    figures = {"lowest_right": right, "highest_wrong": wrong, "bounds": str(stack.bounds)}
    return _result("X-DOM", title, len(paid), broken, figures)


def neutral(stack: Stack, groups: Sequence[Sequence[Row]]) -> Result:
    """X-NONE: one more component that abstains on every row changes no order."""
    name = "abstaining component"
    more = replace(stack.composition, parts=[*stack.composition.parts, Part(name, 1.0, (0.0, 1.0))])
    abstains = Verdict.abstain("not its business")
    broken: list[str] = []
    pairs = 0
    for rows in groups:
        before = [row.reward(stack.composition) for row in rows]
        after = [replace(row, verdicts={**row.verdicts, name: abstains}).reward(more) for row in rows]
        for i, j in combinations(range(len(rows)), 2):
            pairs += 1
            if _order(before[i], before[j]) != _order(after[i], after[j]):
                broken.append(f"{before[i]} and {before[j]} became {after[i]} and {after[j]}")
    return _result("X-NONE", "an abstention changes no order", pairs, broken)


def marginal(stack: Stack, groups: Sequence[Sequence[Row]]) -> Result:
    """X-ONE: share of pairs whose order each component decides. Figures only."""
    shares: dict[str, float] = {}
    parts = stack.composition.parts
    for part in parts:
        rest = replace(stack.composition, parts=[other for other in parts if other is not part])
        changed = pairs = 0
        for rows in groups:
            before = [row.reward(stack.composition) for row in rows]
            after = [_without(row, part.name).reward(rest) for row in rows]
            for i, j in combinations(range(len(rows)), 2):
                if before[i] is not None and before[j] is not None:
                    pairs += 1
                    changed += _order(before[i], before[j]) != _order(after[i], after[j])
        shares[part.name] = changed / pairs if pairs else 0.0
    text = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return Result(
        id="X-ONE",
        title="how many orders each component decides",
        group=Group.COMPOSITION,
        level=0,
        outcome=Outcome.REPORTED,
        message=text or "no components",
        n=sum(map(len, groups)),
        figures={"share_of_orders": shares},
    )


def route(stack: Stack) -> Result:
    """X-ROUTE: each domain has one verifier, and a domain without one is an error rather than a score."""
    title, router = "every domain has exactly one verifier", stack.router
    if not router.table:
        return _skipped("X-ROUTE", title, "the registry has no route")
    broken = [
        f"{domain!r}: no verifier {name!r}"
        for domain, name in router.table.items()
        if name not in router.verifiers
    ]
    for domain, name in router.table.items():
        sample = Sample(completion="", domain=None if router.column is None else domain)
        if router.named(sample) != name:
            broken.append(f"{domain!r} goes to {router.named(sample)}, not to {name}")
    if router.column is not None:
        with contextlib.suppress(DataError):
            broken.append(f"an unknown domain goes to {router.named(Sample(completion='', domain=UNKNOWN))}")
    return _result("X-ROUTE", title, len(router.table) + (router.column is not None), broken)


def _group(stack: Stack, rng: random.Random) -> list[Row]:
    """A group of rows: some right, some wrong, here and there an abstention or a fault."""
    return [_row(stack, rng) for _ in range(SIZE)]


def _row(stack: Stack, rng: random.Random) -> Row:
    low, high = stack.router.range
    judged = bool(stack.router.table)
    if not judged:
        verdict = None
    elif rng.random() < 0.05:
        verdict = Verdict(score=None, status=Status.CHECKER_FAULT, reason="synthetic")
    else:
        graded = not stack.router.binary and rng.random() < 0.3
        verdict = Verdict.scored(rng.uniform(low, high) if graded else rng.choice((low, high)))
    verdicts: dict[str, Verdict] = {}
    for part in stack.composition.parts:
        if part.is_correct and verdict is not None:
            verdicts[part.name] = verdict
        else:
            verdicts[part.name] = _answer(part, rng)
    right = None if verdict is None else stack.router.is_right(verdict)
    return Row(right, verdicts, verdict)


def _answer(part: Part, rng: random.Random) -> Verdict:
    drawn = rng.random()
    if drawn < 0.05:
        return Verdict.abstain("synthetic")
    if drawn < 0.08:
        return Verdict.policy_fault("synthetic")
    if drawn < 0.1:
        return Verdict(score=None, status=Status.INFRA_FAULT, reason="synthetic")
    low, high = part.bounds
    return Verdict.scored(rng.choice((low, high, rng.uniform(low, high))))


def _without(row: Row, name: str) -> Row:
    return replace(row, verdicts={key: verdict for key, verdict in row.verdicts.items() if key != name})


def _order(one: float | None, other: float | None) -> int | None:
    """-1, 0 or 1; None when a row is masked. Differences in the last digits are none."""
    if one is None or other is None:
        return None
    return 0 if math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) else (1 if one > other else -1)


def _result(
    id: str, title: str, n: int, broken: Sequence[str], figures: Mapping[str, object] | None = None
) -> Result:
    return Result(
        id=id,
        title=title,
        group=Group.COMPOSITION,
        level=2,
        outcome=Outcome.FAILED if broken else Outcome.PASSED,
        message=broken[0] if broken else "",
        n=n,
        failures=len(broken),
        witness=Witness(completion="", expected=title, got=broken[0]) if broken else None,
        figures=dict(figures or {}),
    )


def _skipped(id: str, title: str, why: str) -> Result:
    return Result(id=id, title=title, group=Group.COMPOSITION, level=2, outcome=Outcome.SKIPPED, message=why)
