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
from operator import attrgetter

from assay.sections import after_reasoning
from assay_verifiers.math_answer.found import Found, Refused
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.plain import choice_span, free_spans, prose, without_text
from assay_verifiers.math_answer.spans import PERHAPS_COMMENT, Span, hides, is_marked, spans_of

_END = attrgetter("end")
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
_STATED_BEFORE = re.compile(r"final answer(?<!\wfinal answer)(?:\s+is|\s*:|\s+equals)" + _NUMBER)
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
    " or",
    "\nor",
)
"""Without one of these, which words such as `cannot` hold too, `_DENIED_BEFORE` finds nothing."""
_PLAIN_NUMBER = re.compile(r"-?[\d.,/]+")
_FORMULA_SIGNS = re.compile(r"[\\=+*/^_{}$\d<>|]")
_SENTENCE = re.compile(r"[.!?;](?:\s|$)|\n\s*\n")


def final_answer(
    completion: str,
    *,
    several: str = "list",
    answer_tag: bool = True,
    plain: str = "no",
    choice: bool = False,
    max_chars: int = 1000,
) -> Found | Refused:
    """Find the one asserted answer.

    Args:
        completion: The model's text, without the prompt.
        several: ``list`` or ``last``, see `MathAnswerOptions.several`.
        answer_tag: Whether an answer tag without a box counts.
        plain: ``no``, ``line`` or ``anywhere``, see `MathAnswerOptions.plain`.
        choice: The reference is the letter of a choice; matters with ``anywhere`` alone.
        max_chars: A longer answer is refused before anything reads it.
    """
    text, marked = completion, is_marked(completion)
    if marked:
        text = after_reasoning(completion)
        if text is None:
            return Refused("the reasoning was never closed", nothing=True)
        marked = is_marked(text)
    boxes, tags = spans_of(text, marked=marked)
    if plain == "anywhere" and not boxes and r"\\boxed" in text:  # every backslash is escaped
        text = text.replace("\\\\", "\\")
        boxes, tags = spans_of(text, marked=marked)
    if len(boxes) > _MAX_BOXES or len(tags) > _MAX_BOXES:
        return Refused("far too many answers are stated", nothing=False)
    spans = _stated(boxes, tags if answer_tag else [])
    free = plain != "no" and not boxes and not tags
    if free:
        spans = _plain(text) if plain == "line" else _free(text, choice)
    if not spans:
        where = "in a box or an answer tag" if plain == "no" else "that can be told from the rest"
        return Refused(f"no answer is stated {where}", nothing=True)
    if several == "last":
        spans = spans[-1:]
    for span in spans:
        if span.flawed:
            return Refused("the answer holds a second box, or struck-out or invisible text", nothing=False)
        if span.closed - span.opened > max_chars:
            return Refused(f"the stated answer is longer than {max_chars} characters", nothing=True)
    stated = [text[span.opened : span.closed] for span in spans]
    if plain == "anywhere" and not free:
        stated = [_from_prose(content, choice) for content in stated]
        if None in stated:
            return Refused("the words in the box state no single answer", nothing=False)
    return _checked(text, spans, [content for content in stated if content is not None], several, max_chars)


def _checked(
    text: str, spans: Sequence[Span], stated: Sequence[str], several: str, max_chars: int
) -> Found | Refused:
    answers = [normalize(content) for content in stated]
    if not all(answers):
        return Refused("the stated answer is empty", nothing=True)
    for span in spans:
        if _denied(text, span):
            return Refused("the answer is stated and denied", nothing=False)
    if _contradicted(text, spans, answers[-1], several):
        return Refused("the text states another answer beside the box", nothing=False)
    if len(answers) == 1:
        return Found((stated[0].strip(),))
    distinct = {answer: content.strip() for answer, content in zip(answers, stated, strict=True)}
    if sum(map(len, distinct)) > max_chars:
        return Refused(f"the stated answers are longer than {max_chars} characters", nothing=True)
    return Found(tuple(distinct.values()))


def _from_prose(content: str, choice: bool) -> str | None:
    """What the words in a box state; its content when they are no prose, None when they deny or list."""
    if choice and len(content) > 1 and not _FORMULA_SIGNS.search(without_text(content)):
        letter = choice_span(without_text(content))
        if letter:
            return without_text(content)[letter.start : letter.end]
    if not prose(content):
        return content
    words = without_text(content)
    spans = free_spans(words)
    if not spans:
        return content  # nothing in it is told from the rest; it may be a formula of its own
    answer = words[spans[-1].start : spans[-1].end]
    if len(spans) > 1 or _denied(words, spans[0]) or _contradicted(words, spans, normalize(answer), "list"):
        return None
    return answer


def _free(text: str, choice: bool) -> list[Span]:
    """What free text states; nothing when a part of it may be hidden."""
    if hides(text) or ("%" in text and PERHAPS_COMMENT.search(text)):
        return []
    return free_spans(text, choice=choice)


def _stated(boxes: Sequence[Span], tags: Sequence[Span]) -> list[Span]:
    """Boxes, and answer tags that hold none; in order of their ends."""
    if not tags:
        return sorted(boxes, key=_END) if len(boxes) > 1 else list(boxes)
    bare = [tag for tag in tags if not any(tag.start <= box.start and box.end <= tag.end for box in boxes)]
    return sorted([*boxes, *bare], key=_END)


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


def disowned(text: str, start: int, end: int) -> bool:
    """Whether the words next to an answer deny it or take it back."""
    after = text[end : end + _AFTER].lower()
    return _denied(text, Span(start, end, start, end, False)) or bool(_RETRACTED.search(after))


def _denied(text: str, span: Span) -> bool:
    # White space one by one: the pattern's neighbouring `\s*` would share a long run out in n⁴ ways.
    after = " ".join(text[span.end : span.end + _AFTER].lstrip("$\\)]*_ }").lower().split())
    if len(after) > 2 and _DENIED_AFTER.search(after):
        return True
    begin = max(0, span.start - _BEFORE)
    paragraph = text.rfind("\n\n", begin, span.start) + 2
    if paragraph >= 2 and text[paragraph : paragraph + 1].isalpha():
        begin = paragraph  # the last sentence begins no earlier
    before = text[begin : span.start].lower()
    for word in _DENIALS:
        if word in before:
            sentence = _SENTENCE.split(_unwrapped(before))[-1]
            return bool(_DENIED_BEFORE.search(" ".join(sentence.split())))
    return False


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
    said = len(after) > 4  # `$.` says nothing
    if said and _RETRACTED.search(after):
        return True
    formula = _OTHER_FORMULA.search(after) if said else None
    if formula and normalize(formula.group(1) or formula.group(2)) != ours.lower():
        return True
    if not _PLAIN_NUMBER.fullmatch(ours):
        return False
    found = _STATED_AFTER.findall(after) if "answer" in after else []
    if several == "list":
        before = text[max(0, spans[0].start - _AFTER) : spans[0].start].lower()
        if "final answer" in before:
            found += _STATED_BEFORE.findall(before)
    return any(normalize(number.rstrip(".,")) != ours for number in found)
