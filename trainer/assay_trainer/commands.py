"""``assay train``, ``assay eval`` and ``assay demo``."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from assay_trainer.settings import RewardModelSettings


@click.command()
@click.argument("recipe")
@click.option("--model", help="A folder, a hub id, tiny or smollm2; instead of the recipe's.")
@click.option("--output", help="The run folder; instead of the recipe's.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Another setting; may be repeated.")
@click.option(
    "--resume/--fresh", default=True, help="Go on from the last checkpoint (default), or start over."
)
@click.option("--accept-lock-change", is_flag=True, help="Go on although the reward stack has changed.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def train(
    recipe: str,
    model: str | None,
    output: str | None,
    pairs: tuple[str, ...],
    resume: bool,
    accept_lock_change: bool,
    as_json: bool,
) -> None:
    """Train with GRPO on what registry.yaml pays, or a reward model on preference pairs.

    RECIPE is a YAML file of settings, or the name of one that comes with the package (tiny, r1-zero,
    reward-model).
    """
    from assay_trainer.settings import RewardModelSettings, load_settings, parse_overrides

    given = {"model": model, "output": output}
    overrides = {
        **parse_overrides(pairs),
        **{key: value for key, value in given.items() if value is not None},
    }
    settings = load_settings(recipe, overrides)
    if isinstance(settings, RewardModelSettings):
        _train_reward_model(settings, resume, as_json)
        return

    from assay_trainer import grpo
    from assay_trainer.display import TrainDisplay, figures

    with _resumable(), TrainDisplay() as display:
        result = grpo.train(
            settings, resume=resume, accept_lock_change=accept_lock_change, on_progress=display.show
        )
    if os.environ.get("RANK", "0") != "0":
        return  # of several processes, the first one tells
    if as_json:
        click.echo(json.dumps(asdict(result), default=str, indent=2))
        return
    start = f", from checkpoint-{result.resumed_from}" if result.resumed_from else ""
    click.echo(f"{result.steps} steps in {result.seconds:.0f} s{start}: {result.folder}")
    if result.before and result.after:
        for name, row in (("before", result.before), ("after", result.after)):
            click.echo(f"  {name:7} {figures(row)}")
    click.echo(f"  model   {result.model}")


def _train_reward_model(settings: RewardModelSettings, resume: bool, as_json: bool) -> None:
    from assay_trainer.display import bar, told
    from assay_trainer.reward_model import train_reward_model

    with _resumable(), bar("training") as progress:
        result = train_reward_model(settings, resume=resume, on_step=progress)
    if os.environ.get("RANK", "0") == "0":
        click.echo(json.dumps(result.to_dict(), indent=2) if as_json else told(result.to_dict()))


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


@click.command()
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="The run folder. Default: runs/demo-SEED.",
)
@click.option(
    "--registry", type=click.Path(path_type=Path), help="Default: registry.yaml here, else the packaged one."
)
@click.option("--model", help="A folder, a hub id or smollm2 instead of the embedded model.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Another setting; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print summary.json.")
def demo(
    seed: int,
    output: Path | None,
    registry: Path | None,
    model: str | None,
    pairs: tuple[str, ...],
    as_json: bool,
) -> None:
    """R1-Zero in minutes: make a tiny base model, train it on what registry.yaml pays, show the difference.

    Nothing is downloaded. A run that was broken off goes on; a complete one is done again.
    """
    from assay_trainer.demo.run import demo_settings, run_demo
    from assay_trainer.settings import parse_overrides

    folder = output or Path("runs") / f"demo-{seed}"
    overrides = {**parse_overrides(pairs), **({"model": model} if model else {})}
    settings = demo_settings(folder, seed, registry, overrides)

    from assay_trainer.display import TrainDisplay
    from assay_trainer.report.console import print_summary

    if not as_json:
        click.echo(
            f"R1-Zero on {settings.model}: {settings.steps} steps of {settings.prompts_per_step} prompts × "
            f"{settings.group_size} completions, paid by stack {settings.stack} of {settings.registry}"
        )
    with _resumable(), TrainDisplay() as display:
        summary = run_demo(settings, display.show)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    print_summary(folder)
    click.echo(f"report: {folder / 'report.html'}")
    click.echo(f"{folder}")


@contextmanager
def _resumable() -> Generator[None]:
    """Say on Ctrl-C that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on from the last checkpoint", err=True)
        raise click.exceptions.Exit(130) from None
