"""``assay sandbox``: run a program in a sandbox, and see what this machine can isolate with."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click

from assay.cli.common import json_option, print_json, print_table
from assay.sandbox import Execution, Program, ProgramLimits, SandboxRequest, open_sandbox


@click.group()
def sandbox() -> None:
    """Run untrusted programs, as the code verifier does."""


@sandbox.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--mode", help="How to isolate; default: the first that works here.")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(0.01), help="CPU-seconds.")
@click.option(
    "--memory", default=512, show_default=True, type=click.IntRange(16), help="MiB for each process."
)
@click.option(
    "--processes", type=click.IntRange(0), help="Beyond the first; default: 0 for .py files, else 32."
)
@click.option("--stdin", type=click.File("rb"), help="What the program reads; - is our own standard input.")
@json_option
def run(
    file: Path,
    arguments: tuple[str, ...],
    mode: str | None,
    seconds: float,
    memory: int,
    processes: int | None,
    stdin: BinaryIO | None,
    as_json: bool,
) -> None:
    """Run FILE, a Python script or anything executable, and show output, status and resources.

    Exits with the program's exit code, or with 128 and the number of the signal that killed it.
    """
    python = file.suffix == ".py"
    if processes is None:
        processes = 0 if python else 32
    first = ("python", file.name) if python else (f"./{file.name}",)
    program = Program(
        argv=(*first, *arguments),
        files={file.name: file.read_bytes()},
        stdin=stdin.read() if stdin else b"",
        limits=ProgramLimits(seconds=seconds, memory_mb=memory, processes=processes),
    )
    opened = open_sandbox(SandboxRequest(mode=mode))
    try:
        execution = opened.run(program)
    finally:
        opened.close()
    if as_json:
        record: dict[str, Any] = {**asdict(execution), "sandbox": opened.description}
        del record["files"]
        record["stdout"] = execution.stdout.decode(errors="replace")
        record["stderr"] = execution.stderr.decode(errors="replace")
        print_json(record)
    else:
        click.echo(execution.stdout, nl=False)
        click.echo(execution.stderr, nl=False, err=True)
        click.secho(f"{_status(execution)}; {opened.description}", err=True, dim=True)
    sys.exit(execution.exit_code if execution.exit_code is not None else 128 + (execution.signal or 0))


def _status(execution: Execution) -> str:
    ended = (
        f"exit code {execution.exit_code}"
        if execution.exit_code is not None
        else f"killed by signal {execution.signal}"
    )
    bound = f" ({execution.exceeded} limit)" if execution.exceeded else ""
    return (
        f"{ended}{bound}; CPU {execution.seconds:.3f} s, clock {execution.wall_seconds:.3f} s, "
        f"memory {execution.memory_mb:.0f} MiB"
    )


@sandbox.command()
@json_option
def info(as_json: bool) -> None:
    """Try every way of isolating programs; which work here, which is used, and what the others lack."""
    from assay_plugins.sandbox.accounts import account
    from assay_plugins.sandbox.opening import try_all

    trials = try_all()
    used = next((trial.mode for trial in trials if trial.works), None)
    who = account()
    if as_json:
        record = {
            "used": used,
            "user": who.user if who else None,
            "modes": [asdict(trial) for trial in trials],
        }
        print_json(record)
        return
    rows = [
        (t.mode, "used" if t.mode == used else "works" if t.works else "no", t.detail, f"{t.start_ms:.0f} ms")
        for t in trials
    ]
    title = f"Programs run as user {who.user}" if who else "No account to run programs as"
    print_table(title, ("mode", "here", "how, or why not", "start"), rows)
    if used is None:
        sys.exit(1)
