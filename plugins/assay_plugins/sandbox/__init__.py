"""Sandboxes for untrusted programs: on this machine, behind several launchers, or a remote one."""

from __future__ import annotations

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
def register_commands(cli: click.Group) -> None:
    """Add ``assay sandbox``."""
    from assay_plugins.sandbox.commands import sandbox

    cli.add_command(sandbox)
