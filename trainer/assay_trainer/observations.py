"""What DeepSeek-R1-Zero's paper looks at besides accuracy: reflection, and languages that are mixed.

    language mixing = 1 − mean over completions of (words of the reasoning in the asker's language) / words

Completions whose reasoning has no words, or that have none, say nothing about it and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from assay import AssayError, Status
from assay.registry.schema import UseConfig
from assay.specs import Kind
from assay_trainer.data import Row
from assay_trainer.evaluate import Question, StackJudge
from assay_trainer.generate import Generated
from assay_trainer.reflection import reflection_metrics

if TYPE_CHECKING:
    from assay.scoring import Stack
    from assay.scoring.runner import Runner

PLUGIN = "language."
COLUMN = "language"
MIXING = "language/mixing"


class Observer:
    """Looks at the completions of an evaluation."""

    def __init__(self, stack: Stack, rows: Sequence[Row]) -> None:
        """Bind what is the same throughout a run; who can tell languages apart is looked for when asked.

        Args:
            stack: Its own reward of the plugin `language` does; else the plugin, where the registry lists it.
            rows: The evaluation's.
        """
        self._stack = stack
        self._judge = StackJudge(stack)
        self._rows = rows

    def __call__(self, questions: Sequence[Question]) -> dict[str, float]:
        """Observe judged questions of those rows.

        Returns:
            The shares of `reflection_metrics`, and ``language/mixing`` (0 to 1) with the number of
            completions that it is the mean over, ``language/completions``. What nobody can tell is left out.
        """
        attempts = [attempt for question in questions for attempt in question.attempts]
        found = reflection_metrics(attempts, [attempt.right for attempt in attempts])
        if self._language is None:
            return found
        samples = [
            self._judge.sample(
                self._rows[question.index],
                Generated(attempt.completion, attempt.tokens, attempt.truncated),
                f"{question.index}/{number}",
                str(question.index),
            )
            for question in questions
            for number, attempt in enumerate(question.attempts)
        ]
        verdicts, _ = self._language(samples)
        scores = [v.score for v in verdicts if v.status is Status.SCORED and v.score is not None]
        if scores:
            found |= {MIXING: 1 - sum(scores) / len(scores), "language/completions": float(len(scores))}
        return found

    @cached_property
    def _language(self) -> Runner | None:
        return _consistency(self._stack, self._rows)


def _consistency(stack: Stack, rows: Sequence[Row]) -> Runner | None:
    """A check that gives the share of words in the asker's language; None when there is none here."""
    from assay.scoring.cache import Cache
    from assay.scoring.component import resolve
    from assay.scoring.runner import Runner

    for name, reward in stack.config.rewards.items():
        if reward.use.startswith(PLUGIN):
            return stack.rewards[name]
    named = bool(rows) and all(row.get(COLUMN) for row in rows)
    use = f"{PLUGIN}{'column_' if named else ''}consistency"
    if use not in stack.host.specs:
        return None
    config = UseConfig(use=use, options={"min_words": 1})  # measured and not paid: few words count, too
    try:
        component = resolve(stack.registry, stack.host, config, Kind.REWARD, use, ("stacks", stack.name))
        runner = Runner(component, stack.pool, Cache(stack.registry.config.cache))
        runner.build()
    except AssayError:  # its extra is not installed, or it is another plugin of that name
        return None
    return runner
