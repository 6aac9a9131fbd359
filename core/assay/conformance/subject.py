"""The plugin under test, called exactly as a training run would call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.errors import PluginError
from assay.host import Host, Provided
from assay.registry import parse_registry
from assay.registry.schema import UseConfig
from assay.sample import Sample
from assay.scoring.cache import Cache
from assay.scoring.component import Component, bind
from assay.scoring.compose import worth
from assay.scoring.runner import Runner
from assay.specs import CheckSpec
from assay.verdict import Verdict
from assay.workers import LocalPool


class Subject:
    """A verifier or reward with its options, and the processes it runs in."""

    def __init__(
        self, provided: Provided, host: Host, options: Mapping[str, Any], timeout: float | None
    ) -> None:
        """Bind a spec.

        Args:
            provided: The spec and who provides it.
            host: Brings other plugins' cases.
            options: Empty: the defaults, or those of the first example when no example holds by default.
            timeout: Seconds of CPU a check; None: the spec's own limit. Inline checks have none.

        Raises:
            PluginError: a filter, whose subject is a `FilterSubject`.
            RegistryError: an option that it does not have, or one that is missing.
        """
        spec = provided.spec
        if not isinstance(spec, CheckSpec):
            raise PluginError(f"{provided.name} is a {provided.kind}, which pays nothing")
        self.provided = provided
        self.spec: CheckSpec = spec
        self.host = host
        self.name = provided.name
        declared = [dict(example.options) for example in spec.examples]
        given = dict(options) or (declared[0] if declared and all(declared) else {})
        self.options = given
        name = provided.plugin.name
        registry = parse_registry(
            f"assay: 1\nplugins: [{name}]\nstacks: {{s: {{rewards: {{r: {{use: {name}}}}}}}}}\n",
            Path("--option"),
        )
        config = UseConfig(use=provided.name, options=given, timeout=timeout)
        self.component: Component = bind(registry, provided, config, provided.name, ())
        self.pool = LocalPool()
        self._runner = Runner(self.component, self.pool, Cache(1_000_000))

    @property
    def reject_score(self) -> float:
        """The lowest score of the range."""
        return self.spec.range[0]

    @property
    def accept_score(self) -> float:
        """The highest score of the range."""
        return self.spec.range[1]

    def render(self, answer: str) -> str:
        """A completion that states an answer in the declared form; the bare answer when none is declared."""
        return self.spec.answer(answer) if self.spec.answer else answer

    def judge(self, samples: Sequence[Sample]) -> list[Verdict]:
        """Judge N samples through the host: limits, workers, de-duplication and cache as in a run."""
        return self._runner(samples)[0]

    def accepts(self, verdict: Verdict) -> bool:
        """Whether a verdict pays the most there is."""
        return verdict.score is not None and verdict.score >= self.accept_score

    def rejects(self, verdict: Verdict) -> bool:
        """Whether a verdict pays the least there is; a POLICY_FAULT does."""
        return self.worth(verdict) == self.reject_score

    def worth(self, verdict: Verdict) -> float | None:
        """What a verdict counts for; None when it is left out."""
        return worth(verdict, self.spec.range)

    def close(self) -> None:
        """Stop the workers."""
        self.pool.close()
