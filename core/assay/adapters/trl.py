"""A stack as one TRL reward function: the seam, and everything Assay adds is on our side of it.

TRL 1.16 calls a reward function with keywords: ``prompts``, ``completions``, ``completion_ids``,
``trainer_state``, ``log_extra``, ``log_metric`` and every other dataset column as a list. It takes
None for "no score": a row whose only reward is None gets advantage 0 and stays out of its group's
mean and deviation. A None in one of several functions would count as 0 in their sum, which is why
a stack is a single function and composes by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.sample import Sample
from assay.scoring import Scorecard, Stack
from assay.scoring.stack import ScoredBatch
from assay.verdict import FAULTS, Status

_TRL_ARGUMENTS = frozenset({"trainer_state", "environments"})

DROPPED = "assay/dropped/"
"""Begins the name of the metric that counts the rollouts dropped for one reason."""

Metrics = Callable[[Sequence[Sample], Sequence[Scorecard]], Mapping[str, float]]


class StackReward:
    """Callable for ``GRPOTrainer(reward_funcs=[…])``. Picklable; `__name__` is the stack's name."""

    def __init__(
        self,
        stack: Stack,
        *,
        group_size: int | None = None,
        max_completion_length: int | None = None,
        eos_token_ids: Sequence[int] = (),
        metrics: Metrics | None = None,
    ) -> None:
        """Wrap a stack.

        Args:
            stack: What scores.
            group_size: TRL's ``num_generations``: that many consecutive rows are one group. None:
                consecutive rows with the same prompt are.
            max_completion_length: TRL's limit in tokens; a completion of that length without an
                end-of-sequence token counts as truncated. None: nothing does.
            eos_token_ids: End-of-sequence and padding tokens.
            metrics: Further metrics to log, from the batch's samples and scorecards.
        """
        self.__name__ = stack.name
        self.stack = stack
        self.group_size = group_size
        self.max_completion_length = max_completion_length
        self.eos_token_ids = frozenset(eos_token_ids)
        self.metrics = metrics
        self._drops: set[str] = set()

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Score N completions; returns N rewards, None for masked rows."""
        samples = self._samples(prompts, completions, completion_ids, columns)
        batch = self.stack.run(samples)
        if log_metric is not None:
            for name, value in self._logged(samples, batch).items():
                log_metric(name, value)
        if log_extra is not None:
            log_extra("extracted", [(c.verdict and c.verdict.extracted) or "" for c in batch.scorecards])
            log_extra(
                "reason", [c.masked or (c.verdict.reason if c.verdict else "") for c in batch.scorecards]
            )
        return [card.reward for card in batch.scorecards]

    def _samples(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        ids: Sequence[Sequence[int]] | None,
        columns: Mapping[str, Any],
    ) -> list[Sample]:
        names = [
            name for name, values in columns.items() if name not in _TRL_ARGUMENTS and _is_column(values)
        ]
        group, samples = -1, list[Sample]()
        for index, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            if self.group_size is not None:
                group = index // self.group_size
            elif index == 0 or prompt != prompts[index - 1]:
                group += 1
            row: dict[str, Any] = {name: columns[name][index] for name in names}
            row["prompt"] = prompt
            samples.append(
                self.stack.router.sample(
                    row,
                    text_of(completion),
                    id=str(index),
                    group=str(group),
                    truncated=self._truncated(ids[index]) if ids is not None else False,
                    tokens=len(ids[index]) if ids is not None else None,
                )
            )
        return samples

    def _truncated(self, ids: Sequence[int]) -> bool:
        limit = self.max_completion_length
        return limit is not None and len(ids) >= limit and ids[-1] not in self.eos_token_ids

    def _logged(self, samples: Sequence[Sample], batch: ScoredBatch) -> dict[str, float]:
        """Means over the batch; counts and seconds are of this batch."""
        logged = batch_metrics(batch)
        # A reason is a line in a plot: from its first drop on, none is 0 and not a gap.
        self._drops |= {name for name in logged if name.startswith(DROPPED)}
        logged |= {name: 0.0 for name in self._drops - logged.keys()}
        return {**logged, **(self.metrics(samples, batch.scorecards) if self.metrics else {})}


def batch_metrics(batch: ScoredBatch) -> dict[str, float]:
    """The figures of one scored batch, by the names under which they are logged.

    ``assay/NAME/mean`` is the mean of what a component was worth where it was not left out;
    ``assay/right/mean`` the share of right answers among those that could be judged;
    ``assay/dropped/FILTER/REASON`` how many rollouts a filter dropped for a reason.
    """
    cards, found = batch.scorecards, dict[str, float]()
    judged = [card.right for card in cards if card.right is not None]
    if judged:
        found["assay/right/mean"] = sum(judged) / len(judged)
    for name in {name: None for card in cards for name in card.components}:
        parts = [card.components[name].worth for card in cards if name in card.components]
        scores = [score for score in parts if score is not None]
        if scores:
            found[f"assay/{name}/mean"] = sum(scores) / len(scores)
    for status in (Status.ABSTAINED, Status.POLICY_FAULT, Status.REFERENCE_FAULT, *sorted(FAULTS)):
        found[f"assay/faults/{status.value}"] = float(sum(_has(card, status) for card in cards))
    drops = Counter(_metric_name(card.dropped) for card in cards if card.dropped is not None)
    found["assay/dropped"] = float(drops.total())
    found |= {name: float(count) for name, count in drops.items()}
    found["assay/masked"] = float(sum(card.reward is None for card in cards))
    found["assay/checks"] = float(sum(tally.checks for tally in batch.tallies.values()))
    found["assay/cache_hits"] = float(sum(tally.cache_hits for tally in batch.tallies.values()))
    found["assay/seconds"] = sum(tally.seconds for tally in batch.tallies.values())
    for name, tally in batch.tallies.items():
        found[f"assay/{name}/seconds"] = tally.seconds
    return found


def _metric_name(dropped: str) -> str:
    """The metric of one reason, in letters that every logger takes."""
    return DROPPED + re.sub(r"[^\w./-]+", "_", dropped.replace(": ", "/", 1))


def text_of(completion: Any) -> str:
    """The text of a TRL completion: a string, or the contents of its assistant messages."""
    if isinstance(completion, str):
        return completion
    return "\n".join(
        str(m.get("content") or "") for m in completion if m.get("role", "assistant") == "assistant"
    )


def _has(card: Scorecard, status: Status) -> bool:
    verdicts = [part.verdict for part in card.components.values()]
    return any(v.status is status for v in (*verdicts, *([card.verdict] if card.verdict else [])))


def _is_column(values: Any) -> bool:
    return isinstance(values, list | tuple)
