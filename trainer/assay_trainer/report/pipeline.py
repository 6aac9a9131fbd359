"""Write the report of a whole pipeline: one page that needs nothing but itself, and links to its stages'."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay_trainer.report import curves, formats
from assay_trainer.report.curves import Figure
from assay_trainer.report.evaluations import (
    MAX_EVALUATIONS,
    SURE,
    Measured,
    headliner,
    matrix,
    measured,
    side_by_side,
)
from assay_trainer.report.folder import number, read_run
from assay_trainer.report.render import REPORT, render_report, write_page
from assay_trainer.report.stages import Pipeline, Stage, keep_rates, read_pipeline, told

TEMPLATE = "pipeline.html.jinja"
LINKS = ("log.txt", "kept.jsonl", "completions.jsonl", "registry.yaml", "stage.yaml")
"""Files of a stage that the page links to, where they are there."""


def render_pipeline(folder: Path) -> Path:
    """Render what ``assay run`` has left in `folder` into ``report.html`` inside it.

    Stages that train a policy get a report of their own in their folders. Missing or damaged files cost
    their part, and the page says so.

    Args:
        folder: With manifest.json. The pipeline may still be at work.

    Returns:
        The path of the report, which is replaced in one step.

    Raises:
        DataError: when `folder` is not of a pipeline.
        MissingDependencyError: when jinja2 is not installed.
    """
    pipeline = read_pipeline(folder)
    for stage in pipeline.of("grpo"):
        if stage.folder is not None and (stage.folder / "metrics.jsonl").is_file():
            render_report(stage.folder)
    return write_page(folder, TEMPLATE, _context(pipeline))


def _context(pipeline: Pipeline) -> dict[str, Any]:
    problems = list(pipeline.problems)
    found = measured(pipeline, problems)
    last = headliner(pipeline, found)
    # The first of a model that a stage has made: in R1's order that is R1-Zero
    zero = next((one for one in found if one.stage.needs), None)
    cells = matrix(found)
    sampled = [stage for stage in pipeline.of("sample") if stage.result]
    compared = [(found[i], row) for i, row in enumerate(cells) if any(row)]
    return {
        "pipeline": pipeline,
        "done": sum(stage.state == "done" for stage in pipeline.stages),
        "seconds": sum(stage.seconds or 0.0 for stage in pipeline.stages),
        "first": found[0] if found else None,
        "zero": zero,
        "last": last,
        "sentences": _sentences(found, cells, zero, last),
        "stages": [(stage, told(stage), _links(pipeline, stage)) for stage in pipeline.stages],
        "evaluations": found,
        "open_evaluations": [stage.name for stage in pipeline.of("eval") if stage.state != "done"],
        "rewards": list(dict.fromkeys(name for one in found for name in one.rewards)),
        "mixed": any(one.mixing is not None for one in found),
        "thoughtless": any(one.reasons is not None and one.reasons < 0.5 for one in found),
        "domains": _domains(found),
        "compared": compared,
        "against": found[: len(cells) - 1],
        "sure": SURE,
        "most": MAX_EVALUATIONS,
        "sampled": sampled,
        "keep_rates": keep_rates(sampled) if sampled else [],
        "training": [
            (stage, figures)
            for stage in pipeline.of("grpo", "sft", "reward-model")
            if (figures := _figures(stage))
        ],
        "sides": side_by_side(found, (zero, last)),
        "problems": problems,
    }


def _links(pipeline: Pipeline, stage: Stage) -> list[tuple[str, str]]:
    """(text, address relative to the page) of what the stage's folder has."""
    if stage.folder is None:
        return []
    base = stage.folder.relative_to(pipeline.path).as_posix()
    own = [("report", REPORT)] if stage.method == "grpo" else []
    links = [*own, *((name.partition(".")[0], name) for name in LINKS)]
    return [(text, f"{base}/{name}") for text, name in links if (stage.folder / name).is_file()]


def _sentences(
    found: Sequence[Measured], cells: Sequence[Sequence[Any]], zero: Measured | None, last: Measured | None
) -> list[str]:
    """The last evaluation against the first one, and against that of the first trained model."""
    if last is None or last not in found[: len(cells)]:
        return []
    row = cells[found.index(last)]
    told: list[str] = []
    for other in dict.fromkeys(index for index, one in enumerate(found) if one in (found[0], zero)):
        cell = row[other] if other < len(row) else None
        if cell is None or cell.comparison.overall.difference is None:
            continue
        overall = cell.comparison.overall
        told.append(
            f"{last.stage.name} against {found[other].stage.name}, on the same {overall.n} questions: pass@1 "
            f"{formats.points(overall.difference)} points [{formats.points_between(overall.interval)}]"
            + ("." if cell.sure else f"; it may be chance (p = {formats.chance(cell.p)} after correction).")
        )
    return told


def _domains(found: Sequence[Measured]) -> list[tuple[str, ...]]:
    """(evaluation, pass@1 of each domain); empty when there is but one domain."""
    names = list(dict.fromkeys(name for one in found for name in one.domains))
    if len(names) < 2:
        return []
    head = ("Evaluation", *names)
    rows = [
        (
            one.stage.name,
            *(formats.percent(number(one.domains.get(name, {}).get("pass@1"))) for name in names),
        )
        for one in found
    ]
    return [head, *rows]


def _figures(stage: Stage) -> list[Figure]:
    """What a training stage looked like: of RL what was right and how long it was, of others the loss."""
    if stage.folder is None:
        return []
    run = read_run(stage.folder)
    policy = stage.method == "grpo"
    drawn = [curves.right_share(run), curves.length(run)] if policy else [curves.loss(run)]
    return [figure for figure in drawn if figure]
