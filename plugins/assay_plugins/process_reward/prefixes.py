"""A step's score is what a reward model thinks of the completion up to its end."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from assay import Verdict
from assay.classifier import ClassifierOptions, Rated, Rater, TooLong, unrated
from assay_plugins.process_reward.reward import Trace


class PrefixScorer:
    """A `StepScorer` over a sequence-classification model: one reading for each step. Thread-safe."""

    def __init__(self, options: ClassifierOptions) -> None:
        """Load the model; raises ModelError or MissingDependencyError."""
        fields = ClassifierOptions.model_fields
        self._rate = Rater(ClassifierOptions(**{name: getattr(options, name) for name in fields}))

    def __call__(self, traces: Sequence[Trace], /) -> list[Sequence[float] | Verdict]:
        """Score the prefixes of all traces in one pass."""
        prefixes = [
            (trace.prompt, prefix.rstrip())
            for trace in traces
            for prefix in itertools.accumulate(trace.steps)
        ]
        rated = iter(self._rate(prefixes))
        return [_scores([next(rated) for _ in trace.steps]) for trace in traces]


def _scores(rated: Sequence[Rated | TooLong]) -> Sequence[float] | Verdict:
    scores: list[float] = []
    for one in rated:
        if isinstance(one, TooLong):
            return unrated(one)
        scores.append(one.score)
    return scores
