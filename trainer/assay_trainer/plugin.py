"""The trainer's commands. Light: what a command needs is imported when it runs."""

from __future__ import annotations

import click

import assay


@assay.hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``assay train`` and ``assay eval``."""
    from assay_trainer.commands import evaluate, train

    cli.add_command(train)
    cli.add_command(evaluate)
