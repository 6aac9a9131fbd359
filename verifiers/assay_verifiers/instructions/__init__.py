"""`instructions`: does an answer keep the instructions of its prompt that a program can check? (IFEval)

Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models", Appendix A: 25 kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import Check, Limits, Sample, Verdict, VerifierSpec, hookimpl
from assay_verifiers.instructions.examples import EXAMPLES
from assay_verifiers.instructions.options import InstructionsOptions


def build(**options: Any) -> Check:
    """Build the check."""
    from assay_verifiers.instructions.check import build

    return build(**options)


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.instructions.check.prepare`."""
    from assay_verifiers.instructions.check import prepare

    return prepare(sample, **options)


def probe(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.instructions.check.probe`."""
    from assay_verifiers.instructions.check import probe

    return probe(reference, **options)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer `instructions`."""
    return (
        VerifierSpec(
            name="instructions",
            summary="the answer keeps every instruction of the row that a program can check",
            factory=build,
            options=InstructionsOptions,
            prepare=prepare,
            probe=probe,
            limits=Limits(seconds=10.0, memory_mb=1024),
            examples=EXAMPLES,
            extra="instructions",
        ),
    )
