"""`process_reward`: a score for each step of a completion, and what they come to together.

R1 tried process rewards and left them (R1, section 8): a step is hard to define, and what scores it is
learned, so it gets hacked. They are good for re-ranking: ``assay eval --rerank``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import Check, Cost, Example, Isolation, Limits, RewardSpec, Sample, Verdict, hookimpl
from assay.classifier import LIBRARIES
from assay.sections import visible_characters
from assay_plugins.process_reward.options import ProcessOptions
from assay_plugins.process_reward.reward import ProcessReward, StepScorer, Trace
from assay_plugins.process_reward.steps import split

__all__ = ["ProcessOptions", "ProcessReward", "StepScorer", "Trace", "split"]


def build(**options: Any) -> Check:
    """Build the reward over a reward model; raises ModelError when it cannot be loaded or bounded."""
    from assay_plugins.process_reward.prefixes import PrefixScorer

    chosen = ProcessOptions(**options)
    return ProcessReward(PrefixScorer(chosen), chosen)


def prepare(sample: Sample, **_: Any) -> Sample | Verdict:
    """Nothing to see is the policy's fault."""
    if not visible_characters(sample.completion.strip(), 1):
        return Verdict.policy_fault("the completion is empty")
    return sample


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer `process_reward`."""
    return (
        RewardSpec(
            name="process_reward",
            summary="a reward model's scores for the steps of a completion, put together",
            factory=build,
            options=ProcessOptions,
            prepare=prepare,
            reads=("completion", "prompt"),
            isolation=Isolation.INLINE,
            limits=Limits(max_chars=100_000),
            cost=Cost.SECONDS,
            examples=(
                Example(
                    prompt="How many are 3 times 4, and 5 more?",
                    good=("3 times 4 are 12.\n\n12 and 5 are 17.\n\nSo it is 17.",),
                    bad=("3 times 4 are 34.\n\n34 and 5 are 39.\n\nSo it is 39.", "", "I like numbers."),
                    note="A wrong step costs, also where what follows from it is consistent.",
                ),
                Example(
                    prompt="Name a primary colour.",
                    good=("Red is one.",),
                    bad=("\n\n".join(["Let me think about it."] * 6),),
                    note="Steps that say nothing are worth nothing.",
                ),
                Example(
                    prompt="Is 51 a prime number?",
                    good=("1. 51 is 3 times 17.\n2. So it is no prime.",),
                    bad=("1. 51 is odd.\n2. So it is a prime.",),
                ),
            ),
            extra="train",
            waivers=LIBRARIES,
        ),
    )
