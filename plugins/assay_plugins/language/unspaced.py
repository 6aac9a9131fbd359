"""Words of scripts without spaces, counted by characters: Chinese, Japanese, Thai."""

from __future__ import annotations

import functools
import gzip
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from math import log
from typing import cast

from assay_plugins.language.evidence import decode, sides
from assay_plugins.language.lexicon import wordlist
from assay_plugins.language.scripts import thai_characters

CHARACTERS_PER_WORD: Mapping[str, float] = {"zh": 1.65, "ja": 1.75, "th": 3.5}
"""What a word is worth. In Thai only base characters are counted, no signs above or below."""
REPEATED = 6
"""Characters in a row that count once, however often they stand there."""
_SWITCH = 8.0
"""Nats of evidence that a change of language costs: about four clear characters."""
_ABSENT = -14.0
"""Log-probability of a character in a language that does not have it."""
_RIVALS = {"zh": ("ja",), "zh-hans": ("ja", "zh-hant"), "zh-hant": ("ja", "zh-hans")}


def count_thai(runs: Sequence[str], target: str | None) -> Counter[bool]:
    """Count words by whether they are in `target`: all or none, for Thai alone is written so."""
    text = thai_characters("".join(runs))
    found = sides(text, [target is not None] * len(text), REPEATED)
    return _words(found, "th", "th")


def count_han(runs: Sequence[str], target: str | None) -> Counter[bool]:
    """Count Chinese and Japanese, which share characters, by how likely each character is in either.

    Args:
        runs: Chinese characters and kana.
        target: ``zh``, ``zh-hans``, ``zh-hant`` or ``ja``; None: it is written in another script.
    """
    text = "".join(runs)
    if target == "ja":
        # Japanese mixes forms that Chinese keeps apart, so its rival is the one spelling that fits better.
        simplified, traditional = _spelling_marks()
        marks = sum(char in traditional for char in text) - sum(char in simplified for char in text)
        gains = _gains("ja", ("zh-hant" if marks > 0 else "zh-hans",))
    else:
        gains = _gains(target or "zh", _RIVALS[target or "zh"])
    found = sides(text, decode([gains.get(char, 0.0) for char in text], _SWITCH), REPEATED)
    words = _words(found, "ja", "zh") if target == "ja" else _words(found, "zh", "ja")
    return words if target else Counter({False: words[True] + words[False]})


def _words(found: Counter[bool], mine: str, other: str) -> Counter[bool]:
    words: dict[bool, float] = {
        True: found[True] / CHARACTERS_PER_WORD[mine],
        False: found[False] / CHARACTERS_PER_WORD[other],
    }
    return Counter(words)  # type: ignore[arg-type]


@functools.lru_cache(maxsize=1)
def _spelling_marks() -> tuple[frozenset[str], frozenset[str]]:
    """Characters of simplified Chinese that the traditional spelling has not, and the other way round."""
    simplified, traditional = set(_logs("zh-hans")), set(_logs("zh-hant"))
    return frozenset(simplified - traditional), frozenset(traditional - simplified)


@functools.lru_cache(maxsize=8)
def _gains(target: str, against: tuple[str, ...]) -> dict[str, float]:
    """How much likelier each character is in the target than in the best of the others, in nats."""
    own, *rivals = (_logs(name) for name in (target, *against))
    return {
        char: own.get(char, _ABSENT) - max(rival.get(char, _ABSENT) for rival in rivals)
        for char in set(own).union(*rivals)
    }


@functools.lru_cache(maxsize=8)
def _logs(language: str) -> dict[str, float]:
    """Log-probability of each character, by the word list; ``zh`` is either spelling."""
    weights: dict[str, float] = {}
    spellings = _traditional() if language.startswith("zh") else {}
    for rarity, words in enumerate(wordlist("ja" if language == "ja" else "zh")):
        for char in "".join(words):
            forms = spellings.get(char, char)
            if language == "zh-hans":
                forms = char
            elif language == "zh":
                forms = forms + char
            for form in set(forms):
                weights[form] = weights.get(form, 0.0) + 10 ** (-rarity / 100)
    total = sum(weights.values())
    return {char: log(weight / total) for char, weight in weights.items()}


@functools.lru_cache(maxsize=1)
def _traditional() -> dict[str, str]:
    """Simplified characters with their traditional forms, as `wordfreq` folds them."""
    import msgpack

    # The module wordfreq.chinese would import a segmenter with 40 MB of dictionary for this table.
    packed = (files("wordfreq") / "data" / "_chinese_mapping.msgpack.gz").read_bytes()
    unpack = cast("Callable[..., dict[int, str]]", msgpack.unpackb)  # pyright: ignore[reportUnknownMemberType]
    table = unpack(gzip.decompress(packed), raw=False, strict_map_key=False)
    found: dict[str, str] = {}
    for old, new in table.items():
        if chr(old) != new:
            found[new] = found.get(new, "") + chr(old)
    return found
