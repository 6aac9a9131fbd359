"""The main job, end to end: data, base model, pass@1, GRPO on what registry.yaml pays, pass@1, report.

assay demo                  # minutes on two cores; nothing is downloaded
assay demo --seed 1
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.files import write_atomically
from assay_trainer.demo.problems import write_dataset
from assay_trainer.progress import OnProgress, Progress
from assay_trainer.settings import TrainSettings, load_settings

RECIPE = "tiny"
PACKAGED_REGISTRY = Path(__file__).with_name("registry.yaml")
"""Used when there is no registry.yaml where the command is run."""


def demo_settings(
    output: Path, seed: int, registry: Path | None, overrides: Mapping[str, Any]
) -> TrainSettings:
    """The recipe `tiny` with the demo's own data, and base model beside it."""
    if registry is None:
        here = Path("registry.yaml")
        registry = here if here.is_file() else PACKAGED_REGISTRY
    values = {
        "data": str(output / "data" / "train.jsonl"),
        "eval_data": str(output / "data" / "test.jsonl"),
        "registry": registry,
        "stack": "r1-zero",
        "output": output,
        "seed": seed,
    }
    settings = load_settings(RECIPE, {**values, **overrides})
    assert isinstance(settings, TrainSettings)
    return settings


def run_demo(settings: TrainSettings, on_progress: OnProgress) -> dict[str, Any]:
    """Run, or go on with a run that was broken off; a complete one is done again.

    Returns:
        The content of summary.json: ``before`` and ``after`` with ``pass@1``, ``cons@K`` and their 95 %
        intervals, ``seconds`` of wall time with its ``phases``, ``peak_rss_mb`` (trainer plus its largest
        worker), ``seed``.

    Raises:
        AssayError: as `assay_trainer.grpo.train`.
    """
    from assay_trainer import grpo
    from assay_trainer.report import render_report

    folder = settings.output
    complete = (folder / "summary.json").exists()
    (folder / "summary.json").unlink(missing_ok=True)
    clock = _Clock(on_progress)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    write_dataset(folder / "data", seed=settings.seed)
    result = grpo.train(settings, resume=not complete, on_progress=clock.report)
    summary = {
        "before": _figures(result.before),
        "after": _figures(result.after),
        "seconds": round(clock.total, 1),
        "phases": {name: round(seconds, 1) for name, seconds in clock.phases.items()},
        "peak_rss_mb": round(_peak_rss_mb()),
        "seed": settings.seed,
        "model": settings.model,
        "stack": settings.stack,
        "steps": result.steps,
        "resumed_from": result.resumed_from,
    }
    write_atomically(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    render_report(folder)
    return summary


class _Clock:
    """Passes reports on, and books the time before each one to its stage."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._start = self._last = time.perf_counter()
        self._on_progress = on_progress
        self.phases: dict[str, float] = {}

    def report(self, progress: Progress) -> None:
        now = time.perf_counter()
        name = {"model": "base model", "train": "training", "evaluate": "evaluation", "save": "training"}[
            progress.stage
        ]
        self.phases[name] = self.phases.get(name, 0.0) + now - self._last
        self._last = now
        self._on_progress(progress)

    @property
    def total(self) -> float:
        return time.perf_counter() - self._start


def _figures(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A line of evals.jsonl with ``cons@k`` under its own name, ``cons@16``."""
    if row is None:
        return None
    named = {key.replace("cons@k", f"cons@{row['k']}"): value for key, value in row.items()}
    kept = ("pass@1", "pass@1_ci", f"cons@{row['k']}", f"cons@{row['k']}_ci", "n", "k", "mean_tokens")
    return {key: named[key] for key in kept if key in named}


def _peak_rss_mb() -> float:
    """Peak resident memory of this process plus that of its largest child, in MiB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(peaks) / unit
