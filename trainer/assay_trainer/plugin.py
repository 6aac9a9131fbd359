"""The trainer's commands. Light: what a command needs is imported when it runs."""

from __future__ import annotations

import click

import assay


@assay.hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``train``, ``run``, ``sample``, ``eval``, ``compare``, ``report`` and ``demo``."""
    from assay_trainer.commands.compare import compare
    from assay_trainer.commands.demo import demo
    from assay_trainer.commands.evaluate import evaluate
    from assay_trainer.commands.export import export
    from assay_trainer.commands.report import report
    from assay_trainer.commands.run import run
    from assay_trainer.commands.sample import sample
    from assay_trainer.commands.train import train

    cli.add_command(train)
    cli.add_command(run)
    cli.add_command(sample)
    cli.add_command(evaluate)
    cli.add_command(compare)
    cli.add_command(export)
    cli.add_command(report)
    cli.add_command(demo)
