"""`reward_model`: what a preference model thinks of a completion, bounded to [0, 1].

Such a model is learned, so it can be fooled: R1 used one for general data only, and at the end only (R1,
section 5). Both rewards run in the trainer's process, where the device is, a whole batch in one call.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from assay import (
    Case,
    Check,
    Cost,
    Isolation,
    Limits,
    RewardSpec,
    Sample,
    Verdict,
    hookimpl,
)
from assay.classifier import LIBRARIES, MODEL_ENV, ClassifierOptions
from assay.sections import after_reasoning, visible_characters
from assay_plugins.reward_model.examples import HARMLESSNESS, HELPFULNESS


def build(**options: Any) -> Check:
    """Build either reward; raises ModelError when the model cannot be loaded or bounded."""
    from assay_plugins.reward_model.reward import ModelReward

    return ModelReward(ClassifierOptions(**options))


def prepare_summary(sample: Sample, **_: Any) -> Sample | Verdict:
    """Leave what stands after the reasoning: helpfulness is judged on the summary only (R1, section 5)."""
    text = after_reasoning(sample.completion)
    if text is None:
        return Verdict.policy_fault("the reasoning was never closed, so there is no summary")
    return _seen(text.strip(), "summary", sample)


def prepare_whole(sample: Sample, **_: Any) -> Sample | Verdict:
    """Leave everything: harm may be done in the reasoning as well."""
    return _seen(sample.completion.strip(), "response", sample)


def _seen(text: str, what: str, sample: Sample) -> Sample | Verdict:
    if not visible_characters(text, 1):
        return Verdict.policy_fault(f"the {what} is empty")
    return Sample(completion=text, prompt=sample.prompt)


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the two rewards."""
    common: dict[str, Any] = {
        "factory": build,
        "options": ClassifierOptions,
        "reads": ("completion", "prompt"),
        "isolation": Isolation.INLINE,
        "limits": Limits(max_chars=100_000),
        "cost": Cost.MILLISECONDS,
        "extra": "train",
        "waivers": LIBRARIES,
    }
    return (
        RewardSpec(
            name="helpfulness",
            summary="a reward model's score for what stands after the reasoning",
            prepare=prepare_summary,
            examples=HELPFULNESS,
            **common,
        ),
        RewardSpec(
            name="harmlessness",
            summary="a reward model's score for the whole response, its reasoning included",
            prepare=prepare_whole,
            examples=HARMLESSNESS,
            **common,
        ),
    )


@hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Say whether a model is named in the environment."""
    return ((MODEL_ENV, os.environ.get(MODEL_ENV), "the reward model that is loaded when no other is named"),)


@hookimpl
def register_cases(name: str) -> Iterable[Case]:
    """Bring pairs whose right order is known by construction."""
    from assay.conformance.corpora import preferences

    return preferences.cases() if name == "reward_model.helpfulness" else ()
