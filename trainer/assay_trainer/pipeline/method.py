"""What a stage can be: its settings, what it hands on, and the command that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assay_trainer.generate import Backend
from assay_trainer.rejection.settings import SampleSettings
from assay_trainer.settings import RewardModelSettings, SFTSettings, Template, TrainSettings

SETTINGS_FILE = "stage.yaml"


class EvaluationSettings(BaseModel):
    """One evaluation, as ``assay eval`` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["eval"] = "eval"
    model: str
    data: str
    output: Path
    set: str | None = Field(None, description="A public evaluation set, whose rows `data` has")
    registry: Path | None = None
    stack: str | None = Field(None, description="Its route judges, and its rewards are measured")
    template: Template = "none"
    prompt_column: str = "prompt"
    k: int = Field(16, ge=1)
    temperature: float = Field(0.6, ge=0)
    top_p: float = Field(0.95, gt=0, le=1)
    max_new_tokens: int = Field(512, ge=1)
    batch_tokens: int = Field(65_536, ge=1)
    limit: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    attention: str | None = None
    backend: Backend = "transformers"
    base_url: str | None = None
    rerank: str | None = None
    rewards: bool = Field(True, description="Whether to measure the stack's rewards, too")


class ExportSettings(BaseModel):
    """One export, as ``assay export`` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["export"] = "export"
    model: str
    output: Path
    name: str | None = Field(None, description="Of the model, in its card")
    license: str | None = Field(None, description="None: the base model's, else unknown")
    evaluations: tuple[str, ...] = Field((), description="Completions of evaluations, for the card")
    dtype: Literal["as-is", "float32", "bfloat16", "float16"] = "as-is"
    max_shard_size: str = Field("5GB", description="Of one file of weights")
    seed: int = Field(0, ge=0)


@dataclass(frozen=True, slots=True)
class Method:
    """One kind of stage."""

    settings: type[BaseModel]
    product: str
    """What it hands on, inside its folder."""
    command: Callable[[Mapping[str, Any], Path], list[str]]
    """Settings and folder to the arguments of ``assay``; the command prints its result as JSON."""
    judged: bool = True
    """Whether it reads a registry."""
    distributed: bool = False
    """Whether it may be started by a launcher, in several processes."""
    progress: tuple[str, str] | None = None
    """A file of its folder that grows by one line a step, and the setting that says up to how many."""


def _recipe(command: str) -> Callable[[Mapping[str, Any], Path], list[str]]:
    return lambda settings, folder: [command, str(folder / SETTINGS_FILE), "--json"]


def _options(settings: Mapping[str, Any], leave_out: Sequence[str]) -> list[str]:
    given: list[str] = []
    for key, value in settings.items():
        if key not in leave_out and value is not None and value is not False:
            option = f"--{key.replace('_', '-')}"
            given += [option] if value is True else [option, str(value)]
    return given


def _eval(settings: Mapping[str, Any], folder: Path) -> list[str]:
    out = ["--out", str(folder / "completions.jsonl"), "--json"]
    return ["eval", *_options(settings, ("method", "output")), *out]


def _export(settings: Mapping[str, Any], folder: Path) -> list[str]:
    plural = dict(settings)
    evaluations = [("--evaluation", each) for each in plural.pop("evaluations", ())]
    flat = [part for pair in evaluations for part in pair]
    given = _options(plural, ("method", "output", "seed", "model"))
    return ["export", str(settings["model"]), str(folder / "final"), *given, *flat, "--json"]


METHODS: Mapping[str, Method] = {
    "grpo": Method(TrainSettings, "final", _recipe("train"), True, True, ("metrics.jsonl", "steps")),
    "sft": Method(SFTSettings, "final", _recipe("train"), False, True),
    "reward-model": Method(RewardModelSettings, "final", _recipe("train"), False, True),
    "sample": Method(SampleSettings, "kept.jsonl", _recipe("sample")),
    "eval": Method(EvaluationSettings, "completions.jsonl", _eval),
    "export": Method(ExportSettings, "final", _export, judged=False),
}
"""By the name that `method` has in a recipe."""

DOES_NOT_DECIDE = frozenset(
    {
        "output", "device", "micro_batch", "save_every", "keep_checkpoints", "show_prompts",
        "eval_batch_tokens", "batch_tokens", "gradient_checkpointing",
    }
)  # fmt: skip
"""Settings that change how a stage is carried out and not what comes of it: no reason to do it again."""
