"""``assay report``."""

from __future__ import annotations

import json
from pathlib import Path

import click

PIPELINE = "manifest.json"
RUN = ("settings.json", "metrics.jsonl", "evals.jsonl", "summary.json")
"""What a run leaves; any of them will do."""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report's path and kind as JSON.")
def report(folder: Path, as_json: bool) -> None:
    """Write the report of a run or a pipeline: report.html, one page that loads nothing and runs no script.

    FOLDER is the folder of assay train, assay demo or assay run. It may still be at work.
    """
    from assay import DataError
    from assay_trainer.report import render_pipeline, render_report

    if (folder / PIPELINE).is_file():
        kind, path = "pipeline", render_pipeline(folder)
    elif any((folder / name).is_file() for name in RUN):
        kind, path = "run", render_report(folder)
    else:
        raise DataError(
            f"{folder} is neither of assay run (no {PIPELINE}) nor of assay train (none of {', '.join(RUN)})"
        )
    click.echo(json.dumps({"report": str(path), "of": kind}) if as_json else str(path))
