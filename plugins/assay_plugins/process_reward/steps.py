"""Where a step ends. The steps of a text, joined, are the text to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay_plugins.process_reward.options import Split

_NUMBER = re.compile(r"[ \t]{0,8}(?:\*\*)?(?:(?:step|Step|STEP)[ \t]?)?\d{1,3}[.):](?!\d)|第\d{1,3}步")
_SENTENCE = re.compile(r"(?<=[.!?])[ \t\n]+(?=[^a-z\s])|(?<=[。！？])")
_FENCE = "```"


def split(text: str, how: Split = "auto") -> list[str]:
    """Cut a text into steps, in time linear in its length.

    Args:
        text: Any text.
        how: ``blank_lines``, ``numbered`` (a line that begins with a number, or with "Step" and one),
            ``sentences``, or ``auto``: the first of these that finds two steps.

    Returns:
        One or more steps, each with something to see in it unless the whole text is blank. White space
        belongs to the step before it. Nothing inside a fenced code block ends a step.
    """
    if how == "auto":
        found = (split(text, each) for each in ("blank_lines", "numbered", "sentences"))
        return next((steps for steps in found if len(steps) > 1), [text])
    if how == "sentences":
        return _joined(text, _sentences(text))
    return _joined(text, _paragraphs(text) if how == "blank_lines" else _numbered(text))


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Offset, line, and whether it stands outside of fenced code."""
    offset, outside = 0, True
    for line in text.split("\n"):
        fence = line.lstrip().startswith(_FENCE)
        yield offset, line, outside and not fence
        outside ^= fence
        offset += len(line) + 1


def _paragraphs(text: str) -> Iterator[int]:
    """Offsets at which a paragraph begins."""
    blank = False
    for offset, line, outside in _lines(text):
        if line.strip():
            if blank:
                yield offset
            blank = False
        elif outside:
            blank = True


def _numbered(text: str) -> Iterator[int]:
    for offset, line, outside in _lines(text):
        if outside and _NUMBER.match(line):
            yield offset


def _sentences(text: str) -> Iterator[int]:
    code: list[tuple[int, int]] = [
        (offset, offset + len(line)) for offset, line, outside in _lines(text) if not outside
    ]
    place = 0
    for match in _SENTENCE.finditer(text):
        while place < len(code) and code[place][1] < match.start():
            place += 1
        if place == len(code) or match.start() < code[place][0]:
            yield match.end()


def _joined(text: str, starts: Iterator[int]) -> list[str]:
    """Cut at offsets; what has nothing to see in it stays with its neighbour."""
    steps: list[str] = []
    begin = 0
    for start in (*starts, len(text)):
        if text[begin:start].strip() or (start == len(text) and not steps):
            steps.append(text[begin:start])
            begin = start
    if begin < len(text):
        steps[-1] += text[begin:]
    return steps
