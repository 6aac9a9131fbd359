"""Scores of steps, put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assay import Sample, Verdict
from assay.classifier import Prompt
from assay_plugins.process_reward.options import Aggregate, ProcessOptions
from assay_plugins.process_reward.steps import split


@dataclass(frozen=True, slots=True)
class Trace:
    """A completion in steps."""

    prompt: Prompt
    steps: Sequence[str]
    """One or more; joined, they are the completion."""


class StepScorer(Protocol):
    """Scores steps. Another scorer than ours is another plugin's: its factory returns a `ProcessReward`."""

    def __call__(self, traces: Sequence[Trace], /) -> Sequence[Sequence[float] | Verdict]:
        """Score N traces; for each a score in [0, 1] for every step, or a verdict that says why not."""
        ...


class ProcessReward:
    """Scores samples by their steps. As thread-safe as its scorer."""

    def __init__(self, scorer: StepScorer, options: ProcessOptions) -> None:
        """Use a scorer; of the options: `split`, `aggregate` and `max_steps`."""
        self._scorer, self._options = scorer, options

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Score N samples in one call of the scorer."""
        options = self._options
        steps = [split(sample.completion, options.split) for sample in samples]
        fit = [index for index, found in enumerate(steps) if len(found) <= options.max_steps]
        scored = self._scorer([Trace(samples[index].prompt, steps[index]) for index in fit])
        verdicts = {
            index: found if isinstance(found, Verdict) else self._verdict(found)
            for index, found in zip(fit, scored, strict=True)
        }
        return [
            verdicts.get(index) or Verdict.policy_fault(f"{len(found)} steps; {options.max_steps} are read")
            for index, found in enumerate(steps)
        ]

    def _verdict(self, scores: Sequence[float]) -> Verdict:
        total = aggregate(scores, self._options.aggregate)
        worst = min(range(len(scores)), key=lambda index: scores[index])
        reason = f"{self._options.aggregate} of {len(scores)} steps, the weakest is step {worst + 1}"
        return Verdict.scored(total, reason, evidence={"steps": list(scores)})


def aggregate(scores: Sequence[float], how: Aggregate) -> float:
    """Put the scores of one or more steps together: in [0, 1] when they are."""
    if how == "min":
        return min(scores)
    if how == "last":
        return scores[-1]
    return math.prod(scores) if how == "product" else math.fsum(scores) / len(scores)
