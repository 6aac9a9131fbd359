"""`math_answer`: is the one asserted final answer mathematically equal to the reference?

These rungs decide: the extraction contract (`extract`); over the structure of the answer (`compare`), in
the trainer's process, exact rationals (`rational`), intervals that refute (`numeric`), normal forms
(`closed`) and separation bounds (`algebraic`); then in a worker SymPy (`check`), and for expressions that
the grammar does not read, Math-Verify (`mathverify`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from assay import AnswerForm, Case, Check, Example, Isolation, Limits, Sample, Verdict, VerifierSpec, hookimpl
from assay_verifiers.math_answer.options import MathAnswerOptions


def factory(**options: Any) -> Check:
    """Build the symbolic rung; SymPy is imported here."""
    from assay_verifiers.math_answer.check import build

    return build(**options)


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """See `assay_verifiers.math_answer.reduce.prepare`."""
    return _prepare()(sample, **options)


@cache
def _prepare() -> Callable[..., Sample | Verdict]:
    from assay_verifiers.math_answer.reduce import prepare as run

    return run


def probe(reference: Any, **options: Any) -> str | None:
    """See `assay_verifiers.math_answer.check.probe`."""
    from assay_verifiers.math_answer.check import probe as run

    return run(reference, **options)


_BOXED = AnswerForm(
    reads="the one \\boxed{} after the reasoning, or the one <answer></answer>",
    render="The final answer is $\\boxed{{answer}}$.",
)
_EXAMPLES = (
    Example(
        prompt="What is one half of one half?",
        reference=r"\frac{1}{4}",
        good=(r"Half of a half is \boxed{\frac14}.", r"<think>1/2/2</think> \boxed{0.25}"),
        bad=(
            r"\boxed{\frac12}",
            r"<think>\boxed{1/4}</think> I do not know.",
            r"\boxed{1/4 \text{ or } 1/2}",
        ),
        note="A fraction may be written as a decimal; an answer inside the reasoning is not one.",
    ),
    Example(
        prompt="How many are six times seven?",
        reference="#### 42",
        good=(r"\boxed{42}", "<think>6 * 7</think><answer>42</answer>", r"$6\cdot 7 = \boxed{42}$"),
        bad=(r"\boxed{7 = 42}", r"The answer is definitely not \boxed{42}.", r"\boxed{41} \boxed{42}", "42"),
        note="One answer must be asserted. GSM8K's notation is read in the reference.",
    ),
    Example(
        prompt="Factor x^2 - 1.",
        reference="(x-1)(x+1)",
        good=(r"\boxed{(x+1)(x-1)}", r"\boxed{x^2 - 1}"),
        bad=(r"\boxed{(x+1)^2}", r"\boxed{x}", r"\boxed{}"),
        note="Equal as expressions; the form that was asked for is not judged.",
    ),
    Example(
        prompt="Where do y = x + 1 and y = 3 - x meet?",
        reference="(1, 2)",
        good=(r"\boxed{(1, 2)}", r"\boxed{\left(1, \frac{4}{2}\right)}"),
        bad=(r"\boxed{\{2, 1\}}", r"\boxed{(2, 1)}", r"\boxed{2}"),
        note="The order of a point matters.",
    ),
)


@hookimpl
def register_verifiers() -> Iterable[VerifierSpec]:
    """Offer `math_answer`."""
    return (
        VerifierSpec(
            name="math_answer",
            summary="the one asserted final answer equals the reference as mathematics",
            factory=factory,
            options=MathAnswerOptions,
            prepare=prepare,
            probe=probe,
            isolation=Isolation.PROCESS,
            limits=Limits(seconds=2.0, memory_mb=1024),
            answer=_BOXED,
            judges="math",
            accepts=("unreduced", "decimal", "thousands", "units", "percent", "equation", "latex"),
            examples=_EXAMPLES,
            extra="math",
        ),
    )


@hookimpl
def register_cases(name: str) -> Iterable[Case]:
    """Bring the known attacks on `math_answer`, and forms that it has to accept."""
    from assay_verifiers.math_answer.cases import CASES

    return CASES if name == "math_answer" else ()
