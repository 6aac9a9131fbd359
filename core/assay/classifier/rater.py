"""The whole way: (prompt, answer) in, a score in [0, 1] out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from assay.classifier.calibration import Calibration, bounded
from assay.classifier.encoder import Conversation
from assay.classifier.model import Classifier
from assay.classifier.options import ClassifierOptions, model_of
from assay.verdict import Verdict

CHARACTERS = 64
"""For each token that the model reads: a text with more characters is too long, and is not even encoded."""


@dataclass(frozen=True, slots=True)
class Rated:
    """One rated text."""

    score: float
    """In [0, 1]."""
    raw: float
    """As the model gave it, unbounded."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """A text that the model cannot read whole; it was not rated."""

    tokens: int | None
    """With the prompt. None: so long that nobody counted, see `CHARACTERS`."""
    limit: int
    prompt_alone: bool
    """Whether the prompt leaves no room for any answer."""


class Rater:
    """Rates answers with one model. Thread-safe: one batch at a time."""

    def __init__(self, options: ClassifierOptions) -> None:
        """Load the model.

        Raises:
            ModelError, MissingDependencyError: as `Classifier`, and when there is nothing to bound scores by.
        """
        self.classifier = Classifier(options)
        self.bound = bounded(options, Calibration.read(model_of(options), options.revision))
        self._lock = threading.Lock()

    def __call__(self, conversations: Sequence[Conversation]) -> list[Rated | TooLong]:
        """Rate N answers; N ratings, in order. None is cut."""
        with self._lock:
            limit = self.classifier.limit
            short = [i for i, (_, answer) in enumerate(conversations) if len(answer) <= CHARACTERS * limit]
            rows = dict(zip(short, self.classifier.encode([conversations[i] for i in short]), strict=True))
            fit = [index for index, row in rows.items() if len(row) <= limit]
            raw = dict(zip(fit, self.classifier([rows[index] for index in fit]), strict=True))
            rated: list[Rated | TooLong] = []
            for index, (prompt, _) in enumerate(conversations):
                if index in raw:
                    rated.append(Rated(self.bound(raw[index]), raw[index]))
                else:
                    (bare,) = self.classifier.encode([(prompt, "")])
                    tokens = len(rows[index]) if index in rows else None
                    rated.append(TooLong(tokens, limit, len(bare) >= limit))
        return rated


def unrated(found: TooLong) -> Verdict:
    """What a text that is too long is: the policy's fault, unless the prompt alone is too long."""
    if found.prompt_alone:
        return Verdict.abstain(f"the prompt alone has {found.limit} tokens or more, all that the model reads")
    tokens = "far too many" if found.tokens is None else found.tokens
    return Verdict.policy_fault(f"{tokens} tokens with the prompt; the model reads {found.limit}")
