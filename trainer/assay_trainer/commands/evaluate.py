"""``assay eval``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource


def _counts(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Read ``4,16``; pass@1 is always measured and may be named."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{text!r} is not a list of whole numbers such as 4,16")
    return tuple(sorted({int(part) for part in parts} - {1}))


@click.command(name="eval")
@click.option("--model", required=True, help="A folder, a hub id, tiny or smollm2.")
@click.option("--data", required=True, help="A .jsonl, .json or .parquet file, or a hub id.")
@click.option(
    "--set", type=click.Choice(["aime24", "math500", "gsm8k", "gpqa", "livecodebench", "ifeval"]),
    help="The public evaluation set whose rows --data has: brings prompts, verifier and R1's sampling.",
)  # fmt: skip
@click.option(
    "--registry", type=click.Path(path_type=Path),
    help="Who judges; default: that of --set, else registry.yaml.",
)  # fmt: skip
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
@click.option("--rewards", is_flag=True, help="Measure also what each reward of the stack is worth.")
@click.option(
    "--backend", type=click.Choice(["transformers", "vllm", "vllm-server"]), default="transformers",
    show_default=True, help="What draws the completions.",
)  # fmt: skip
@click.option("--base-url", help="Of the server, for vllm-server: http://127.0.0.1:8000.")
@click.option("--attention", help="eager, sdpa, flash_attention_2, …; default: transformers' choice.")
@click.option(
    "--pass-at", metavar="J,…", default="", callback=_counts,
    help="Measure pass@j for these j, too: that one of j completions is right. Unbiased.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write every completion here, and go on from it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def evaluate(out: Path | None, as_json: bool, **given: Any) -> None:
    """Measure pass@1, pass@j and cons@k by sampling, with 95 % intervals.

    The verifier that the registry routes a question to says what is right. Completions that it cannot
    judge are left out and counted, never taken for wrong.
    """
    from assay_trainer.evalrun import EvalSettings, run_eval
    from assay_trainer.evalsets import defaults
    from assay_trainer.generate import Sampling

    if given["set"]:
        context = click.get_current_context()
        given |= {
            name: value
            for name, value in defaults(given["set"]).items()
            if context.get_parameter_source(name) is ParameterSource.DEFAULT
        }
    drawn = ("k", "temperature", "top_p", "max_new_tokens", "batch_tokens", "seed")
    sampling = Sampling(**{name: given.pop(name) for name in drawn})

    from assay.cli.common import print_table
    from assay_trainer.display import bar, figures
    from assay_trainer.tables import by_domain

    with bar("evaluating") as progress:
        result = run_eval(EvalSettings(sampling=sampling, **given), out, progress)
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
        return
    click.echo(figures(result.to_dict()))
    for name, value in result.rewards.items():
        click.echo(f"  {name}: {'scored none' if value is None else f'{value:.3f}'}")
    if len(result.domains) > 1:
        print_table("", *by_domain(result.to_dict()))
