"""Scores of a sequence-classification model as verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Sample, Verdict
from assay.classifier import ClassifierOptions, Rater, TooLong, unrated


class ModelReward:
    """Scores samples that are reduced to what is judged. Thread-safe."""

    def __init__(self, options: ClassifierOptions) -> None:
        """Load the model; raises ModelError or MissingDependencyError."""
        self._rate = Rater(options)

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Score N samples, in batches of like length."""
        found = self._rate([(sample.prompt, sample.completion) for sample in samples])
        return [
            unrated(one)
            if isinstance(one, TooLong)
            else Verdict.scored(one.score, f"model score {one.raw:.2f}", evidence={"raw": round(one.raw, 4)})
            for one in found
        ]
