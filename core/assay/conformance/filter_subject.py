"""A rollout filter under test, seen as a check: 1 for a rollout that it keeps, 0 for one that it drops.

So most checks of the suite hold it to the same claims as a verifier or reward. Unlike a run, where a filter
that fails drops nothing and is logged, a breach of its contract is a fault here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from assay.boundary import guarded
from assay.conformance.subject import Subject
from assay.host import Host, Provided
from assay.sample import Sample
from assay.scoring.filters import decided
from assay.specs import Isolation, Kind, RewardSpec, RolloutFilter, RolloutFilterSpec, Scope
from assay.verdict import Verdict


@dataclass(frozen=True, slots=True)
class FilterCheck:
    """A built filter as a check; a drop's reason is the verdict's."""

    rollout_filter: RolloutFilter

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Decide for N samples.

        Raises:
            Exception: whatever the filter raises, or TypeError or ValueError for a breach of contract.
        """
        return [
            Verdict.scored(float(bool(decision.keep)), str(decision.reason))
            for decision in decided(self.rollout_filter, samples)
        ]


@dataclass(frozen=True, slots=True)
class FilterFactory:
    """Builds the filter, and sees it as a check."""

    build: Callable[..., RolloutFilter]

    def __call__(self, **options: Any) -> FilterCheck:
        """Call the plugin's factory."""
        return FilterCheck(self.build(**options))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCheckSpec(RewardSpec):
    """What a filter declares, as of a check with the range 0 to 1."""

    @property
    def kind(self) -> Kind:
        """FILTER."""
        return Kind.FILTER


def as_check(spec: RolloutFilterSpec) -> FilterCheckSpec:
    """See a filter as a check that runs inline, as filters do.

    One that reads the prompt can tell groups apart, and may look at a sample's whole group: its scope is
    GROUP. The decisions of any other depend on one sample each.
    """
    return FilterCheckSpec(
        name=spec.name,
        summary=spec.summary,
        factory=FilterFactory(spec.factory),
        options=spec.options,
        reads=spec.reads,
        columns=spec.columns,
        isolation=Isolation.INLINE,
        limits=spec.limits,
        cost=spec.cost,
        deterministic=spec.deterministic,
        examples=spec.examples,
        extra=spec.extra,
        scope=Scope.GROUP if "prompt" in spec.reads else Scope.SAMPLE,
    )


class FilterSubject(Subject):
    """A filter with its options, in this process: as in a run, without limits, workers and cache."""

    def __init__(
        self, provided: Provided, host: Host, options: Mapping[str, Any], timeout: float | None = None
    ) -> None:
        """Bind and build a filter. Arguments as of `Subject`.

        Raises:
            MissingDependencyError, PluginError: its factory failed.
            RegistryError: an option that it does not have, one that is missing, or a timeout.
        """
        spec = cast(RolloutFilterSpec, provided.spec)
        super().__init__(replace(provided, spec=as_check(spec)), host, options, timeout)
        self.provided = provided  # other plugins' `register_cases` know it so
        self._check: FilterCheck = self.component.build()

    def judge(self, samples: Sequence[Sample]) -> list[Verdict]:
        """Decide for N samples, reduced to what the filter declares, in one batch."""
        rows = [self.component.reduced(sample) for sample in samples]
        return guarded(self._check, rows, self.spec.range, alone=True)
