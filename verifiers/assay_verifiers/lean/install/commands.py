"""``assay lean``: install the build, and say which back ends there are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click


@click.group()
def lean() -> None:
    """Lean 4 for the verifier `lean`."""


@lean.command()
@click.option("--to", type=click.Path(path_type=Path), help="Folder; by default one in the user's cache.")
def install(to: Path | None) -> None:
    """Fetch, check, patch and try Lean's WebAssembly build (0.4 GB)."""
    from assay_verifiers.lean.install.artefact import install as run
    from assay_verifiers.lean.install.trial import try_out

    run(to, click.echo, try_out)


@lean.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead.")
def info(as_json: bool) -> None:
    """Show which back ends exist on this machine, and why others do not."""
    import json

    from assay_verifiers.lean.install.artefact import HOW, LEAN, installed

    node, native, build = shutil.which("node"), shutil.which("lean"), installed()
    missing = None if build and node else HOW if node else "Node.js 20 or newer is not on the PATH"
    rows = {
        "wasm": {
            "usable": missing is None,
            "where": str(build) if build else None,
            "why": missing or f"Lean {LEAN}",
        },
        "native": {
            "usable": False,
            "where": native,
            "why": "no `lean` on the PATH" if native is None else "found, and not used by this version",
        },
        "node": {"usable": node is not None, "where": node, "why": _version(node)},
    }
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for name, row in rows.items():
        usable = "usable" if row["usable"] else "not usable"
        click.echo(f"{name}: {usable}: {row['why']} ({row['where'] or 'nowhere'})")


def _version(node: str | None) -> str:
    if node is None:
        return "not on the PATH"
    return subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
