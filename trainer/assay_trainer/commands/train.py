"""``assay train``."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from assay_trainer.commands.interrupts import resumable
from assay_trainer.commands.recipes import overrides, recipe_options

if TYPE_CHECKING:
    from assay_trainer.settings import RewardModelSettings, SFTSettings


@click.command()
@recipe_options
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
    """Train with GRPO on what registry.yaml pays, on completions (SFT), or a reward model on preferences.

    RECIPE is a YAML file of settings, or the name of one that comes with the package (tiny, r1-zero, sft,
    reward-model and others). Its method says which.
    """
    from assay_trainer.settings import RewardModelSettings, SFTSettings, load_settings

    settings = load_settings(recipe, overrides(pairs, model=model, output=output))
    if isinstance(settings, RewardModelSettings):
        _train_reward_model(settings, resume, as_json)
        return
    if isinstance(settings, SFTSettings):
        _train_sft(settings, resume, as_json)
        return

    from assay_trainer import grpo
    from assay_trainer.display import TrainDisplay, figures

    with resumable(), TrainDisplay() as display:
        result = grpo.train(
            settings, resume=resume, accept_lock_change=accept_lock_change, on_progress=display.show
        )
    if os.environ.get("RANK", "0") != "0":
        return  # of several processes, the first one tells
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
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

    with resumable(), bar("training") as progress:
        result = train_reward_model(settings, resume=resume, on_step=progress)
    if os.environ.get("RANK", "0") == "0":
        click.echo(json.dumps(result.to_dict(), indent=2) if as_json else told(result.to_dict()))


def _train_sft(settings: SFTSettings, resume: bool, as_json: bool) -> None:
    from assay_trainer.display import bar
    from assay_trainer.sft import train_sft

    with resumable(), bar("training") as progress:
        result = train_sft(settings, resume=resume, on_step=progress)
    if os.environ.get("RANK", "0") != "0":
        return
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
        return
    start = f", from checkpoint-{result.resumed_from}" if result.resumed_from else ""
    left = f"; {result.too_long} more are too long" if result.too_long else ""
    click.echo(f"{result.steps} steps in {result.seconds:.0f} s{start} on {result.rows} rows{left}")
    if result.first_loss is not None:
        click.echo(f"  loss    {result.first_loss:.3f} at first, {result.last_loss:.3f} at last")
    click.echo(f"  model   {result.model}")
