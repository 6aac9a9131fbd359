"""The one asserted final answer of a completion.

The contract: after the reasoning, a completion asserts exactly one answer. It stands in ``\\boxed{}``
or ``\\fbox{}``, or alone in ``<answer></answer>``. The same answer may be stated twice; different answers
together are one list, which equals no single value. What a reader
of the rendered text does not see (comments, ``\\phantom``) or sees struck out is not asserted. An
answer that the words next to it deny, or that is followed by another answer, is not asserted.

One pass over the tokens of the text, with a stack of open groups: linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.sections import after_reasoning
from assay_verifiers.math_answer.normalize import normalize

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
_MAX_BOXES = 32
_BEFORE = 160
_AFTER = 400
"""How many characters around a box are read for a denial or a second statement."""

_DENIED_BEFORE = re.compile(
    r"(?:\bnot|n't|n’t|\bnever|\bcannot|\bneither|\bnor|\brather than|\binstead of|\bother than"
    r"|\banything but)"
    r"(?:\s+(?:equals?|to|be|the|an?|my|our|definitely|actually|simply|just|exactly|final|answer|value|is|it))*$"
    r"|\b(?:wrong|incorrect|false|mistaken)(?:\s+final)?\s+(?:answer|value|result)"
    r"(?:\s+(?:is|was|would be))?$"
    r"|(?:n't|n’t|\bnot|\bnever|\bdoubt|\bhardly)(?:\s+\w+){0,4}\s+(?:the|my|our)\s+"
    r"(?:final\s+|correct\s+)?answer"
    r"\s+(?:is|equals|was|should be|to be|can be|could be)$"
    r"|[^}\s]\s+or$|\beither$"
    r"|\b(?:untrue|wrong|false|incorrect|not the case|not true)\s+(?:to say\s+)?that\b[^,;]*$"
)
_IS = r"^\s*,?\s*(?:which\s+|that\s+|this\s+|it\s+)?(?:is|was|would be|seems|looks|can|could|must|should)?\s*"
_ADVERB = r"(?:clearly|definitely|obviously|certainly|also|be|completely|just|simply|surely)?\s*"
_DENIED_AFTER = re.compile(
    _IS + _ADVERB + r"(?:wrong|incorrect|false|untrue|mistaken|impossible)\b"
    "|" + _IS + _ADVERB + r"(?:not|never|cannot)\s+" + _ADVERB + r"(?:the\s+|my\s+|our\s+|an?\s+)?"
    r"(?:(?:final|correct|right|true|actual)\s+)*(?:be|answer|solution|value|result|correct|right|true|valid)\b"
    r"|^\s*,?\s*(?:is|was|does|can|could|would)n[’']t\b|^\s*,?\s*(?:or|and|and/or)\s+\$?-?\d"
)
_RETRACTED = re.compile(
    r"\b(?:that|this|it|which|the above|my answer)(?:\s+is|\s+was|'s|’s)\s+(?:\w+\s+)?"
    r"(?:wrong|incorrect|a mistake|not right|not correct|false)\b"
    r"|\bscratch that\b|\bnever ?mind\b|\bi take (?:it|that) back\b"
)
_NUMBER = r"[\s:=$*\\(\[{]{0,8}(-?\d[\d.,]*(?:/\d+)?)"
_STATED_BEFORE = re.compile(r"\bfinal answer(?:\s+is|\s*:|\s+equals)" + _NUMBER)
_STATED_AFTER = re.compile(
    r"\banswer(?:\s+is|\s*:|\s+equals|\s+should be|\s+must be)(?:\s+actually|\s+rather|\s+really)?" + _NUMBER
)
_WRAP = re.compile(r"(?:\$|\\[()\[\]]|\*\*|__|\s|:|\\displaystyle|\\quad)+$")
_SENTENCE = re.compile(r"[.!?;](?:\s|$)|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Found:
    """The asserted answer."""

    texts: tuple[str, ...]
    """Each distinct spelling, as it stands in the completion; several that differ in value are a list."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a completion asserts no single answer."""

    reason: str
    nothing: bool
    """True: no answer that can be judged. False: more than one is stated, or the one is denied."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    opened: int
    closed: int
    flawed: bool
    """It holds another box, or struck-out or invisible text."""


def final_answer(
    completion: str, *, several: str = "list", answer_tag: bool = True, max_chars: int = 1000
) -> Found | Refused:
    """Find the one asserted answer.

    Args:
        completion: The model's text, without the prompt.
        several: ``list`` or ``last``, see `MathAnswerOptions.several`.
        answer_tag: Whether an answer tag without a box counts.
        max_chars: A longer answer is refused before anything reads it.
    """
    text = after_reasoning(completion)
    if text is None:
        return Refused("the reasoning was never closed", nothing=True)
    boxes, tags = _spans(text)
    if len(boxes) > _MAX_BOXES or len(tags) > _MAX_BOXES:
        return Refused("far too many answers are stated", nothing=False)
    spans = _stated(boxes, tags if answer_tag else [])
    if not spans:
        return Refused("no answer is stated in a box or an answer tag", nothing=True)
    if several == "last":
        spans = spans[-1:]
    if any(span.flawed for span in spans):
        return Refused("the answer holds a second box, or struck-out or invisible text", nothing=False)
    if any(span.closed - span.opened > max_chars for span in spans):
        return Refused(f"the stated answer is longer than {max_chars} characters", nothing=True)
    answers = [normalize(text[span.opened : span.closed]) for span in spans]
    if not all(answers):
        return Refused("the stated answer is empty", nothing=True)
    for span in spans:
        if _denied(text, span):
            return Refused("the answer is stated and denied", nothing=False)
    if _contradicted(text, spans, answers[-1], several):
        return Refused("the text states another answer beside the box", nothing=False)
    distinct = {
        answer: text[span.opened : span.closed].strip() for answer, span in zip(answers, spans, strict=True)
    }
    if sum(map(len, distinct)) > max_chars:
        return Refused(f"the stated answers are longer than {max_chars} characters", nothing=True)
    return Found(tuple(distinct.values()))


def _stated(boxes: Sequence[_Span], tags: Sequence[_Span]) -> list[_Span]:
    """Boxes, and answer tags that hold none; in order of their ends."""
    bare = [tag for tag in tags if not any(tag.start <= box.start and box.end <= tag.end for box in boxes)]
    return sorted([*boxes, *bare], key=lambda span: span.end)


@dataclass(slots=True)
class _Group:
    start: int
    inner: int
    box: bool
    unseen: bool
    flawed: bool = False


def _spans(text: str) -> tuple[list[_Span], list[_Span]]:
    """Visible boxes and answer tags, in order; a box or tag that is never closed does not count."""
    boxes: list[_Span] = []
    tags: list[_Span] = []
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
                boxes.append(_Span(group.start, match.end(), group.inner, at, group.flawed))
        elif token == "<answer>":
            tag = _Group(at, match.end(), False, False)
        elif token == "</answer>" and tag is not None:
            tags.append(_Span(tag.start, match.end(), tag.inner, at, tag.flawed))
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


def _denied(text: str, span: _Span) -> bool:
    before = _WRAP.sub("", text[max(0, span.start - _BEFORE) : span.start]).lower()
    after = text[span.end : span.end + _AFTER].lstrip("$\\)]*_ }").lower()
    sentence = _SENTENCE.split(before)[-1]
    return bool(_DENIED_BEFORE.search(" ".join(sentence.split())) or _DENIED_AFTER.search(after))


def _contradicted(text: str, spans: Sequence[_Span], ours: str, several: str) -> bool:
    """A retraction after the last box, or a plain number announced as the (final) answer that is not it.

    Before the box only the words `final answer` count, because working may speak of other answers.
    """
    after = text[spans[-1].end : spans[-1].end + _AFTER].lower()
    if _RETRACTED.search(after):
        return True
    found = [match.group(1) for match in _STATED_AFTER.finditer(after)]
    if several == "list":
        before = text[max(0, spans[0].start - _AFTER) : spans[0].start].lower()
        found += [match.group(1) for match in _STATED_BEFORE.finditer(before)]
    if not re.fullmatch(r"-?[\d.,/]+", ours):
        return False
    return any(normalize(number.rstrip(".,")) != ours for number in found)
