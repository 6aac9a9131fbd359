"""Where sentences end, in one linear scan."""

from __future__ import annotations

import re

_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？｡]+|\n\s*\n")
_ABBREVIATED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|jr|sr|prof|inc|ltd|co|vs|etc|e\.g|i\.e|no|u\.s|a\.m|p\.m)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\w")


def sentences(text: str) -> list[str]:
    """Split at full stops, question and exclamation marks before white space, and at blank lines.

    A full stop of a common abbreviation or an initial ends no sentence; what has no letter or digit is none.
    """
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if match.group() == "." and _ABBREVIATED.search(text, max(start, match.end() - 8), match.end()):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if _SPOKEN.search(sentence)]
