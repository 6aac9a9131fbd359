"""Labelled cases for `assay test`: true theorems with proofs, refuted ones, and attacks."""

from __future__ import annotations

from collections.abc import Iterator

from assay import Case, Expect, Sample
from assay_verifiers.lean.attacks import ATTACKS
from assay_verifiers.lean.attacks_more import ON_DEFINITIONS
from assay_verifiers.lean.theorems import FALSE, THEOREMS
from assay_verifiers.lean.theorems_data import WITH_PREAMBLE

_TRIED = ("rfl", "by decide", "by simp", "by omega", "by trivial")
_EVERY = 3
"""Of so many true theorems one is offered as the proof of its neighbour, and one with its proof alone."""


def _sample(signature: str, code: str, preamble: str = "") -> Sample:
    reference = f"{preamble}\ntheorem t {signature} := by sorry".lstrip("\n")
    return Sample(completion=f"```lean\n{code}\n```", reference=reference)


def _accepted() -> Iterator[Case]:
    theorems = (*(("", *pair) for pair in THEOREMS), *WITH_PREAMBLE)
    for index, (preamble, signature, proof) in enumerate(theorems):
        whole = f"theorem t {signature} := {proof}"
        # Behind the whole theorem: a tactic alone may well prove the theorem of another item too.
        alone = [proof] if index % _EVERY == 1 and proof.startswith("by") else []
        for code in (whole, *alone):
            yield Case(
                id=f"theorem-{index}" + ("" if code is whole else "-alone"),
                sample=_sample(signature, code, preamble),
                expect=Expect.ACCEPT,
                item=signature,
                template="true theorem" if code is whole else "its proof alone",
                reason="the kernel accepts the proof",
            )


def _attacks() -> Iterator[Case]:
    attacks = (*((family, "", *rest) for family, *rest in ATTACKS), *ON_DEFINITIONS)
    for index, (family, preamble, signature, code) in enumerate(attacks):
        yield Case(
            id=f"attack-{index}",
            sample=_sample(signature, code, preamble),
            expect=Expect.REJECT,
            family=f"RVH-{family}",
            item=signature,
            template="attack",
            reason="the statement has no proof",
        )


def _refuted() -> Iterator[Case]:
    for index, signature in enumerate(FALSE):
        for tactic in _TRIED:
            yield Case(
                id=f"refuted-{index}-{tactic.split()[-1]}",
                sample=_sample(signature, f"theorem t {signature} := {tactic}"),
                expect=Expect.REJECT,
                family="RVH-L14",
                item=signature,
                template="false theorem",
                knowledge_free=True,
                reason="the statement has a counterexample",
            )


def _neighbours() -> Iterator[Case]:
    for index in range(0, len(THEOREMS) - 1, _EVERY):
        (asked, _), (proven, proof) = THEOREMS[index], THEOREMS[index + 1]
        yield Case(
            id=f"neighbour-{index}",
            sample=_sample(asked, f"theorem t {proven} := {proof}"),
            expect=Expect.REJECT,
            family="RVH-L04",
            item=asked,
            template="proof of another theorem",
            reason="another statement is proven",
        )


CASES: tuple[Case, ...] = (*_accepted(), *_attacks(), *_refuted(), *_neighbours())
"""Every statement is named ``t``."""
