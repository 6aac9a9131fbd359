"""Sandboxes for untrusted programs: on this machine, behind several launchers, or a remote one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assay import Sandbox, SandboxRequest, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def create_sandbox(request: SandboxRequest) -> Sandbox | None:
    """Open a sandbox when this plugin is the one that is asked for."""
    if request.provider != "sandbox":
        return None
    from assay_plugins.sandbox.opening import open_here

    return open_here(request)


@hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Try every way of isolating programs, in the order in which they are preferred."""
    from assay_plugins.sandbox.opening import try_all

    used = ""
    for trial in try_all():
        if not trial.works:
            yield trial.mode, None, f"isolates programs. {trial.detail}"
        else:
            used = used or trial.mode
            word = "used" if used == trial.mode else "works"
            yield trial.mode, f"{word}: {trial.detail.partition('; ')[2]}", "isolates programs"


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``assay sandbox``."""
    from assay_plugins.sandbox.commands import sandbox

    cli.add_command(sandbox)
