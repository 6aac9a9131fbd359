"""``assay demo``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay_trainer.commands.interrupts import resumable


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
    with resumable(), TrainDisplay() as display:
        summary = run_demo(settings, display.show)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    print_summary(folder)
    click.echo(f"report: {folder / 'report.html'}")
    click.echo(f"{folder}")
