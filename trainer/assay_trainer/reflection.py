"""The "aha moment", counted: words of reflection, and whether they led to a right answer.

R1 (Table 3) shows a model that stops and re-examines its first approach. Such words occur in base models
too, mostly as ornament; what reinforcement learning should change is that they *help*. So two shares are
logged side by side: right answers among completions that reflect, and among those that do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from assay.sections import reasoning


class Completed(Protocol):
    """A `Sample`, or an attempt of an evaluation."""

    @property
    def completion(self) -> str:
        """What the model wrote."""
        ...


ENGLISH = (
    "wait",
    "hmm",
    "hold on",
    "recheck",
    "re-check",
    "check again",
    "double-check",
    "double check",
    "let me check",
    "let me verify",
    "let's check",
    "let's verify",
    "verify",
    "however",
    "reconsider",
    "re-examine",
    "reexamine",
    "rethink",
    "start over",
    "on second thought",
    "that's not right",
    "that is not right",
)
CHINESE = ("等等", "等一下", "重新", "再检查", "检查", "验证", "不对", "再想", "然而", "仔细想想")

_WORDS = re.compile(
    r"\b(?:" + "|".join(re.escape(word) for word in ENGLISH) + r")\b|" + "|".join(CHINESE), re.IGNORECASE
)


def reflections(completion: str) -> int:
    """Count reflection words in the reasoning; in the whole completion when it marks no reasoning.

    English words count at word boundaries, in any case ("waiter" does not count).
    """
    text = reasoning(completion)
    return len(_WORDS.findall(completion if text is None else text))


def reflection_metrics(samples: Sequence[Completed], right: Iterable[bool | None]) -> dict[str, float]:
    """Summarise one batch.

    Args:
        samples: Length N, order as scored.
        right: Length N; None for rows that were not judged, which count towards no share.

    Returns:
        ``reflection/share`` of judged completions that reflect, and the shares that are right among
        those (``reflection/right_share``) and among the others (``reflection/plain_right_share``).
        A share of nothing is left out rather than 0.
    """
    reflecting: list[bool] = []
    plain: list[bool] = []
    for sample, is_right in zip(samples, right, strict=True):
        if is_right is not None:
            (reflecting if reflections(sample.completion) else plain).append(is_right)
    metrics: dict[str, float] = {}
    if reflecting or plain:
        metrics["reflection/share"] = len(reflecting) / (len(reflecting) + len(plain))
    if reflecting:
        metrics["reflection/right_share"] = sum(reflecting) / len(reflecting)
    if plain:
        metrics["reflection/plain_right_share"] = sum(plain) / len(plain)
    return metrics


def find_aha(samples: Sequence[Completed], right: Iterable[bool | None]) -> int | None:
    """Return the index of the shortest completion that reflects and is right; None when there is none.

    The shortest, because an aha moment is for reading.
    """
    found = [
        (len(sample.completion), index)
        for index, (sample, is_right) in enumerate(zip(samples, right, strict=True))
        if is_right and reflections(sample.completion)
    ]
    return min(found)[1] if found else None
