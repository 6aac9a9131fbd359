"""A grammar as people write a form: ``<think>...</think> <answer>...</answer>``."""

from __future__ import annotations

import re

from assay.errors import DataError
from assay.specs import Grammar

_TOKEN = re.compile(
    r"(?P<tag><[^<>\s]+>)|(?P<text>(?:\s*(?:\.\.\.|…)\s*)+)|(?P<blank>\s+)|(?P<operator>[()|?*+])"
)
"""Neighbouring texts are one text, as in a `Grammar`, and a blank beside a visible text is part of it."""

_LETTERS = "acdefg"


def grammar_of(form: str) -> Grammar:
    """Read a form: what it must hold, in this order, from the first character to the last.

    Args:
        form: Tags in angle brackets stand for themselves, ``...`` for a visible text, and a blank for
            white space that may be there. ``( )``, ``|``, ``?``, ``*`` and ``+`` are those of regular
            expressions, so ``(...)?`` is a text that may be missing.

    Raises:
        DataError: It holds anything else, no tag or more than six different ones, or its brackets and
            operators make no regular expression.
    """
    letters: dict[str, str] = {}
    pattern, place = "", 0
    while place < len(form):
        found = _TOKEN.match(form, place)
        if found is None:
            raise _unreadable(
                form, f"{form[place:][:20]!r} is neither a tag, nor ..., a blank or one of ()|?*+"
            )
        if found.lastgroup == "tag":
            if found.group() not in letters and len(letters) == len(_LETTERS):
                raise _unreadable(form, f"more than {len(_LETTERS)} different tags")
            pattern += letters.setdefault(found.group(), _LETTERS[len(letters) % len(_LETTERS)])
        else:
            pattern += {"text": "x", "blank": "b?"}.get(str(found.lastgroup), found.group())
        place = found.end()
    if not letters:
        raise _unreadable(form, "no tag in angle brackets")
    try:
        re.compile(pattern)
    except re.error as error:
        raise _unreadable(form, f"its brackets and operators do not fit: {error.msg}") from error
    return Grammar(tags={letter: tag for tag, letter in letters.items()}, pattern=pattern)


def _unreadable(form: str, problem: str) -> DataError:
    return DataError(
        f"--grammar {form!r}: {problem}. Write it as in '<think>...</think> <answer>...</answer>'"
    )
