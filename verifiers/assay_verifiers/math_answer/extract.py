"""The one asserted final answer of a completion.

The contract: after the reasoning, a completion asserts exactly one answer. It stands in ``\\boxed{}``
or ``\\fbox{}``, or alone in ``<answer></answer>``. The same answer may be stated twice; different answers
together are one list, which equals no single value. What a reader
of the rendered text does not see (comments, ``\\phantom``) or sees struck out is not asserted. An
answer that the words next to it deny, or that is followed by another answer, is not asserted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.sections import after_reasoning
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.spans import Span, hides, spans_of

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
_FORMULA = r"(?:\$+|\\\()([^$]{1,300}?)(?:\$|\\\))"
_OTHER_FORMULA = re.compile(
    r"^[\s$*_.,})\]]{0,8}or\s+" + _FORMULA + r"|\b(?:no|wait|sorry|actually|correction)\b[^.$\n]{0,40}"
    r"\banswer(?:\s+is|\s*:|\s+equals|\s+should be|\s+must be)\s*" + _FORMULA
)
_WRAPS = ("$", r"\(", r"\)", r"\[", r"\]", "**", "__", ":", r"\displaystyle", r"\quad")
_DENIALS = (
    "not",
    "n't",
    "n’t",
    "never",
    "nor",
    "rather",
    "instead",
    "other",
    "anything",
    "wrong",
    "incorrect",
    "false",
    "mistaken",
    "doubt",
    "hardly",
    "either",
    "untrue",
)
"""Without one of these, or `or` at the end, `_DENIED_BEFORE` finds nothing."""
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


def final_answer(
    completion: str,
    *,
    several: str = "list",
    answer_tag: bool = True,
    plain: bool = False,
    max_chars: int = 1000,
) -> Found | Refused:
    """Find the one asserted answer.

    Args:
        completion: The model's text, without the prompt.
        several: ``list`` or ``last``, see `MathAnswerOptions.several`.
        answer_tag: Whether an answer tag without a box counts.
        plain: Whether the last line may state the answer where there is no box or tag.
        max_chars: A longer answer is refused before anything reads it.
    """
    text = after_reasoning(completion)
    if text is None:
        return Refused("the reasoning was never closed", nothing=True)
    boxes, tags = spans_of(text)
    if len(boxes) > _MAX_BOXES or len(tags) > _MAX_BOXES:
        return Refused("far too many answers are stated", nothing=False)
    spans = _stated(boxes, tags if answer_tag else [])
    if plain and not boxes and not tags:
        spans = _plain(text)
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


def _stated(boxes: Sequence[Span], tags: Sequence[Span]) -> list[Span]:
    """Boxes, and answer tags that hold none; in order of their ends."""
    bare = [tag for tag in tags if not any(tag.start <= box.start and box.end <= tag.end for box in boxes)]
    return sorted([*boxes, *bare], key=lambda span: span.end)


_PLAIN = re.compile(
    r"(?:^|(?<=[.!?] ))(?:####|(?:(?:so|thus|hence|therefore),? )?the (?:final )?answer is(?::| =)?)"
    r"\s*(\S[^\n]*)$",
    re.I,
)
_PLAIN_LINE = 300


def _plain(text: str) -> list[Span]:
    """``#### 42``, or the sentence ``The answer is 42``, as the last line and stated once."""
    text = text.rstrip()
    start = text.rfind("\n") + 1
    folded = text.casefold()
    visible = not hides(text) and "%" not in text
    once = folded.count("####") + folded.count("answer is") == 1
    if len(text) - start > _PLAIN_LINE or not visible or not once:
        return []
    match = _PLAIN.search(text[start:])
    if not match:
        return []
    end = start + len(text[start:].rstrip(" .*$"))
    return [
        Span(
            start + match.start(), len(text), start + match.start(1), max(end, start + match.start(1)), False
        )
    ]


def _denied(text: str, span: Span) -> bool:
    before = _unwrapped(text[max(0, span.start - _BEFORE) : span.start]).lower()
    after = text[span.end : span.end + _AFTER].lstrip("$\\)]*_ }").lower()
    if _DENIED_AFTER.search(after):
        return True
    sentence = _SENTENCE.split(before)[-1]
    perhaps = sentence.endswith("or") or any(word in sentence for word in _DENIALS)
    return perhaps and bool(_DENIED_BEFORE.search(" ".join(sentence.split())))


def _unwrapped(text: str) -> str:
    """Without the opening of a formula at the end."""
    while True:
        before = text
        text = text.rstrip()
        for wrap in _WRAPS:
            text = text.removesuffix(wrap)
        if text == before:
            return text


def _contradicted(text: str, spans: Sequence[Span], ours: str, several: str) -> bool:
    """A retraction or another formula after the last box, or another number announced as the answer.

    Before the box only the words `final answer` count, because working may speak of other answers.
    """
    after = text[spans[-1].end : spans[-1].end + _AFTER].lower()
    if _RETRACTED.search(after):
        return True
    formula = _OTHER_FORMULA.search(after)
    if formula and normalize(formula.group(1) or formula.group(2)) != ours.lower():
        return True
    if not re.fullmatch(r"-?[\d.,/]+", ours):
        return False
    found = [match.group(1) for match in _STATED_AFTER.finditer(after)]
    if several == "list":
        before = text[max(0, spans[0].start - _AFTER) : spans[0].start].lower()
        found += [match.group(1) for match in _STATED_BEFORE.finditer(before)]
    return any(normalize(number.rstrip(".,")) != ours for number in found)
