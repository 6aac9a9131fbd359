"""A recipe: stages by name, each with a method, its settings, and what it takes from earlier stages.

    name: my-r1
    output: runs/my-r1
    registry: registry.yaml
    stages:
      cold-start-data: {method: sample, model: Qwen/Qwen2.5-1.5B, data: train.jsonl, stack: readable}
      cold-start:      {method: sft, model: Qwen/Qwen2.5-1.5B, data: "stage:cold-start-data"}
      reasoning-rl:    {method: grpo, model: "stage:cold-start", data: train.jsonl, stack: reasoning}

``stage:NAME`` stands for what a stage hands on (a model, kept rows, completions), and may stand wherever a
path may, the registry included. ``${seed}`` stands for the recipe's seed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay_trainer.settings import RECIPES, SettingsError, overridden, read_recipe, validated

REFERENCE = re.compile(r"stage:([\w-]+)")
SEED = "${seed}"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Recipe(BaseModel):
    """A whole pipeline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = ""
    output: Path = Field(description="Folder of all stages")
    seed: int = Field(0, ge=0, description="Of every stage that names none; ${seed} in the settings")
    registry: Path = Field(Path("registry.yaml"), description="Of every stage that names none")
    launch: tuple[str, ...] = Field(
        (), description="What starts stages that train: [accelerate, launch, --config_file, zero2.yaml]"
    )
    defaults: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings that the stages of a method share, by method"
    )
    stages: dict[str, dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _stages_stand_in_order(self) -> Self:
        known: list[str] = []
        for name, values in self.stages.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"stage {name!r}: a name is lower-case letters, digits, - and _")
            if "method" not in values:
                raise ValueError(f"stage {name}: it has no method")
            for reference in references(values):
                if reference not in known:
                    where = "a later stage" if reference in self.stages else "no stage"
                    raise ValueError(f"stage {name}: stage:{reference} is {where}; before it are {known}")
            known.append(name)
        return self

    def settings(self, name: str) -> dict[str, Any]:
        """What the stage is told: the defaults of its method, and its own settings; seed filled in."""
        own = self.stages[name]
        values = {"seed": self.seed, **self.defaults.get(own["method"], {}), **own}
        return cast("dict[str, Any]", mapped(values, lambda text: text.replace(SEED, str(self.seed))))


def load_recipe(recipe: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe with stages.

    Args:
        recipe: A YAML file, or the name of one that comes with the package.
        overrides: Settings that win over the file's. Dotted keys reach into it:
            ``stages.cold-start.epochs``.

    Raises:
        SettingsError: The file is missing or malformed; the message names the file and each key.
    """
    values, where = read_recipe(recipe)
    if "stages" not in values:
        raise SettingsError(f"{where}: a recipe for assay run has stages; for one alone there is assay train")
    loaded = validated(Recipe, overridden(values, overrides or {}), where)
    beside = Path(where).parent / loaded.registry
    if Path(where).parent == RECIPES and not loaded.registry.is_absolute() and beside.is_file():
        return loaded.model_copy(update={"registry": beside})
    return loaded


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed; mappings and lists are copied."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: mapped(item, change) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [mapped(item, change) for item in cast("list[Any]", value)]
    return value


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, in order."""
    found: list[str] = []
    mapped(value, lambda text: (found.append(text), text)[1])
    return iter(found)


def references(value: Any) -> list[str]:
    """Names of the stages that a value refers to, each once."""
    matches = (REFERENCE.fullmatch(text) for text in texts(value))
    return list(dict.fromkeys(match[1] for match in matches if match))


def resolved(value: Any, products: Mapping[str, str]) -> Any:
    """`value` with ``stage:NAME`` replaced by what `products` has for the name."""

    def change(text: str) -> str:
        match = REFERENCE.fullmatch(text)
        return products[match[1]] if match else text

    return mapped(value, change)
