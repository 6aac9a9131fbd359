"""What registry.yaml may set for the verifiers of structured answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

_PLAIN = "Whether the whole text after the reasoning is the answer where no tag and no block states one."
_MAX = "A longer answer is the policy's fault; nothing parses it."


class ChoiceOptions(BaseModel):
    """Where the choice stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain: Literal["no", "line", "anywhere"] = Field(
        default="no",
        description="Where the answer may stand when there is no box or answer tag: as for `math_answer`.",
    )
    option_text: bool = Field(
        default=True,
        description="Whether the text of exactly one option stands for its label, where the row has "
        "the options.",
    )
    max_answer_chars: int = Field(default=1000, ge=1, le=4000, description=_MAX)


class JsonOptions(BaseModel):
    """What the reference is, and how values are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference_is: Literal["parts", "schema", "value"] = Field(
        default="parts",
        description="What the reference is: an object with `schema`, `value` or both; or, as a whole, a "
        "schema or a value.",
    )
    numbers: Literal["value", "written"] = Field(
        default="value",
        description="`value`: 1 and 1.0 are one number, as in JSON Schema; `written`: an integer equals only "
        "an integer. Numbers are compared exactly in both.",
    )
    plain: bool = Field(default=True, description=_PLAIN)
    max_depth: int = Field(default=64, ge=1, le=200, description="Objects and arrays inside one another.")
    max_answer_chars: int = Field(default=20_000, ge=1, le=200_000, description=_MAX)


class CallOptions(BaseModel):
    """How calls are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Literal["any", "sequence"] = Field(
        default="any",
        description="Parallel calls: in `any` order, each as often as in the reference, or in the `sequence` "
        "of the reference. `order` of the reference counts before it.",
    )
    defaults: bool = Field(
        default=True,
        description="Whether an argument that is left out equals the `default` of its parameter.",
    )
    numbers: Literal["value", "written"] = Field(
        default="value",
        description="`value`: 1 and 1.0 are one number; `written`: an integer equals only an integer.",
    )
    plain: bool = Field(default=True, description=_PLAIN)
    max_depth: int = Field(default=64, ge=1, le=200, description="Objects and arrays inside one another.")
    max_answer_chars: int = Field(default=20_000, ge=1, le=200_000, description=_MAX)


class RegexOptions(BaseModel):
    """Which engine matches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["linear", "backtracking"] = Field(
        default="linear",
        description="`linear`: RE2, whose time is linear in the answer and which has no look-around and no "
        "back-references; `backtracking`: Python's `re`, in the worker's time limit.",
    )
    plain: bool = Field(default=False, description=_PLAIN)
    max_answer_chars: int = Field(default=4000, ge=1, le=200_000, description=_MAX)


class LogicOptions(BaseModel):
    """How much the solver may do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effort: int = Field(
        default=2_000_000,
        ge=10_000,
        le=100_000_000,
        description="Z3's resource limit of one question: a count of its steps, not of seconds.",
    )
    plain: bool = Field(default=False, description=_PLAIN)
    max_answer_chars: int = Field(default=2000, ge=1, le=10_000, description=_MAX)


Chosen = TypeVar("Chosen", bound=BaseModel)


def chosen(model: type[Chosen], options: dict[str, Any]) -> Chosen:
    """Validate options, once per distinct choice.

    Raises:
        pydantic.ValidationError: an option is unknown or out of range.
    """
    found = _validated(model, tuple(options.items()))
    assert isinstance(found, model)
    return found


@lru_cache(maxsize=64, typed=True)
def _validated(model: type[BaseModel], items: tuple[tuple[str, Any], ...]) -> BaseModel:
    return model(**dict(items))
