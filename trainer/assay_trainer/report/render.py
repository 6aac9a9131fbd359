"""Write report.html: one page that needs nothing but itself."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import MissingDependencyError
from assay_trainer.report import curves, formats, observed, operations
from assay_trainer.report.completions import clip, completion_of, pairs
from assay_trainer.report.folder import Row, RunFolder, mapping, number, read_run
from assay_trainer.report.headline import cons_key, headline, sentence

if TYPE_CHECKING:
    from jinja2 import Environment

REPORT = "report.html"
TEMPLATE = "report.html.jinja"
FILTERS = ("percent", "plain", "tokens", "duration", "interval", "points", "points_between")
"""Functions of `formats` that templates use."""
MAX_PAIRS = 6
"""Prompts shown before and after; the first is open, the others are folded."""
MAX_AHAS = 2
"""Aha moments shown: the last ones, since those are the trained model's."""
MAX_FILE_CHARS = 100_000
"""A longer registry.yaml or registry.lock is shown without its middle."""


def render_report(run: Path) -> Path:
    """Render the run folder `run` into ``report.html`` inside it.

    The page loads nothing from anywhere and runs no script, so it can be mailed. Equal input gives
    equal bytes. Missing or damaged files cost their section, which then says so.

    Args:
        run: The run folder. It may be of a run that is still going or stopped early.

    Returns:
        The path of the report. It is replaced in one step: a reader never sees half a page.

    Raises:
        DataError: when `run` is not a folder.
        MissingDependencyError: when jinja2 is not installed.
    """
    return write_page(run, TEMPLATE, _context(read_run(run)))


def write_page(folder: Path, template: str, context: Mapping[str, Any]) -> Path:
    """Render a template of this package into ``report.html`` of the folder, in one step.

    Raises:
        MissingDependencyError: when jinja2 is not installed.
    """
    html = _environment().get_template(template).render(context)
    target = folder / REPORT
    draft = folder / f".{REPORT}.{os.getpid()}"
    # Model text may hold lone surrogates, which have no UTF-8 form.
    draft.write_bytes(html.encode("utf-8", "replace"))
    draft.replace(target)
    return target


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingDependencyError.of("the run report", "jinja2", "train") from error
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(formats, name) for name in FILTERS})
    return environment


def _context(run: RunFolder) -> dict[str, Any]:
    head = headline(run)
    matched = pairs(run.samples)
    aha = [row for row in run.samples if row.get("stage") == "aha"]
    judged = [pair.became for pair in matched if pair.became]
    return {
        "name": run.path.resolve().name,
        "run": run,
        "head": head,
        "sentences": [sentence(accuracy) for accuracy in head.accuracies],
        "accuracy": curves.accuracy(run),
        "length": curves.length(run),
        "components": curves.components(run),
        "right_share": curves.right_share(run),
        "reflection": [
            drawn
            for draw in (observed.reflection, observed.reflection_right, observed.reflection_outcome)
            if (drawn := draw(run))
        ],
        "reflection_table": observed.reflection_table(run),
        "reflection_sentence": observed.reflection_sentence(run),
        "mixing": observed.mixing(run),
        "mixing_sentence": observed.mixing_sentence(run),
        "health": curves.health(run),
        "domains": _domains(run),
        "pairs": matched[:MAX_PAIRS],
        "pair_count": len(matched),
        "became": {state: judged.count(state) for state in dict.fromkeys(judged)},
        "aha": [completion_of(row) for row in aha[-MAX_AHAS:]],
        "aha_count": len(aha),
        "faults": operations.faults(run),
        "checking": operations.checking(run),
        "phases": operations.phases(run),
        "settings": _flat(run.settings or {}),
        "registry": clip(run.registry or "", MAX_FILE_CHARS),
        "lock": clip(run.lock or "", MAX_FILE_CHARS),
    }


def _domains(run: RunFolder) -> list[tuple[str, ...]]:
    """Return (domain, pass@1 first, last) and, where measured, (cons@k first, last) of the evaluations."""
    if not run.evals:
        return []
    first, last = mapping(run.evals[0].get("domains")), mapping(run.evals[-1].get("domains"))
    cons = cons_key(*run.evals)
    keys = ["pass@1", cons] if cons else ["pass@1"]
    return [
        (
            name,
            *(formats.percent(number(row.get(key))) for key in keys for row in (before, after)),
        )
        for name in dict.fromkeys([*first, *last])
        for before, after in [(mapping(first.get(name)), mapping(last.get(name)))]
    ]


def _flat(settings: Row, prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings as (dotted key, value) rows, in the file's order."""
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if inner := mapping(value):
            rows += _flat(inner, f"{prefix}{key}.")
        else:
            written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append((f"{prefix}{key}", clip(written, 2_000)))
    return rows
