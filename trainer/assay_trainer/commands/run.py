"""``assay run``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay_trainer.commands.interrupts import resumable
from assay_trainer.commands.recipes import overrides

if TYPE_CHECKING:
    from assay_trainer.pipeline.plan import Step
    from assay_trainer.pipeline.recipe import Recipe


@click.command()
@click.argument("recipe")
@click.option("--output", help="The folder of all stages; instead of the recipe's.")
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the recipe's.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Another setting; may be repeated.")
@click.option("--until", metavar="STAGE", help="Only this stage and what it needs.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Stages at a time.")
@click.option("--dry-run", is_flag=True, help="Show the plan, its data, and what it may cost; do nothing.")
@click.option("--tflops", type=float, help="For --dry-run: what the machine reaches; default: measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan or the result as JSON.")
def run(
    recipe: str,
    output: str | None,
    seed: int | None,
    pairs: tuple[str, ...],
    until: str | None,
    jobs: int,
    dry_run: bool,
    tflops: float | None,
    as_json: bool,
) -> None:
    """Run a whole pipeline: stages that train, draw, judge and measure, each on what others made.

    RECIPE is a YAML file with stages, or the name of one that comes with the package (r1-tiny). A run that
    was killed goes on where it was; a stage of which nothing has changed is not run again. One stage is
    changed by --set stages.NAME.KEY=VALUE.
    """
    from assay_trainer.pipeline.plan import make_plan
    from assay_trainer.pipeline.recipe import load_recipe

    loaded = load_recipe(recipe, overrides(pairs, output=output, seed=seed))
    plan = make_plan(loaded)
    if until is not None:
        plan = _until(plan, until)
    if dry_run:
        _show_plan(loaded, plan, tflops, as_json)
        return

    from assay_trainer.pipeline.display import Display
    from assay_trainer.pipeline.run import StageError
    from assay_trainer.pipeline.run import run as carry_out
    from assay_trainer.report import render_pipeline

    try:
        with resumable(), Display(plan) as display:
            carry_out(loaded, plan, jobs=jobs, on_event=display)
    except StageError:
        render_pipeline(loaded.output)  # of what there is
        raise
    report = render_pipeline(loaded.output)
    if as_json:
        click.echo((loaded.output / "manifest.json").read_text(encoding="utf-8"))
        return
    click.echo(f"{report}")


def _until(plan: list[Step], name: str) -> list[Step]:
    from assay_trainer.settings import SettingsError

    by_name = {step.name: step for step in plan}
    if name not in by_name:
        raise SettingsError(f"--until {name}: there is no such stage. There are: {', '.join(by_name)}")
    wanted, open_names = set[str](), [name]
    while open_names:
        wanted.add(current := open_names.pop())
        open_names += [need for need in by_name[current].needs if need not in wanted]
    return [step for step in plan if step.name in wanted]


def _show_plan(recipe: Recipe, plan: list[Step], tflops: float | None, as_json: bool) -> None:
    from assay_trainer.pipeline.cost import Estimator

    estimate = Estimator()
    speed = (tflops or _measured_tflops()) * 1e12
    rows: list[dict[str, Any]] = []
    for step in plan:
        values = recipe.settings(step.name)
        cost = estimate(step, values)
        rows.append(
            {
                "stage": step.name,
                "method": step.method,
                "needs": list(step.needs),
                "state": "done" if step.outcome else "begun" if step.folder.exists() else "to do",
                "model": values["model"],
                "data": values.get("data"),
                "rows": cost.rows,
                "parameters": cost.parameters,
                "tokens drawn": cost.drawn,
                "tokens learnt": cost.learnt,
                "operations": cost.operations,
                "seconds": None if cost.operations is None else cost.operations / speed,
                "folder": str(step.folder),
            }
        )
    missing = sorted({path for row in rows for path in _missing(row["data"])})
    if as_json:
        click.echo(json.dumps({"tflops": speed / 1e12, "missing": missing, "stages": rows}, indent=2))
        return
    from assay.cli.common import print_table
    from assay_trainer.report.formats import duration

    print_table(
        f"{recipe.name}: {recipe.output}",
        ("stage", "method", "state", "rows", "drawn", "learnt", "at most"),
        [
            (
                row["stage"],
                row["method"],
                row["state"],
                "–" if row["rows"] is None else f"{row['rows']:,}",
                _count(row["tokens drawn"]),
                _count(row["tokens learnt"]),
                "?" if row["seconds"] is None else duration(row["seconds"]),
            )
            for row in rows
        ],
    )
    rest = sum(row["seconds"] or 0 for row in rows if row["state"] != "done")
    click.echo(
        f"drawn and learnt are tokens, at most. What is left takes {duration(rest)} of pure arithmetic at "
        f"{speed / 1e12:.3g} TFLOPS; expect three to ten times that."
    )
    for path in missing:
        click.echo(f"not here: {path}", err=True)


def _count(tokens: int) -> str:
    return f"{tokens / 1e6:.1f} M" if tokens >= 100_000 else f"{tokens:,}" if tokens else "–"


def _missing(data: Any) -> list[str]:
    """Local files among the data that are not there."""
    from assay_trainer.data import SUFFIXES
    from assay_trainer.pipeline.recipe import texts

    return [path for path in texts(data) if path.endswith(SUFFIXES) and not Path(path).exists()]


def _measured_tflops() -> float:
    """What one process reaches in a product of matrices, on the device that training would take."""
    import time

    import torch

    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    size, dtype = (512, torch.float32) if accelerator is None else (4096, torch.bfloat16)
    matrix = torch.rand(size, size, device=accelerator or "cpu", dtype=dtype)
    best = sys.float_info.max
    for _ in range(5):
        start = time.perf_counter()
        float((matrix @ matrix)[0, 0])
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e12
