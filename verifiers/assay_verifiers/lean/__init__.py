"""`lean`: does the kernel accept the proof, of exactly the statement that was asked for?

`reduce` finds the Lean text in the completion, `check` sends it to a warm Lean process (`slot`, `worker`),
and ``Audit.lean`` judges it there: allowed syntax, the same statement, the standard axioms, and a replay of
everything new through the kernel. Lean itself comes with ``assay lean install``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from assay import (
    AnswerForm,
    Case,
    Check,
    Cost,
    Example,
    Isolation,
    Limits,
    Sample,
    Verdict,
    VerifierSpec,
    Waiver,
    hookimpl,
)
from assay_verifiers.lean.options import LeanOptions

if TYPE_CHECKING:
    import click


def factory(**options: Any) -> Check:
    """See `assay_verifiers.lean.check.build`."""
    from assay_verifiers.lean.check import build

    return build(**options)


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.lean.reduce.prepare`."""
    from assay_verifiers.lean.reduce import prepare as run

    return run(sample, **options)


def probe(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.lean.check.probe`."""
    from assay_verifiers.lean.check import probe as run

    return run(reference, **options)


_BLOCK = AnswerForm(
    reads="the last code block marked lean: a whole theorem, or only its proof",
    render="```lean\n{answer}\n```",
)
_EXAMPLES = (
    Example(
        prompt="Prove: theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry",
        reference="theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry",
        good=(
            "```lean\nby exact ⟨h.2, h.1⟩\n```",
            "<think>Swap.</think>\n```lean\ntheorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := ⟨h.2, h.1⟩\n```",
        ),
        bad=(
            "```lean\nby sorry\n```",
            "```lean\naxiom cheat : False\ntheorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := cheat.elim\n```",
            "```lean\ntheorem swap (p q : Prop) (h : q ∧ p) : q ∧ p := h\n```",
            "by exact ⟨h.2, h.1⟩",
        ),
        note="The kernel decides; a proof stands in a code block.",
    ),
    Example(
        prompt="Prove: theorem halves (n : Nat) (h : 4 ∣ n) : 2 ∣ n",
        reference="theorem halves (n : Nat) (h : 4 ∣ n) : 2 ∣ n",
        good=(
            "```lean\nby omega\n```",
            "```lean4\n:= by\n  obtain ⟨k, rfl⟩ := h\n  exact ⟨2 * k, by omega⟩\n```",
        ),
        bad=("```lean\nby native_decide\n```", "```lean\ntheorem halves : 2 ∣ 4 := ⟨2, rfl⟩\n```"),
        note="Any proof will do, of exactly the statement.",
    ),
    Example(
        prompt="Prove that twice 3 is 6, where def twice (n : Nat) := n + n.",
        reference="def twice (n : Nat) := n + n\n\ntheorem six : twice 3 = 6 := sorry",
        good=("```lean\nrfl\n```\n```lean\ntheorem six : twice 3 = 6 := rfl\n```", "```lean\n:= rfl\n```"),
        bad=(
            "```lean\ndef twice (n : Nat) := 6\ntheorem six : twice 3 = 6 := rfl\n```",
            "```lean\nby simp\n```\n```lean\nby rfl; done; trivial\n```",
        ),
        note="What stands before the theorem is given, and cannot be changed; the last block counts.",
    ),
)


_STARTS_LEAN = Waiver(
    check="O-FS",
    reason="starting Lean is its purpose, and waiting for the one that compiles its program takes a lock",
    until="2099-12-31",
)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer `lean`."""
    return (
        VerifierSpec(
            name="lean",
            summary="Lean's kernel accepts the proof of exactly the reference statement",
            factory=factory,
            options=LeanOptions,
            prepare=prepare,
            probe=probe,
            isolation=Isolation.PROCESS,
            limits=Limits(seconds=400.0, memory_mb=1024),
            cost=Cost.MILLISECONDS,
            answer=_BLOCK,
            examples=_EXAMPLES,
            waivers=(_STARTS_LEAN,),
        ),
    )


@hookimpl
def register_cases(name: str) -> Iterable[Case]:
    """Bring theorems with known verdicts, and attacks on `lean`."""
    if name != "lean":
        return ()
    from assay_verifiers.lean.cases import CASES

    return CASES


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Attach ``assay lean``."""
    from assay_verifiers.lean.commands import lean

    cli.add_command(lean)


@hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Say which local Lean there is; `assay lean info --try` starts it."""
    from assay import InfraError
    from assay_verifiers.lean.backends import started_by

    options = LeanOptions()
    rows: list[tuple[str, str | None, str]] = []
    for name in ("native", "wasm"):
        try:
            rows.append((name, started_by(name, options).title, "judges proofs"))
        except InfraError as error:
            rows.append((name, None, f"judges proofs. {error}"))
    return rows
