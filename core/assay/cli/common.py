"""What several commands share: options, tables, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

registry_option = click.option(
    "--registry",
    "registry_path",
    default="registry.yaml",
    show_default=True,
    type=click.Path(),
    help="The registry file.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead.")


def print_json(value: Any) -> None:
    """Print a value as JSON to standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table that fits the terminal; numbers are aligned right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(Text(cell_text(cell)) for cell in row))
    Console().print(table)


def cell_text(value: object) -> str:
    """One cell: short numbers, and a dash for what does not apply."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def parse_options(options: Sequence[str]) -> dict[str, Any]:
    """Read KEY=VALUE pairs; values are YAML scalars or lists.

    Raises:
        click.BadParameter: one has no ``=``.
    """
    from ruamel.yaml import YAML

    values: dict[str, Any] = {}
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            raise click.BadParameter(f"{option!r} is not KEY=VALUE", param_hint="--option")
        values[key] = YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType]
    return values
