"""``assay compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay_trainer.compare import Comparison


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--shared", is_flag=True, help="Compare on the questions of both although there are others.")
@click.option("--judge", metavar="NAME", help="Ask this reward of --registry which answers are better, too.")
@click.option(
    "--registry", type=click.Path(path_type=Path), default="registry.yaml", show_default=True,
    help="Where --judge is.",
)  # fmt: skip
@click.option(
    "--pairs", type=click.IntRange(min=1), default=1, show_default=True,
    help="Pairs of one question that the judge sees.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def compare(
    results: tuple[Path, ...], shared: bool, judge: str | None, registry: Path, pairs: int, as_json: bool
) -> None:
    """Compare evaluations of the same questions, each with the first, by paired tests.

    RESULTS are files of `assay eval --out`, or folders that hold one.
    """
    from dataclasses import replace

    from assay_trainer.compare import compare_all, load_result, pairs_of
    from assay_trainer.display import bar
    from assay_trainer.tables import compared, differences

    if len(results) < 2:
        raise click.UsageError("two or more evaluations are needed")
    loaded = [load_result(path) for path in results]
    found: list[Comparison] = compare_all(loaded, shared=shared)
    if judge is not None:
        from assay_trainer.preferred import prefer

        for number, other in enumerate(loaded[1:]):
            with bar("judging") as progress:
                told = prefer(pairs_of(loaded[0], other), registry, judge, each=pairs, progress=progress)
            found[number] = replace(found[number], preferred=told)
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in found], ensure_ascii=False, indent=2))
        return

    from assay.cli.common import print_table

    for one in found:
        row = one.to_dict()
        click.echo(compared(row))
        if len(one.domains) > 1:
            print_table("", *differences(row))
