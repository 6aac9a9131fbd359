"""``assay lean serve`` and ``assay lean repl``: Lean for other people's clients, judged by our audit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay_verifiers.lean.install.commands import lean

if TYPE_CHECKING:
    from assay_verifiers.lean.options import LeanOptions

_SHARED = (
    click.option("--seconds", type=float, default=60.0, show_default=True, help="CPU-seconds for one text."),
    click.option("--heartbeats", type=int, default=400_000, show_default=True, help="maxHeartbeats."),
    click.option("--memory-mb", type=int, default=1800, show_default=True, help="A larger Lean is replaced."),
    click.option("--project", help="Lake project whose toolchain and dependencies are used, for Mathlib."),
    click.option("--folder", help="Where `assay lean install --to` put Lean."),
    click.option("--spare/--no-spare", default=False, help="Keep a second Lean ready for each."),
)


def _shared(command: Any) -> Any:
    for option in reversed(_SHARED):
        command = option(command)
    return command


def _options(**chosen: Any) -> LeanOptions:
    from pydantic import ValidationError

    from assay_verifiers.lean.options import LeanOptions

    try:
        return LeanOptions(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}") from error


@lean.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True, help="0: any that is free.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Lean processes.")
@_shared
def serve(host: str, port: int, workers: int, **chosen: Any) -> None:
    """Serve kimina's HTTP interface: /api/check, /verify and /health.

    A theorem that the audit refuses is an error there. With LEAN_SERVER_API_KEY set, requests need it as
    their bearer token.
    """
    from assay_verifiers.lean.kimina import Judges, server
    from assay_verifiers.lean.session import Session

    options = _options(**chosen)
    judges = Judges([Session(options) for _ in range(workers)])
    listening = None
    try:
        for session in judges.sessions:
            session.ready()
        listening = server(host, port, judges)
        title = judges.sessions[0].title
        click.echo(f"http://{host}:{listening.server_port} ({title}, {workers} at a time)")
        listening.serve_forever()
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        if listening is not None:
            listening.server_close()
        judges.close()


@lean.command()
@click.option("--guard/--no-guard", default=True, help="Without: any syntax runs, `#eval` too.")
@click.option(
    "--write", type=click.Path(path_type=Path), help="Only write a folder that clients take as a REPL."
)
@_shared
def repl(guard: bool, write: Path | None, **chosen: Any) -> None:
    """Speak the JSON protocol of leanprover-community/repl on standard input and output."""
    from assay_verifiers.lean.repl import Repl, converse, write_folder
    from assay_verifiers.lean.session import Session

    options = _options(**chosen)
    if write is not None:
        from assay_verifiers.lean.install.artefact import LEAN

        flags = ["--spare" if chosen.pop("spare") else "--no-spare", "--guard" if guard else "--no-guard"]
        for name, value in chosen.items():
            flags += [] if value is None else [f"--{name.replace('_', '-')}", str(value)]
        write_folder(write, LEAN, flags)
        click.echo(f"LeanREPLConfig(local_repl_path={str(write)!r}, build_repl=False, ")
        click.echo(f"               lake_path={str(write / 'lake')!r})")
        return
    session = Session(options)
    try:
        converse(Repl(session, guard), sys.stdin, sys.stdout)
    finally:
        session.close()


if __name__ == "__main__":
    lean()
