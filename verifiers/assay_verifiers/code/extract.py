"""Finds the program in a completion. One linear scan over the lines after the reasoning."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

from assay.sections import after_reasoning
from assay_verifiers.code.languages import LANGUAGES, language_named
from assay_verifiers.code.options import BlockOptions

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`\n]*)$")
_WORD = re.compile(r"[\w+#.-]+")
_TAG = re.compile(r"</?answer>")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    tag: str
    """First word after the fence in lower case; empty when there is none."""
    code: str
    start: int
    """Offset of its opening fence in the answer."""
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The program that a completion asserts."""

    language: str
    code: str


class NothingAssertedError(ValueError):
    """The completion asserts no program; the message says why."""


def fenced_blocks(text: str) -> list[Block]:
    """All fenced blocks in order; the last one may be unclosed."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []
    start = position = 0
    for line in text.split("\n"):
        match = _FENCE.match(line.rstrip("\r"))
        if opened is None:
            if match is not None:
                opened, lines, start = match, [], position
        elif match is not None and match[2].startswith(opened[2]) and not match[3].strip():
            found.append(_block(opened, lines, start, position + len(line), True))
            opened = None
        else:
            lines.append(line)
        position += len(line) + 1
    if opened is not None:
        found.append(_block(opened, lines, start, len(text), False))
    return found


def _block(opened: re.Match[str], lines: list[str], start: int, end: int, closed: bool) -> Block:
    indent, word = opened[1], _WORD.search(opened[3])
    tag = word[0].lower().lstrip(".") if word else ""
    code = "\n".join(line.removeprefix(indent).rstrip("\r") for line in lines)
    return Block(tag, code, start, end, closed)


def find_program(completion: str, options: BlockOptions, language: str | None, truncated: bool) -> Found:
    """Return the one program that a completion asserts.

    Args:
        completion: The whole of it.
        options: Which block counts.
        language: The language that the tests ask for. None: any.
        truncated: Generation stopped at the length limit, so that an open fence is no mistake.

    Raises:
        NothingAssertedError: there is none, or none that is unique.
    """
    blocks, wanted = usable_blocks(completion, options, language, truncated)
    if len(blocks) > 1 and options.several == "one":
        raise NothingAssertedError(f"the answer has {len(blocks)} code blocks, and one is asked for")
    last = blocks[-1]
    found = wanted or _named(last.tag) or "python"
    if options.several == "joined":
        same = [block.code for block in blocks if (wanted or _named(block.tag) or "python") == found]
        return Found(found, "\n\n".join(same))
    return Found(found, last.code)


def usable_blocks(
    completion: str, options: BlockOptions, language: str | None, truncated: bool
) -> tuple[list[Block], str | None]:
    """Return the blocks that may be the program, at least one, and the language that is wanted.

    Raises:
        NothingAssertedError: there is none.
    """
    text = after_reasoning(completion)
    if text is None:
        raise NothingAssertedError("the reasoning is never closed")
    blocks = fenced_blocks(text)
    if blocks and not blocks[-1].closed and not truncated:
        raise NothingAssertedError("a code fence is never closed")
    answer = _answer_tag(text, blocks)
    if answer is not None:
        inside = [block for block in blocks if answer[0] <= block.start and block.end <= answer[1]]
        content = text[answer[0] : answer[1]].strip("\r\n")
        blocks = inside or [Block("", content, answer[0], answer[1], True)]
    elif not blocks and options.plain:
        blocks = [Block("", text.strip("\r\n"), 0, len(text), True)]
    wanted = options.language or language
    usable = [block for block in blocks if block.code.strip() and _fits(block.tag, wanted)]
    if wanted is None and any(_named(block.tag) != "bash" for block in usable):
        usable = [block for block in usable if _named(block.tag) != "bash"]  # how to install or start it
    if not usable:
        raise NothingAssertedError(f"the answer has no code block{f' in {wanted}' if wanted else ''}")
    return usable, wanted


def _answer_tag(text: str, blocks: list[Block]) -> tuple[int, int] | None:
    """Where the last answer tag's content is; tags inside a block belong to the program."""
    if "</answer>" not in text:
        return None
    starts = [block.start for block in blocks]

    def outside(at: int) -> bool:
        before = bisect.bisect(starts, at) - 1
        return before < 0 or at >= blocks[before].end

    tags = [tag for tag in _TAG.finditer(text) if outside(tag.start())]
    if len(tags) < 2 or tags[-1][0] != "</answer>" or tags[-2][0] != "<answer>":
        return None
    return tags[-2].end(), tags[-1].start()


def _named(tag: str) -> str | None:
    found = language_named(tag)
    return None if found is None else found.name


def _fits(tag: str, wanted: str | None) -> bool:
    if not tag:
        return True
    name = _named(tag)
    return name == wanted if wanted is not None else name in LANGUAGES
