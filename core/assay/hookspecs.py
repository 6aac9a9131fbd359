"""Every hook a plugin may implement: this page is the reference manual.

Grammar of the names:

- ``register_<plural>``: called once per process while plugins load; returns specs; no heavy imports.
- ``create_<noun>``: the first plugin that answers something other than None wins.
- ``report_<noun>``: called whenever somebody asks; returns facts in less than a second.
- ``on_<event>``: an observer; returns nothing; one that raises is logged and the others still run.

A plugin is a module (or object) named by an entry point in the group ``assay``. The entry point's
name is the plugin's name. Implementations carry ``@assay.hookimpl`` and may leave out arguments
they do not need. A misspelt hook or argument is an error at load.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from assay.cases import Case
    from assay.events import BatchScored, Fault, RunEnd, RunStart
    from assay.sandbox import Sandbox, SandboxRequest
    from assay.specs import AnySpec, RewardSpec, RolloutFilterSpec, VerifierSpec

hookspec = pluggy.HookspecMarker("assay")
hookimpl = pluggy.HookimplMarker("assay")


@hookspec
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer verifiers: they say RIGHT or WRONG against a reference.

    Called once per process, when the plugin loads.

    Returns:
        Specs whose names are unique inside the plugin.
    """
    return ()


@hookspec
def register_rewards() -> Iterable[RewardSpec]:
    """Offer rewards: they pay for form, length, language, preference.

    Called once per process, when the plugin loads. A reward with ``scope=Scope.GROUP`` sees
    all completions of one prompt in one call.

    Returns:
        Specs whose names are unique inside the plugin.
    """
    return ()


@hookspec
def register_rollout_filters() -> Iterable[RolloutFilterSpec]:
    """Offer rollout filters: they keep a rollout, or drop it with a reason.

    Called once per process, when the plugin loads. registry.yaml sets their order.

    Returns:
        Specs whose names are unique inside the plugin.
    """
    return ()


@hookspec
def register_cases(name: str, spec: AnySpec) -> Iterable[Case]:
    """Add labelled cases for any plugin, one's own or another's.

    Called by ``assay show``, and by whoever tests a plugin, once per spec under test.

    Args:
        name: Its qualified name, as registry.yaml writes it: ``math_answer``, ``format.think``.
        spec: The spec itself. Answer ``()`` for specs you have nothing for.

    Returns:
        Cases; each says what the plugin must do with one sample.
    """
    return ()


@hookspec
def register_commands(cli: click.Group) -> None:
    """Attach commands to the ``assay`` command line.

    Called once, when the command line starts. Import what the command needs inside the command.

    Args:
        cli: The top group. A name that is taken already raises.
    """


@hookspec
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Say what this plugin finds on the machine, and what it misses.

    Called by ``assay doctor``, once. It may start processes, and takes less than a second.

    Returns:
        Rows of what is looked for, what was found (None: it is not there), and what it is for; where it is
        not there, also why, or what to do about it.
    """
    return ()


@hookspec(firstresult=True)
def create_sandbox(request: SandboxRequest) -> Sandbox | None:
    """Provide a sandbox for untrusted programs, or None to pass.

    Called when a check asks its host for a sandbox. Stops at the first result that is not None.

    Args:
        request: What is to be run, and how strictly.
    """


@hookspec
def on_run_start(event: RunStart) -> None:
    """Observe the start of a training run: once per process, before the first rollout."""


@hookspec
def on_batch_scored(event: BatchScored) -> None:
    """Observe one reward pass, on every process, after composition and before TRL sees it."""


@hookspec
def on_fault(event: Fault) -> None:
    """Observe a checker or infrastructure fault, as soon as the batch it is in is scored."""


@hookspec
def on_run_end(event: RunEnd) -> None:
    """Observe the end of a training run, also when it failed."""
