"""From verdicts to one reward, and the proof of what the composition can and cannot pay.

    sum:    R = (Σ_k w_k s_k) · W / W'          over the components k that did not abstain,
    gated:  R = g · (1 + (Σ_k w_k s_k) · W / W'),   g = 1 if the answer is right, else 0,

where W is the sum of all weights and W' that of the components that are present: an abstention
is left out and the others' weights are renormalised, so it is neither 0 nor free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from assay.verdict import FAULTS, Status, Verdict


def worth(verdict: Verdict, bounds: tuple[float, float]) -> float | None:
    """What a verdict counts for: its score, the lowest score for a POLICY_FAULT, None when left out."""
    return bounds[0] if verdict.status is Status.POLICY_FAULT else verdict.score


@dataclass(frozen=True, slots=True)
class Part:
    """One component as the composition sees it."""

    name: str
    weight: float
    bounds: tuple[float, float]
    is_correct: bool = False
    """True for ``use: correct``: the routed verifier's own verdict."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A row's reward and each component's share of it."""

    reward: float | None
    paid: Mapping[str, float | None]
    masked: str | None = None
    """Why the reward is None."""


@dataclass(frozen=True, slots=True)
class Composition:
    """How a stack puts its components together."""

    parts: Sequence[Part]
    gated: bool

    def __call__(
        self, verdicts: Mapping[str, Verdict], right: bool | None, gate: Verdict | None = None
    ) -> Composed:
        """Compose one row.

        Args:
            verdicts: One per part, by name.
            right: Whether the answer is right; None when nobody can tell. Only a gate looks at it.
            gate: The routed verifier's verdict. None: the stack has none.
        """
        nothing: dict[str, float | None] = {part.name: None for part in self.parts}
        for name, verdict in {**verdicts, **({"gate": gate} if self.gated and gate else {})}.items():
            if verdict.status in FAULTS:
                return Composed(None, nothing, f"{verdict.status} of {name}: {verdict.reason}")
        if self.gated and right is None:
            return Composed(None, nothing, "the gate cannot tell whether the answer is right")
        scores = {part.name: worth(verdicts[part.name], part.bounds) for part in self.parts}
        factor = self._factor([part for part in self.parts if scores[part.name] is not None])
        if factor is None and not self.gated:
            return Composed(None, nothing, "every component abstained")
        if self.gated and not right:
            return Composed(0.0, {part.name: 0.0 for part in self.parts})
        paid = dict(nothing)
        for part in self.parts:
            score = scores[part.name]
            if score is not None:
                paid[part.name] = part.weight * score * (factor or 0.0)
        total = sum(value for value in paid.values() if value is not None)
        return Composed(1.0 + total if self.gated else total, paid)

    def _factor(self, present: Sequence[Part]) -> float | None:
        """W / W', None when nothing that counts is present."""
        here = sum(part.weight for part in present)
        return sum(part.weight for part in self.parts) / here if here > 0 else None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a right and a wrong answer can earn at the extremes, over every pattern of abstention."""

    right: tuple[float, float]
    wrong: tuple[float, float]

    @property
    def proven(self) -> bool:
        """True when no wrong answer can earn as much as any right one."""
        return self.wrong[1] < self.right[0]

    def __str__(self) -> str:
        """One sentence for people."""
        relation = "wrong never outranks right" if self.proven else "WRONG CAN OUTRANK RIGHT"
        return f"a right answer earns {_span(self.right)}, a wrong one {_span(self.wrong)}: {relation}"


def bounds_of(composition: Composition, binary: bool) -> Bounds | None:
    """Compute the extremes by interval arithmetic on the declared ranges.

    Args:
        composition: The composition.
        binary: True when the verifiers give only the two ends of their range; a graded one can
            come arbitrarily close to right while being wrong.

    Returns:
        None when correctness plays no part in the stack, so there is nothing to compare.
    """
    parts = composition.parts
    if not composition.gated and not any(part.is_correct for part in parts):
        return None
    return Bounds(
        right=_extremes(composition, [_ends(part, True, binary) for part in parts]),
        wrong=(0.0, 0.0)
        if composition.gated
        else _extremes(composition, [_ends(p, False, binary) for p in parts]),
    )


def _ends(part: Part, right: bool, binary: bool) -> tuple[float, float]:
    low, high = part.bounds
    if not part.is_correct:
        return low, high
    return (high, high) if right else (low, low if binary else high)


def _extremes(composition: Composition, ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Lowest and highest reward over all subsets of components that may be present.

    ``correct`` is always present: where it abstains, the row is neither right nor wrong.
    """
    parts = composition.parts
    optional = [index for index, part in enumerate(parts) if not part.is_correct]
    fixed = [index for index, part in enumerate(parts) if part.is_correct]
    totals: list[tuple[float, float]] = []
    weights = sum(part.weight for part in parts)
    for size in range(len(optional) + 1):
        for chosen in combinations(optional, size):
            present = [*fixed, *chosen]
            here = sum(parts[i].weight for i in present)
            if here == 0:
                if composition.gated:
                    totals.append((0.0, 0.0))
                continue
            scale = weights / here
            totals.append(
                (
                    sum(parts[i].weight * ends[i][0] for i in present) * scale,
                    sum(parts[i].weight * ends[i][1] for i in present) * scale,
                )
            )
    base = 1.0 if composition.gated else 0.0
    return base + min(t[0] for t in totals), base + max(t[1] for t in totals)


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}" if ends[0] == ends[1] else f"{ends[0]:g} to {ends[1]:g}"
