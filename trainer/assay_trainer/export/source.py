"""What is exported: a model, the run it came out of, and the stages or runs before that one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from assay_trainer.data import SUFFIXES
from assay_trainer.models import resolve_model
from assay_trainer.pipeline.recipe import REFERENCE, Recipe, mapped
from assay_trainer.runfolder import RunError
from assay_trainer.settings import validated

ON_THE_HUB = {"smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""Hub ids of the models that come with the package and are also there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One training or sampling run that led to the model."""

    name: str
    folder: Path
    settings: Mapping[str, Any]
    """As they were written: paths, hub ids, ``stage:NAME``."""
    result: Mapping[str, Any]
    """What it came to; empty when it did not say."""
    seconds: float | None = None

    @property
    def method(self) -> str:
        """``grpo``, ``sft``, ``sample``, …."""
        return str(self.settings.get("method", "grpo"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model and where it comes from."""

    asked: str
    """As the user named it."""
    model: str
    """A folder or hub id that transformers loads."""
    run: Path | None
    """The run folder it lies in; None: a bare model."""
    stages: tuple[Stage, ...] = ()
    """What led to it, the first first; its own run is the last. Empty for a bare model."""
    pipeline: Recipe | None = None
    """The recipe of `assay run`, when it is a stage's."""
    evaluations: tuple[Path, ...] = field(default=())
    """Evaluations of it that lie with the run or in the pipeline."""

    @property
    def base(self) -> str | None:
        """The model that training began with, as a hub id; None when it has none."""
        first, seen = self.asked, set[Path]()
        while (run := run_of(first)) is not None and run not in seen:
            seen.add(run)
            first = str(_json(run / "settings.json").get("model"))
        first = ON_THE_HUB.get(first, first)
        return first if public(first) == first and "/" in first else None


def find_source(name: str) -> Source:
    """Find a model by the name of a model, of a run folder, or of a stage's folder.

    Raises:
        RunError: The run has not come to its end, or what it wrote cannot be read.
        ModelError: There is no such model.
    """
    folder = Path(name).expanduser()
    if (folder / "final" / "config.json").is_file():
        model = str(folder / "final")
    elif (folder / "settings.json").is_file():
        raise RunError(f"{folder} has no final/ yet: let its run come to its end, or name a checkpoint")
    else:
        model = resolve_model(name)
    run = run_of(model)
    if run is None:
        return Source(asked=name, model=model, run=None)
    manifest = run.parent.parent / "manifest.json"
    if run.parent.name == "stages" and manifest.is_file():
        written = _json(manifest)
        pipeline = validated(Recipe, written["recipe"], str(manifest))
        stages = _pipeline_stages(written["stages"], pipeline, run)
        if stages:
            evaluations = tuple(_pipeline_evaluations(written["stages"], pipeline, stages[-1]))
            return Source(
                asked=model, model=model, run=run, stages=stages, pipeline=pipeline, evaluations=evaluations
            )
    kept = run / "evaluation.jsonl"
    is_final = Path(model).name == "final"
    evaluations = (kept,) if is_final and kept.is_file() else ()
    return Source(asked=model, model=model, run=run, stages=_runs(run), evaluations=evaluations)


def run_of(model: str) -> Path | None:
    """The run folder whose ``final/`` or checkpoint a model is; None when it is neither."""
    path = Path(model).expanduser().resolve()
    known = {"final": path.parent, "checkpoints": path.parent.parent}
    run = known.get(path.name) or known.get(path.parent.name)
    return run if run and path.is_dir() and (run / "settings.json").is_file() else None


def public(text: str) -> str:
    """A setting for others to read: of a path the last name that says something, and all else as it is."""
    path, reference = Path(text), REFERENCE.fullmatch(text)
    if reference:
        return reference[1]
    local = path.is_absolute() or text.startswith((".", "~")) or text.count("/") > 1
    if not (local or path.suffix in SUFFIXES or ("/" in text and path.exists())):
        return text
    names = [part for part in path.parts if part not in ("final", "/", "..", "~")]
    return names[-1] if names else text


def published(value: Any) -> Any:
    """`value` with every text in it made `public`."""
    return mapped(value, public)


def _pipeline_stages(written: Mapping[str, Any], pipeline: Recipe, run: Path) -> tuple[Stage, ...]:
    own = next((name for name, stage in written.items() if Path(stage["folder"]).name == run.name), None)
    if own is None:  # a folder of an earlier version of the recipe
        return ()
    wanted, waiting = set[str](), [own]
    while waiting:
        wanted.add(name := waiting.pop())
        waiting += [need for need in written[name]["needs"] if need not in wanted]
    return tuple(
        Stage(
            name=name,
            folder=run.parent / Path(stage["folder"]).name,
            settings=pipeline.settings(name),
            result=stage.get("result") or {},
            seconds=stage.get("seconds"),
        )
        for name, stage in written.items()
        if name in wanted
    )


def _pipeline_evaluations(written: Mapping[str, Any], pipeline: Recipe, own: Stage) -> list[Path]:
    return [
        own.folder.parent / Path(stage["folder"]).name / "completions.jsonl"
        for name, stage in written.items()
        if stage["method"] == "eval"
        and stage["done"]
        and pipeline.settings(name)["model"] == f"stage:{own.name}"
    ]


def _runs(run: Path) -> tuple[Stage, ...]:
    """The run, and before it those whose models it began with."""
    stages: list[Stage] = []
    folder: Path | None = run
    while folder is not None and folder not in [stage.folder for stage in stages]:
        settings, summary = _json(folder / "settings.json"), folder / "summary.json"
        result = _json(summary) if summary.is_file() else {}
        stages.append(
            Stage(
                name=folder.name,
                folder=folder,
                settings=settings,
                result=result,
                seconds=result.get("seconds"),
            )
        )
        folder = run_of(str(settings.get("model")))
    return tuple(reversed(stages))


def _json(path: Path) -> dict[str, Any]:
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: a mapping is expected there")
    return cast("dict[str, Any]", value)
