"""The route: which verifier judges which sample, and what its verdict means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from assay.errors import DataError
from assay.host import Host
from assay.registry.load import Registry
from assay.sample import Sample
from assay.scoring.cache import Cache
from assay.scoring.component import resolve
from assay.scoring.runner import Runner, Tally
from assay.specs import Kind, VerifierSpec
from assay.verdict import FAULTS, Status, Verdict
from assay.workers import LocalPool

REFERENCE_COLUMNS = ("reference", "solution", "answer", "ground_truth")
"""Where the ground truth is looked for when registry.yaml names no column."""

ANY = "*"
"""The route's only key when registry.yaml names one verifier for all rows."""


class Router:
    """The verifiers of a registry and the column that decides between them."""

    def __init__(self, registry: Registry, host: Host, pool: LocalPool, cache: Cache) -> None:
        """Bind every routed verifier.

        Raises:
            RegistryError: one of them does not exist, or has an option it does not know.
        """
        config = registry.config
        self._path = registry.path
        self.column = config.route.column if config.route else None
        entries = config.route.verifiers if config.route else {}
        self.table: Mapping[str, str] = {key: name for key, name in entries.items() if name is not None}
        self.unverified = frozenset(key for key, name in entries.items() if name is None)
        """Values of the column whose rows no verifier judges: nobody can tell what is right."""
        routed = dict.fromkeys(self.table.values())
        self.lifts = {name: rule for name in routed if (rule := config.verifiers[name].lifts) is not None}
        """Verifiers that are asked only about what another one, the rule, calls wrong; by their names."""
        self.verifiers = {
            name: Runner(
                resolve(registry, host, config.verifiers[name], Kind.VERIFIER, name, ("verifiers", name)),
                pool,
                cache,
            )
            for name in dict.fromkeys((*routed, *self.lifts.values()))
        }
        ranges = {runner.spec.range for runner in self.verifiers.values()}
        if len(ranges) > 1:
            raise registry.error(("route",), f"the verifiers have different ranges: {sorted(ranges)}")
        self.range = ranges.pop() if ranges else (0.0, 1.0)

    @property
    def binary(self) -> bool:
        """True when every verifier gives only right or wrong."""
        specs = [runner.spec for runner in self.verifiers.values()]
        return all(isinstance(spec, VerifierSpec) and spec.binary for spec in specs)

    def verifier_of(self, domain: str | None) -> str | None:
        """Name of the verifier for a value of the column; None when the route does not know it."""
        return self.table.get(ANY) if self.column is None else self.table.get(str(domain))

    @property
    def domains(self) -> Sequence[str]:
        """Values of the column that the route knows."""
        return [*self.table, *sorted(self.unverified)]

    def knows(self, domain: str | None) -> bool:
        """Whether the route says what becomes of rows with this value of the column."""
        return self.verifier_of(domain) is not None or str(domain) in self.unverified

    def judge(self, samples: Sequence[Sample]) -> tuple[list[Verdict], dict[str, Tally]]:
        """One pass per verifier over N samples; N verdicts in order, and what each verifier cost.

        Raises:
            DataError: a sample's domain has no route.
        """
        rows: dict[str, list[int]] = {}
        verdicts: dict[int, Verdict] = {}
        for index, sample in enumerate(samples):
            if self.column is not None and str(sample.domain) in self.unverified:
                verdicts[index] = Verdict.abstain(f"the route has no verifier for {sample.domain!r}")
            else:
                rows.setdefault(self.named(sample), []).append(index)
        tallies: dict[str, Tally] = {}
        for name, indices in rows.items():
            judged, costs = self._judged(name, [samples[i] for i in indices])
            verdicts |= dict(zip(indices, judged, strict=True))
            for key, cost in costs.items():
                tallies[key] = _added(tallies[key], cost) if key in tallies else cost
        return [verdicts[index] for index in range(len(samples))], tallies

    def _judged(self, name: str, samples: Sequence[Sample]) -> tuple[list[Verdict], dict[str, Tally]]:
        """Ask one verifier, after the rule whose WRONG it may lift, if there is one."""
        rule = self.lifts.get(name)
        if rule is None:
            judged, cost = self.verifiers[name](samples)
            return judged, {name: cost}
        judged, cost = self.verifiers[rule](samples)
        wrong = [i for i, v in enumerate(judged) if v.score is not None and not self.is_right(v)]
        seconds, second_cost = self.verifiers[name]([samples[i] for i in wrong])
        for index, second in zip(wrong, seconds, strict=True):
            judged[index] = self._lifted(judged[index], second)
        return judged, {rule: cost, name: second_cost}

    def _lifted(self, first: Verdict, second: Verdict) -> Verdict:
        """Only RIGHT lifts. A fault stays one: a judge that is away must not look like one that says no."""
        if second.status in FAULTS:
            return second
        evidence = {"rule": first.reason, "second opinion": second.reason}
        if self.is_right(second):
            return replace(second, evidence={**second.evidence, **evidence, "lifted": True})
        return replace(first, evidence={**first.evidence, **evidence, "lifted": False})

    def named(self, sample: Sample) -> str:
        """Name of the verifier that judges a sample.

        Raises:
            DataError: its domain has no route.
        """
        name = self.verifier_of(sample.domain)
        if name is None:
            raise DataError(
                f"sample {sample.id or '?'}: column {self.column!r} is {sample.domain!r}, "
                f"and the route of {self._path} knows only: {', '.join(self.domains) or 'nothing'}"
            )
        return name

    def is_right(self, verdict: Verdict) -> bool | None:
        """Whether a verdict is the highest score; None when nobody can tell."""
        if verdict.status is Status.POLICY_FAULT:
            return False
        return None if verdict.score is None else verdict.score >= self.range[1]

    def reference_column(self, row: Mapping[str, Any]) -> str | None:
        """The column of a dataset row that holds the ground truth; None when there is none."""
        domain = None if self.column is None else row.get(self.column)
        name = self.verifier_of(None if domain is None else str(domain))
        named = self.verifiers[name].component.reference if name is not None else None
        return named or next((column for column in REFERENCE_COLUMNS if row.get(column) is not None), None)

    def sample(
        self,
        row: Mapping[str, Any],
        completion: str,
        *,
        id: str = "",
        group: str = "",
        truncated: bool = False,
        tokens: int | None = None,
    ) -> Sample:
        """Make a sample from a dataset row and a completion of its prompt."""
        domain = None if self.column is None else row.get(self.column)
        column = self.reference_column(row)
        prompt = row.get("prompt", "")
        return Sample(
            completion=completion,
            prompt=prompt if isinstance(prompt, str) else tuple(prompt),
            reference=None if column is None else row.get(column),
            domain=None if domain is None else str(domain),
            columns={key: value for key, value in row.items() if key not in ("prompt", "completion")},
            truncated=truncated,
            tokens=tokens,
            id=id,
            group=group,
        )


def _added(one: Tally, other: Tally) -> Tally:
    """What both passes cost together."""
    return Tally(**{f.name: getattr(one, f.name) + getattr(other, f.name) for f in fields(Tally)})
