"""What registry.yaml may set for the specs of `code`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from assay_verifiers.code.languages import LANGUAGES, language_named
from assay_verifiers.code.static import TypesOptions


class BlockOptions(BaseModel):
    """Which part of the completion is the program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str | None = Field(
        default=None,
        description="The language that is asked for. None: `language` of the tests, else what the fence "
        "says, Python when it says nothing.",
    )
    several: Literal["last", "one", "joined"] = Field(
        default="last",
        description="Several code blocks after the reasoning: `last` takes the last one, `one` takes none, "
        "`joined` puts them together in order.",
    )
    plain: bool = Field(
        default=False,
        description="Whether an answer without any fence may be a program as a whole.",
    )

    @field_validator("language")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = language_named(value)
        if found is None:
            raise ValueError(f"{value!r} is not one of {', '.join(LANGUAGES)}")
        return found.name


class SandboxOptions(BlockOptions):
    """Where programs run."""

    sandbox: str = Field(
        default="sandbox",
        description="Who isolates: a plugin, and after a dot how: `sandbox.firejail`. Plain `sandbox` takes "
        "the first way that works here.",
    )


class RunOptions(SandboxOptions):
    """Within which bounds programs run."""

    seconds: float = Field(
        default=6.0,
        gt=0,
        le=60,
        description="CPU-seconds of one test. Test code has `total_seconds` for all of it.",
    )
    total_seconds: float = Field(
        default=15.0, gt=0, le=60, description="CPU-seconds of all tests of one completion, compiling apart."
    )
    memory_mb: int = Field(default=512, ge=16, le=16384, description="MiB that a program may take.")
    prelude: str = Field(
        default="", description="Put before every Python program, such as the imports a prompt promised."
    )
    wrapped: bool = Field(
        default=False,
        description="Whether each expected value of a function call is an array around it, as in APPS, TACO "
        "and SYNTHETIC-1.",
    )


class TestsOptions(RunOptions):
    """How outputs are compared."""

    __test__ = False  # the name is no wish to be collected by pytest

    comparator: Literal["exact", "lines", "tokens", "float", "unordered"] | None = Field(
        default=None,
        description="How outputs are compared. None: what the tests name, else `lines` for standard output "
        "and `exact` for values.",
    )
    tolerance: float = Field(
        default=1e-6, ge=0, le=1, description="Of `float`: relative above 1, absolute below."
    )
    loose_numbers: bool = Field(
        default=False, description="Whether 1, 1.0 and true are the same in `exact` and `unordered`."
    )
    fresh: bool = Field(default=False, description="Whether every function call has a process of its own.")
    max_tests: int | None = Field(
        default=None, ge=1, description="Only the first so many tests count. None: all of them."
    )
    show_expected: bool = Field(
        default=False, description="Whether evidence may hold expected values; they end up in logs."
    )


class StaticOptions(TypesOptions, BlockOptions):
    """Which program pyright checks, and how."""


class LadderOptions(TestsOptions):
    """What each rung adds. The weights are divided by their sum."""

    block: float = Field(default=0.05, ge=0, description="One program is asserted.")
    parses: float = Field(default=0.05, ge=0, description="It parses, or compiles.")
    types: float | None = Field(
        default=None,
        ge=0,
        description="Python only: pyright finds no error. None: 0.05, or 0 where pyright or Node.js is "
        "missing; a number above 0 demands them.",
    )
    runs: float = Field(default=0.05, ge=0, description="It runs on the first input without an error.")
    tests: float = Field(default=0.8, gt=0, description="All tests pass.")
    partial: bool = Field(
        default=True, description="Whether a share of the tests earns that share of `tests`."
    )


class SpeedOptions(TestsOptions):
    """When one program is faster than another."""

    repeats: int = Field(default=3, ge=1, le=20, description="Runs of each program; the fastest counts.")
    floor_seconds: float = Field(
        default=0.02, ge=0, description="Differences in CPU-seconds up to this are noise: the two tie."
    )
    floor_share: float = Field(
        default=0.1, ge=0, le=1, description="And so are differences up to this share of the slower one."
    )
    budget_seconds: float = Field(
        default=60.0,
        gt=0,
        le=240,
        description="CPU-seconds for one group. Who is not timed by then abstains.",
    )
