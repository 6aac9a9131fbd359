"""Run one component over a batch: reduce, prepare, de-duplicate, look up, check."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

from assay.boundary import blamed, guarded, held
from assay.sample import Sample
from assay.scoring.cache import Cache, content_of, key_of
from assay.scoring.component import Component, is_shared
from assay.specs import Check, CheckSpec, Isolation, Scope
from assay.verdict import FAULTS, Verdict
from assay.workers import LocalPool
from assay.workers.pickling import pack
from assay.workers.task import Job


@dataclass(slots=True)
class Tally:
    """What one pass of one component cost."""

    samples: int = 0
    prepared: int = 0
    """Verdicts that `prepare` gave by itself."""
    cache_hits: int = 0
    """Samples answered from the cache, or by an equal sample of the same batch."""
    checks: int = 0
    """Checks that were really run."""
    seconds: float = 0.0
    """Wall time of the pass."""


class Runner:
    """Runs one verifier or reward. Thread-safe; pickles without its built check."""

    def __init__(self, component: Component, pool: LocalPool, cache: Cache) -> None:
        """Bind a component to where it runs and where its results are kept."""
        spec = component.spec
        assert isinstance(spec, CheckSpec)
        self.component = component
        self.spec: CheckSpec = spec
        self._pool, self._cache = pool, cache
        self._latest: dict[Hashable, Verdict] = {}
        """Verdicts of the latest batch by whole samples: one that is scored again is not even prepared."""
        if component.isolation is Isolation.PROCESS:
            pool.announce(self._job)

    def __call__(self, samples: Sequence[Sample]) -> tuple[list[Verdict], Tally]:
        """Judge N samples; returns N verdicts in order, and what it cost."""
        started = time.perf_counter()
        tally = Tally(samples=len(samples))
        if self.spec.scope is Scope.GROUP:
            verdicts = self._groups(samples, tally)
        else:
            verdicts = self._singles(samples, tally)
        tally.seconds = time.perf_counter() - started
        return verdicts, tally

    def _singles(self, samples: Sequence[Sample], tally: Tally) -> list[Verdict]:
        """Each distinct sample is prepared and checked once; what the cache knows is not checked at all."""
        if not (is_shared(self.component) and self.spec.deterministic):
            return self._each(samples, tally)
        latest = self._latest
        prepared: dict[Hashable, Hashable] = {}  # content of the raw sample to key of what became of it
        known: dict[Hashable, Verdict] = {}
        waiting: dict[bytes, Sample] = {}
        keys: list[Hashable] = []
        for sample in samples:
            reduced = self._reduced(sample)
            raw = content_of(reduced) if isinstance(reduced, Sample) else None
            if raw in prepared:
                tally.cache_hits += 1
                keys.append(prepared[raw])
                continue
            if raw in latest:
                tally.cache_hits += 1
                key = prepared[raw] = len(keys)
                known[key] = latest[raw]
                keys.append(key)
                continue
            ready = self._prepared(reduced)
            if isinstance(ready, Verdict):
                tally.prepared += 1
                key = len(keys)  # no digest: what is decided here is neither checked nor kept
                known[key] = ready
            else:
                key = key_of(ready, self.component.digest)
                cached = self._cache.get(key)
                if key in waiting or cached is not None:
                    tally.cache_hits += 1
                    known |= {key: cached} if cached is not None else {}
                else:
                    waiting[key] = ready
            if raw is not None:
                prepared[raw] = key
            keys.append(key)
        tally.checks = len(waiting)
        for key, verdict in zip(waiting, self._check(list(waiting.values())), strict=True):
            known[key] = verdict
            self._cache.put(key, verdict)
        if self._cache.keeps:
            ours = {raw: known[key] for raw, key in prepared.items()}
            faults = {raw for raw, it in ours.items() if it.score is None and it.status in FAULTS}
            self._latest = {raw: it for raw, it in ours.items() if raw not in faults} if faults else ours
        return [known[key] for key in keys]

    def _each(self, samples: Sequence[Sample], tally: Tally) -> list[Verdict]:
        """Every sample is checked, equal ones too: the check says that it is not deterministic."""
        ready = [self._prepared(self._reduced(sample)) for sample in samples]
        waiting = [item for item in ready if isinstance(item, Sample)]
        tally.checks, tally.prepared = len(waiting), len(samples) - len(waiting)
        answers = iter(self._check(waiting))
        return [item if isinstance(item, Verdict) else next(answers) for item in ready]

    def _groups(self, samples: Sequence[Sample], tally: Tally) -> list[Verdict]:
        """One call per group, in order of first appearance."""
        rows: dict[str, list[int]] = {}
        for index, sample in enumerate(samples):
            rows.setdefault(sample.group or f"row {index}", []).append(index)
        verdicts: dict[int, Verdict] = {}
        units: list[tuple[list[int], list[Sample]]] = []
        for indices in rows.values():
            reduced = [self._prepared(self._reduced(samples[i])) for i in indices]
            ready = [r for r in reduced if isinstance(r, Sample)]
            verdicts |= {i: r for i, r in zip(indices, reduced, strict=True) if isinstance(r, Verdict)}
            units.append(([i for i in indices if i not in verdicts], ready))
        tally.prepared, tally.checks = len(verdicts), len(units)
        if self.component.isolation is Isolation.INLINE:
            answers = [self._inline(group, alone=False) for _, group in units]
        else:
            answers = self._pool.run([(self._job, group) for _, group in units if group])
            units = [unit for unit in units if unit[1]]
        for (indices, _), answer in zip(units, answers, strict=True):
            verdicts |= dict(zip(indices, answer, strict=True))
        return [verdicts[i] for i in range(len(samples))]

    def _reduced(self, sample: Sample) -> Sample | Verdict:
        """Reduce a sample to what the check may read. Size limits come first."""
        limit = self.component.limits.max_chars
        if "completion" in self.spec.reads and len(sample.completion) > limit:
            return Verdict.policy_fault(f"the completion has more than {limit} characters")
        return self.component.reduced(sample)

    def _prepared(self, reduced: Sample | Verdict) -> Sample | Verdict:
        """Let the plugin's `prepare` decide or reduce further; an exception in it is the checker's fault."""
        if self.spec.prepare is None or isinstance(reduced, Verdict):
            return reduced
        try:
            prepared = self.spec.prepare(reduced, **self.component.options)
        except Exception as error:
            return blamed(error)
        return held(prepared, self.spec.range) if isinstance(prepared, Verdict) else prepared

    def _check(self, samples: Sequence[Sample]) -> list[Verdict]:
        if not samples:
            return []
        if self.component.isolation is Isolation.INLINE:
            return self._inline(samples, alone=True)
        return [answer[0] for answer in self._pool.run([(self._job, [sample]) for sample in samples])]

    def _inline(self, samples: Sequence[Sample], alone: bool) -> list[Verdict]:
        return guarded(self._built, samples, self.spec.range, alone) if samples else []

    @cached_property
    def _built(self) -> Check:
        """The check in this process; only inline components build one."""
        return self.component.build()

    @cached_property
    def _job(self) -> Job:
        spec, component = self.spec, self.component
        factory = pack((spec.factory, dict(component.options)))
        return Job(component.digest, factory, spec.range, component.limits)

    def build(self) -> None:
        """Build the check where it will run, so that a missing dependency is told at start.

        Raises:
            MissingDependencyError, PluginError: the factory failed.
        """
        if self.component.isolation is Isolation.INLINE:
            _ = self._built
        else:
            self._pool.call(_build_only, self.component).result()

    def __getstate__(self) -> dict[str, object]:
        """Leave the built check behind."""
        kept = {"component": self.component, "spec": self.spec, "_pool": self._pool, "_cache": self._cache}
        return {**kept, "_latest": {}}


def _build_only(component: Component) -> None:
    """Build and throw away, in a worker."""
    component.build()
