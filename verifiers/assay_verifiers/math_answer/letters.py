"""The letter of a choice that a text asserts: ``D. It can't be A or B``."""

from __future__ import annotations

import re

from assay_verifiers.math_answer.values import Range
from assay_verifiers.math_answer.words import DENIES, HEDGES, RESUMES

_LETTER = re.compile(
    r"(?<![^\s:：,，.。;*\"“\u4e00-\u9fff])(?:\(([A-J])\)|([A-H]))(?![A-Za-z'’_^(=]|\s*[=+*/^]|\s?\d)"
)
_BINDS = frozenset("+-*/^<>=|0123456789")
"""Before a letter that is part of a formula."""
_ARTICLE = re.compile(r"A\s+(?!because|since|as|is|was|by|not|and|or)[a-z]")
_ONE_OF = re.compile(r"\)?\s*(?:[,/&]\s*(?:or\s+|and\s+)?|or\s+|and\s+)\(?[A-J](?![A-Za-z])")
_NOT_SO = re.compile(r"\W*(?:is|are|was)?(?:n't|n’t|\s*not\b|\s*wrong|\s*incorrect|\s*false)")

_BETWEEN = frozenset(("or", "and", "nor", ",", ", or", "und", "oder", "et", "ou", "或", "和"))


def announced_letter(text: str, start: int, end: int) -> Range | None:
    """The letter that an announced sentence begins with, when it is not one of several."""
    first = _LETTER.match(text, start, end)
    if first is None or _ONE_OF.match(text, first.end(), end) or _NOT_SO.match(text, first.end(), end):
        return None
    if _ARTICLE.match(text, start, end) or HEDGES.search(text[start:end].lower()):
        return None
    return first.span(1 if first.group(1) else 2)


def letter(text: str, start: int, end: int) -> Range | None:
    """The one letter that is stated and not denied."""
    kept: dict[str, Range] = {}
    last, denied = start, False
    for match in _LETTER.finditer(text, start, end):
        ahead = text[max(start, match.start() - 4) : match.start()].rstrip()
        if _ARTICLE.match(text, match.start(), end) or ahead[-1:] in _BINDS:
            continue
        gap = text[last : match.start()]
        joined = gap.strip(" ()").casefold() in _BETWEEN
        denied = bool(DENIES.search(RESUMES.split(gap.lower())[-1])) or (denied and joined)
        after = text[match.end() : min(end, match.end() + 60)]
        if not denied and not _NOT_SO.match(after):
            kept.setdefault(match.group(1) or match.group(2), match.span(1 if match.group(1) else 2))
        last = match.end()
    if len(kept) != 1 or HEDGES.search(text[start:end].lower()) or "?" in text[last : end + 1]:
        return None
    return next(iter(kept.values()))
