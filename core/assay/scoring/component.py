"""A component: one spec as registry.yaml configures it, ready to be run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from assay.errors import MissingDependencyError, PluginError
from assay.host import Host, Provided
from assay.registry.load import Registry
from assay.registry.problems import Location, problems_of
from assay.registry.schema import UseConfig
from assay.sample import Sample
from assay.specs import AnySpec, CheckSpec, Isolation, Kind, Limits, Scope


@dataclass(frozen=True)
class Component:
    """One configured spec. Picklable as far as its spec is."""

    name: str
    """As the stack calls it."""
    provided: Provided
    options: Mapping[str, Any]
    """Validated, with defaults filled in."""
    limits: Limits
    isolation: Isolation
    reference: str | None = None
    """Verifiers only: the dataset column with the ground truth; None means the usual ones."""

    @property
    def spec(self) -> AnySpec:
        """The plugin's declaration."""
        return self.provided.spec

    @cached_property
    def digest(self) -> str:
        """Identifies what is computed: plugin, version, spec, options and limits. Part of every cache key."""
        plugin = self.provided.plugin
        content = [plugin.name, plugin.distribution, plugin.version, self.spec.name, dict(self.options)]
        content += [self.limits.seconds, self.limits.memory_mb]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()[:16]

    def build(self) -> Any:
        """Call the factory.

        Raises:
            MissingDependencyError: an optional dependency is not installed.
            PluginError: the factory raised something else.
        """
        try:
            return self.spec.factory(**self.options)
        except MissingDependencyError:
            raise
        except ImportError as error:
            if self.spec.extra is not None and self.provided.plugin.distribution == "assay":
                raise MissingDependencyError.of(
                    self.provided.name, str(error.name or error), self.spec.extra
                ) from error
            raise PluginError(f"{self.provided.name}: {error}") from error
        except Exception as error:
            raise PluginError(
                f"{self.provided.name}: its factory raised {type(error).__name__}: {error}"
            ) from error

    def reduced(self, sample: Sample) -> Sample:
        """Return the sample with only the fields that the spec declares it reads."""
        spec = self.provided.spec
        reads, columns = spec.reads, spec.columns
        return Sample(
            completion=sample.completion if "completion" in reads else "",
            prompt=sample.prompt if "prompt" in reads else "",
            reference=sample.reference if "reference" in reads else None,
            domain=sample.domain if "domain" in reads else None,
            truncated=sample.truncated and "truncated" in reads,
            tokens=sample.tokens if "tokens" in reads else None,
            right=sample.right if "right" in reads else None,
            reward=sample.reward if "reward" in reads else None,
            columns={name: sample.columns.get(name) for name in columns} if columns else {},
        )


def resolve(
    registry: Registry, host: Host, config: UseConfig, kind: Kind, name: str, at: Location
) -> Component:
    """Bind one `use` of registry.yaml to an installed spec.

    Raises:
        RegistryError: no such spec, an option it does not have, or a setting it cannot honour;
            the message points into registry.yaml.
    """
    try:
        provided = host.find(config.use, kind)
    except PluginError as error:
        raise registry.error((*at, "use"), str(error)) from error
    return bind(registry, provided, config, name, at)


def bind(registry: Registry, provided: Provided, config: UseConfig, name: str, at: Location) -> Component:
    """Apply one `use` of registry.yaml to a spec.

    Raises:
        RegistryError: as `resolve`.
    """
    spec = provided.spec
    limits = spec.limits
    if config.timeout is not None:
        limits = replace(limits, seconds=config.timeout)
    if config.memory is not None:
        limits = replace(limits, memory_mb=max(1, int(config.memory) // 2**20))
    isolation = Isolation(config.isolation) if config.isolation else spec.isolation
    if isolation is Isolation.INLINE and spec.isolation is Isolation.PROCESS:
        raise registry.error(
            (*at, "isolation"), f"{config.use} asks to run in a worker process; it cannot be run inline"
        )
    for setting in ("timeout", "memory"):
        if isolation is Isolation.INLINE and getattr(config, setting) is not None:
            raise registry.error((*at, setting), f"{config.use} runs inline, where no limit can be kept")
    return Component(
        name=name,
        provided=provided,
        options=_options(registry, spec, config, at),
        limits=limits,
        isolation=isolation,
        reference=getattr(config, "reference", None),
    )


def _options(registry: Registry, spec: AnySpec, config: UseConfig, at: Location) -> Mapping[str, Any]:
    at = (*at, "options")
    if spec.options is None:
        if config.options:
            raise registry.error((*at, next(iter(config.options))), f"{config.use} takes no options")
        return {}
    try:
        return spec.options.model_validate(config.options).model_dump(mode="python")
    except ValidationError as error:
        location, problem = problems_of(error, spec.options)[0]
        raise registry.error((*at, *location), problem) from error


def is_shared(component: Component) -> bool:
    """True when equal samples may be checked once: the check looks at one sample at a time."""
    spec = component.spec
    return not isinstance(spec, CheckSpec) or spec.scope is Scope.SAMPLE
