"""``assay compare``: is one model better than another? Paired over the questions that both were asked.

    d_q = pass@1 of q by the second − pass@1 of q by the first
    difference = 1/Q Σ_q d_q                          its interval is over questions, as that of pass@1

p is that of exact sign flips of the d_q, and of McNemar's exact test for cons@k (`assay_trainer.measures`).
Two questions are the same when prompt and reference are, whatever template the prompt was wrapped in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay import DataError
from assay_trainer.evalrun import read_evaluation
from assay_trainer.evaluate import Question
from assay_trainer.jsonl import digest
from assay_trainer.measures import Interval, holm, mcnemar, paired, sign_flips
from assay_trainer.settings import SettingsError
from assay_trainer.template import R1_ZERO

if TYPE_CHECKING:
    from assay_trainer.preferred import Preferred

SAME = ("k", "temperature", "top_p", "max_new_tokens", "lock_sha256")
"""Settings of an evaluation whose difference the result tells of."""

Key = tuple[str, int]
"""Digest of prompt and reference, and how many equal ones come before."""


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation, as `assay eval --out` wrote it."""

    path: Path
    settings: Mapping[str, Any]
    questions: Mapping[Key, Question]
    """Those whose k completions are all there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """cons@k of both on the questions where both have one."""

    n: int
    first: float
    second: float
    only_first: int
    """Questions that only the first one gets right."""
    only_second: int
    p: float
    """McNemar's, exact and two-sided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second against the first, on some questions."""

    n: int
    """Questions of which both have a judged completion."""
    first: float | None
    """pass@1 of the first on them; None when `n` is 0, as all that follow."""
    second: float | None
    difference: float | None
    """`second` − `first`, −1 to 1."""
    interval: Interval | None
    p: float | None
    """Exact sign flips, two-sided."""
    wins: int
    """Questions of which the second gets the larger share right."""
    losses: int
    ties: int
    votes: Votes | None
    """None where there are no answers to vote by."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "n": self.n,
            "pass@1": [self.first, self.second],
            "difference": self.difference,
            "interval": self.interval and list(self.interval),
            "p": self.p,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "cons@k": self.votes and {
                "n": self.votes.n,
                "share": [self.votes.first, self.votes.second],
                "only": [self.votes.only_first, self.votes.only_second],
                "p": self.votes.p,
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The second evaluation against the first."""

    first: str
    second: str
    overall: Difference
    domains: Mapping[str, Difference]
    """By domain; empty when the dataset names none."""
    left_out: int
    """Shared questions of which one has no judged completion."""
    unshared: int
    """Questions that only one was asked; 0 unless that was allowed."""
    notes: Sequence[str]
    """What else differs between the two, in words."""
    p_holm: float | None = None
    """p of the overall difference, adjusted for all comparisons made together; None for a single one."""
    preferred: Preferred | None = field(default=None)
    """What a judge prefers; None when none was asked."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "first": self.first,
            "second": self.second,
            **self.overall.to_dict(),
            "p_holm": self.p_holm,
            "domains": {name: part.to_dict() for name, part in self.domains.items()},
            "left_out": self.left_out,
            "unshared": self.unshared,
            "notes": list(self.notes),
            "judge": self.preferred and self.preferred.to_dict(),
        }


def load_result(path: str | Path) -> Result:
    """Read an evaluation: a file of ``assay eval --out``, or a folder that holds one and no other.

    Raises:
        SettingsError: there is none, or the folder has several.
    """
    path = Path(path)
    if path.is_dir():
        found = [file for file in sorted(path.glob("*.jsonl")) if _is_evaluation(file)]
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            raise SettingsError(f"{path}: one evaluation of assay eval is expected here, found {names}")
        path = found[0]
    settings, questions = read_evaluation(path)
    seen: Counter[str] = Counter()
    keyed: dict[Key, Question] = {}
    for _, question in sorted(questions.items()):
        name = digest([question_of(question.prompt), question.reference])
        keyed[name, seen[name]] = question
        seen[name] += 1
    return Result(path, settings, keyed)


def compare_all(results: Sequence[Result], *, shared: bool = False) -> list[Comparison]:
    """Compare each further result with the first; p-values of several are adjusted by Holm's method.

    Raises:
        DataError: as `compare`.
    """
    found = [compare(results[0], other, shared=shared) for other in results[1:]]
    known = [one.overall.p for one in found if one.overall.p is not None]
    if len(found) < 2:
        return found
    adjusted = iter(holm(known))
    return [one if one.overall.p is None else replace(one, p_holm=next(adjusted)) for one in found]


def compare(first: Result, second: Result, *, shared: bool = False) -> Comparison:
    """Compare the second result with the first.

    Args:
        first: The one to compare with.
        second: The other.
        shared: Compare on the questions that both were asked, rather than refuse when there are others.

    Raises:
        DataError: they were asked different questions: none in common, or not the same and not `shared`.
    """
    pairs = pairs_of(first, second)
    both, only = len(pairs), (len(first.questions) - len(pairs), len(second.questions) - len(pairs))
    if not pairs or (any(only) and not shared):
        raise DataError(
            f"{first.path} and {second.path} are of different questions: {both} are in both (prompt and "
            f"reference alike), {only[0]} only in the first, {only[1]} only in the second. "
            + ("Use --shared to compare on those in both." if pairs else "Evaluate both on the same data.")
        )
    names = sorted({name for one, _ in pairs if (name := one.domain) is not None})
    overall = difference(pairs)
    return Comparison(
        first=str(first.path),
        second=str(second.path),
        overall=overall,
        domains={name: difference([pair for pair in pairs if pair[0].domain == name]) for name in names},
        left_out=len(pairs) - overall.n,
        unshared=sum(only),
        notes=_notes(first.settings, second.settings),
    )


def pairs_of(first: Result, second: Result) -> list[tuple[Question, Question]]:
    """The questions that both were asked, as each answered them, in the first one's order."""
    return [(question, second.questions[key]) for key, question in first.questions.items()
            if key in second.questions]  # fmt: skip


def difference(pairs: Sequence[tuple[Question, Question]]) -> Difference:
    """Compare N questions, each as the first and the second one answered it."""
    judged = [
        (a, b) for one, other in pairs if (a := _share(one)) is not None and (b := _share(other)) is not None
    ]
    gains = [b - a for a, b in judged]
    n = len(gains)
    return Difference(
        n=n,
        first=float(sum(a for a, _ in judged) / n) if n else None,
        second=float(sum(b for _, b in judged) / n) if n else None,
        difference=float(sum(gains) / n) if n else None,
        interval=paired([float(gain) for gain in gains]) if n else None,
        p=sign_flips(gains) if n else None,
        wins=sum(gain > 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        ties=sum(gain == 0 for gain in gains),
        votes=_votes(pairs),
    )


def question_of(prompt: Any) -> Any:
    """The question in a prompt, without the template around it and without a full stop at its end."""
    if isinstance(prompt, list):
        messages = cast("list[dict[str, Any]]", prompt)
        if [message.get("role") for message in messages] != ["user"]:
            return messages
        prompt = messages[0].get("content")
    if not isinstance(prompt, str):
        return prompt
    head, _, tail = R1_ZERO.partition("{prompt}")
    if prompt.startswith(head) and prompt.endswith(tail):
        prompt = prompt.removeprefix(head).removesuffix(tail)
    return prompt.strip().removesuffix(".")


def _share(question: Question) -> Fraction | None:
    judged = [attempt.right for attempt in question.attempts if attempt.right is not None]
    return Fraction(sum(judged), len(judged)) if judged else None


def _votes(pairs: Sequence[tuple[Question, Question]]) -> Votes | None:
    attempts = [attempt for pair in pairs for question in pair for attempt in question.attempts]
    found = [(a.majority, b.majority) for a, b in pairs if a.majority is not None and b.majority is not None]
    if not found or all(attempt.extracted is None for attempt in attempts):
        return None
    n, table = len(found), Counter(found)
    first, second = table[True, False], table[False, True]
    return Votes(
        n=n,
        first=(table[True, True] + first) / n,
        second=(table[True, True] + second) / n,
        only_first=first,
        only_second=second,
        p=mcnemar(first, second),
    )


def _notes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    named = {"lock_sha256": "the verifiers (registry.lock)"}
    return [
        f"{named.get(key, key)}: {first.get(key)} and {second.get(key)}"
        for key in SAME
        if first.get(key) != second.get(key)
    ]


def _is_evaluation(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        return file.readline().startswith('{"settings": {"model"')
