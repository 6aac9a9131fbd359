"""Where boxes and answer tags stand in a text, and what a reader of the rendered text does not see.

One pass over the tokens of the text, with a stack of open groups: linear in its length. Texts in
which nothing is hidden and boxes are few, which is nearly all, are searched without a stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\\begin\{comment\}|\\end\{comment\}|\\[A-Za-z]+|\\.|[{}%\n]|<!--|-->|~~|</?(?:answer|del|strike)>",
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


@dataclass(frozen=True, slots=True)
class Span:
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


HIDING = ("phantom", "cancel", r"\sout", r"\st", r"\iffalse", "{comment}", "~~", "<!--", "<del>", "<strike>")
"""Without any of these, and without a comment, all of a text is seen."""
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_PERHAPS_COMMENT = re.compile(r"%(?<![0-9})$\\x]%)(?<![0-9})$\\x] %)")
"""A percent sign that `_is_comment` may call one; written so that the search is for the sign."""
_FEW = 4


def hides(text: str) -> bool:
    """Whether anything in a text may hide a part of it; comments aside."""
    marks = HIDING if "<" in text or "~" in text else HIDING[:6]
    for mark in marks:  # noqa: SIM110 - measured: a generator takes twice as long
        if mark in text:
            return True
    return False


def spans_of(text: str) -> tuple[list[Span], list[Span]]:
    """Visible boxes and answer tags, in order; a box or tag that is never closed does not count."""
    quick = quick_spans(text)
    return scan(text) if quick is None else quick


def quick_spans(text: str) -> tuple[list[Span], list[Span]] | None:
    """What `scan` finds, by searching for the boxes; None unless they are few, plain and closed."""
    if r"\fbox" in text or text.count(r"\boxed") > _FEW or _PERHAPS_COMMENT.search(text):
        return None
    if hides(text):
        return None
    boxes: list[Span] = []
    at = text.find(r"\boxed")
    while at >= 0:
        opened = at + len(r"\boxed")
        while text[opened : opened + 1].isspace() and text[opened] != "\n":
            opened += 1
        escaped = (at - len(text[:at].rstrip("\\"))) % 2
        if not escaped and text[opened : opened + 1] == "{":
            end = _closing(text, opened)
            if end is None or text.find(r"\boxed", opened, end) >= 0:
                return None
            boxes.append(Span(at, end + 1, opened + 1, end, False))
            opened = end
        at = text.find(r"\boxed", opened)
    return boxes, _quick_tags(text)


def _closing(text: str, opened: int) -> int | None:
    """Where the group that opens at `opened` is closed."""
    level = 0
    for match in _BRACE.finditer(text, opened):
        token = match.group()
        level += (token == "{") - (token == "}")
        if level == 0:
            return match.start()
    return None


def _quick_tags(text: str) -> list[Span]:
    tags: list[Span] = []
    end = text.find("</answer>")
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
