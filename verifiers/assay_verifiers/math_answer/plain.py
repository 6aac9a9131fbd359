"""Where an answer stands in free text: ``plain: anywhere``.

An announced answer (``The answer is 42``, ``#### 42``, ``答案：42``) counts; without one, the value that the
last sentence ends on (``so there are 42``), and a text that is nothing but an expression or a few
words is its own answer. Only the end of a text is read, so the work does not grow with its length.
Nothing is guessed: a question, a value among others that nothing marks, and a hedge are no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assay_verifiers.math_answer.letters import announced_letter, letter
from assay_verifiers.math_answer.spans import Span
from assay_verifiers.math_answer.values import (
    FUNCTIONS,
    VALUE,
    WORD,
    Range,
    asserted,
    evaluated,
    inside,
    is_mathematics,
    is_quantity,
    trimmed,
)
from assay_verifiers.math_answer.words import (
    ADDS,
    ANNOUNCED,
    CONCLUDING,
    COURTESY,
    DENIES,
    HEDGES,
    REPORTED,
    STEMS,
    TAKEN_BACK,
)

TAIL = 2000
"""How many characters at the end of a text are read."""
_STATEMENT = 400
_SHORT = 80
_SENTENCES = 3
"""How far back the last sentence with a value may stand."""

_CHAT = re.compile(r"(?:(?:<\|[a-z_]{1,20}\|>(?:user|assistant)?|</s>|<eos>)\s*)+$")
_END = re.compile(r"[.!?](?:\$\$?|\\[\])])?(?=[\s*_\"'”)]|$)|[。！？।؟]|\n[ \t]*\n|\n(?=[-*#•])")
_ASKS = frozenset(("?", "？", "؟"))
_LEADING = re.compile(r"[AIO] (?=[^\W\d_]{2})|[LlDd]['’](?=[^\W\d_]{2})")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|textit)\s*\{([^{}]*)\}")


def free_spans(text: str, *, choice: bool = False) -> list[Span]:
    """Every answer that free text states; empty when it states none. More than one is a list.

    Args:
        text: Without reasoning, boxes and answer tags.
        choice: The reference is the letter of a choice, so a letter may be the answer.
    """
    end = len(_CHAT.sub("", text[-TAIL:])) + max(0, len(text) - TAIL)
    begin = max(0, end - TAIL)
    tail = text[begin:end].rstrip()
    found = _announced(tail, choice)
    if found is None:
        found = _unannounced(tail, choice, whole=begin == 0)
    return [
        Span(begin + start, begin + stop, begin + start, begin + stop, False)
        for start, stop in found
        if stop > start
    ]


def last_announced(text: str) -> str | None:
    """The last answer that a text announces."""
    tail = text[-TAIL:]
    found = _announced(tail, choice=False)
    return tail[found[-1][0] : found[-1][1]] if found else None


def prose(content: str) -> bool:
    """Whether the content of a box is words around an answer: it begins with a word and holds a value."""
    bare = _LEADING.sub("", _TEXT.sub(r"\1", content).lstrip(" $*"))
    match = WORD.match(bare)
    if not match or match.group().casefold() in FUNCTIONS:
        return False
    follows = bare[match.end() : match.end() + 1]
    if follows not in (" ", ":", ",", "\n", "：", "，", "$") and match.group().isascii():
        return False
    return bool(VALUE.search(bare, match.end()))


def without_text(content: str) -> str:
    r"""The content of a box as prose: ``\text{…}`` opened."""
    return _TEXT.sub(r"\1", content)


def choice_span(content: str) -> Span | None:
    """The one letter that a short text asserts as the choice."""
    found = letter(content, 0, len(content))
    return Span(found[0], found[1], found[0], found[1], False) if found else None


def _announced(text: str, choice: bool) -> list[Range] | None:
    """What each announcement states; None when nothing is announced. What is taken back does not count."""
    found: list[Range] = []
    matches = list(_announcements(text))
    heard = False
    for index, match in enumerate(matches):
        start, end = _statement(text, match.end())
        last = index + 1 == len(matches)
        following = len(text) if last else matches[index + 1].start()
        if following < end or start == end:
            continue  # `Final Answer: The final answer is 42`
        value = _asserted(text, start, end, choice, announced=True)
        if match.group().startswith("#") and (value is None or _is_heading(text, match.end(), value)):
            continue
        heard = True
        rest = text[end : min(following, end + _STATEMENT)]
        lettered = choice and value is not None and value[1] - value[0] == 1
        if last and (
            text[end : end + 1] in _ASKS or _doubted(rest, lettered) or _reported(text, match.start())
        ):
            return []
        if value is None and last:
            return []
        if value is not None and (last or not TAKEN_BACK.search(rest.lower())):
            found.append(value)
    return found if heard else None


def _announcements(text: str) -> list[re.Match[str]]:
    """The announcements in a text, found by their stems."""
    lower = text.lower()
    if len(lower) != len(text):  # rare letters, such as a dotted capital I
        lower = text
    ascii_only = lower.isascii()
    starts: set[int] = set()
    for stem in STEMS:
        if ascii_only and not stem.isascii():
            break
        at = lower.find(stem)
        while at >= 0:
            starts.add(at)
            at = lower.find(stem, at + len(stem))
    found: list[re.Match[str]] = []
    for start in sorted(starts):
        if not found or start >= found[-1].end():
            match = ANNOUNCED.match(lower, start)
            if match:
                found.append(match)
    return found


def _reported(text: str, start: int) -> bool:
    """Whether the words before an announcement make it a guess, or someone else's."""
    before = text[max(0, start - 160) : start].lower()
    lead = before[max((match.end() for match in _END.finditer(before)), default=0) :]
    return bool(REPORTED.search(lead) or HEDGES.search(lead))


def _doubted(rest: str, lettered: bool) -> bool:
    """Whether the text after the answer doubts it or adds another; text of an option adds none."""
    sentences = [part for part in _END.split(rest.lower()) if part.strip()]
    added = (ADDS.match(part) for part in sentences)
    return any(HEDGES.search(part) for part in sentences) or any(
        match and not (lettered and match.group().strip()[:1].isdigit()) for match in added
    )


def _is_heading(text: str, start: int, value: Range) -> bool:
    """``#### Step 1: multiply`` heads a section."""
    return bool(WORD.match(text, start)) and value[1] < len(text.rstrip(" .*_\n"))


def _statement(text: str, start: int) -> Range:
    """The sentence from `start` on; a displayed formula is not cut."""
    while start < len(text) and text[start] in ' \t\n*_:"':
        start += 1
    limit = min(len(text), start + _STATEMENT)
    skip = start
    formula = VALUE.match(text, start)
    if formula and formula.end() <= limit:
        skip = formula.end()
    end = _sentence_end(text, skip, limit)
    line = text.find("\n", skip, end)
    return start, end if line < 0 else line


def _sentence_end(text: str, start: int, limit: int) -> int:
    position = start
    while True:
        match = _END.search(text, position, limit)
        if not match:
            return limit
        closes = match.group()[-1] in "$)]"  # the full stop stands inside the formula
        end = match.end() if closes else match.start()
        if text.count("$", start, end) % 2 == 0 or match.group()[0] == "\n":
            return end
        position = match.end()


def _unannounced(text: str, choice: bool, *, whole: bool) -> list[Range]:
    """The whole text when it is one short statement, else what the last sentence with a value says."""
    stripped = text.strip()
    if choice and whole and len(stripped) <= 300:
        chosen = letter(text, 0, len(text))
        if chosen:
            return [chosen]
    first = len(text) - len(text.lstrip())
    if whole and len(stripped) <= 300 and "\n\n" not in stripped:
        last = trimmed(text, first, len(text))
        inner = inside(text, *last)
        if is_mathematics(text[inner[0] : inner[1]]) or is_quantity(text[last[0] : last[1]]):
            return [evaluated(text, *inner)]
        if len(stripped) <= _SHORT and not VALUE.search(stripped) and len(stripped.split()) <= 5:
            return [last]
    for start, end in _last_sentences(text):
        sentence = text[start:end]
        lower = sentence.lower()
        if COURTESY.match(lower):
            continue
        if DENIES.search(lower) and not VALUE.search(sentence):
            return []  # `I do not know.`
        if HEDGES.search(lower) or text[end : end + 1] in _ASKS:
            return []
        if not VALUE.search(sentence):
            continue
        for match in CONCLUDING.finditer(lower):
            if VALUE.search(sentence, match.end()):
                start = end - len(sentence) + match.start()
        value = _asserted(text, start, end, choice, announced=False)
        return [value] if value else []
    return []


def _last_sentences(text: str) -> Sequence[Range]:
    """The last sentences, the last one first."""
    sentences: list[Range] = []
    begin = max(0, len(text) - 2 * _STATEMENT)
    position = begin
    while position < len(text):
        end = _sentence_end(text, position, len(text))
        if text[position:end].strip(" .*_\n"):
            sentences.append((position, end))
        position = end + 1
    return sentences[: -_SENTENCES - 1 : -1]


def _asserted(text: str, start: int, end: int, choice: bool, *, announced: bool) -> Range | None:
    chosen = (announced_letter(text, start, end) if announced else None) if choice else None
    if choice and chosen is None:
        chosen = letter(text, start, end)
    return chosen or asserted(text, start, end, announced=announced)
