"""``assay check``: prove registry.yaml, and a dataset with it, before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assay.cli.common import json_option, print_json, print_table, registry_option
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.scoring import Stack


@click.command()
@registry_option
@click.option("--data", type=click.Path(), help="Also check a dataset: columns, domains, references.")
@click.option("--stack", "only", help="Only this stack. Default: all.")
@click.option(
    "--strict", is_flag=True, help="Also fail when a wrong answer could earn as much as a right one."
)
@json_option
def check(registry_path: str, data: str | None, only: str | None, strict: bool, as_json: bool) -> None:
    """Check registry.yaml: names, options, dependencies, and what right and wrong answers can earn.

    With --data also: missing columns, unknown domains, and references that the verifiers cannot use.
    Exits with 1 when a run would fail. That wrong can outrank right is said; a gate proves that it cannot.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack

    registry = load_registry(registry_path)
    host = Host.load(registry.plugins)
    stacks: list[dict[str, Any]] = []
    problems: list[str] = []
    for name in [only] if only else list(registry.config.stacks):
        with Stack.build(registry, host, name) as stack:
            try:
                stack.warm_up()
            except AssayError as error:
                problems.append(f"stack {name}: {error}")
            stacks.append(_describe(stack))
            if strict and stack.bounds is not None and not stack.bounds.proven:
                problems.append(f"stack {name}: {stack.bounds}")
            if data is not None and not problems:
                problems += [f"stack {name}: {line}" for line in _check_data(stack, data, quiet=as_json)]
    if as_json:
        print_json({"registry": str(registry.path), "stacks": stacks, "problems": problems})
    else:
        _print(stacks, problems, data)
    if problems:
        raise click.exceptions.Exit(1)


def _describe(stack: Stack) -> dict[str, Any]:
    bounds = stack.bounds
    return {
        "name": stack.name,
        "compose": "gated" if stack.composition.gated else "sum",
        "components": {
            place: {
                "use": part.provided.name,
                "version": part.provided.plugin.version,
                "isolation": part.isolation.value,
                "seconds": part.limits.seconds,
                "options": dict(part.options),
            }
            for place, part in stack.components.items()
        },
        "right": list(bounds.right) if bounds else None,
        "wrong": list(bounds.wrong) if bounds else None,
        "proven": bounds.proven if bounds else None,
        "says": str(bounds) if bounds else "correctness plays no part in this stack",
    }


def _check_data(stack: Stack, data: str, quiet: bool) -> list[str]:
    from assay.scoring.precheck import check_rows

    found = check_rows(stack, data, progress=None if quiet else _bar)
    return [str(problem) for problem in found]


def _bar(items: Any, total: int) -> Any:
    """A progress bar on terminals."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        return items
    return track(items, description="references", total=total, console=console, transient=True)


def _print(stacks: list[dict[str, Any]], problems: list[str], data: str | None) -> None:
    for stack in stacks:
        rows = [
            (
                place,
                part["use"],
                part["version"],
                part["isolation"],
                f"{part['seconds']:g} s" if part["isolation"] == "process" else None,
            )
            for place, part in stack["components"].items()
        ]
        title = f"stack {stack['name']} ({stack['compose']})"
        print_table(title, ("component", "use", "version", "runs", "limit"), rows)
        click.secho(f"  {stack['says']}", fg="yellow" if stack["proven"] is False else None)
    for problem in problems:
        click.secho(f"  {problem}", fg="red")
    if not problems:
        click.secho("ok" + (f": {data} can be trained on" if data else ""), fg="green")


COMMANDS = (check,)
