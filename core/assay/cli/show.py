"""``assay show``: what one plugin reads, pays and needs, and what its examples score now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from assay.cli.common import cell_text, json_option, parse_options, print_json, print_table
from assay.errors import AssayError

if TYPE_CHECKING:
    from assay.host import Provided


@click.command()
@click.argument("name")
@click.option(
    "-o", "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option; may be repeated."
)
@click.option(
    "--try",
    "trial",
    nargs=2,
    metavar="ANSWER REFERENCE",
    help="Judge this answer against this reference, and show the verdict instead.",
)
@json_option
def show(name: str, options: Sequence[str], trial: tuple[str, str] | None, as_json: bool) -> None:
    """Show what NAME reads, pays and needs; its options; its examples with the scores they get now."""
    from assay.cli.trial import attempt, examples
    from assay.host import Host

    host = Host.load()
    provided = host.find(name)
    if trial is not None:
        found = attempt(provided, *trial, parse_options(options))
        print_json(found) if as_json else _print_trial(name, found)
        return
    record = _describe(provided)
    record["cases"] = {plugin: len(cases) for plugin, cases in host.cases(provided).items()}
    try:
        record["examples"] = examples(provided, parse_options(options))
    except AssayError as error:
        record["examples"], record["examples_error"] = [], str(error)
    if as_json:
        print_json(record)
    else:
        _print(record)


def _describe(provided: Provided) -> dict[str, Any]:
    from assay.specs import CheckSpec

    spec, plugin = provided.spec, provided.plugin
    record: dict[str, Any] = {
        "name": provided.name,
        "kind": spec.kind.value,
        "summary": spec.summary,
        "from": f"{plugin.distribution} {plugin.version} ({plugin.module})",
        "reads": [*spec.reads, *(f"column {column}" for column in spec.columns)],
        "runs": f"{spec.isolation.value}, about {spec.cost.value} a check",
        "limits": {
            "seconds": spec.limits.seconds,
            "memory_mb": spec.limits.memory_mb,
            "max_chars": spec.limits.max_chars,
        },
        "deterministic": spec.deterministic,
        "needs": f'pip install "assay[{spec.extra}]"' if spec.extra else None,
        "options": _options(spec.options),
    }
    if isinstance(spec, CheckSpec):
        record |= {
            "pays": list(spec.range),
            "scope": spec.scope.value,
            "answer": spec.answer.reads if spec.answer else None,
        }
    return record


def _options(model: Any) -> list[dict[str, Any]]:
    """Name, type, default and meaning of every option, from the model's JSON schema."""
    if model is None:
        return []
    schema = model.model_json_schema()
    return [
        {
            "name": name,
            "type": _type(field),
            "default": field.get("default", "(required)" if name in schema.get("required", []) else None),
            "meaning": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _type(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "anyOf" in field:
        return " | ".join(_type(option) for option in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("type", field.get("const", "any")))


def _print(record: Mapping[str, Any]) -> None:
    click.secho(f"{record['name']}", bold=True, nl=False)
    click.echo(f"  ({record['kind']}) {record['summary']}")
    rows: list[tuple[str, object]] = [("from", record["from"]), ("reads", ", ".join(record["reads"]))]
    if "pays" in record:
        rows.append(("pays", f"{record['pays'][0]:g} to {record['pays'][1]:g}, per {record['scope']}"))
        rows.append(("answer", record["answer"]))
    limits = record["limits"]
    rows.append(("runs", record["runs"]))
    rows.append(
        (
            "limits",
            f"{limits['seconds']:g} s CPU, {limits['memory_mb']} MiB, {limits['max_chars']} characters",
        )
    )
    rows += [("needs", record["needs"])] if record["needs"] else []
    rows += [("cases from", f"{plugin}: {count}") for plugin, count in record["cases"].items()]
    for key, value in rows:
        click.echo(f"  {key:<11}{cell_text(value)}")
    if record["options"]:
        options = [
            (o["name"], o["type"], _short(cell_text(o["default"])), o["meaning"]) for o in record["options"]
        ]
        print_table("options", ("name", "type", "default", "meaning"), options)
    if record["examples"]:
        shown = [
            (
                e["example"],
                e["label"],
                e["completion"].replace("\n", "⏎"),
                e["score"],
                e["status"],
                e["reason"],
            )
            for e in record["examples"]
        ]
        print_table("examples, scored now", ("#", "label", "completion", "score", "status", "reason"), shown)
    if record.get("examples_error"):
        click.secho(f"examples were not scored: {record['examples_error']}", fg="yellow")


def _print_trial(name: str, found: Mapping[str, Any]) -> None:
    click.secho(name, bold=True, nl=False)
    click.echo(f"  {found['status']}" + ("" if found["score"] is None else f", {found['score']:g}"))
    rows = [(key, found[key]) for key in ("reason", "completion", "reference", "extracted")]
    rows.append(("to be", found["of_reference"]))
    if found["evidence"]:
        rows += [("evidence", ""), *((f"  {key}", value) for key, value in found["evidence"].items())]
    for key, value in rows:
        click.echo(f"  {key:<13}{cell_text(value)}".rstrip().replace("\n", "⏎"))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:38] + " …"


COMMANDS = (show,)
