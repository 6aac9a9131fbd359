"""``assay sample``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from assay_trainer.commands.interrupts import resumable
from assay_trainer.commands.recipes import overrides, recipe_options

if TYPE_CHECKING:
    from assay_trainer.rejection.run import Collection


@click.command()
@recipe_options
@click.option("--resume/--fresh", default=True, help="Go on from what is drawn (default), or start over.")
@click.option("--accept-lock-change", is_flag=True, help="Go on although the stack has changed.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def sample(
    recipe: str,
    model: str | None,
    output: str | None,
    pairs: tuple[str, ...],
    resume: bool,
    accept_lock_change: bool,
    as_json: bool,
) -> None:
    """Draw completions of each prompt, and keep those that are right and readable as rows for SFT.

    RECIPE is a YAML file of settings with method: sample, or the name of one that comes with the package
    (rejection, cold-start).
    """
    from assay_trainer.rejection.settings import load_sample_settings

    settings = load_sample_settings(recipe, overrides(pairs, model=model, output=output))

    from assay_trainer.display import bar
    from assay_trainer.rejection.run import run

    with resumable(), bar("sampling") as progress:
        result = run(settings, resume=resume, accept_lock_change=accept_lock_change, on_progress=progress)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2, ensure_ascii=False))
    else:
        show(result)


def show(result: Collection) -> None:
    """Print what was kept, and why the rest was not."""
    from assay.cli.common import print_table
    from assay_trainer.report.formats import percent

    total = result.total
    counts = [*total.left_out.most_common(), ("kept", total.kept)]
    rows = [(why, count, percent(count / total.drawn)) for why, count in counts]
    print_table("", ("left out", "completions", "share"), rows)
    if len(result.domains) > 1:
        print_table(
            "",
            ("domain", "prompts", "solved", "drawn", "kept"),
            [
                (name, part.prompts, part.solved, part.drawn, part.kept)
                for name, part in sorted(result.domains.items())
            ],
        )
    click.echo(
        f"{total.prompts} prompts, {total.solved} of {total.asked} solved, {total.covered} with a row; "
        f"{total.tokens} tokens drawn in {result.seconds:.0f} s"
    )
    click.echo(f"rows: {result.kept}")
