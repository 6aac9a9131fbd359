"""The values in one sentence, and which of them it asserts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from assay_verifiers.math_answer.admit import letters_of
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.oracle import parsed
from assay_verifiers.math_answer.structures import Leaf
from assay_verifiers.math_answer.words import (
    CHANGES_AFTER,
    CHANGES_BEFORE,
    CONCLUDES,
    DENIES,
    EXPLAINS,
    HEDGES,
    IS_THE_ANSWER,
    JOINS,
    LINKED,
    LINKED_REACH,
    PREPOSED,
    SUPPOSES,
)

Range = tuple[int, int]
"""Start and end in the text."""

_NUMBER = (
    r"(?<![0-9A-Za-z.,/^\\_])[-+−]?\s?(?:\\?\$\s?)?(?:\d+(?:[.,]\d+)*|\.\d+)(?:\s?/\s?\d+(?:\.\d+)?)?"
    r"(?:[eE][-+]?\d+(?!\w))?(?:\s?\\?%)?"
)
VALUE = re.compile(
    r"\$\$[^$]{1,300}\$\$|\$(?=\S|\s+\\)(?:\\.|[^$\\]){1,300}\$(?!\d)|\\\((?:(?!\\\)).){1,300}\\\)"
    r"|\\\[(?:(?!\\\]).){1,300}\\\]"
    r"|[-−]?(?:\d+|\(\s*)?\\[dt]?frac\s?\{[^{}]{1,60}\}\s?\{[^{}]{1,60}\}(?:\s*\))?"
    r"|\d*\\sqrt\s?\{[^{}]{1,60}\}|" + _NUMBER,
    re.DOTALL,
)
_UNIT = re.compile(r"\s?(?:\\?[%$°€£¥]|[^\W\d_]+[²³]?(?:/[^\W\d_]+[²³]?)?)")
_ATTACHED = re.compile(r"(?:[A-Za-zα-ωπ√^²³]|:(?=\d))(?:[^\s,;()，。]*[^\s,;()，。.!?:*_])?")
_NOT_UNITS = (
    "because since which that when while where with from after before into then thus hence therefore if"
    " left each total different distinct possible ways times altogether only also still"
)
_NO_UNITS = frozenset(_NOT_UNITS.split())
_OPERATORS = re.compile(r"[\s+\-−*/×÷·=≈^()$]*", re.DOTALL)
WORD = re.compile(r"(?<![\\A-Za-z{])[^\W\d_]{2,}")
_FUNCTION_NAMES = (
    "sin cos tan cot sec csc ln log exp sqrt pi max min gcd lcm mod arcsin arccos arctan infty infinity frac"
)
FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_COMMAND = re.compile(r"\\(?:text|mathrm|mbox)\s*\{[^{}]{0,40}\}|\\[A-Za-z]+\s*(?:\{[A-Za-z*]+\})?")
_NO_PROSE = FUNCTIONS | {"and", "or", "cup", "cap", "in"}


@dataclass(frozen=True, slots=True)
class _Group:
    """Values that belong together: a chain of equations, a list, or one value."""

    start: int
    end: int
    before: str
    """The words between the value before and this one."""
    marked: bool
    """In bold, or in brackets of its own."""


def asserted(text: str, start: int, end: int, *, announced: bool) -> Range | None:
    """The one value that a sentence asserts; None when it asserts none, or one among several.

    Args:
        text: Holds the sentence.
        start: Where the sentence starts.
        end: Where it ends.
        announced: Words such as ``the answer is`` stand before it.
    """
    start, end = trimmed(text, start, end)
    inner = inside(text, start, end)
    if is_mathematics(text[inner[0] : inner[1]]):
        return evaluated(text, *inner)
    groups = _groups(text, start, end)
    if not groups:
        return _words(text, start, end) if announced else None
    if HEDGES.search(text[start:end].lower()):
        return None
    chosen = _chosen(text, start, end, groups, announced)
    if chosen is None or DENIES.search(chosen.before) or CHANGES_BEFORE.search(chosen.before):
        return None
    value = _final(text, chosen)
    changed = CHANGES_AFTER.match(text[chosen.end : min(end, chosen.end + 30)].lower())
    return None if changed or not _explained(text, chosen, groups, value) else value


def _chosen(text: str, start: int, end: int, groups: list[_Group], announced: bool) -> _Group | None:
    """The value that an announcement begins with, that a verb leads to, or the only one of a conclusion."""
    if (announced and groups[0].start <= start + 1) or IS_THE_ANSWER.match(text[groups[0].end : end].lower()):
        return groups[0]
    linked = [group for group in groups if group.marked or LINKED.search(group.before[-LINKED_REACH:])]
    if linked:
        kept = [group for group in linked if not DENIES.search(group.before)]
        return kept[-1] if kept and not SUPPOSES.match(text[start : kept[-1].start].lower()) else None
    chain = "=" in text[groups[-1].start : groups[-1].end]
    if not (announced or chain or CONCLUDES.match(text[start:end].lower())) or SUPPOSES.match(
        text[start : groups[-1].start].lower()
    ):
        return None
    if len({text[slice(*_final(text, group))] for group in groups}) == 1:
        return groups[-1]
    alone = [group for group in groups if not PREPOSED.search(group.before)]
    return alone[0] if len(alone) == 1 else None


def _explained(text: str, chosen: _Group, groups: list[_Group], value: Range) -> bool:
    """Whether the values after the answer only explain it: ``42, which is 6 times 7``."""
    after = [group for group in groups if group.start > chosen.start]
    return (
        not after
        or bool(PREPOSED.search(after[0].before))
        or bool(EXPLAINS.search(after[0].before))
        or text[slice(*_final(text, after[0]))] == text[slice(*value)]
    )


def _groups(text: str, start: int, end: int) -> list[_Group]:
    """The values of a statement, chains and lists held together."""
    groups: list[_Group] = []
    joined = False
    last = start
    for match in VALUE.finditer(text, start, end):
        if match.start() < last:
            continue
        stop = _with_unit(text, match.start(), match.end(), end)
        gap = text[last : match.start()]
        between = gap.strip(" *_\n")
        joined = (
            bool(groups)
            and "**" not in gap
            and (bool(_OPERATORS.fullmatch(gap) and between) or between.casefold().strip(", ") in JOINS)
        )
        if joined:
            groups[-1] = _Group(groups[-1].start, stop, groups[-1].before, groups[-1].marked)
        else:
            mark = text[max(start, match.start() - 2) : match.start()] == "**" or _bracketed(
                text, match.start(), stop
            )
            groups.append(_Group(match.start(), stop, gap.lower(), mark))
        last = stop
    return groups


def _bracketed(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] == "[" and text[end : end + 1] == "]"


def _with_unit(text: str, start: int, end: int, limit: int) -> int:
    """Where a number ends, with the unit behind it, or with what is attached to it: ``9π``, ``3:2``."""
    if text[end - 1] in "$)]%" or "\\" in text[start:end]:
        return end
    unit = _UNIT.match(text, end, limit)
    if unit and _is_unit(text, start, unit, limit):
        return unit.end()
    attached = _ATTACHED.match(text, end, limit)
    return attached.end() if attached else end


def _is_unit(text: str, start: int, unit: re.Match[str], limit: int) -> bool:
    name = unit.group().strip().lower()
    after = text[unit.end() : unit.end() + 1]
    if name in _NO_UNITS or LINKED.search(name) or (after and unicodedata.category(after)[0] == "M"):
        return False  # the last: inside a syllable
    if CHANGES_AFTER.match(text[unit.start() : min(limit, unit.start() + 30)].lower()):
        return False
    form = read(normalize(text[start : unit.end()]))
    return isinstance(form, Leaf) and bool(form.unit)


def _final(text: str, group: _Group) -> Range:
    """A chain of equations in words ends on its value; one that can be checked is kept whole."""
    piece = text[group.start : group.end]
    if "=" not in piece:
        return group.start, group.end
    if "$" in piece or "\\" in piece:
        return evaluated(text, group.start, group.end)
    if re.fullmatch(r"[\d\s.+\-*/=()^]+", piece):
        return group.start, group.end
    start = group.start + piece.rfind("=") + 1
    return start + len(text[start : group.end]) - len(text[start : group.end].lstrip(" $")), group.end


def evaluated(text: str, start: int, end: int) -> Range:
    """What an expression without letters is said to equal, where the grammar does not read it."""
    piece = text[start:end]
    left, sign, right = piece.rpartition("=")
    if not sign or piece.count("=") > 1 or not right.strip(" $\\)]"):
        return start, end
    asked = normalize(left.strip().lstrip("$"))
    if not any(map(str.isdigit, asked)) or letters_of(asked) or parsed(asked) is not None:
        return start, end
    return start + len(left) + 1, end


def trimmed(text: str, start: int, end: int) -> Range:
    """Without white space, emphasis and punctuation around it."""
    while start < end and text[start] in " \t\n*_`:\"'“":
        start += 1
    while end > start and (text[end - 1] in " \t\n*_`.!。,;:\"'”" and text[end - 2 : end] != "\\!"):
        end -= 1
    return start, end


def inside(text: str, start: int, end: int) -> Range:
    """Without the brackets of ``[45]`` or ``(35 + 70 = 105)``."""
    piece = text[start:end]
    inner = piece[1:-1]
    square = piece[:1] == "[" and piece[-1:] == "]" and not any(sign in inner for sign in "[],;")
    chain = piece[:1] == "(" and piece[-1:] == ")" and "=" in inner and "(" not in inner
    return trimmed(text, start + 1, end - 1) if square or chain else (start, end)


def is_mathematics(piece: str) -> bool:
    """Whether nothing but an expression stands there."""
    if not piece or not re.search(r"[\d\\=]|^[A-Za-z]$", piece):
        return False
    bare = _COMMAND.sub(" ", piece)
    words = [word for word in WORD.findall(bare) if word.casefold() not in _NO_PROSE]
    return not words and not re.search(r"[?!。，：]|\.\s", bare)


def is_quantity(piece: str) -> bool:
    """``33 eggs``: a number, and words for what is counted."""
    number = re.match(_NUMBER, piece)
    rest = piece[number.end() :] if number else ""
    if (
        not number
        or re.search(r"[\d,;:?!]", rest)
        or len(rest.split()) > 3
        or CHANGES_AFTER.match(rest.lower())
    ):
        return False
    form = read(normalize(piece))
    return isinstance(form, Leaf) and bool(form.unit)


def _words(text: str, start: int, end: int) -> Range | None:
    """An answer in words: the first clause, of at most six."""
    cut = re.search(r"[,;(，（]|\s(?:because|since|not)\s", text[start:end])
    stop = start + cut.start() if cut else end
    if not 0 < len(text[start:stop].split()) <= 6 or DENIES.search(text[start:stop].lower()):
        return None
    return trimmed(text, start, stop)
