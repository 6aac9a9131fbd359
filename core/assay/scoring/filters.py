"""Rollout filters: in registry order, each as soon as what it reads is known."""

from __future__ import annotations

import enum
import logging
from collections.abc import Sequence
from typing import cast

from assay.sample import Sample
from assay.scoring.component import Component
from assay.specs import KEEP, Decision, RolloutFilter

log = logging.getLogger(__name__)


class Stage(enum.IntEnum):
    """How far a batch has come when a filter looks at it."""

    SAMPLED = 0
    """Nothing is judged yet: what is dropped costs nothing."""
    JUDGED = 1
    """The verifiers have said what is right; no reward has run."""
    PAID = 2
    """The rewards are composed."""


def earliest(component: Component) -> Stage:
    """When what a filter reads is known."""
    reads = component.spec.reads
    if "reward" in reads:
        return Stage.PAID
    return Stage.JUDGED if "right" in reads else Stage.SAMPLED


class Filters:
    """The filters of a stack, in registry order."""

    def __init__(self, components: Sequence[Component]) -> None:
        """Build them.

        Raises:
            MissingDependencyError, PluginError: a factory failed.
        """
        self.components = components
        self._stages: dict[Stage, list[tuple[Component, RolloutFilter]]] = {stage: [] for stage in Stage}
        stage = Stage.SAMPLED
        for component in components:
            stage = max(stage, earliest(component))  # never before one that stands above it
            self._stages[stage].append((component, component.build()))

    def has(self, stage: Stage) -> bool:
        """Tell whether any filter runs at a stage."""
        return bool(self._stages[stage])

    def __call__(self, samples: Sequence[Sample], stage: Stage) -> list[str | None]:
        """Return for each sample why a filter of this stage drops it, the first that does; None keeps it."""
        reasons: list[str | None] = [None] * len(samples)
        for component, rollout_filter in self._stages[stage]:
            left = [i for i, reason in enumerate(reasons) if reason is None]
            decisions = _decide(component, rollout_filter, [samples[i] for i in left])
            for index, decision in zip(left, decisions, strict=True):
                if not decision.keep:
                    reasons[index] = f"{component.name}: {decision.reason}"
        return reasons


def decided(rollout_filter: RolloutFilter, samples: Sequence[Sample]) -> list[Decision]:
    """Ask a filter and hold it to its contract.

    Args:
        rollout_filter: The filter.
        samples: N samples, reduced to what it declares that it reads.

    Returns:
        N decisions, in order.

    Raises:
        TypeError, ValueError: it returned something else, or another number of them.
        Exception: whatever the filter raises.
    """
    decisions: list[object] = list(rollout_filter(samples))
    if len(decisions) != len(samples):
        raise ValueError(f"it returned {len(decisions)} decisions for {len(samples)} samples")
    for decision in decisions:
        if not isinstance(decision, Decision):
            raise TypeError(f"it returned a {type(decision).__name__} where a Decision is expected")
    return cast("list[Decision]", decisions)


def _decide(component: Component, rollout_filter: RolloutFilter, samples: Sequence[Sample]) -> list[Decision]:
    """Ask one filter. One that fails drops nothing and is logged: its bug is no reason to lose data."""
    try:
        return decided(rollout_filter, [component.reduced(sample) for sample in samples])
    except Exception:
        log.exception("filter %s failed; it dropped nothing this time", component.name)
    return [KEEP] * len(samples)
