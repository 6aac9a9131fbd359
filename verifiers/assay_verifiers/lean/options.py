"""What registry.yaml may set for `lean`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

BackEnd = Literal["native", "remote", "wasm", "wasm_once"]


class LeanOptions(BaseModel):
    """How long and how deep a proof may make Lean work, and where Lean is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="CPU-seconds that Lean may spend on one proof, its reference included; Lean is then "
        "killed and started again. Keep it well below the verifier's `timeout`.",
    )
    heartbeats: int = Field(
        default=200_000,
        ge=1000,
        le=4_000_000,
        description="Lean's `maxHeartbeats`. A proof may lower it, never raise it or switch it off.",
    )
    depth: int = Field(
        default=512,
        ge=64,
        le=4096,
        description="Lean's `maxRecDepth`. A proof may lower it, never raise it.",
    )
    memory_mb: int = Field(
        default=1800,
        ge=1400,
        le=65_536,
        description="A Lean process that holds more than this after a check, in MiB, is replaced; one that "
        "reaches twice as much during a check is killed. Mathlib needs more than the default.",
    )
    spare: bool = Field(
        default=True,
        description="Keep a second Lean process ready, so that a proof that kills the first costs no wait. "
        "It takes another 1.3 GB.",
    )
    canary_every: int = Field(
        default=500,
        ge=1,
        description="After how many checks a false theorem is tried in between. One that is accepted stops "
        "the run.",
    )
    folder: str | None = Field(
        default=None,
        description="Where `assay lean install --to` put Lean. `null`: the user's cache.",
    )
    policy: Literal["audit", "export"] = Field(
        default="audit",
        description="`audit`: the process that elaborates a proof has its kernel check it again. `export`: a "
        "second process does, which reads the proof as text and has never run a submission. It takes "
        "another 1.3 GB.",
    )
    back_ends: tuple[BackEnd, ...] | None = Field(
        default=None,
        min_length=1,
        description="Which Lean judges, in the order in which they are tried. `null`: `native` when "
        "`project` is named, `remote` when `server` is, else native, wasm, wasm_once.",
    )
    project: str | None = Field(
        default=None,
        description="Folder of a Lake project that has been built, for the native back end; what it "
        "depends on, such as Mathlib, can then be imported.",
    )
    server: str | None = Field(
        default=None,
        pattern=r"https?://\S+",
        description="Address of a server with kimina's protocol, for the remote back end. Its bearer token "
        "is read from LEAN_SERVER_API_KEY.",
    )
    unaudited: Literal["refuse", "abstain", "pay"] = Field(
        default="refuse",
        description="What a proof is worth that a server accepts and no audit has seen: nothing, as an "
        "infra_fault; an abstention; or the full score, which also pays for `axiom`.",
    )


def chosen_options(**options: Any) -> LeanOptions:
    """Validate options, once per distinct choice.

    Raises:
        pydantic.ValidationError: when an option is unknown or out of range.
    """
    try:
        return _validated(tuple(options.items()))
    except TypeError:  # an unhashable value, which no option takes
        return LeanOptions(**options)


@lru_cache(maxsize=64, typed=True)
def _validated(items: tuple[tuple[str, Any], ...]) -> LeanOptions:
    return LeanOptions(**dict(items))
