"""``assay plugins``: what is installed, and what is broken."""

from __future__ import annotations

from typing import Any

import click

from assay.cli.common import json_option, print_json, print_table
from assay.host import Host


@click.command()
@click.option("--hook", help="Only plugins that implement this hook.")
@json_option
def plugins(hook: str | None, as_json: bool) -> None:
    """List installed plugins, what they offer, and load errors."""
    host = Host.load()
    records: list[dict[str, Any]] = [
        {
            "name": plugin.name,
            "version": plugin.version,
            "distribution": plugin.distribution,
            "module": plugin.module,
            "hooks": list(plugin.hooks),
            "offers": [
                {"name": item.name, "kind": item.kind.value, "summary": item.spec.summary}
                for item in host.specs.values()
                if item.plugin.name == plugin.name
            ],
            "error": None,
        }
        for plugin in host.plugins
        if hook is None or hook in plugin.hooks
    ]
    broken = [{"name": name, "error": str(error)} for name, error in sorted(host.broken.items())]
    if as_json:
        print_json({"plugins": records, "broken": broken})
        return
    rows = [
        (offer["name"], offer["kind"], record["version"], record["distribution"], offer["summary"])
        for record in records
        for offer in record["offers"]
    ]
    print_table("", ("name", "kind", "version", "from", "what it judges"), rows)
    for record in records:
        hooks = ", ".join(record["hooks"]) or "no hooks"
        click.echo(f"  {record['name']} {record['version']} ({record['distribution']}): {hooks}")
    for entry in broken:
        click.secho(f"  broken: {entry['error']}", fg="red")
    click.echo("  `assay show NAME` says what one reads, pays and needs.")


COMMANDS = (plugins,)
