"""The sections of a completion: reasoning, answer, and what stands around them.

One linear scan over the tags; no regular expression over the whole text. `format` judges with it,
`math_answer` looks for the answer with it, reports show completions with it.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
"""The tags of the R1-Zero template (R1.md section 3)."""


@dataclass(frozen=True, slots=True)
class Token:
    """A tag, or the text between two tags."""

    text: str
    is_tag: bool
    start: int
    """Offset of the first character in the completion."""


def tokenize(completion: str, tags: Sequence[str] = TAGS) -> Iterator[Token]:
    """Split into tags and the texts between them, in order; empty texts are left out.

    Tags are matched to the letter: ``<Think>`` and ``< think >`` are text.
    """
    position = 0
    for match in _pattern(tuple(tags)).finditer(completion):
        if match.start() > position:
            yield Token(completion[position : match.start()], False, position)
        yield Token(match.group(), True, match.start())
        position = match.end()
    if position < len(completion):
        yield Token(completion[position:], False, position)


@functools.lru_cache(maxsize=64)
def _pattern(tags: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(tag) for tag in sorted(tags, key=len, reverse=True)))


def reasoning(completion: str) -> str | None:
    """Return what stands before the last ``</think>``, tags removed; None when there is no such tag.

    A template may have put the opening tag into the prompt, so its absence does not matter.
    """
    head, tag, _ = completion.rpartition("</think>")
    return head.replace("<think>", "").strip() if tag else None


def thoughts(completion: str) -> str:
    """Return the chain of thought.

    That is what stands before the last ``</think>``; what follows a ``<think>`` that is never closed; and
    without any tag the whole completion, so that leaving the tags out hides nothing.
    """
    found = reasoning(completion)
    if found is not None:
        return found
    _, opened, rest = completion.partition("<think>")
    return rest if opened else completion


def after_reasoning(completion: str) -> str | None:
    """Return the part that may state the final answer.

    That is what follows the last ``</think>``, the whole completion when it has no think tag at
    all, and None when a think block was opened and never closed: such a completion never came
    to an answer.
    """
    _, tag, tail = completion.rpartition("</think>")
    if tag:
        return None if "<think>" in tail else tail
    return None if "<think>" in completion else completion


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: Hangul fillers and the blank Braille pattern."""


def visible_characters(text: str, limit: int) -> int:
    """Count the characters that a reader sees, up to `limit` (the scan stops there).

    White space, control and format characters (zero-width space, joiners, direction marks),
    combining marks on their own and blank fillers are not seen.
    """
    seen = (char for char in text if unicodedata.category(char)[0] not in "ZCM" and char not in _FILLERS)
    return sum(1 for _ in itertools.islice(seen, limit))
