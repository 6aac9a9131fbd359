"""``assay eval``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command(name="eval")
@click.option("--model", required=True, help="A folder, a hub id, tiny or smollm2.")
@click.option("--data", required=True, help="A .jsonl, .json or .parquet file, or a hub id.")
@click.option("--registry", type=click.Path(path_type=Path), default="registry.yaml", show_default=True)
@click.option("--stack", help="Its route judges, and it has the reward of --rerank; default: the first.")
@click.option(
    "--template", type=click.Choice(["r1-zero", "chat", "none"]), default="none", show_default=True,
    help="What prompts are wrapped in: as in training.",
)  # fmt: skip
@click.option("--prompt-column", default="prompt", show_default=True)
@click.option("--split", default="test", show_default=True, help="Of a hub dataset.")
@click.option(
    "--k", type=click.IntRange(min=1), default=16, show_default=True, help="Completions per question."
)
@click.option("--temperature", type=click.FloatRange(min=0), default=0.6, show_default=True)
@click.option("--top-p", type=click.FloatRange(min=0, max=1, min_open=True), default=0.95, show_default=True)
@click.option("--max-new-tokens", type=click.IntRange(min=1), default=512, show_default=True)
@click.option("--batch-tokens", type=click.IntRange(min=1), default=65_536, show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many questions.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option(
    "--rerank", metavar="NAME", help="A reward of the stack: measure also the completion that it likes best."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write every completion here, and go on from it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def evaluate(out: Path | None, as_json: bool, **given: Any) -> None:
    """Measure pass@1 and cons@k by sampling, with 95 % intervals.

    The verifier that the registry routes a question to says what is right. Completions that it cannot
    judge are left out and counted, never taken for wrong.
    """
    from assay_trainer.evalrun import EvalSettings, run_eval
    from assay_trainer.generate import Sampling

    drawn = ("k", "temperature", "top_p", "max_new_tokens", "batch_tokens", "seed")
    sampling = Sampling(**{name: given.pop(name) for name in drawn})

    from assay_trainer.display import bar, figures

    with bar("evaluating") as progress:
        result = run_eval(EvalSettings(sampling=sampling, **given), out, progress)
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
        return
    click.echo(figures(result.to_dict()))
    if len(result.domains) > 1:
        for name, part in result.domains.items():
            click.echo(f"  {name}: {figures({**part.to_dict(), 'k': result.k})}")
