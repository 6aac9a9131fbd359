"""What every command that carries out a recipe is told, and how that wins over the recipe's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def recipe_options(command: Command) -> Command:
    """Add RECIPE, ``--model``, ``--output`` and ``--set``, before the options that stand below."""
    for option in (
        click.option(
            "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Another setting; may be repeated."
        ),
        click.option("--output", help="The run folder; instead of the recipe's."),
        click.option("--model", help="A folder, a hub id, tiny or smollm2; instead of the recipe's."),
        click.argument("recipe"),
    ):
        command = option(command)
    return command


def overrides(pairs: tuple[str, ...], **given: Any) -> dict[str, Any]:
    """Settings of ``--set``, and over them those with an option of their own; None was not given."""
    from assay_trainer.settings import parse_overrides

    return parse_overrides(pairs) | {key: value for key, value in given.items() if value is not None}
