"""What observers are told. Frozen; fields may be added, never removed within a major version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.sample import Sample
from assay.verdict import Verdict

if TYPE_CHECKING:
    from assay.scorecard import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """A training run begins: once per process, before the first rollout."""

    run: str
    """The run's folder, which is also its name."""
    lock: Mapping[str, Any]
    """The content of registry.lock: plugins, versions, hashes and options of this run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchScored:
    """One reward pass is complete."""

    stack: str
    samples: Sequence[Sample]
    """The whole batch, dropped rollouts included; order as it came in."""
    scorecards: Sequence[Scorecard]
    """Same length and order as `samples`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A checker or infrastructure fault: the row is masked, nothing was paid."""

    component: str
    """``stack/component`` as registry.yaml names it."""
    plugin: str
    """Qualified name and version of the plugin at fault."""
    sample: Sample
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """A training run is over, also when it failed."""

    run: str
    error: BaseException | None
    """What ended it, None when it ended well."""
