"""The smallest example of a failure: delta debugging on the completion's text.

A witness must stay wrong while it shrinks: ``\\boxed{41} \\boxed{42}`` without its first box is a right
answer. So a smaller text keeps every mark that can make an answer wrong (boxes, tags, comments, denials,
``or``), at least one value that is not the reference's, and more than an honest answer has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from assay.conformance.model import Witness
from assay.sample import Sample
from assay.verdict import Verdict

Still = Callable[[Sequence[str]], Sequence[bool]]
"""Which of N texts still show the failure; asked in batches."""

_TOKEN = re.compile(r"\s+|<!--|-->|</?\w+>|\\?\w+(?:[.,/]\d+)*|.", re.DOTALL)
_MARK = re.compile(
    r"\\(?:boxed|fbox)\b|<!--|-->|</?\w+>|%|\\(?:phantom|cancel|not|neg|pm|lt|leq?|gt|geq?|neq?|approx|sim|in)\b"
    r"|\b(?:not|never|no|or|and|wrong|incorrect|false|isn|can|cannot|neither|nor|unless|if)\b|[{}=≠¬|<>≤≥≈~]"
    r"|\b(?:less|more|greater|smaller|least|most|than|about|approximately|nearly|almost|over|under)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(r"-?\d+(?:[.,/]\d+)*|(?<![A-Za-z\\])[A-Z](?![A-Za-z])")
_WORD = re.compile(r"\w+")


def shrink(text: str, still: Still, *, honest: str = "", calls: int = 64) -> str:
    """Delete as much of `text` as the failure can do without.

    Args:
        text: A completion that shows the failure.
        still: Tells which candidates show it too.
        honest: A right completion; nothing is returned that says only what it says. Empty: unknown.
        calls: At most this many candidates are tried.

    Returns:
        `text` itself, or a subsequence of its tokens that still fails.
    """
    tokens, chunks = _TOKEN.findall(text), 2
    while tokens and calls > 0:
        size = max(1, -(-len(tokens) // chunks))
        smaller = [tokens[:i] + tokens[i + size :] for i in range(0, len(tokens), size)]
        smaller = [c for c in smaller if _stays_wrong(text, "".join(c), honest)][:calls]
        calls -= len(smaller)
        answers = still(["".join(candidate) for candidate in smaller]) if smaller else ()
        found = next((c for c, fails in zip(smaller, answers, strict=True) if fails), None)
        if found is not None:
            tokens, chunks = found, max(chunks - 1, 2)
        elif size == 1:
            break
        else:
            chunks = min(2 * chunks, len(tokens))
    return "".join(tokens)


def _stays_wrong(text: str, candidate: str, honest: str) -> bool:
    """Whether deleting what is missing from `candidate` cannot have made a wrong text right."""
    if _marks(candidate) != _marks(text):
        return False
    own = set(_VALUE.findall(honest))
    foreign = [value for value in _VALUE.findall(text) if value not in own]
    if foreign and not any(value in foreign for value in _VALUE.findall(candidate)):
        return False
    words = [w.casefold() for w in _WORD.findall(candidate)]
    return not honest or not words or not _is_subsequence(words, honest.casefold(), len(_WORD.findall(text)))


def _is_subsequence(words: Sequence[str], honest: str, before: int) -> bool:
    """Whether a text with fewer words than `before` says nothing that the honest one does not."""
    rest = iter(_WORD.findall(honest))
    return len(words) < before and all(word in rest for word in words)


def _marks(text: str) -> Counter[str]:
    return Counter(mark.casefold() for mark in _MARK.findall(text))


def said(verdict: Verdict) -> str:
    """Status, score and reason in one line."""
    score = "" if verdict.score is None else f" {verdict.score:g}"
    return f"{verdict.status.value}{score}" + (f": {verdict.reason}" if verdict.reason else "")


def witness_of(sample: Sample, verdict: Verdict, expected: str) -> Witness:
    """Record a sample, what was expected of it, and what came."""
    fields = {
        "columns": dict(sample.columns),
        "truncated": sample.truncated,
        "tokens": sample.tokens,
        "right": sample.right,
        "reward": sample.reward,
    }
    return Witness(
        completion=sample.completion,
        reference=sample.reference,
        prompt=sample.prompt,
        expected=expected,
        got=said(verdict),
        fields={name: value for name, value in fields.items() if value not in ({}, False, None)},
    )
