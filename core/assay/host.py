"""The plugin host: the one place that finds, loads, blocks and orders plugins.

Rules, each learnt from a failure seen elsewhere:

- plugins load in name order (entry points come in file-system order, which is not reproducible);
- a plugin that cannot load is kept in `Host.broken`, and is fatal only to whoever names it;
- a misspelt hook is an error at registration, not silently dead code;
- hooks are called one plugin at a time, so one that raises loses nobody else's results;
- a duplicate name raises and names both owners;
- order comes from registry.yaml and nowhere else.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pluggy

from assay import hookspecs
from assay.errors import PluginError
from assay.specs import AnySpec, Kind, RewardSpec, RolloutFilterSpec, VerifierSpec

if TYPE_CHECKING:
    import click

    from assay.cases import Case
    from assay.events import BatchScored, Fault, RunEnd, RunStart
    from assay.sandbox import Sandbox, SandboxRequest

log = logging.getLogger(__name__)

GROUP = "assay"
"""The entry-point group, and pluggy's project name."""

PLUGINS_ENV = "ASSAY_PLUGINS"
"""Comma-separated allow-list that overrides every other; empty loads no plugin at all."""

_REGISTER: dict[str, type] = {
    "register_verifiers": VerifierSpec,
    "register_rewards": RewardSpec,
    "register_rollout_filters": RolloutFilterSpec,
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One loaded plugin and where it came from."""

    name: str
    distribution: str
    """Name of the installed package, ``(local)`` for an object registered by hand."""
    version: str
    module: str
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provided:
    """A spec together with who provided it."""

    spec: AnySpec
    plugin: Plugin

    @property
    def name(self) -> str:
        """How registry.yaml calls it: ``plugin.spec``, or ``plugin`` when both are one word."""
        own = self.spec.name
        return own if own == self.plugin.name else f"{self.plugin.name}.{own}"

    @property
    def kind(self) -> Kind:
        """Verifier, reward or filter."""
        return self.spec.kind


class Host:
    """Owns one pluggy manager. Tests build their own; a run has one."""

    def __init__(self) -> None:
        """Create a host with no plugins."""
        self._pm = pluggy.PluginManager(GROUP)
        self._pm.add_hookspecs(hookspecs)
        self._plugins: dict[str, Plugin] = {}
        self._specs: dict[str, list[AnySpec]] = {}
        self.broken: dict[str, PluginError] = {}
        """Plugins that are installed and could not be loaded, by name."""

    @classmethod
    def load(cls, only: Collection[str] | None = None, distribution: str | None = None) -> Host:
        """Load installed plugins.

        Args:
            only: Allow-list of plugin names; None loads all that are installed. The environment
                variable ASSAY_PLUGINS overrides it.
            distribution: Load only what this installed package brings; None: every package.

        Raises:
            PluginError: Two distributions install the same plugin name.
        """
        host = cls()
        env = os.environ.get(PLUGINS_ENV)
        if env is not None:
            only = [name.strip() for name in env.split(",") if name.strip()]
        for entry in _entry_points():
            owner = entry.dist.name if entry.dist else None
            if (only is None or entry.name in only) and distribution in (None, owner):
                host._load(entry)
        return host

    def register(self, plugin: object, name: str, distribution: str = "(local)", version: str = "0") -> None:
        """Register one plugin object, and check its hooks and its specs.

        Raises:
            PluginError: The name is taken, a hook or argument is misspelt, or a register hook
                raised or returned something that is not a spec. The plugin is then not registered.
        """
        if name in self._plugins:
            raise PluginError(
                f"plugin name {name!r} is taken by {self._plugins[name].distribution}; "
                f"{distribution} offers it too. Uninstall one of them."
            )
        where = f"plugin {name!r} ({distribution} {version})"
        other = self._pm.get_name(plugin)
        if other is not None:  # before pluggy refuses, or else the clean-up below takes the other one away
            raise PluginError(f"{where}: the same object is registered as {other!r} already")
        try:
            if plugin is None or not isinstance(plugin, Hashable):
                raise ValueError(f"{type(plugin).__name__} is not a module or a hashable object")
            self._pm.register(plugin, name)
            self._pm.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            self._forget(plugin)
            raise PluginError(f"{where}: {error}") from error
        hooks = tuple(sorted(caller.name for caller in self._pm.get_hookcallers(plugin) or []))
        module = getattr(plugin, "__name__", type(plugin).__qualname__)
        self._plugins[name] = Plugin(name, distribution, version, module, hooks)
        self.__dict__.pop("specs", None)
        try:
            self._specs[name] = [spec for hook in _REGISTER for spec in self._specs_of(name, hook)]
            _check_names(where, self._specs[name])
        except Exception as error:
            self._forget(plugin)
            del self._plugins[name]
            self._specs.pop(name, None)
            if isinstance(error, PluginError):
                raise
            raise PluginError(f"{where}: {type(error).__name__}: {error}") from error

    @property
    def plugins(self) -> Sequence[Plugin]:
        """Loaded plugins, in name order."""
        return [self._plugins[name] for name in sorted(self._plugins)]

    @cached_property
    def specs(self) -> Mapping[str, Provided]:
        """Everything on offer, by the name that registry.yaml uses, in name order."""
        provided = [
            Provided(spec, self._plugins[name])
            for name in sorted(self._plugins)
            for spec in self._specs[name]
        ]
        return {item.name: item for item in sorted(provided, key=lambda item: item.name)}

    def find(self, name: str, kind: Kind | None = None) -> Provided:
        """Look a spec up by its qualified name.

        Raises:
            PluginError: No such spec, or one of another kind; the message lists what there is, or
                why the plugin that should offer it is broken.
        """
        found = self.specs.get(name)
        if found is not None and kind in (None, found.kind):
            return found
        if found is not None:
            raise PluginError(f"{name!r} is a {found.kind}, and a {kind} is needed here")
        owner = name.partition(".")[0]
        if owner in self.broken:
            raise PluginError(f"{name!r} is not available: {self.broken[owner]}")
        offered = ", ".join(n for n, item in self.specs.items() if kind in (None, item.kind))
        raise PluginError(f"no {kind or 'plugin'} {name!r} is loaded. There are: {offered or 'none'}")

    def cases(self, provided: Provided) -> Mapping[str, Sequence[Case]]:
        """Labelled cases for a spec, by the plugin that brings them; one that fails is listed as broken."""
        found: dict[str, Sequence[Case]] = {}
        for name in sorted(self._plugins):
            try:
                result = self._call(name, "register_cases", name=provided.name, spec=provided.spec)
                cases = tuple(cast("Iterable[Case]", result or ()))
            except Exception as error:
                where = f"register_cases of {name!r} for {provided.name!r}"
                self._break(name, PluginError(f"{where}: {type(error).__name__}: {error}"))
                continue
            if cases:
                found[name] = cases
        return found

    def register_commands(self, cli: click.Group) -> None:
        """Let every plugin attach its commands; one that fails is listed as broken, not fatal."""
        for name in sorted(self._plugins):
            before = dict(cli.commands)
            try:
                self._call(name, "register_commands", cli=cli)
                taken = [c for c, old in before.items() if cli.commands.get(c) is not old]
                if taken:
                    raise PluginError(f"it replaces the command {', '.join(taken)}")
            except Exception as error:
                cli.commands.update(before)
                self._break(name, PluginError(f"register_commands of {name!r}: {error}"))

    def report_machine(self) -> Mapping[str, Sequence[tuple[str, str | None, str]]]:
        """What plugins find on this machine, by plugin; one that fails is listed as broken."""
        found: dict[str, Sequence[tuple[str, str | None, str]]] = {}
        for name in sorted(self._plugins):
            try:
                result = self._call(name, "report_machine")
                rows = [
                    (str(what), None if there is None else str(there), str(purpose))
                    for what, there, purpose in result or ()
                ]
            except Exception as error:
                self._break(name, PluginError(f"report_machine of {name!r}: {type(error).__name__}: {error}"))
                continue
            if rows:
                found[name] = rows
        return found

    def create_sandbox(self, request: SandboxRequest) -> Sandbox | None:
        """Return the first sandbox that a plugin offers, in name order; None when none does."""
        for name in sorted(self._plugins):
            sandbox = self._call(name, "create_sandbox", request=request)
            if sandbox is not None:
                return cast("Sandbox", sandbox)
        return None

    def on_run_start(self, event: RunStart) -> None:
        """Tell every observer; one that raises is logged and the others still run."""
        self._notify("on_run_start", event)

    def on_batch_scored(self, event: BatchScored) -> None:
        """As `on_run_start`."""
        self._notify("on_batch_scored", event)

    def on_fault(self, event: Fault) -> None:
        """As `on_run_start`."""
        self._notify("on_fault", event)

    def on_run_end(self, event: RunEnd) -> None:
        """As `on_run_start`."""
        self._notify("on_run_end", event)

    def _load(self, entry: importlib.metadata.EntryPoint) -> None:
        dist = entry.dist
        name, version = (dist.name, dist.version) if dist else ("(unknown)", "0")
        try:
            plugin = entry.load()
        except (Exception, SystemExit) as error:
            where = f"plugin {entry.name!r} ({name} {version})"
            self._break(entry.name, PluginError(f"{where}: {type(error).__name__}: {error}"))
            return
        try:
            self.register(plugin, entry.name, name, version)
        except PluginError as error:
            self._break(entry.name, error)

    def _break(self, name: str, error: PluginError) -> None:
        self.broken[name] = error
        log.warning("%s", error)

    def _forget(self, plugin: object) -> None:
        if self._pm.is_registered(plugin):
            self._pm.unregister(plugin)

    def _call(self, plugin: str, hook: str, **arguments: object) -> Any:
        """Call one hook of one plugin. None when the plugin does not implement it."""
        if hook not in self._plugins[plugin].hooks:
            return None
        this = self._pm.get_plugin(plugin)
        others = [p for p in self._pm.get_plugins() if p is not this]
        caller = cast("Callable[..., Any]", self._pm.subset_hook_caller(hook, others))
        result = caller(**arguments)
        if isinstance(result, list):  # every hook but a firstresult one answers with a list
            results = cast("list[Any]", result)
            return results[0] if results else None
        return result

    def _specs_of(self, plugin: str, hook: str) -> list[AnySpec]:
        result = self._call(plugin, hook)
        specs: list[object] = list(result) if result is not None else []
        for spec in specs:
            if not isinstance(spec, _REGISTER[hook]):
                owner = self._plugins[plugin]
                raise PluginError(
                    f"plugin {plugin!r} ({owner.distribution} {owner.version}): {hook} returned a value of "
                    f"type {type(spec).__name__}, and {_REGISTER[hook].__name__}s are expected"
                )
        return cast("list[AnySpec]", specs)

    def _notify(self, hook: str, event: object) -> None:
        for name in sorted(self._plugins):
            try:
                self._call(name, hook, event=event)
            except Exception:
                log.exception("observer %r failed in %s", name, hook)


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    """Installed plugins in name order; two distributions with one name raise."""
    unique: dict[str, importlib.metadata.EntryPoint] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        other = unique.setdefault(entry.name, entry)
        if other is entry:
            continue
        owners = sorted((e.dist.name if e.dist else "(unknown)", e.value) for e in (other, entry))
        if owners[0] != owners[1]:
            both = " and ".join(f"{dist} ({value})" for dist, value in owners)
            raise PluginError(f"plugin name {entry.name!r} is offered by both {both}. Uninstall one of them.")
    return [unique[name] for name in sorted(unique)]


def _check_names(where: str, specs: list[AnySpec]) -> None:
    """One name space for all kinds; a name is an identifier, so that ``plugin.name`` is unambiguous."""
    seen: dict[str, AnySpec] = {}
    for spec in specs:
        if not spec.name.isidentifier():
            raise PluginError(f"{where}: spec name {spec.name!r} is not a Python identifier")
        if spec.name in seen:
            raise PluginError(
                f"{where}: two specs are called {spec.name!r}: "
                f"a {seen[spec.name].kind} ({seen[spec.name].summary}) and a {spec.kind} ({spec.summary})"
            )
        seen[spec.name] = spec
