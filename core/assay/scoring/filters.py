"""Rollout filters: the first stage of a stack."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import cast

from assay.sample import Sample
from assay.scoring.component import Component
from assay.specs import KEEP, Decision, RolloutFilter

log = logging.getLogger(__name__)


class Filters:
    """The filters of a stack, in registry order."""

    def __init__(self, components: Sequence[Component]) -> None:
        """Build them.

        Raises:
            MissingDependencyError, PluginError: a factory failed.
        """
        self.components = components
        self._built: list[RolloutFilter] = [component.build() for component in components]

    def __call__(self, samples: Sequence[Sample]) -> list[str | None]:
        """Return for each sample why it is dropped, by the first filter that does; None keeps it."""
        reasons: list[str | None] = [None] * len(samples)
        for component, rollout_filter in zip(self.components, self._built, strict=True):
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
