"""pass@1 and cons@k by sampling, as in R1 (R1.md section 7), with intervals.

    pass@1 = 1/Q Σ_q 1/k Σ_i right(q, i)            mean over questions of the mean over their k completions
    pass@j = 1/Q Σ_q 1 − C(k−c_q, j) / C(k, j)       at least one of j right; unbiased, c_q of the k are right
    cons@k = 1/Q Σ_q right(majority answer of q)     votes are the answers that the verifier extracted
    rerank@k = 1/Q Σ_q right(best rated of q)        pass@1 of the one completion that a reward likes best

The completions of one question are not independent, so the interval of pass@j is over questions: its
half-width is 1.96 standard errors of the Q question means. Where that would be zero width (all questions
alike), and for cons@k, it is Wilson's for Q questions.

A completion that could not be judged (the verifier abstained, its reference is unusable, a check or a
sandbox was lost) is left out and counted. It is never a wrong answer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from assay import Sample, Status, Verdict
from assay_trainer.data import Row
from assay_trainer.generate import Generated, Sampler, Sampling, TransformersSampler
from assay_trainer.measures import Interval, clustered, pass_at, wilson

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from assay.scoring import Stack

Progress = Callable[[int, int], None]
"""Questions done, and how many there are."""
Rate = Callable[[Sequence[Sample]], Sequence[float | None]]
"""N samples to N numbers, higher is better; None is not rated."""


class Judge(Protocol):
    """Who says what is right."""

    def sample(self, row: Row, generated: Generated, id: str, group: str) -> Sample:
        """Put a dataset row and a completion of its prompt together."""
        ...

    def verify(self, samples: Sequence[Sample]) -> Sequence[Verdict]:
        """Judge N samples; N verdicts in order."""
        ...

    def is_right(self, verdict: Verdict) -> bool | None:
        """Whether the verdict is RIGHT; None when nobody can tell."""
        ...


@dataclass(frozen=True, slots=True)
class StackJudge:
    """The routed verifier of a stack."""

    stack: Stack

    def sample(self, row: Row, generated: Generated, id: str, group: str) -> Sample:
        """As the registry's route reads the row."""
        return self.stack.router.sample(
            row, generated.text, id=id, group=group, truncated=generated.truncated, tokens=generated.tokens
        )

    def verify(self, samples: Sequence[Sample]) -> Sequence[Verdict]:
        """Only the verifier; nothing is paid."""
        return self.stack.verify(samples)

    def is_right(self, verdict: Verdict) -> bool | None:
        """The highest score of the verifier's range is RIGHT."""
        return self.stack.router.is_right(verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One judged completion."""

    completion: str
    tokens: int
    truncated: bool
    status: Status
    right: bool | None
    """None: could not be judged."""
    extracted: str | None = None
    reason: str = ""
    rating: float | None = None
    """What the reward of a re-ranking gave; None without one, and where it could not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question and its k attempts."""

    index: int
    """Row of the dataset, from 0."""
    prompt: Any
    reference: Any = None
    domain: str | None = None
    attempts: tuple[Attempt, ...]

    @property
    def pass_at_1(self) -> float | None:
        """Share of judged attempts that are right; None when none was judged."""
        return self.pass_at(1)

    def pass_at(self, j: int) -> float | None:
        """Chance that one of `j` of the judged attempts is right; None when fewer than `j` were judged."""
        judged = [attempt.right for attempt in self.attempts if attempt.right is not None]
        return pass_at(len(judged), sum(judged), j) if len(judged) >= j else None

    @property
    def majority(self) -> bool | None:
        """Whether the majority's answer is right; None when no attempt states an answer and none is wrong.

        Ties go to the answer that came first. Attempts without an answer do not vote; when nobody
        votes the question is lost.
        """
        judged = [attempt for attempt in self.attempts if attempt.right is not None]
        votes = Counter(attempt.extracted for attempt in judged if attempt.extracted is not None)
        if not votes:
            return False if judged and not any(attempt.right for attempt in judged) else None
        winner = votes.most_common(1)[0][0]
        return next(attempt.right for attempt in judged if attempt.extracted == winner)

    @property
    def reranked(self) -> bool | None:
        """Whether the best rated attempt is right, of those that were rated and judged; None when none was.

        Ties go to the attempt that came first.
        """
        rated = [(a.rating, a.right) for a in self.attempts if a.rating is not None and a.right is not None]
        return max(rated, key=lambda pair: pair[0])[1] if rated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAt:
    """pass@j of some questions."""

    value: float | None
    """None when `n` is 0."""
    interval: Interval | None
    n: int
    """Questions with at least j judged attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """pass@1, cons@k and what else was asked for, of some questions."""

    n: int
    """Questions with at least one judged attempt."""
    pass_at_1: float | None
    """None when `n` is 0."""
    pass_at_1_ci: Interval | None
    cons_at_k: float | None
    """None when the verifier extracts no answers to vote by (programs, say)."""
    cons_at_k_ci: Interval | None
    rerank_at_k: float | None = None
    """None without a re-ranking."""
    rerank_at_k_ci: Interval | None = None
    pass_at: Mapping[int, PassAt] = field(default_factory=dict[int, PassAt])
    """By j; those that were asked for."""
    abstained: int = 0
    """Completions that are not the verifier's business."""
    reference_faults: int = 0
    """Completions whose ground truth cannot be used."""
    faulted: int = 0
    """Completions whose check raised or was lost."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names; re-ranking and further pass@j only where there are some."""
        further: dict[str, Any] = {}
        for j, found in self.pass_at.items():
            further[f"pass@{j}"] = found.value
            further[f"pass@{j}_ci"] = found.interval and list(found.interval)
            further[f"pass@{j}_n"] = found.n
        reranked = self.rerank_at_k_ci and {
            "rerank@k": self.rerank_at_k, "rerank@k_ci": list(self.rerank_at_k_ci)
        }  # fmt: skip
        return {
            "n": self.n,
            "pass@1": self.pass_at_1,
            "pass@1_ci": self.pass_at_1_ci and list(self.pass_at_1_ci),
            **further,
            "cons@k": self.cons_at_k,
            "cons@k_ci": self.cons_at_k_ci and list(self.cons_at_k_ci),
            **(reranked or {}),
            "abstained": self.abstained,
            "reference_faults": self.reference_faults,
            "faulted": self.faulted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Score):
    """The result of one evaluation."""

    k: int
    mean_tokens: float
    """Mean length of a completion, in tokens."""
    truncated: float
    """Share of completions that hit the length limit."""
    domains: Mapping[str, Score]
    """By domain; empty when the dataset names none."""
    rewards: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])
    """What each reward of the stack was worth on average, where that was asked for; None: it scored none."""
    seconds: float = 0.0
    questions: tuple[Question, ...] = field(default=(), repr=False)
    """In dataset order; not part of `to_dict`."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form without the completions."""
        return {
            **Score.to_dict(self),
            "k": self.k,
            "mean_tokens": self.mean_tokens,
            "truncated": self.truncated,
            **({"rewards": dict(self.rewards)} if self.rewards else {}),
            "domains": {name: score.to_dict() for name, score in self.domains.items()},
            "seconds": self.seconds,
        }


def evaluate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    judge: Judge,
    sampling: Sampling,
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Sample k completions of every row and judge them.

    Args:
        model: The policy; its mode and torch's random state are left as they were.
        tokenizer: Its tokenizer, padding on the left.
        rows: Prompts as `assay_trainer.data.load_rows` returns them.
        judge: Says what is right; usually a `StackJudge`.
        sampling: How completions are drawn.
        progress: Called after each batch.

    Raises:
        ModelError: Prompts are messages and the tokenizer has no chat template.
    """
    start = time.perf_counter()
    questions = list(ask(TransformersSampler(model, tokenizer, sampling), rows, judge, progress=progress))
    return summarise(questions, sampling.k, time.perf_counter() - start)


def ask(
    sampler: Sampler,
    rows: Sequence[Row],
    judge: Judge,
    *,
    done: Collection[int] = frozenset(),
    progress: Progress | None = None,
    rate: Rate | None = None,
) -> Iterator[Question]:
    """Yield judged questions, batch by batch, shortest prompts first; rows in `done` are not judged again.

    A batch draws with its own seed, and whole even if part of it is done: an evaluation that goes on
    after a crash draws what an unbroken one would have.
    """
    prompts = sampler.encode([row["prompt"] for row in rows])
    finished = len(done)
    for number, chunk in enumerate(sampler.chunks(prompts)):
        open_rows = [index for index in chunk if index not in done]
        if not open_rows:
            continue
        drawn = sampler.sample([prompts[i] for i in chunk], seed=sampler.sampling.seed + number)
        groups = [
            [
                judge.sample(rows[index], generated, f"{index}/{attempt}", str(index))
                for attempt, generated in enumerate(group)
            ]
            for index, group in zip(chunk, drawn, strict=True)
            if index not in done
        ]
        samples = [sample for group in groups for sample in group]
        verdicts = iter(judge.verify(samples))
        ratings = iter(rate(samples) if rate else [None] * len(samples))
        for index, group in zip(open_rows, groups, strict=True):
            judged = [(sample, next(verdicts), next(ratings)) for sample in group]
            yield _question(index, rows[index], judged, judge)
        finished += len(open_rows)
        if progress:
            progress(finished, len(rows))


def summarise(
    questions: Iterable[Question], k: int, seconds: float = 0.0, *, at: Iterable[int] = ()
) -> Evaluation:
    """Put judged questions together; `at` holds the j of further pass@j, 2 to k."""
    ordered = tuple(sorted(questions, key=lambda question: question.index))
    attempts = [attempt for question in ordered for attempt in question.attempts]
    total, at = max(1, len(attempts)), tuple(at)
    names = sorted({question.domain for question in ordered if question.domain is not None})
    overall = score(ordered, at)
    return Evaluation(
        **{each.name: getattr(overall, each.name) for each in fields(overall)},
        k=k,
        mean_tokens=sum(attempt.tokens for attempt in attempts) / total,
        truncated=sum(attempt.truncated for attempt in attempts) / total,
        domains={name: score([q for q in ordered if q.domain == name], at) for name in names},
        seconds=seconds,
        questions=ordered,
    )


def score(questions: Sequence[Question], at: Iterable[int] = ()) -> Score:
    """pass@1, pass@j for each j of `at`, cons@k and rerank@k of the questions that were judged."""
    first = _pass_at(questions, 1)
    votes = [vote for question in questions if (vote := question.majority) is not None]
    voted = bool(votes) and any(a.extracted is not None for q in questions for a in q.attempts)
    best = [right for question in questions if (right := question.reranked) is not None]
    statuses = Counter(attempt.status for question in questions for attempt in question.attempts)
    return Score(
        n=first.n,
        pass_at_1=first.value,
        pass_at_1_ci=first.interval,
        cons_at_k=sum(votes) / len(votes) if voted else None,
        cons_at_k_ci=wilson(sum(votes), len(votes)) if voted else None,
        rerank_at_k=sum(best) / len(best) if best else None,
        rerank_at_k_ci=wilson(sum(best), len(best)) if best else None,
        pass_at={j: _pass_at(questions, j) for j in at},
        abstained=statuses[Status.ABSTAINED],
        reference_faults=statuses[Status.REFERENCE_FAULT],
        faulted=statuses[Status.CHECKER_FAULT] + statuses[Status.INFRA_FAULT],
    )


def _pass_at(questions: Sequence[Question], j: int) -> PassAt:
    means = [mean for question in questions if (mean := question.pass_at(j)) is not None]
    value = sum(means) / len(means) if means else None
    return PassAt(value=value, interval=clustered(means) if means else None, n=len(means))


def _question(
    index: int, row: Row, judged: Sequence[tuple[Sample, Verdict, float | None]], judge: Judge
) -> Question:
    first = judged[0][0]
    return Question(
        index=index,
        prompt=row["prompt"],
        reference=first.reference,
        domain=first.domain if first.domain is not None else row.get("domain"),
        attempts=tuple(
            Attempt(
                completion=sample.completion,
                tokens=sample.tokens or 0,
                truncated=sample.truncated,
                status=verdict.status,
                right=judge.is_right(verdict),
                extracted=verdict.extracted,
                reason=verdict.reason,
                rating=rating,
            )
            for sample, verdict, rating in judged
        ),
    )
