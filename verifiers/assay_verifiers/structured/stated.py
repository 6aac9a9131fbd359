"""The one answer that a completion states literally: in a tag, in a fenced block, or as all of its text.

One scan from left to right over what follows the reasoning. What opens first decides: a comment inside a
block belongs to the block, and a block inside a comment is hidden.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.sections import after_reasoning
from assay_verifiers.math_answer.extract import disowned
from assay_verifiers.math_answer.found import Refused

_OPENING = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})(?P<info>[^`\n]*)$"
    r"|(?P<tag><answer>|<tool_call>)|(?P<region><!--|<del>|<strike>|~~)",
    re.MULTILINE,
)
_CLOSED_BY = {"<!--": "-->", "<del>": "</del>", "<strike>": "</strike>", "~~": "~~"}
_MAX_STATED = 64
_SPACE = " \t\r\n"
"""White space of JSON; other blanks are part of an answer."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A tag or block, by offsets into the text after the reasoning."""

    kind: str
    """``answer``, ``tool_call`` or ``fence``."""
    text: str
    """Its content, without white space around it."""
    start: int
    end: int
    info: str = ""
    """The word after a fence, in lower case."""


@dataclass(frozen=True, slots=True)
class Stated:
    """The answer as it stands in the completion."""

    texts: tuple[str, ...]
    """One text; tool calls in order, of which the same may occur twice."""
    kind: str
    """As in `Statement`, or ``text``."""


def literal_answer(
    completion: str, *, plain: bool, infos: frozenset[str], max_chars: int, tool_calls: bool = False
) -> Stated | Refused:
    """Find the one answer.

    Tags count before fenced blocks, blocks before plain text. The same answer may be stated twice.

    Args:
        completion: The model's text.
        plain: Whether without a tag or block the whole text is the answer.
        infos: Words after a fence that make a block an answer; a block without a word always is.
        max_chars: A longer answer is refused before anything reads it.
        tool_calls: Whether ``<tool_call>`` tags count, before all others, together.
    """
    text = after_reasoning(completion)
    if text is None:
        return Refused("the reasoning was never closed", nothing=True)
    source = text.replace("\r\n", "\n")
    found = scan(source)
    if isinstance(found, Refused):
        return found
    text, statements = found
    chosen = [s for s in statements if s.kind == "tool_call"] if tool_calls else []
    chosen = chosen or [s for s in statements if s.kind == "answer"]
    chosen = chosen or [s for s in statements if s.kind == "fence" and s.info in infos]
    if not chosen:
        return _whole(text, source, max_chars, plain=plain and not statements)
    if sum(len(s.text) for s in chosen) > max_chars:
        return Refused(f"the stated answer is longer than {max_chars} characters", nothing=True)
    if not all(s.text for s in chosen):
        return Refused("the stated answer is empty", nothing=True)
    if any(disowned(text, s.start, s.end) for s in chosen):
        return Refused("the answer is stated and denied or taken back", nothing=False)
    kind, texts = chosen[0].kind, tuple(s.text for s in chosen)
    if kind == "tool_call":
        return Stated(texts, kind)
    if len(set(texts)) > 1:
        return Refused("different answers are stated", nothing=False)
    return Stated(texts[:1], kind)


def scan(text: str) -> tuple[str, list[Statement]] | Refused:
    """Return the text with what is hidden blanked, and all statements in it, in order."""
    found: list[Statement] = []
    hidden: list[tuple[int, int]] = []
    position = 0
    while match := _OPENING.search(text, position):
        if match["region"]:
            end = text.find(_CLOSED_BY[match["region"]], match.end())
            if end < 0 and match["region"] == "~~":
                position = match.end()
                continue
            position = len(text) if end < 0 else end + len(_CLOSED_BY[match["region"]])
            hidden.append((match.start(), position))
            continue
        statement = _tagged(text, match) if match["tag"] else _fenced(text, match)
        if isinstance(statement, Refused):
            return statement
        found.append(statement)
        position = statement.end
        if len(found) > _MAX_STATED:
            return Refused("far too many answers are stated", nothing=False)
    return _blanked(text, hidden), found


def _blanked(text: str, hidden: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in hidden:
        pieces += [text[position:start], " " * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def _tagged(text: str, match: re.Match[str]) -> Statement | Refused:
    name = match["tag"][1:-1]
    end = text.find(f"</{name}>", match.end())
    if end < 0:
        return Refused("an answer tag is never closed", nothing=True)
    content = text[match.end() : end].strip(_SPACE)
    if match["tag"] in content:
        return Refused("the answer holds a second answer", nothing=False)
    fence = _OPENING.match(content)
    if fence and fence["fence"]:
        inner = _fenced(content, fence)
        if isinstance(inner, Refused):
            return inner
        if inner.end == len(content):
            content = inner.text
    return Statement(name, content, match.start(), end + len(name) + 3)


def _fenced(text: str, match: re.Match[str]) -> Statement | Refused:
    fence = match["fence"]
    closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
    closed = closing.search(text, min(match.end() + 1, len(text)))
    if not closed:
        return Refused("a code fence is never closed", nothing=True)
    info = match["info"].split()
    content = text[match.end() : closed.start()].strip(_SPACE)
    return Statement("fence", content, match.start(), closed.end(), info[0].lower() if info else "")


def _whole(text: str, source: str, max_chars: int, *, plain: bool) -> Stated | Refused:
    answer = text.strip(_SPACE)
    if not plain or not answer:
        return Refused("no answer is stated", nothing=True)
    if len(answer) > max_chars:
        return Refused(f"the stated answer is longer than {max_chars} characters", nothing=True)
    if answer not in source:
        return Refused("a part in the middle of the answer is hidden or struck out", nothing=False)
    return Stated((answer,), "text")
