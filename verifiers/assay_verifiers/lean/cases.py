"""Labelled cases for `assay test`: true theorems with proofs, and attacks."""

from __future__ import annotations

from assay import Case, Expect, Sample
from assay_verifiers.lean.attacks import ATTACKS
from assay_verifiers.lean.theorems import FALSE, THEOREMS

_TRIED = ("rfl", "by decide", "by simp", "by omega", "by trivial")


def _sample(signature: str, code: str) -> Sample:
    return Sample(completion=f"```lean\n{code}\n```", reference=f"theorem t {signature} := by sorry")


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"theorem-{index}",
            sample=_sample(signature, f"theorem t {signature} := {proof}"),
            expect=Expect.ACCEPT,
            item=signature,
            template="true theorem",
            reason="the kernel accepts the proof",
        )
        for index, (signature, proof) in enumerate(THEOREMS)
    ),
    *(
        Case(
            id=f"attack-{index}",
            sample=_sample(signature, code),
            expect=Expect.REJECT,
            family=f"RVH-{family}",
            item=signature,
            template="attack",
            reason="the statement is false, or is not what was proven",
        )
        for index, (family, signature, code) in enumerate(ATTACKS)
    ),
    *(
        Case(
            id=f"refuted-{index}-{tactic.split()[-1]}",
            sample=_sample(signature, f"theorem t {signature} := {tactic}"),
            expect=Expect.REJECT,
            family="RVH-L14",
            item=signature,
            template="false theorem",
            knowledge_free=True,
            reason="the statement is false",
        )
        for index, signature in enumerate(FALSE)
        for tactic in _TRIED
    ),
)
"""Every statement is named ``t``."""
