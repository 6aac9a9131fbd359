"""``assay export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("model")
@click.argument("output", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--registry", type=click.Path(path_type=Path), help="What was paid; default: what lies with the run."
)
@click.option("--stack", help="Its stack; default: the one that the run paid.")
@click.option("--name", help="Of the model, in its card.")
@click.option("--license", help="Default: that of the base model, where its card is at hand; else unknown.")
@click.option(
    "--evaluation", "evaluations", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
    help="Of assay eval --out, for the card; may be repeated. Default: those that lie with the run.",
)  # fmt: skip
@click.option(
    "--chat-template", type=click.Path(path_type=Path), metavar="FILE",
    help="Jinja; default: the one it was trained with.",
)  # fmt: skip
@click.option(
    "--dtype", type=click.Choice(["as-is", "float32", "bfloat16", "float16"]), default="as-is",
    show_default=True, help="Of the weights.",
)  # fmt: skip
@click.option("--max-shard-size", default="5GB", show_default=True, help="Of one file of weights.")
@click.option(
    "--check/--no-check", default=True, show_default=True, help="Load it again, and compare with the source."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def export(model: str, output: Path, as_json: bool, **given: Any) -> None:
    """Write a model as a folder for others: safetensors, tokenizer, what was paid, and a model card.

    MODEL is a model, a run folder of assay train, or a stage's folder of assay run. OUTPUT is read by
    transformers, vLLM and llama.cpp's converter.
    """
    from assay_trainer.export.run import export as carry_out

    result = carry_out(model, output, **given)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2, ensure_ascii=False))
        return
    checked = "not checked" if result.written.difference is None else "loads again with the same logits"
    click.echo(
        f"{result.name}: {result.written.parameters:,} parameters, {result.written.dtype}, "
        f"{result.size / 1e6:,.1f} MB; {checked}"
    )
    click.echo(f"{output}")
