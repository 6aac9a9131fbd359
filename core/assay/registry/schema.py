"""The schema of registry.yaml: one pydantic model a section, every field described.

What a value may be is said here; whether the names in it exist is checked when a stack is built.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, model_validator

CORRECT = "correct"
"""The name under which a stack pays, or gates on, the routed verifier's verdict."""


def _seconds(value: object) -> object:
    """Read ``2s``, ``500ms``, ``1m`` or a plain number of seconds."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(ms|s|m)\s*", value)
        if match is None:
            raise ValueError("write a duration such as 2s, 500ms or 1m")
        return float(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[match[2]]
    return value


def _share(value: object) -> object:
    """Read ``5%`` or 0.05."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*%\s*", value)
        if match is None:
            raise ValueError("write a share such as 5% or 0.05")
        return float(match[1]) / 100
    return value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=3600)]
Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UseConfig(_Section):
    """Picks one spec of one plugin."""

    use: str = Field(description="Name of a spec, as `assay plugins` prints it.")
    options: dict[str, Any] = Field(
        default={}, description="The spec's options, as `assay show` prints them."
    )
    timeout: Seconds | None = Field(default=None, description="Time limit of one check. Default: the spec's.")
    memory: ByteSize | None = Field(
        default=None, description="Memory limit of one check. Default: the spec's."
    )
    isolation: Literal["process", "inline"] | None = Field(
        default=None, description="Where the check runs. Default: what the spec asks for."
    )


class VerifierConfig(UseConfig):
    """One entry of `verifiers`."""

    reference: str | None = Field(
        default=None,
        description="Dataset column with the ground truth. Default: the first of reference, solution, "
        "answer, ground_truth that the dataset has.",
    )
    lifts: str | None = Field(
        default=None,
        description="Name of another verifier, which judges first: this one then judges only what that one "
        "calls wrong, and may call it right. Default: this one judges every row.",
    )


class RewardConfig(UseConfig):
    """One entry of a stack's `rewards`. ``use: correct`` pays the routed verifier's verdict."""

    weight: float = Field(default=1.0, ge=0, le=1000, description="Multiplies the score; 0 only logs it.")
    only: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Values of the route's column. Rows with another one are not shown to it: it abstains. "
        "Default: all rows.",
    )


class RouteConfig(_Section):
    """Which verifier judges a row: all rows the same one, or by a dataset column."""

    column: str | None = Field(
        default=None, description="Dataset column to look at; null: one verifier for all."
    )
    verifiers: dict[str, str | None] = Field(
        description="Value of the column to name of the verifier; null: nobody can tell what is right."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        """``route: math``, or ``route: {column: domain, math: math, code: python, chat: null}``."""
        if isinstance(value, str):
            return {"column": None, "verifiers": {"*": value}}
        if isinstance(value, dict) and "verifiers" not in value:
            entries: dict[Any, Any] = dict(value)  # pyright: ignore[reportUnknownArgumentType]
            column = entries.pop("column", None)
            if column is None:
                raise ValueError("say which dataset column decides: `column: domain`, or write `route: NAME`")
            return {"column": column, "verifiers": {str(key): entry for key, entry in entries.items()}}
        return value  # pyright: ignore[reportUnknownVariableType]


class StackConfig(_Section):
    """What is paid, and how it is put together."""

    summary: str = Field(default="", description="One line for people.")
    rewards: dict[str, RewardConfig] = Field(default={}, description="Components by name, in order.")
    gate: Literal["correct"] | None = Field(
        default=None, description="`correct`: a wrong answer is worth 0, whatever else it has."
    )
    compose: Literal["sum", "gated"] | None = Field(
        default=None,
        description="sum: the weighted sum (the paper's). gated: see `gate`. Default: by `gate`.",
    )
    filters: list[UseConfig] = Field(default=[], description="Rollout filters, in order.")

    @model_validator(mode="after")
    def _consistent(self) -> StackConfig:
        if self.compose == "gated" and self.gate is None:
            raise ValueError("compose: gated needs `gate: correct`")
        if self.compose == "sum" and self.gate is not None:
            raise ValueError("compose: sum and a gate exclude each other; leave one out")
        if self.gate is None and not self.rewards:
            raise ValueError("a stack needs `rewards`, or `gate: correct`")
        return self


class FaultsConfig(_Section):
    """When checker and infrastructure faults stop the run."""

    stop_above: Share = Field(
        default=0.05, description="Stop when more than this share of the window are faults."
    )
    window: int = Field(default=200, ge=1, description="How many of the latest verdicts are looked at.")


class WorkersConfig(_Section):
    """The pool of worker processes."""

    count: int | None = Field(
        default=None, ge=1, le=512, description="Processes. Default: one per core, at most 8."
    )
    recycle: int = Field(default=2000, ge=1, description="Checks after which a worker is replaced.")


class RegistryConfig(_Section):
    """The whole of registry.yaml."""

    assay: Literal[1] = Field(description="Version of this format.")
    requires: list[str] = Field(
        default=[], description="PEP 508 requirements, checked against what is installed."
    )
    plugins: list[str] = Field(description="Allow-list: nothing else that happens to be installed is loaded.")
    verifiers: dict[str, VerifierConfig] = Field(default={}, description="Verifiers by a name of your own.")
    route: RouteConfig | None = Field(default=None, description="Which verifier judges which row.")
    stacks: dict[str, StackConfig] = Field(min_length=1, description="Reward stacks by name.")
    faults: FaultsConfig = Field(default=FaultsConfig())
    workers: WorkersConfig = Field(default=WorkersConfig())
    cache: int = Field(
        default=200_000, ge=0, description="Verdicts kept in memory; 0 switches the cache off."
    )
