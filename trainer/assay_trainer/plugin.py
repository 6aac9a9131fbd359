"""The trainer's commands. Light: what a command needs is imported when it runs."""

from __future__ import annotations

import click

import assay


@assay.hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``assay train``, ``assay eval`` and ``assay demo``."""
    from assay_trainer.commands.demo import demo
    from assay_trainer.commands.evaluate import evaluate
    from assay_trainer.commands.train import train

    cli.add_command(train)
    cli.add_command(evaluate)
    cli.add_command(demo)
