"""``assay lock``: record what exactly pays the rewards, or compare with the record."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.common import json_option, print_json, registry_option


@click.command()
@registry_option
@click.option("--out", type=click.Path(), help="Default: registry.lock beside the registry file.")
@click.option("--check", "compare", is_flag=True, help="Write nothing; exit with 1 when something changed.")
@json_option
def lock(registry_path: str, out: str | None, compare: bool, as_json: bool) -> None:
    """Write registry.lock: plugin versions, file hashes and options."""
    from assay.host import Host
    from assay.registry import load_registry
    from assay.registry.lock import FILE, differences, make_lock, read_lock, write_lock
    from assay.scoring import Stack

    registry = load_registry(registry_path)
    host = Host.load(registry.plugins)
    for name in registry.config.stacks:
        Stack.build(registry, host, name).close()
    current = make_lock(registry, host)
    path = Path(out) if out else registry.path.with_name(FILE)
    if not compare:
        write_lock(current, path)
        print_json(current) if as_json else click.echo(f"wrote {path}: {len(current['plugins'])} plugins")
        return
    changed = differences(read_lock(path), current)
    if as_json:
        print_json({"lock": str(path), "changed": changed})
    else:
        click.echo("\n".join(changed) if changed else f"{path}: nothing changed")
    if changed:
        raise click.exceptions.Exit(1)


COMMANDS = (lock,)
