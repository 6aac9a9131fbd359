"""Answers in words: which text is words, the names of the empty set and of the reals, choice letters."""

from __future__ import annotations

import re

from assay_verifiers.math_answer.structures import NONE, REALS, Form, Leaf, Ordered, Words

OR = re.compile(
    r"\\text\{\s*(?:or|and|,|及|和|或|und|oder|et|ou)\s*\}|\\(?:lor|land|vee|wedge)(?![A-Za-z])"
    r"|(?<![A-Za-z\\])(?:or|and)(?![A-Za-z])|(?<=[\d})\]])\s*(?:[和或与])\s*(?=[-+\d(\[\\A-Za-z])"
)
"""What joins two answers."""
LETTER = re.compile(r"\(?\s*(?:\\text\{\s*\(?([A-Za-z])\)?\s*\}|([A-Za-z]))\s*\)?")
_CHOICE = re.compile(
    r"(?:\\text\{\s*\(([A-Z])\)\s*[.:]?\s*\}|\\text\{\s*([A-Z])[.)]\s*\}|\(([A-Z])\)[.:]?|([A-J])[.)])"
    r"\s+([^\s+*/^_=<>!.,;:].*)",
    re.DOTALL,
)
_WORDS = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:(?:\. |[ ,'’/-])[ ,'’/-]*[^\W\d_]+)*", re.UNICODE)
_CIRCLED = re.compile(r"[①-⑳](?:[\s,和]*[①-⑳])*")
_MIXED = re.compile(r"[^\W\d_]{2}[\w '’,.-]*", re.UNICODE)
"""Words with numerals behind them: ``June 6``."""
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_ARTICLES = frozenset({"the", "a", "an"})
_NAMES_OF_NONE = (
    "no solution; no solutions; no real solution; no real solutions; there is no solution"
    "; there are no solutions; no solution exists; no solutions exist; there are no real solutions"
    "; has no solution; the empty set"
    "; empty set"
    "; no such solution; 无解; 无实数解; 空集; 没有解; 方程无解; vô nghiệm; phương trình vô nghiệm"
    "; aucune solution; pas de solution; keine lösung; sin solución; нет решений"
)
_NAMES_OF_REALS = (
    "all real numbers; all reals; all real; any real number; any real numbers; all real values"
    "; the real numbers"
    "; the set of all real numbers; set of all real numbers; real numbers; every real number"
    "; 全体实数; 一切实数; 所有实数; 任意实数"
)
_PHRASES: dict[str, Form] = {
    name.strip(): form
    for names, form in ((_NAMES_OF_NONE, NONE), (_NAMES_OF_REALS, REALS))
    for name in names.split(";")
}
_SETS: dict[str, Form] = {
    r"\emptyset": NONE,
    r"\mathbb{R}": REALS,
}
_HALF_LINE = re.compile(r"\\mathbb\{R\}[\^_]\{?(\+|-|>0|<0)\}?")


def phrase(text: str) -> Form | None:
    """Words, a choice letter, or a named set; None when `text` is mathematics."""
    half = _HALF_LINE.fullmatch(text)
    if half:
        low, high = (
            (Leaf("0"), REALS.items[1]) if half.group(1) in ("+", ">0") else (REALS.items[0], Leaf("0"))
        )
        return Ordered((low, high), ("(", ")"))
    named = _SETS.get(text)
    if named is not None:
        return named
    if _CIRCLED.fullmatch(text):
        return Words("".join(sorted(set(re.findall("[①-⑳]", text)))))
    letter = LETTER.fullmatch(text)
    if letter:
        return Leaf(letter.group(1) or letter.group(2))
    words = as_words(text)
    if words is None:
        return None
    return _PHRASES.get(words.text) or words


def choice(text: str) -> tuple[str, str] | None:
    """The letter of ``(A) 5`` and what follows; None for anything else."""
    found = _CHOICE.fullmatch(text)
    if not found:
        return None
    return next(group for group in found.groups()[:4] if group), found.group(5)


def as_words(text: str) -> Words | None:
    """Plain words of at least two letters (three, when LaTeX would read them as a product)."""
    plain = _TEXT.sub(r" \1 ", text)
    inner = " ".join(plain.replace("(", " ").replace(")", " ").split()).strip(" .,:;!")
    marked = r"\text" in text
    if not _WORDS.fullmatch(inner):
        return Words(inner.casefold()) if _dated(inner, marked) else None
    parts = re.split("[ ,]+", inner)
    joined = {"and", "or"} & set(parts)
    longest = 2 if joined and not marked else 1
    if len(parts) > 1 and all(len(part) <= longest or part in joined for part in parts):
        return None  # `A, C` lists two letters
    if re.fullmatch("[\u3040-\u9fff]", inner):
        return Words(inner)
    letters = sum(char.isalpha() for char in inner)
    if letters < (2 if marked or not inner.isascii() else 3):
        return None
    return Words(inner.casefold())


def _dated(inner: str, marked: bool) -> bool:
    """Words that end in a numeral: ``June 6``; a word of three letters at least, and no operator."""
    if not _MIXED.fullmatch(inner) or len(inner) > 60:
        return False
    first = inner.split()[0]
    return len(first) >= 3 and first.isalpha() and (marked or " " in inner) and not OR.search(inner)


def sentence(text: str) -> Words | None:
    """Short text with numbers in it, such as ``5 \\text{ or more}``; equal only to the same text."""
    written = " ".join(_TEXT.findall(text))
    if len(text) > 80 or len(re.findall(r"[^\W\d_]", written)) < 3:
        return None
    return Words(" ".join(_TEXT.sub(r" \1 ", text).casefold().split()))


def plain(words: str) -> str:
    """Words without articles and punctuation, which say nothing."""
    if "\\" in words:
        return words
    found = [word for word in re.findall(r"[\w'’/.+*^=<>-]+", words) if word != "and"]
    kept = [word.strip(".") for at, word in enumerate(found) if word not in _ARTICLES or at == len(found) - 1]
    return " ".join(kept) or words
