"""What a training run is told: a frozen record, read from a YAML recipe and `--set key=value`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from assay import AssayError

RECIPES = Path(__file__).parent / "recipes"
"""Recipes that come with the package: ``assay train tiny`` is ``recipes/tiny.yaml``."""

Template = Literal["r1-zero", "chat", "none"]
Settings = TypeVar("Settings", bound=BaseModel)


class SettingsError(AssayError, ValueError):
    """A recipe is missing or malformed, or a setting is unknown or out of range."""

    exit_code = 2


class LoRA(BaseModel):
    """Train low-rank adapters and leave the weights as they are: W + (alpha / rank) B A (Hu et al. 2021)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(16, ge=1)
    alpha: float = Field(32, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: str | list[str] = Field(
        "all-linear", description="Modules by name or regular expression; all-linear: every one but the head"
    )


class Training(BaseModel):
    """What every training run is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description='Folder, hub id, "tiny" (trained from scratch here) or "smollm2"')
    output: Path = Field(description="The run folder; the model goes into final/")
    seed: int = Field(0, ge=0)

    # The optimizer
    learning_rate: float = Field(1e-5, gt=0)
    schedule: Literal["constant", "constant_with_warmup", "linear", "cosine"] = "linear"
    warmup_steps: int = Field(0, ge=0, description="Optimizer steps")
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)

    # The machine
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="auto: an accelerator when present"
    )
    gradient_checkpointing: bool = Field(False, description="Save memory, and compute a fifth more")
    trl: dict[str, Any] = Field(
        default_factory=dict, description="More options of TRL's config (vllm, packing, …); they win"
    )


class PolicyTraining(Training):
    """What every training run of a language model is told."""

    dtype: Literal["float32", "bfloat16"] = Field(
        "float32", description="Weights; a GPU computes in bfloat16"
    )
    attention: str | None = Field(
        None, description="eager, sdpa, flash_attention_2, …; None: transformers' choice"
    )
    lora: LoRA | None = Field(None, description="Train adapters, merged into final/; None: all weights")


class TrainSettings(PolicyTraining):
    """One GRPO run. Defaults are DeepSeek-R1-Zero's objective at a size that a laptop bears."""

    method: Literal["grpo"] = "grpo"

    # On what it is trained, and what is paid
    data: str = Field(description="Training prompts: .jsonl, .json, .parquet, or a hub id")
    eval_data: str | None = Field(None, description="Held-out prompts; None: no evaluation")
    registry: Path = Field(Path("registry.yaml"), description="What is paid, and for what")
    stack: str | None = Field(None, description="Stack of the registry; None: the only one it has")
    prompt_column: str = Field("prompt", description="Text, or chat messages")
    template: Template = Field("none", description="What prompts are wrapped in; see template.py")

    # How long and how wide
    steps: int = Field(100, ge=1, description="Optimizer steps")
    prompts_per_step: int = Field(8, ge=1, description="Prompts in one generation batch")
    group_size: int = Field(8, ge=2, description="G: completions of one prompt")
    micro_batch: int | None = Field(
        None, ge=1, description="Completions in one forward and backward pass on one device; None: all"
    )
    overlap: int = Field(
        0, ge=0, description="Generation batches sampled before an earlier one's scores are in; 0: none"
    )

    # The objective, equations (1) to (3)
    beta: float = Field(0.04, ge=0, description="Weight of the KL term; 0 leaves out the reference model")
    epsilon: float = Field(0.2, gt=0, description="Clip range of the ratio: [1 - epsilon, 1 + epsilon]")
    iterations: int = Field(1, ge=1, description="Optimizer steps on one generation batch (mu)")

    # The optimizer
    learning_rate: float = Field(1e-6, gt=0)
    schedule: Literal["constant", "constant_with_warmup", "linear", "cosine"] = "constant"

    # Rollouts
    temperature: float = Field(1.0, gt=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_completion_length: int = Field(256, ge=1, description="Tokens")

    # Checkpoints
    save_every: int = Field(50, ge=1, description="Optimizer steps; rounded up to a generation boundary")
    keep_checkpoints: int = Field(2, ge=1, description="Older ones are deleted after a new one is complete")

    # Evaluation
    eval_every: int = Field(0, ge=0, description="Optimizer steps; 0: only before and after training")
    eval_k: int = Field(16, ge=1, description="Completions per held-out question")
    eval_limit: int | None = Field(None, ge=1, description="First questions of eval_data; None: all")
    eval_temperature: float = Field(0.6, gt=0)
    eval_top_p: float = Field(0.95, gt=0, le=1)
    eval_batch_tokens: int = Field(
        65_536, ge=1, description="Tokens in one generation batch, prompts included"
    )
    show_prompts: int = Field(4, ge=0, description="Held-out prompts kept before and after in samples.jsonl")

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.micro_batch and self.completions_per_step % self.micro_batch:
            raise ValueError(
                f"micro_batch {self.micro_batch} does not divide prompts_per_step * group_size "
                f"= {self.completions_per_step}"
            )
        return self

    @property
    def completions_per_step(self) -> int:
        """Completions in one generation batch: prompts times group size."""
        return self.prompts_per_step * self.group_size

    @property
    def checkpoint_steps(self) -> int:
        """`save_every`, rounded up to a multiple of `iterations`.

        Inside a generation batch the rollouts are in memory only: a run resumed from there would
        sample them anew and end elsewhere.
        """
        return -(-self.save_every // self.iterations) * self.iterations


class Source(BaseModel):
    """One of several datasets that are trained on together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description=".jsonl, .json, .parquet, or a hub id")
    repeat: int = Field(1, ge=1, description="How often each row comes in one epoch")
    limit: int | None = Field(None, ge=1, description="First rows; None: all")


def _sources(value: Any) -> Any:
    """A source, or several, each a path or a mapping: a tuple of them."""
    several = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
    return tuple({"path": one} if isinstance(one, str) else one for one in several)


class SFTSettings(PolicyTraining):
    """Supervised fine-tuning on prompts and completions: a recipe with ``method: sft``."""

    method: Literal["sft"] = "sft"

    data: Annotated[tuple[Source, ...], BeforeValidator(_sources)] = Field(
        min_length=1, description="A path, or a list of paths and of {path, repeat, limit}"
    )
    prompt_column: str = Field("prompt", description="Text, or chat messages")
    completion_column: str = Field("completion", description="Text without the end token")
    template: Template = Field("none", description="What prompts are wrapped in; see template.py")
    end_token: str | None = Field(
        None, description="What ends a completion from now on; None: the tokenizer's end token"
    )
    max_length: int | None = Field(
        None, ge=1, description="Tokens of prompt and completion; longer rows are left out; None: the model's"
    )

    # How long and how wide
    epochs: float = Field(2.0, gt=0)
    batch_size: int = Field(32, ge=1, description="Rows in one optimizer step, on all devices together")
    micro_batch: int | None = Field(
        None, ge=1, description="Rows in one forward and backward pass on one device; None: all"
    )

    # Checkpoints
    save_every: int = Field(200, ge=1, description="Optimizer steps")
    keep_checkpoints: int = Field(1, ge=1, description="Older ones are deleted after a new one is complete")

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.micro_batch and self.batch_size % self.micro_batch:
            raise ValueError(f"micro_batch {self.micro_batch} does not divide batch_size {self.batch_size}")
        return self


class RewardModelSettings(Training):
    """One reward model, trained on preference pairs: a recipe with ``method: reward-model``."""

    method: Literal["reward-model"] = "reward-model"

    data: str = Field(description="Pairs: .jsonl, .json, .parquet, or a hub id; chosen, rejected[, prompt]")
    eval_data: str | None = Field(None, description="Held-out pairs; None: a share of `data`")
    held_out: float = Field(0.1, gt=0, lt=1, description="That share")
    balance: Literal["subsample", "none"] = Field(
        "subsample",
        description="Whether pairs are left out until the longer answer is as often worse as better",
    )
    max_length: int | None = Field(
        None, ge=1, description="Tokens of prompt and answer; longer pairs are left out; None: the model's"
    )

    # How long and how wide
    epochs: float = Field(1.0, gt=0)
    batch_size: int = Field(32, ge=1, description="Pairs in one optimizer step, on one device")
    micro_batch: int | None = Field(
        None, ge=1, description="Pairs in one forward and backward pass; None: all"
    )

    center: float = Field(0.01, ge=0, description="Weight of the term that keeps scores around zero")
    save_every: int = Field(200, ge=1, description="Optimizer steps between checkpoints")

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.micro_batch and self.batch_size % self.micro_batch:
            raise ValueError(f"micro_batch {self.micro_batch} does not divide batch_size {self.batch_size}")
        return self


AnySettings = TrainSettings | SFTSettings | RewardModelSettings
METHODS: Mapping[str, type[AnySettings]] = {
    "grpo": TrainSettings,
    "sft": SFTSettings,
    "reward-model": RewardModelSettings,
}
"""What ``method`` may be, for ``assay train``."""


def load_settings(recipe: str | Path, overrides: Mapping[str, Any] | None = None) -> AnySettings:
    """Read a recipe; its ``method`` (one of `METHODS`, or ``grpo`` when it has none) says of which sort.

    Args:
        recipe: A YAML file, or the name of one that comes with the package (`RECIPES`).
        overrides: Settings that win over the file's. Dotted keys reach into mappings.

    Raises:
        SettingsError: The file is missing or is no mapping, or a setting is unknown or out of range;
            the message names the file and each key.
    """
    values, where = read_recipe(recipe)
    values = overridden(values, overrides or {})
    method = values.get("method", "grpo")
    if "stages" in values or method == "sample":
        raise SettingsError(f"{where}: this recipe is for assay {'run' if 'stages' in values else 'sample'}")
    if method not in METHODS:
        raise SettingsError(f"{where}: method: one of {', '.join(METHODS)} is expected (found {method!r})")
    return validated(METHODS[method], values, where)


def read_recipe(recipe: str | Path) -> tuple[dict[str, Any], str]:
    """Read a recipe's YAML as it stands; returns its mapping, and the file's name for messages.

    Args:
        recipe: A YAML file, or the name of one that comes with the package (`RECIPES`).

    Raises:
        SettingsError: The file is missing, is not YAML, or is no mapping.
    """
    path = Path(recipe)
    if not path.is_file() and path.suffix == "" and path.name == str(recipe):
        path = RECIPES / f"{recipe}.yaml"
    try:
        loaded: object = YAML(typ="safe").load(path.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType]
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.yaml") if "." not in p.stem))
        raise SettingsError(
            f"no recipe {recipe}: neither a file nor one of the package's ({known})"
        ) from None
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise SettingsError(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise SettingsError(
            f"{path}: a recipe is a mapping of settings, and a {type(loaded).__name__} was found"
        )
    return cast("dict[str, Any]", loaded), str(path)


def overridden(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with `overrides` in their places; a dotted key reaches into a mapping."""
    result = dict(values)
    for key, value in overrides.items():
        head, _, tail = key.partition(".")
        result[head] = overridden(result.get(head) or {}, {tail: value}) if tail else value
    return result


def make_settings(values: Mapping[str, Any], where: str = "settings") -> TrainSettings:
    """Validate `values`; a `SettingsError` names `where` and every key that is wrong."""
    return validated(TrainSettings, values, where)


def validated(model: type[Settings], values: Mapping[str, Any], where: str) -> Settings:
    """Make a settings record of `values`; a `SettingsError` names `where` and every key that is wrong."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise SettingsError(f"{where}: {'; '.join(_problems(error))}") from None


def parse_overrides(pairs: Iterable[str]) -> dict[str, Any]:
    """Turn ``key=value`` texts into overrides; values are YAML scalars or flow collections.

    Raises:
        SettingsError: A text has no ``=``, or its value is not YAML.
    """
    overrides: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise SettingsError(f"--set {pair!r}: expected key=value, such as --set steps=200")
        try:
            overrides[key.strip()] = YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType]
        except YAMLError:
            raise SettingsError(f"--set {pair!r}: the value is not YAML") from None
    return overrides


def _problems(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"unknown setting {key!r}"
        elif problem["type"] == "missing":
            yield f"{key!r} is missing"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            yield f"{key}: {message} (found {problem['input']!r})" if key else message
