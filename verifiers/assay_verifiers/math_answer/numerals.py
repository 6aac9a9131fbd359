"""Numbers that are not written as mathematics: in words, in Chinese, as times of the day, in dotted groups.

`spelt` knows whole texts only; a word inside a sentence is never a number here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from assay_verifiers.math_answer.structures import Leaf
from assay_verifiers.math_answer.units import unit_name

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_ONES.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_TIMES = {"hundred": 100, "dozen": 12, **_LARGE}
_NUMBER_WORDS = {*_SMALL, *_LARGE, "hundred", "and"}
_PART_NAMES = "half third quarter fifth sixth seventh eighth ninth tenth"
_PARTS = {name: value for value, word in enumerate(_PART_NAMES.split(), 2) for name in (word, f"{word}s")} | {
    "halves": 2,
    "fourth": 4,
    "fourths": 4,
}
_HAN = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_LARGE = {"万": 10**4, "亿": 10**8}
_DOTTED = re.compile(r"([-+]?)(\d{1,3}(?:\.\d{3}){2,})")
_ORDINAL = re.compile(r"(\d{1,9})\s*(?:\\text\{\s*|\^\{?(?:\\text\{)?)?(?:st|nd|rd|th)\}?\}?")
_NO_CENTS = re.compile(
    r"(\d{1,3}(?:\.\d{3})+)\s*(?:\\text\{\s*)?(đồng|đ|VNĐ|VND|₫|rupiah)\s*\}?", re.IGNORECASE
)
"""Dotted groups before a currency that has no hundredths."""
_MULTIPLE = re.compile(
    r"(\\\$\s*)?([-+]?\d+(?:\.\d+)?)\s*(?:\\text\{\s*)?(hundred|thousand|million|billion|trillion|dozen|[万亿])"
    r"(?![A-Za-z])(.{0,60})",
    re.IGNORECASE,
)
_HAN_NUMBER = re.compile(r"(负?)([零〇一二三四五六七八九两十百千万亿]{1,20})([^\W\d_]{0,4})")
_CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2})(?::(\d{2}))?|(?=\s*(?:\\text\{| )\s*[ap]\.?\s*m\b))"
    r"\s*(?:\\text\{\s*)?(?:([ap])\.?\s*m\.?)?\s*\}?",
    re.IGNORECASE,
)
_RATIO = re.compile(r"\((\d{1,2})\)/\((\d{2})\)")
CLOCK = "clock"
"""The unit of a time of the day."""


def spelt(text: str) -> Leaf | None:
    """The number that a whole text names; None when it is none.

    Reads ``forty-two``, ``一百零五``, ``3 million``, ``1.5亿``, ``1.000.000``, ``8:34 p.m.``.
    """
    if len(text) > 100:
        return None
    first = text[:1]
    if first.isascii() and not first.isalnum() and first not in "-+\\":
        return None
    return _dotted(text) or _multiple(text) or _words(text) or _han(text) or _clock(text)


def _dotted(text: str) -> Leaf | None:
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal:
        return Leaf(ordinal.group(1), "th")
    groups = _DOTTED.fullmatch(text)
    if groups:
        return Leaf(groups.group(1) + groups.group(2).replace(".", ""))
    money = _NO_CENTS.fullmatch(text)
    return Leaf(money.group(1).replace(".", ""), money.group(2).casefold()) if money else None


def _multiple(text: str) -> Leaf | None:
    found = _MULTIPLE.fullmatch(text)
    if not found:
        return None
    word, rest = found.group(3).casefold(), found.group(4).strip(" }")
    if rest and not re.fullmatch(r"[^\W\d_]{2,20}|[元个人年千克米公里吨]", rest):
        return None
    factor = _TIMES.get(word) or _HAN_LARGE[word]
    return Leaf(
        _decimal(Fraction(found.group(2)) * factor),
        "$" if found.group(1) else (unit_name(rest) or "") if rest else "",
    )


def _decimal(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"({value})"


def _words(text: str) -> Leaf | None:
    """English cardinal numbers up to 999 trillion."""
    # A noun may follow, and a fraction may be meant: `two thirds`, `twelve apples`.
    plain = text.removeprefix(r"\text{").removesuffix("}").strip() if text.startswith(r"\text{") else text
    words = plain.casefold().replace("-", " ").split()
    sign = ""
    if words[:1] in (["minus"], ["negative"]):
        sign, words = "-", words[1:]
    part = _PARTS.get(words[-1]) if len(words) > 1 else None
    noun = ""
    if part:
        words = words[:-1]
    elif len(words) > 1 and words[0] in _NUMBER_WORDS and words[-1] not in _NUMBER_WORDS:
        noun = unit_name(words[-1]) or ""
        words = words[:-1] if len(noun) > 2 else []
    if not words or words[0] in ("and", "hundred", *_LARGE) or words[-1] == "and" or len(words) > 30:
        return None
    total = group = 0
    last = 10**15  # the least power of ten that was named, below which the next part must stay
    room = 10**3  # what the next part of the group must be smaller than
    for word in words:
        if word in _SMALL:
            value = _SMALL[word]
            if value >= room or (value == 0 and len(words) > 1):
                return None
            group += value
            room = 10 if value >= 20 else 1
        elif word == "hundred" and 0 < group < 10:
            group, room = group * 100, 100
        elif word in _LARGE and group and _LARGE[word] < last:
            total, last, group, room = total + group * _LARGE[word], _LARGE[word], 0, 10**3
        elif word != "and" or group % 100:
            return None
    value = sign + str(total + group)
    return Leaf(f"({value})/{part}" if part else value, noun)


def _han(text: str) -> Leaf | None:
    """Chinese numerals with at most a measure word: ``一百零五``, ``二十元``."""
    found = _HAN_NUMBER.fullmatch(text)
    if not found:
        return None
    total = section = digit = 0
    unit = 10**4
    pending = False
    for char in found.group(2):
        if char in _HAN:
            if pending and digit:
                return None  # two digits in a row are no number of this system
            digit, pending = _HAN[char], True
        elif char in _HAN_TENS:
            if _HAN_TENS[char] >= unit:
                return None
            unit = _HAN_TENS[char]
            section += (digit if pending and digit else 1) * unit
            digit, pending = 0, False
        else:
            total = (total + section + digit) * _HAN_LARGE[char]
            section = digit = 0
            unit, pending = 10**4, False
    if (
        pending
        and digit
        and unit > 10
        and section
        and "零" not in found.group(2)
        and "〇" not in found.group(2)
    ):
        digit *= unit // 10  # 一百五 is 150
    number = str(total + section + digit)
    return Leaf(("-" if found.group(1) else "") + number, found.group(3))


def _clock(text: str) -> Leaf | None:
    """A time of the day, where it cannot be a ratio; kept as 24 hours."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second, half = found.groups()
    minute = minute or "00"
    certain = half or minute.startswith("0") or (second or "").startswith("0")
    return clock(hour, minute, second or "00", half or "") if certain else None


def clock(hour: str, minute: str, second: str, half: str) -> Leaf | None:
    """A time as `Leaf`; None when there is no such time."""
    value = int(hour)
    if half:
        if not 1 <= value <= 12:
            return None
        value = value % 12 + (12 if half in "pP" else 0)
    if value > 24 or int(minute) > 59 or int(second) > 59:
        return None
    return Leaf(f"{value:02d}:{minute}:{second}", CLOCK)


def as_clock(leaf: Leaf) -> Leaf | None:
    """``20:34``, which reads as a ratio, as a time of the day."""
    if leaf.unit == CLOCK:
        return leaf
    ratio = _RATIO.fullmatch(leaf.text)
    return clock(ratio.group(1), ratio.group(2), "00", "") if ratio and not leaf.unit else None
