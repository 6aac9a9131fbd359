"""``assay lean``: install the build, and say which back ends there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay_verifiers.lean.options import BackEnd, LeanOptions


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
@click.option("--try", "try_out", is_flag=True, help="Also start each, with true and false theorems.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead.")
def info(try_out: bool, as_json: bool) -> None:
    """Show which back ends exist on this machine, and why others do not."""
    import json

    from assay_verifiers.lean.options import LeanOptions

    options = LeanOptions(spare=False)
    rows = {name: _state(name, options, try_out) for name in ("native", "wasm")}
    rows["remote"] = {"usable": False, "what": "a server that the option `server` names"}
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for name, row in rows.items():
        click.echo(f"{name}: {'usable' if row['usable'] else 'not usable'}: {row['what']}")


def _state(name: BackEnd, options: LeanOptions, try_out: bool) -> dict[str, object]:
    from assay import InfraError
    from assay_verifiers.lean.backends import made, started_by

    try:
        title = started_by(name, options).title
        if try_out:
            backend = made(name, options)
            try:
                backend.ready()
            finally:
                backend.close()
    except InfraError as error:
        return {"usable": False, "what": str(error)}
    return {"usable": True, "what": title}
