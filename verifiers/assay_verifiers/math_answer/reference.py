"""What the text of a reference states: a bare answer, a box, ``#### 42``, or a whole worked solution.

A reference asserts its answer, so nothing is refused for the words around it; what cannot be told
from the rest is the reference's fault.
"""

from __future__ import annotations

import re

from assay_verifiers.math_answer.canonical import canonical
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.plain import free_spans, last_announced, prose
from assay_verifiers.math_answer.spans import Span, spans_of
from assay_verifiers.math_answer.syntax import RATIONAL

_MISSING = frozenset({"nan", "null", "n/a", "<na>"})
"""What data frames and dumps write where a reference is missing."""
_ANNOUNCED = re.compile(r"(?i)\banswer\**(?:\s+is\s*:?|\s*:)\**\s*")
_OPTION = re.compile(
    r"(?:\(([A-J])\)|([A-J])[).:])\s+(?!(?:and|or|nor)\b)(?:[^\W_]|-?[\\$\d]).*"
    r"|([B-H])\s+[A-Z][a-z]+(?:\s+[^\W\d_]+){0,8}|([A-H])\s+[A-Z][a-z]+[^\n]*\n.*",
    re.DOTALL,
)
_OTHER_LETTER = re.compile(r".[^\n]*[\s(][A-J](?![A-Za-z'])")
_OPENED = re.compile(r"\\(?:text[a-z]*|mathrm|mbox)\s*\{([^{}]*)\}")
_SPACE = re.compile(r"\\(?:[ ,;:!]|q?quad(?![A-Za-z]))|~")
_BREAK = re.compile(r"(?<!\\)\b(?!(?:and|or|text|quad|qquad)\b)[a-z]{2,}")
_THOUSAND_DOTS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3}){2,}")


class ReferenceError_(ValueError):  # noqa: N801, N818 - ReferenceError is a builtin of another meaning
    """The reference cannot be used; the message says why."""


def stated(text: str, max_chars: int) -> str:
    """The normalised answer that a reference states.

    Raises:
        ReferenceError_: when it states none, or is longer than `max_chars`.
    """
    if len(text) <= min(60, max_chars) and RATIONAL.fullmatch(text):
        return normalize(text)
    if r"\boxed" in text or r"\fbox" in text:
        text = _boxed(text, max_chars)
    elif "####" in text:
        text = text.rpartition("####")[2]
    elif "<answer>" in text:
        text = text.rpartition("<answer>")[2].partition("</answer>")[0]
    text = text.strip()
    long = len(text) > 60 or "\n" in text
    if long:
        text = last_announced(text) or _ANNOUNCED.split(text)[-1]
    text = option_letter(text) or text
    if prose(text):
        text = _from_prose(text)
    if len(text) > max_chars:
        raise ReferenceError_(f"the reference is longer than {max_chars} characters")
    text = normalize(text)
    if not text:
        raise ReferenceError_("the reference is empty")
    if text.casefold() in _MISSING:
        raise ReferenceError_("the reference is the mark of a missing value")
    return text


def option_letter(text: str) -> str | None:
    """The letter of ``(D) Alina``; None for other text, and where another letter stands beside it."""
    plain = _SPACE.sub(" ", _OPENED.sub(r"\1 ", text)).strip()
    match = _OPTION.fullmatch(plain)
    if not match or _OTHER_LETTER.match(plain, 1):
        return None
    return next(group for group in match.groups() if group)


def is_choice(text: str) -> bool:
    """Whether a normalised reference is the letter of a choice."""
    return len(text) == 1 and "A" <= text <= "J"


def joined(texts: tuple[str, ...]) -> str:
    """The normalised answer; answers of different value become one list."""
    if len(texts) == 1:
        text = normalize(texts[0])
        return text.replace(".", "") if _THOUSAND_DOTS.fullmatch(text) else text
    values = {canonical(read(text)): text for text in map(normalize, texts)}
    return " ; ".join(values.values())


def _boxed(text: str, max_chars: int) -> str:
    boxes = spans_of(text)[0]
    if not boxes and r"\\boxed" in text:  # escaped once too often
        text = text.replace("\\\\", "\\")
        boxes = spans_of(text)[0]
    if not boxes:
        raise ReferenceError_("in the reference, no answer is stated in a box or an answer tag")
    boxes = _last_list(text, boxes)
    if any(box.flawed for box in boxes):
        raise ReferenceError_(
            "in the reference, the answer holds a second box, or struck-out or invisible text"
        )
    if sum(box.closed - box.opened for box in boxes) > max_chars:
        raise ReferenceError_(f"in the reference, the stated answer is longer than {max_chars} characters")
    contents = [text[box.opened : box.closed] for box in boxes]
    if not all(normalize(content) for content in contents):
        raise ReferenceError_("in the reference, the stated answer is empty")
    return joined(tuple(dict.fromkeys(contents))) if len(contents) > 1 else contents[0]


def _last_list(text: str, boxes: list[Span]) -> list[Span]:
    """The last box, and the boxes before it that only commas, names or ``and`` stand between."""
    first = len(boxes) - 1
    while first and not _BREAK.search(text[boxes[first - 1].end : boxes[first].start]):
        first -= 1
    return boxes[first:]


def _from_prose(text: str) -> str:
    """``The number is 4.`` states what it ends on."""
    spans = free_spans(text)
    if len(spans) == 1 and not text[spans[0].end :].strip(" .*$_\n\\)]"):
        return text[spans[0].start : spans[0].end]
    return text
