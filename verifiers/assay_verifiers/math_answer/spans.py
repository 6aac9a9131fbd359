"""Where boxes and answer tags stand in a text, and what a reader of the rendered text does not see.

One pass over the tokens of the text, with a stack of open groups: linear in its length. Texts in
which nothing is hidden and boxes are few, which is nearly all, are searched without a stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(
    r"\\begin\{comment\}|\\end\{comment\}|\\[A-Za-z]+|\\[^\n]|[{}%\n]|<!--|-->|~~|</?(?:answer|del|strike)>",
    re.DOTALL,
)
_BOXES = frozenset({r"\boxed", r"\fbox"})
_UNSEEN = frozenset(
    {r"\phantom", r"\hphantom", r"\vphantom", r"\cancel", r"\bcancel", r"\xcancel", r"\sout", r"\st"}
)
_REGIONS = {
    "<!--": "-->",
    r"\iffalse": r"\fi",
    r"\begin{comment}": r"\end{comment}",
    "~~": "~~",
    "<del>": "</del>",
    "<strike>": "</strike>",
}


class Span(NamedTuple):
    """A visible box or answer tag, by offsets into the text."""

    start: int
    end: int
    opened: int
    closed: int
    flawed: bool
    """It holds another box, or struck-out or invisible text."""


@dataclass(slots=True)
class _Group:
    start: int
    inner: int
    box: bool
    unseen: bool
    flawed: bool = False


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
PERHAPS_COMMENT = re.compile(r"%(?<![0-9})$\\x]%)(?<![0-9})$\\x] %)")
"""A percent sign that `_is_comment` may call one; written so that the search is for the sign."""
_BARE = re.compile(r"[ \t]*(-?\d+(?:\.\d+)?|(?<=[ \t])[A-Za-z])(?=[\s$.,;!)\]\\]|$)")
"""What ``\\boxed 4`` holds: one number or letter, with nothing attached to it."""
_FEW = 4
_MARK = re.compile(
    r"\\[bcfhipsvx](?=[abcefhopt])(?:oxed|box|p?hantom|c?ancel|out|t(?![A-Za-z])|ffalse|egin\{comment\})"
)
"""Every command that `scan` knows, and a few words that are none. Begins with one character and two sets,
because it is searched for in all of every completion: seven searches for words take five times as long."""
_HIDDEN = re.compile(r"\\(?:[hv]?phantom|[bx]?cancel|sout|st)(?![A-Za-z])(\s*\{[^{}\\%<~]*\})?")
_WHOLE = frozenset({r"\fbox", r"\iffalse", r"\begin{comment}"})
"""What only `scan` reads."""
_MARKUP = re.compile(r"<(?=[!/tads])(?:!--|/?(?:think|answer|del|strike)>)")
_REGION_TAG = re.compile(r"<(?:!--|del>|strike>)")


def is_marked(text: str) -> bool:
    """Whether a comment or one of the tags that this package and `assay.sections` know stands in a text."""
    return "<" in text and _MARKUP.search(text) is not None


def hides(text: str) -> bool:
    """Whether anything in a text may hide a part of it; comments after a percent sign aside."""
    if ("~" in text and "~~" in text) or ("<" in text and _REGION_TAG.search(text)):
        return True
    marks = ((match.group(), match.start()) for match in _MARK.finditer(text))
    return any(name in _REGIONS or _HIDDEN.match(text, at) for name, at in marks)


def spans_of(text: str, *, marked: bool = True) -> tuple[list[Span], list[Span]]:
    """Visible boxes and answer tags, in order; a box or tag that is never closed does not count.

    Args:
        text: Without reasoning.
        marked: False when `is_marked` has said so.
    """
    quick = quick_spans(text, marked=marked)
    return scan(text) if quick is None else quick


def quick_spans(text: str, *, marked: bool = True) -> tuple[list[Span], list[Span]] | None:
    """What `scan` finds, by searching for the boxes; None unless they are few, plain and closed.

    What hides text and may reach across lines is looked for everywhere. A comment ends with its line, so only
    those in the lines of a box count; working cancels, and 30 kB of it nearly always do somewhere.
    """
    if ("~" in text and "~~" in text) or (marked and ("\\<" in text or _REGION_TAG.search(text))):
        return None
    boxes: list[Span] = []
    starts: list[int] = []
    hidden: list[int] = []
    for match in _MARK.finditer(text):
        name, at = match.group(), match.start()
        if name == r"\boxed":
            starts.append(at)
        elif name in _WHOLE:
            return None
        elif command := _HIDDEN.match(text, at):
            if command.group(1) is None:
                return None
            hidden.append(at)
    if len(starts) > _FEW:
        return None
    after = 0
    for at in starts:
        if at < after:
            return None  # inside the box before
        opened = at + len(r"\boxed")
        while text[opened : opened + 1].isspace() and text[opened] != "\n":
            opened += 1
        if at and text[at - 1] == "\\" and (at - len(text[:at].rstrip("\\"))) % 2:
            continue  # a line break before the word `boxed`
        if text[opened : opened + 1] == "{":
            end = _closing(text, opened)
            if end is None:
                return None
            box = Span(at, end + 1, opened + 1, end, False)
        elif bare := _BARE.match(text, at + len(r"\boxed")):
            box = Span(at, bare.end(), bare.start(1), bare.end(), False)
        else:
            continue
        line = text.rfind("\n", 0, at) + 1
        if text.find("%", line, box.end) >= 0 and PERHAPS_COMMENT.search(text, line, box.end):
            return None
        if hidden and any(at < place < box.end for place in hidden):
            return None
        boxes.append(box)
        after = box.end
    if not marked:
        return boxes, []
    tags = _quick_tags(text)
    return None if tags and "%" in text and PERHAPS_COMMENT.search(text) else (boxes, tags)


def _closing(text: str, opened: int) -> int | None:
    """Where the group that opens at `opened` is closed."""
    level, start = 0, opened
    while True:
        end = text.find("}", start)
        if end < 0:
            return None
        if text.find("\\", start, end) >= 0:
            break  # perhaps an escaped brace
        level += text.count("{", start, end) - 1
        if level == 0:
            return end
        start = end + 1
    for match in _BRACE.finditer(text, start):
        token = match.group()
        level += (token == "{") - (token == "}")
        if level == 0:
            return match.start()
    return None


def _quick_tags(text: str) -> list[Span]:
    tags: list[Span] = []
    end = text.find("</answer>") if text.rfind("</answer>") >= 0 else -1
    after = 0
    while end >= 0:
        start = text.rfind("<answer>", after, end)
        after = end + len("</answer>")
        if start >= 0:
            tags.append(Span(start, after, start + len("<answer>"), end, False))
        end = text.find("</answer>", after)
    return tags


def scan(text: str) -> tuple[list[Span], list[Span]]:
    """The general case: everything that may hide an answer, in one pass."""
    boxes: list[Span] = []
    tags: list[Span] = []
    stack: list[_Group] = []
    unseen = 0  # open groups on the stack that are not rendered
    region: str | None = None
    command: tuple[str, int, int] | None = None  # name, start, end of the command just read
    tag: _Group | None = None
    for match in _TOKEN.finditer(text):
        token, at = match.group(), match.start()
        if region is not None:
            if token == region:
                region = None
            continue
        last, command = command, None
        hides = token in _REGIONS and (token != "~~" or not stack)  # inside a group it is two ties
        if hides or (token == "%" and _is_comment(text, at)):
            region = _REGIONS.get(token, "\n")
            _flaw(stack)
            if tag:
                tag.flawed = True
        elif token == "{":
            name, start = "", at
            if last and not text[last[2] : at].strip():
                name, start = last[0], last[1]
            group = _Group(start, match.end(), name in _BOXES, name in _UNSEEN)
            if group.box or group.unseen:
                _flaw(stack)
            unseen += group.unseen
            stack.append(group)
        elif token == "}" and stack:
            group = stack.pop()
            unseen -= group.unseen
            if group.box and not unseen:
                boxes.append(Span(group.start, match.end(), group.inner, at, group.flawed))
        elif token == "<answer>":
            tag = _Group(at, match.end(), False, False)
        elif token == "</answer>" and tag is not None:
            tags.append(Span(tag.start, match.end(), tag.inner, at, tag.flawed))
            tag = None
        elif token in _BOXES or token in _UNSEEN:
            command = (token, at, match.end())
            bare = _BARE.match(text, match.end()) if token in _BOXES else None
            if bare:
                _flaw(stack)
                if not unseen:
                    boxes.append(Span(at, bare.end(), bare.start(1), bare.end(), False))
    return boxes, tags


def _flaw(stack: list[_Group]) -> None:
    """Mark the innermost open box: what opens now does not belong into an answer."""
    for group in reversed(stack[-8:]):
        if group.box:
            group.flawed = True
            return


def _is_comment(text: str, at: int) -> bool:
    """Whether a percent sign hides the rest of its line: not after a number or group (``50%``, ``50 %``)."""
    before = text[max(0, at - 8) : at].rstrip(" ")
    return not before or before[-1] not in "0123456789})$\\x"
