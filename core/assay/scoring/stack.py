"""A stack of registry.yaml, ready to score: filters → verifier → rewards → composition → scorecards.

A filter that reads what is right, or what is paid, runs when that is known.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.errors import DataError, RegistryError
from assay.events import BatchScored, Fault
from assay.host import Host
from assay.registry.load import Registry
from assay.registry.lock import make_lock
from assay.registry.problems import Location
from assay.registry.schema import CORRECT
from assay.sample import Sample
from assay.scorecard import ComponentScore, Scorecard
from assay.scoring.cache import Cache
from assay.scoring.component import Component, resolve
from assay.scoring.compose import Composition, Part, bounds_of, worth
from assay.scoring.faults import FaultWindow
from assay.scoring.filters import Filters, Stage
from assay.scoring.route import Router
from assay.scoring.runner import Runner, Tally
from assay.specs import Kind
from assay.verdict import FAULTS, Verdict
from assay.workers import LocalPool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """One scored batch and what it cost."""

    scorecards: list[Scorecard]
    """One per sample, in order."""
    tallies: Mapping[str, Tally]
    """By component; verifiers by their name in registry.yaml."""


class Stack:
    """Scores batches. Thread-safe; a context manager; pickles by registry and name.

    Plugins that were registered on a host by hand do not survive pickling; installed ones do.
    """

    def __init__(self, registry: Registry, host: Host, name: str) -> None:
        """Use `Stack.build`."""
        config = registry.config
        self.name = name
        self.registry = registry
        self.host = host
        self.config = config.stacks[name]
        self.pool = LocalPool(config.workers.count, config.workers.recycle)
        self.faults = FaultWindow(config.faults)
        cache = Cache(config.cache)
        at: Location = ("stacks", name)
        self.router = Router(registry, host, self.pool, cache)
        self.rewards = {
            key: Runner(
                resolve(registry, host, reward, Kind.REWARD, key, (*at, "rewards", key)), self.pool, cache
            )
            for key, reward in self.config.rewards.items()
            if reward.use != CORRECT
        }
        self.filters = Filters(
            [
                resolve(registry, host, use, Kind.FILTER, use.use, (*at, "filters", index))
                for index, use in enumerate(self.config.filters)
            ]
        )
        for index, component in enumerate(self.filters.components):
            if "right" in component.spec.reads and not self.router.table:
                problem = f"{component.name} asks what is right, which needs a verifier; say which in `route`"
                raise registry.error((*at, "filters", index, "use"), problem)
        self.composition = Composition(
            [self._part(key) for key in self.config.rewards], gated=self.config.gate is not None
        )
        self.bounds = bounds_of(self.composition, self.router.binary)
        """What right and wrong answers can earn; None when the stack does not look at correctness."""
        if self.bounds is not None and not self.bounds.proven:
            if self.composition.gated:
                raise registry.error((*at, "gate"), f"{self.bounds}. Lower the weights of the penalties.")
            log.warning("%s: stack %s: %s", registry.path, name, self.bounds)

    @classmethod
    def build(cls, registry: Registry, host: Host, name: str) -> Stack:
        """Bind a stack of registry.yaml to installed plugins, and prove what it can pay.

        Raises:
            RegistryError: no such stack, plugin or option; or a gate under which a wrong answer
                could earn as much as a right one.
            MissingDependencyError, PluginError: a filter's factory failed.
        """
        if name not in registry.config.stacks:
            names = ", ".join(registry.config.stacks)
            raise RegistryError(f"{registry.path}: there is no stack {name!r}. There are: {names}")
        return cls(registry, host, name)

    def score(self, samples: Sequence[Sample]) -> list[Scorecard]:
        """Score a batch of N samples; returns N scorecards in order. See `run`."""
        return self.run(samples).scorecards

    def run(self, samples: Sequence[Sample]) -> ScoredBatch:
        """Score a batch, and say what it cost.

        Raises:
            DataError: a sample's domain has no route.
            FaultLimitError: too many faults lately; the observers have been told of this batch.
        """
        drops = self.filters(samples, Stage.SAMPLED)
        kept = [index for index, reason in enumerate(drops) if reason is None]
        batch = [samples[index] for index in kept]
        judged: Sequence[Verdict | None] = [None] * len(batch)
        tallies: dict[str, Tally] = {}
        if self._needs_verdicts:
            judged, tallies = self.router.judge(batch)
            batch = [replace(s, right=self.router.is_right(v)) for s, v in zip(batch, judged, strict=True)]
        cards = [
            _dropped(Scorecard(id=sample.id, group=sample.group, reward=None), reason or "")
            for sample, reason in zip(samples, drops, strict=True)
        ]
        late = self.filters(batch, Stage.JUDGED)
        for index, sample, verdict, reason in zip(kept, batch, judged, late, strict=True):
            if reason is not None:
                cards[index] = _dropped(self._judged_card(sample, verdict), reason)
        left = [row for row, reason in enumerate(late) if reason is None]
        batch = [batch[row] for row in left]
        results: dict[str, Sequence[Verdict]] = {}
        for key, runner in self.rewards.items():
            results[key], tallies[key] = self._rewarded(runner, self.config.rewards[key].only, batch)
        paid = [
            self._card(sample, judged[left[row]], {k: result[row] for k, result in results.items()})
            for row, sample in enumerate(batch)
        ]
        last: Sequence[str | None] = [None] * len(paid)
        if self.filters.has(Stage.PAID):
            told = [replace(sample, reward=card.reward) for sample, card in zip(batch, paid, strict=True)]
            last = self.filters(told, Stage.PAID)
        for row, card, reason in zip(left, paid, last, strict=True):
            cards[kept[row]] = card if reason is None else _dropped(card, reason)
        self._report(samples, cards)
        return ScoredBatch(cards, tallies)

    def verify(self, samples: Sequence[Sample]) -> list[Verdict]:
        """Only the routed verifiers' verdicts, in order: for evaluation, where nothing is paid.

        Raises:
            DataError: a sample's domain has no route, or the registry has no route.
        """
        if not self.router.table:
            raise DataError(f"{self.registry.path}: this needs a verifier; say which in `route`")
        return self.router.judge(samples)[0]

    def warm_up(self) -> None:
        """Build every check where it will run.

        Raises:
            MissingDependencyError, PluginError: a factory failed; told now rather than at step 1.
        """
        for runner in (*self.router.verifiers.values(), *self.rewards.values()):
            runner.build()

    @property
    def components(self) -> Mapping[str, Component]:
        """Everything this stack runs, by its place in registry.yaml."""
        found = {f"verifiers.{key}": runner.component for key, runner in self.router.verifiers.items()}
        found |= {f"rewards.{key}": runner.component for key, runner in self.rewards.items()}
        return found | {f"filters.{i}": component for i, component in enumerate(self.filters.components)}

    def lock(self) -> dict[str, Any]:
        """The content of registry.lock for this registry."""
        return make_lock(self.registry, self.host)

    def close(self) -> None:
        """Stop the workers. Idempotent."""
        self.pool.close()

    def __enter__(self) -> Stack:
        """Enter a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the workers."""
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by registry and name; plugins are loaded again where it arrives."""
        return _rebuild, (self.registry, self.name)

    @property
    def _needs_verdicts(self) -> bool:
        if not self.router.table:
            return False
        pays = any(reward.use == CORRECT for reward in self.config.rewards.values())
        readers = [*(runner.component for runner in self.rewards.values()), *self.filters.components]
        read = any("right" in component.spec.reads for component in readers)
        return pays or read or self.composition.gated

    def _rewarded(
        self, runner: Runner, only: Sequence[str] | None, batch: Sequence[Sample]
    ) -> tuple[list[Verdict], Tally]:
        """Ask a reward about the rows that are its business."""
        if only is None:
            return runner(batch)
        verdicts = [Verdict.abstain(f"it is for {', '.join(only)} only") for _ in batch]
        rows = [index for index, sample in enumerate(batch) if sample.domain in only]
        found, tally = runner([batch[index] for index in rows])
        for index, verdict in zip(rows, found, strict=True):
            verdicts[index] = verdict
        return verdicts, tally

    def _part(self, key: str) -> Part:
        reward = self.config.rewards[key]
        if reward.use == CORRECT:
            return Part(key, reward.weight, self.router.range, is_correct=True)
        return Part(key, reward.weight, self.rewards[key].spec.range)

    def _judged_card(self, sample: Sample, verdict: Verdict | None) -> Scorecard:
        """What is known of one row when the verifiers are done."""
        return Scorecard(
            id=sample.id,
            group=sample.group,
            reward=None,
            verdict=verdict,
            right=sample.right,
            verifier=None if verdict is None else self.router.verifier_of(sample.domain),
        )

    def _card(self, sample: Sample, verdict: Verdict | None, rewards: Mapping[str, Verdict]) -> Scorecard:
        """Compose one row from its routed verdict and its rewards' verdicts."""
        parts = dict(rewards)
        if verdict is not None:
            parts |= {part.name: verdict for part in self.composition.parts if part.is_correct}
        composed = self.composition(parts, sample.right, verdict)
        return replace(
            self._judged_card(sample, verdict),
            reward=composed.reward,
            components={
                part.name: ComponentScore(
                    parts[part.name],
                    part.weight,
                    worth(parts[part.name], part.bounds),
                    composed.paid[part.name],
                )
                for part in self.composition.parts
            },
            masked=composed.masked,
        )

    def _report(self, samples: Sequence[Sample], cards: Sequence[Scorecard]) -> None:
        """Tell the observers, then hold the batch against the fault policy."""
        verdicts: list[tuple[Runner, Sample, Verdict]] = []
        for sample, card in zip(samples, cards, strict=True):
            if card.verdict is not None and card.verifier is not None:
                verdicts.append((self.router.verifiers[card.verifier], sample, card.verdict))
            verdicts += [
                (self.rewards[k], sample, p.verdict) for k, p in card.components.items() if k in self.rewards
            ]
        for runner, sample, verdict in verdicts:
            if verdict.status in FAULTS:
                name, provided = runner.component.name, runner.component.provided
                plugin = f"{provided.name} ({provided.plugin.distribution} {provided.plugin.version})"
                self.host.on_fault(
                    Fault(component=f"{self.name}/{name}", plugin=plugin, sample=sample, verdict=verdict)
                )
        self.host.on_batch_scored(BatchScored(stack=self.name, samples=samples, scorecards=cards))
        for runner, _, verdict in verdicts:
            self.faults.add(runner.component.provided.name, verdict)


def _dropped(card: Scorecard, reason: str) -> Scorecard:
    """Note that a filter dropped the row."""
    return replace(card, reward=None, dropped=reason, masked=f"dropped by {reason}")


def _rebuild(registry: Registry, name: str) -> Stack:
    return Stack.build(registry, Host.load(registry.plugins), name)
