"""What ``assay sample`` is told: a frozen record, read from a YAML recipe with ``method: sample``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assay_trainer.generate import Backend, Sampling
from assay_trainer.settings import SettingsError, Template, overridden, read_recipe, validated

PROMPT, THOUGHT, SUMMARY = "{prompt}", "{thought}", "{summary}"


class Record(BaseModel):
    """What all of them have in common: nothing changes, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FewShot(Record):
    """Examples that stand before each prompt."""

    file: Path = Field(description="Rows with prompt and completion: .jsonl, .json or .parquet")
    shots: int = Field(
        default=2, ge=1, description="Examples before one prompt, drawn anew for each by the seed"
    )


class Ask(Record):
    """How a prompt is put. What is kept carries the prompt as the dataset has it, without any of this."""

    few_shot: FewShot | None = Field(default=None, description="Show examples; None: none")
    instruct: str | None = Field(
        default=None, description="Text with {prompt}, in the place of the user's; None: as is"
    )
    prefill: str | None = Field(default=None, description="How each completion begins; it is part of it")
    stop: tuple[str, ...] = Field(default=(), description="Texts before the first of which a completion ends")

    @field_validator("instruct")
    @classmethod
    def _names_the_prompt(cls, value: str | None) -> str | None:
        if value is not None and PROMPT not in value:
            raise ValueError(f"the text must say where the prompt goes: {PROMPT}")
        return value


class Keep(Record):
    """Which completions become rows, beside those that a filter of the stack drops."""

    right: bool = Field(default=True, description="Only what the verifier calls right")
    unverified: Literal["drop", "keep"] = Field(
        default="drop", description="Completions of which, with right: true, no verifier says what they are"
    )
    min_reward: float | None = Field(
        default=None, description="Least reward of the stack; None: any, and none"
    )
    per_prompt: int | None = Field(default=None, ge=1, description="Most rows of one prompt; None: all")
    prefer: Literal["first", "shortest", "best"] = Field(
        default="first", description="Which of more: as drawn, fewest tokens, highest reward"
    )


class Form(Record):
    """How a kept completion is written into its row."""

    pattern: str | None = Field(
        default=None, description="Text with {thought} and {summary}; None: the completion as it is"
    )
    thought: Literal["keep", "drop", "auto"] = Field(
        default="keep",
        description="The chain of thought; auto drops it from unverified rows with a simple prompt",
    )
    simple: int = Field(default=32, ge=0, description="Characters up to which a prompt is simple: hello")

    @field_validator("pattern")
    @classmethod
    def _names_the_parts(cls, value: str | None) -> str | None:
        if value is not None and (value.count(THOUGHT), value.count(SUMMARY)) != (1, 1):
            raise ValueError(f"a pattern has {THOUGHT} and {SUMMARY}, once each")
        return value


class SampleSettings(Record):
    """One collection of completions: a recipe with ``method: sample``."""

    method: Literal["sample"] = "sample"

    # What is asked, and who judges
    model: str = Field(description='Folder, hub id, "tiny" or "smollm2"')
    data: str | tuple[str, ...] = Field(description="Prompts: .jsonl, .json, .parquet, a hub id, or several")
    registry: Path = Field(Path("registry.yaml"), description="What is right, paid and filtered")
    stack: str | None = Field(None, description="Stack of the registry; None: the only one it has")
    output: Path = Field(description="The folder; the rows go into kept.jsonl")
    prompt_column: str = Field("prompt", description="Text, or chat messages")
    template: Template = Field("none", description="What prompts are wrapped in; see template.py")
    limit: int | None = Field(None, ge=1, description="First rows of each source; None: all")

    # How completions are drawn
    seed: int = Field(0, ge=0)
    k: int = Field(16, ge=1, description="Completions per prompt")
    temperature: float = Field(1.0, ge=0, description="1.0: R1 (v2) collected its cold start so")
    top_p: float = Field(0.95, gt=0, le=1)
    max_new_tokens: int = Field(512, ge=1)
    batch_tokens: int = Field(65_536, ge=1, description="Tokens in one batch, prompts included")
    ask: Ask = Field(default_factory=Ask, description="How prompts are put; see Ask")

    # What becomes of them
    keep: Keep = Field(default_factory=Keep, description="Which become rows; see Keep")
    form: Form = Field(default_factory=Form, description="How rows are written; see Form")

    # The machine
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="auto: an accelerator when present"
    )
    attention: str | None = Field(None, description="eager, sdpa, …; None: transformers' choice")
    backend: Backend = Field("transformers", description="What generates; see open_sampler")
    base_url: str | None = Field(None, description="Of the server, for vllm-server")
    engine: dict[str, Any] = Field(
        default_factory=dict, description="Further arguments of vllm.LLM, for vllm"
    )

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if not self.data:
            raise ValueError("data names no source")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the prompts come from, one or more."""
        return (self.data,) if isinstance(self.data, str) else self.data

    @property
    def sampling(self) -> Sampling:
        """How completions are drawn."""
        return Sampling(
            k=self.k,
            temperature=self.temperature,
            top_p=self.top_p,
            max_new_tokens=self.max_new_tokens,
            batch_tokens=self.batch_tokens,
            seed=self.seed,
        )


def load_sample_settings(recipe: str | Path, overrides: Mapping[str, Any] | None = None) -> SampleSettings:
    """Read a recipe with ``method: sample``.

    Args:
        recipe: A YAML file, or the name of one that comes with the package.
        overrides: Settings that win over the file's. Dotted keys reach into `ask`, `keep` and `form`.

    Raises:
        SettingsError: The file is missing, is of another method, or a setting is unknown or out of range.
    """
    values, where = read_recipe(recipe)
    values = overridden(values, overrides or {})
    if values.get("method") != "sample":
        raise SettingsError(
            f"{where}: method: sample is expected (found {values.get('method')!r}); "
            "recipes of other methods are for assay train"
        )
    return validated(SampleSettings, values, where)
