"""Words by script: which runs of letters there are, and how many words a run is.

Scripts with spaces have a word a run. Chinese, Japanese and Thai have none: there a word is worth so many
characters, the mean length of what a dictionary segmenter finds (docs/explanation/language.md). A ratio of
words needs no more, and it does not change with what stands beside a run.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from assay_plugins.language.neutral import FUNCTIONS

_LATIN = "A-Za-zªºÀ-ÖØ-öø-ɏ\u0300-\u036fḀ-ỿ"
_LATIN_WORD = re.compile(rf"[{_LATIN}]++(?:'[{_LATIN}]++)*+")
_ARABIC = r"\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f"
_HAN = (
    r"\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U000323af"
)
_WORD = {
    "greek": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{2,}+"),  # not α, β, π
    "cyrillic": re.compile(r"[\u0400-\u052f]++(?:['ʼ][\u0400-\u052f]++)*+"),
    "hebrew": re.compile(r"[\u05d0-\u05ea][\u0590-\u05ff]*+"),
    "arabic": re.compile(rf"[{_ARABIC}][{_ARABIC}\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u200c]*+"),
    "devanagari": re.compile(r"[\u0900-\u0963\u0971-\u097f][\u0900-\u0963\u0971-\u097f\u200c\u200d]*+"),
    "bengali": re.compile(r"[\u0980-\u09e5\u09f0-\u09ff]++"),
    "tamil": re.compile(r"[\u0b80-\u0be5]++"),
    "thai": re.compile(r"[\u0e01-\u0e3a\u0e40-\u0e4e]++"),
    "hangul": re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]++"),
    "han": re.compile(rf"[{_HAN}]++"),
    "": re.compile(r"[^\W\d_\x00-\u0bff\u0e00-\u0e7f\u1100-\u11ff\u1e00-\u1fff\u3000-\ufaff]++"),
}
"""A word of each script but Latin; "" is any that no target language is written in."""
_BLOCKS = (
    *((0, ""), (0x0370, "greek"), (0x0400, "cyrillic"), (0x0530, ""), (0x0590, "hebrew"), (0x0600, "arabic")),
    *(
        (0x0780, ""),
        (0x0900, "devanagari"),
        (0x0980, "bengali"),
        (0x0A00, ""),
        (0x0B80, "tamil"),
        (0x0C00, ""),
    ),
    *((0x0E00, "thai"), (0x0E80, ""), (0x1100, "hangul"), (0x1200, ""), (0x1F00, "greek"), (0x2000, "")),
    *((0x3005, "han"), (0x3130, "hangul"), (0x3190, "han"), (0xA000, ""), (0xAC00, "hangul"), (0xD7B0, "")),
    *((0xF900, "han"), (0xFB00, ""), (0x20000, "han"), (0x323B0, "")),
)
"""Where blocks of characters begin, and their script."""
_STARTS = [start for start, _ in _BLOCKS]

SCRIPT = {
    **dict.fromkeys(
        ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "pl", "cs", "ro", "tr", "vi", "id"), "latin"
    ),
    **dict.fromkeys(("ru", "uk", "bg"), "cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur"), "arabic"),
    **dict.fromkeys(("hi", "mr"), "devanagari"),
    **dict.fromkeys(("zh", "zh-hans", "zh-hant", "ja"), "han"),
    **{"ko": "hangul", "th": "thai", "el": "greek", "he": "hebrew", "bn": "bengali", "ta": "tamil"},
}
"""The languages that can be a target, each with its script."""

_THAI_SIGN = re.compile(r"[^\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46]++")


@dataclass(slots=True)
class Segments:
    """The words of a text by script, in order."""

    latin: Sequence[str] = ()
    runs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Of every other script; key ``""`` holds what no target language is written in."""


def segment(text: str) -> Segments:
    """Split prose into words. Single ASCII letters are variables, and are left out, all but ``o``."""
    words: list[str] = _LATIN_WORD.findall(text)
    if not FUNCTIONS.isdisjoint(words):
        following = [*words[1:], "and"]
        words = [
            w for w, f in zip(words, following, strict=True) if w not in FUNCTIONS or len(f) > 1 or f > "\x7f"
        ]
    found = Segments([word for word in words if len(word) > 1 or word > "\x7f" or word == "o"])
    if not text.isascii():
        present = {_BLOCKS[bisect_right(_STARTS, ord(char)) - 1][1] for char in set(text) if char > "\u036f"}
        for script in sorted(present):
            runs = _WORD[script].findall(text)
            if runs:
                found.runs[script] = runs
    return found


def thai_characters(run: str) -> str:
    """Return the base characters of a run of Thai: no vowel signs above or below, no tone marks."""
    return _THAI_SIGN.sub("", run)
