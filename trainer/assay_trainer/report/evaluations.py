"""A pipeline's evaluations side by side: figures, paired differences, completions of the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.errors import AssayError, DataError
from assay.sections import reasoning
from assay_trainer.compare import Comparison, Key, Result, compare, load_result
from assay_trainer.evaluate import Attempt, Question
from assay_trainer.measures import holm
from assay_trainer.reflection import reflections
from assay_trainer.report.completions import Completion, completion_of
from assay_trainer.report.folder import Row, mapping, named_k, number
from assay_trainer.report.headline import bounds, cons_key
from assay_trainer.report.stages import Pipeline, Stage
from assay_trainer.settings import read_recipe

MAX_EVALUATIONS = 12
"""More than so many are in the table, but not compared."""
MAX_SIDES = 8
"""Evaluations whose completions are shown side by side, at most."""
MAX_QUESTIONS = 5
SURE = 0.05
"""Adjusted p below which a difference is marked."""
LANGUAGE = "language."
"""Plugin whose rewards are shares of words in the asker's language."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One evaluation that is done."""

    stage: Stage
    pass_1: float | None
    pass_1_interval: tuple[float, float] | None
    cons: float | None
    cons_interval: tuple[float, float] | None
    k: int | None
    n: int | None
    tokens: float | None
    rewards: dict[str, float | None]
    """Mean of each reward, those of language left out."""
    mixing: float | None
    """1 − the mean of the language reward, where no reasoning counts as all mixed; None: not measured."""
    reasons: float | None
    """Share of completions with a chain of thought; None: the completions could not be read."""
    reflects: float | None
    """Share of completions with reflection words; None: as `reasons`."""
    domains: dict[str, Row]
    result: Result | None = field(repr=False)
    """Its completions; None: they could not be read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One evaluation against another, in the same questions."""

    comparison: Comparison
    p: float | None
    """Adjusted for all pairs of the table (Holm)."""

    @property
    def sure(self) -> bool:
        """Whether the difference may be claimed."""
        return self.p is not None and self.p < SURE


@dataclass(frozen=True, slots=True)
class Sides:
    """One question and the first completion of each of several evaluations."""

    question: Completion
    completions: tuple[tuple[str, Completion], ...]
    """(evaluation, completion) in the recipe's order."""


def measured(pipeline: Pipeline, problems: list[str]) -> list[Measured]:
    """Read every evaluation that is done; what cannot be read is added to `problems`."""
    return [_measured(stage, problems) for stage in pipeline.of("eval") if stage.state == "done"]


def headliner(pipeline: Pipeline, found: Sequence[Measured]) -> Measured | None:
    """The evaluation at the end of the longest chain of stages; of equal ones the last."""
    return max(reversed(found), key=lambda one: pipeline.depth(one.stage), default=None)


def matrix(found: Sequence[Measured]) -> list[list[Cell | None]]:
    """Compare each with each: row i has N cells, the i-th evaluation against each one before it.

    None: of different questions, or not readable, or the other half of the table.
    """
    pairs: dict[tuple[int, int], Comparison] = {}
    for i, second in enumerate(found[:MAX_EVALUATIONS]):
        for j, first in enumerate(found[:i]):
            if first.result is not None and second.result is not None:
                try:
                    pairs[i, j] = compare(first.result, second.result)
                except DataError:
                    continue
    known = {place: one.overall.p for place, one in pairs.items() if one.overall.p is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    count = min(len(found), MAX_EVALUATIONS)
    return [
        [Cell(pairs[i, j], adjusted.get((i, j))) if (i, j) in pairs else None for j in range(count)]
        for i in range(count)
    ]


def side_by_side(found: Sequence[Measured], first: Sequence[Measured | None] = ()) -> list[Sides]:
    """Questions that all were asked, evenly spaced over the data; empty when there are none.

    Args:
        found: The evaluations.
        first: Those that are shown in any case, where there are too many.
    """
    known = [one for one in found if one.result is not None]
    chosen = sorted(known, key=lambda one: one not in first)[:MAX_SIDES]
    shown = [(one.stage.name, one.result) for one in known if one in chosen and one.result is not None]
    if not shown:
        return []
    shared = [key for key in shown[0][1].questions if all(key in result.questions for _, result in shown)]
    count = min(MAX_QUESTIONS, len(shared))
    return [_sides(shared[i * len(shared) // count], shown) for i in range(count)]


def _measured(stage: Stage, problems: list[str]) -> Measured:
    row, result = stage.result, _result(stage, problems)
    cons = cons_key(row)
    attempts = [] if result is None else [a for q in result.questions.values() for a in q.attempts]
    rewards = {str(name): number(value) for name, value in mapping(row.get("rewards")).items()}
    spoken = [name for name in _language_rewards(stage) if name in rewards]
    language = rewards[spoken[0]] if spoken else None
    k, n = number(row.get("k")), number(row.get("n"))
    return Measured(
        stage=stage,
        pass_1=number(row.get("pass@1")),
        pass_1_interval=bounds(row, "pass@1"),
        cons=number(row.get(cons)) if cons else None,
        cons_interval=bounds(row, cons) if cons else None,
        k=None if k is None else int(k),
        n=None if n is None else int(n),
        tokens=number(row.get("mean_tokens")),
        rewards={name: value for name, value in rewards.items() if name not in spoken},
        mixing=None if language is None else 1 - language,
        reasons=sum(map(_reasons, attempts)) / len(attempts) if attempts else None,
        reflects=sum(reflections(a.completion) > 0 for a in attempts) / len(attempts) if attempts else None,
        domains={str(name): named_k(mapping(part), k) for name, part in mapping(row.get("domains")).items()},
        result=result,
    )


def _result(stage: Stage, problems: list[str]) -> Result | None:
    file = f"{stage.name}/completions.jsonl"
    if stage.folder is None:
        problems.append(f"{file} is not there; its completions are not shown.")
        return None
    try:
        found = load_result(stage.folder / "completions.jsonl")
        if found.questions:
            return found
        problem = "no question whose completions are all there"
    except (AssayError, LookupError, TypeError, ValueError, AttributeError, OSError) as error:
        problem = type(error).__name__
    problems.append(f"{file} could not be read ({problem}); its completions are not shown.")
    return None


def _language_rewards(stage: Stage) -> list[str]:
    """Names of the stack's rewards that are shares of words in the asker's language."""
    if stage.folder is None:
        return []
    try:
        stacks = mapping(read_recipe(stage.folder / "registry.yaml")[0].get("stacks"))
    except AssayError:
        return []
    rewards = {
        name: use for stack in stacks.values() for name, use in mapping(mapping(stack).get("rewards")).items()
    }
    return [name for name, use in rewards.items() if str(mapping(use).get("use", "")).startswith(LANGUAGE)]


def _reasons(attempt: Attempt) -> bool:
    return bool((reasoning(attempt.completion) or "").strip()) or "<think>" in attempt.completion


def _sides(key: Key, shown: Sequence[tuple[str, Result]]) -> Sides:
    questions = [(name, result.questions[key]) for name, result in shown]
    return Sides(
        question=_completion(questions[0][1]),
        completions=tuple((name, _completion(question)) for name, question in questions),
    )


def _completion(question: Question) -> Completion:
    first = question.attempts[0]
    row: dict[str, Any] = {
        "prompt": question.prompt,
        "completion": first.completion,
        "reference": question.reference,
        "tokens": first.tokens,
        "scorecard": {"right": first.right},
    }
    return completion_of(row)
