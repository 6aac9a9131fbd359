"""Which of two models' answers does a judge prefer?

The judge is a reward of a stack, by its name in registry.yaml. One that reads the reference, such as
`judge.preference`, compares: the other's completion is its reference, and it asks in both orders itself.
Any other one (`judge.helpfulness`, a reward model) grades each completion alone, and the higher grade wins.
Those two of `judge` look only at what stands after the reasoning, and so do the lengths here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import DataError, Sample
from assay.scoring.compose import worth
from assay.sections import after_reasoning
from assay_trainer.compare import question_of
from assay_trainer.evaluate import Attempt, Question
from assay_trainer.measures import Interval, clustered, sign_flips
from assay_trainer.settings import SettingsError

if TYPE_CHECKING:
    from assay.scoring.runner import Runner

Pairs = Sequence[tuple[Question, Question]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """What a judge said of the pairs."""

    judge: str
    pairs: int
    """Pairs that it judged."""
    questions: int
    faulted: int
    """Pairs on which it said nothing."""
    wins: int
    """Of the second model."""
    losses: int
    ties: int
    win_rate: float
    """Of the second model, a tie being half a win; 0 to 1."""
    interval: Interval
    """Over questions."""
    p: float
    """Exact sign flips over questions, against a rate of one half."""
    longer_wins: float | None
    """Share of decided pairs of unequal length in which the longer one won; None when there is none.

    Far above one half, the judge may look at length."""
    winner_characters: float | None
    """Mean length of those that won; None when all are ties."""
    loser_characters: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "judge": self.judge,
            "pairs": self.pairs,
            "questions": self.questions,
            "faulted": self.faulted,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "win_rate": self.win_rate,
            "interval": list(self.interval),
            "p": self.p,
            "length": {
                "longer_wins": self.longer_wins,
                "winner_characters": self.winner_characters,
                "loser_characters": self.loser_characters,
            },
        }


def prefer(
    pairs: Pairs,
    registry: Path,
    name: str,
    *,
    stack: str | None = None,
    each: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Preferred:
    """Ask a judge about pairs of completions.

    Args:
        pairs: Each question as the first and the second model answered it.
        registry: The file that names the judge.
        name: A reward of the stack.
        stack: The stack; None: the first that has such a reward.
        each: Pairs of one question, at most: its first completions against each other.
        progress: Called with pairs done and in all.

    Raises:
        SettingsError: no stack has such a reward.
        RegistryError: as its message says.
        InfraError: the judge cannot be reached.
        DataError: it gave no verdict on any pair.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack

    loaded = load_registry(registry)
    stacks = loaded.config.stacks
    having = [key for key, one in stacks.items() if name in one.rewards and stack in (None, key)]
    if not having:
        known = ", ".join(dict.fromkeys(n for one in stacks.values() for n in one.rewards))
        raise SettingsError(f"--judge {name}: {registry} has no such reward. There are: {known or 'none'}")
    drawn = [
        (number, question, first, second)
        for number, (question, other) in enumerate(pairs)
        for first, second in list(zip(question.attempts, other.attempts, strict=False))[:each]
    ]
    found: list[tuple[int, Attempt, Attempt, Fraction | None]] = []
    with Stack.build(loaded, Host.load(only=loaded.plugins), having[0]) as built:
        judge = built.rewards[name]
        judge.build()
        for start in range(0, len(drawn), 64):
            part = drawn[start : start + 64]
            scores = _judged(judge, [(_asked(question), a, b) for _, question, a, b in part])
            found += [(n, a, b, score) for (n, _, a, b), score in zip(part, scores, strict=True)]
            if progress:
                progress(len(found), len(drawn))
    return summed(name, found)


def summed(judge: str, found: Sequence[tuple[int, Attempt, Attempt, Fraction | None]]) -> Preferred:
    """Put judged pairs together.

    Args:
        judge: Its name.
        found: (number of the question, first, second, score of the second: 1, 1/2, 0, or None for a fault).

    Raises:
        DataError: no pair has a score.
    """
    told = [(n, a, b, score) for n, a, b, score in found if score is not None]
    if not told:
        raise DataError(f"the judge {judge} gave no verdict on any of {len(found)} pairs")
    by_question: dict[int, list[Fraction]] = {}
    for number, _, _, score in told:
        by_question.setdefault(number, []).append(score)
    means = [Fraction(sum(scores), len(scores)) for scores in by_question.values()]
    decided = [
        (_length(b), _length(a)) if score == 1 else (_length(a), _length(b))
        for _, a, b, score in told
        if score in (0, 1)
    ]
    unequal = [winner > loser for winner, loser in decided if winner != loser]
    return Preferred(
        judge=judge,
        pairs=len(told),
        questions=len(means),
        faulted=len(found) - len(told),
        wins=sum(score == 1 for *_, score in told),
        losses=sum(score == 0 for *_, score in told),
        ties=len(told) - len(decided),
        win_rate=float(sum(means) / len(means)),
        interval=clustered([float(mean) for mean in means]),
        p=sign_flips([mean - Fraction(1, 2) for mean in means]),
        longer_wins=sum(unequal) / len(unequal) if unequal else None,
        winner_characters=sum(winner for winner, _ in decided) / len(decided) if decided else None,
        loser_characters=sum(loser for _, loser in decided) / len(decided) if decided else None,
    )


def _judged(judge: Runner, pairs: Sequence[tuple[Any, Attempt, Attempt]]) -> list[Fraction | None]:
    """The second's score of each pair: 1, 1/2 for a tie, 0; None for no verdict."""
    low, high = judge.spec.range
    if "reference" in judge.spec.reads:
        plain = [_undisputed(first, second) for _, first, second in pairs]
        asked = [i for i, score in enumerate(plain) if score is None]
        samples = [
            Sample(prompt=pairs[i][0], completion=pairs[i][2].completion, reference=pairs[i][1].completion)
            for i in asked
        ]
        for i, value in zip(asked, _worths(judge, samples), strict=True):
            plain[i] = None if value is None else _compared(value, (low + high) / 2)
        return plain
    samples = [
        Sample(prompt=prompt, completion=attempt.completion) for prompt, *both in pairs for attempt in both
    ]
    values = _worths(judge, samples)
    graded = zip(values[::2], values[1::2], strict=True)
    return [None if first is None or second is None else _compared(second, first) for first, second in graded]


def _worths(judge: Runner, samples: Sequence[Sample]) -> list[float | None]:
    verdicts, _ = judge(samples)
    return [worth(verdict, judge.spec.range) for verdict in verdicts]


def _asked(question: Question) -> Any:
    asked = question_of(question.prompt)
    return asked if isinstance(asked, str) else tuple(asked)


def _compared(value: float, other: float) -> Fraction:
    return Fraction(1 + (value > other) - (value < other), 2)


def _undisputed(first: Attempt, second: Attempt) -> Fraction | None:
    """Equal answers are a tie, and no answer loses; None for a pair that a judge has to see."""
    one, other = _answer(first), _answer(second)
    return Fraction(1, 2) if one == other else None if one and other else Fraction(bool(other))


def _answer(attempt: Attempt) -> str:
    return (after_reasoning(attempt.completion) or "").strip()


def _length(attempt: Attempt) -> int:
    return len(_answer(attempt))
