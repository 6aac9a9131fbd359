"""The ``assay`` command line: one module a command. Library errors become one line and an exit code."""

from __future__ import annotations

import errno
import logging
import sys

import click

from assay import __version__
from assay.cli import check, doctor, lock, new, plugins, score, show, test
from assay.errors import AssayError
from assay.host import Host


class _Told(click.ClickException):
    """Prints ``Error: …`` and exits with the error's own code."""

    def __init__(self, error: AssayError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # pyright: ignore[reportAttributeAccessIssue]


class AssayGroup(click.Group):
    """The top group: commands of plugins as late as possible, and errors as one clear line.

    Installed plugins are imported only for a command that is not ours, and for the list of
    commands; a run loads what registry.yaml allows and nothing else.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Look among our commands, then those of our own plugins, then everybody's."""
        for distribution in ("assay", None):
            found = super().get_command(ctx, cmd_name)
            if found is not None:
                return found
            Host.load(distribution=distribution).register_commands(self)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, those of all plugins included."""
        Host.load().register_commands(self)
        return super().list_commands(ctx)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AssayError as error:
            raise _Told(error) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                where = error.filename or "the disk"
                raise click.ClickException(
                    f"{where}: no space left; free some and run the command again"
                ) from error
            raise


@click.group(cls=AssayGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assay")
@click.option("-v", "--verbose", is_flag=True, help="Log what the library is doing.")
def cli(verbose: bool) -> None:
    """Rewards and verifiers for reinforcement learning, as plugins.

    registry.yaml says what is paid; `assay check` proves it, `assay train` trains on it.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s: %(message)s",
        stream=sys.stderr,
    )


for module in (check, doctor, lock, new, plugins, score, show, test):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Entry point."""
    logging.getLogger("assay.host").addHandler(logging.NullHandler())  # `assay plugins` lists what is broken
    cli()
