"""Words of scripts with spaces: which of them are in the target language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assay_plugins.language.evidence import decode, sides
from assay_plugins.language.lexicon import ABSENT, NAT, Lexicon, lexicon
from assay_plugins.language.neutral import UNITS

_CASED = ("latin", "cyrillic")
REPEATED = 4
"""Words in a row that count once, however often they stand there."""
_SWITCH = 4.0
"""Nats of evidence that a change of language costs: about two clear words."""
_ACTIVE_WORDS, _ACTIVE_SHARE = 2, 0.04
"""How many words must speak for another language before it is reckoned with, at least."""
_UNLISTED = -15.5
"""Log-probability of a word in a language that does not list it, while another one does."""
_ELSEWHERE, _ELSEWHERE_UNLISTED = -11.5, -7.0
"""Log-probabilities in a language that we have no list of: a listed word, the ending of an unlisted one."""
_TARGET = (*(-step * NAT for step in range(ABSENT)), _UNLISTED)
_RIVAL = (*(max(-step * NAT, _ELSEWHERE) for step in range(ABSENT)), _ELSEWHERE)
"""By the byte of the table: how likely a word is in the target, and in a rival."""


def count(script: str, words: Sequence[str], target: str | None) -> Counter[bool]:
    """Count words by whether they are in `target`; None: it is written in another script."""
    table = lexicon(script)
    kept = ordinary(table, words, target) if script in _CASED else words
    if target is None or not kept:
        return sides(kept, [False] * len(kept), REPEATED)
    return sides(kept, _labels(table, kept, table.languages.index(target)), REPEATED)


def ordinary(table: Lexicon, words: Sequence[str], target: str | None) -> list[str]:
    """Return the words in small letters, without names, abbreviations and units.

    A capital makes a word neutral unless the lists know it as an ordinary word, wherever it stands: what
    is a name must not depend on what stands before it.
    """
    kept: list[str] = []
    for word in words:
        small = word.lower()
        if small == word:
            if word not in UNITS:
                kept.append(word)
            continue
        if "İ" in word:
            small = word.replace("İ", "i").lower()
        inner = word[1:]
        if inner != small[1:] and not word.isupper():
            continue  # camelCase, GHz
        entry = table.words.get(small) or (_part(table, small) if "'" in small else None)
        if entry is not None:
            if entry[-1]:
                kept.append(small)
        elif target == "de" and inner == small[1:] and _compound(table, small):
            kept.append(small)
    return kept


def _compound(table: Lexicon, word: str) -> bool:
    """Whether a German word is made of two listed ones, with or without an s between them."""
    german = table.languages.index("de")

    def listed(part: str) -> bool:
        entry = table.words.get(part)
        return len(part) > 3 and entry is not None and entry[german] != ABSENT

    return len(word) < 40 and any(
        listed(word[at:]) and (listed(word[:at]) or (word[at - 1] == "s" and listed(word[: at - 1])))
        for at in range(4, len(word) - 3)
    )


def _part(table: Lexicon, word: str) -> bytes | None:
    """The entry of l'eau is that of eau, and that of Euler's the one of Euler."""
    head, _, tail = word.rpartition("'")
    return table.words.get(tail if len(tail) > 2 else head)


def _labels(table: Lexicon, words: Sequence[str], target: int) -> list[bool]:
    """Whether each word is in the target rather than in the best of the others that the text speaks for."""
    entries = list(map(table.words.get, words))
    votes = Counter([entry[-2] for entry in entries if entry is not None])
    least = max(_ACTIVE_WORDS, _ACTIVE_SHARE * len(words))
    rivals = [n for n, times in votes.items() if n not in (target, ABSENT) and times >= least]
    gains: list[float] = []
    for word, listed in zip(words, entries, strict=True):
        entry = listed or (_part(table, word) if "'" in word else None)
        if entry is not None:
            best = _ELSEWHERE
            for rival in rivals:
                likely = _RIVAL[entry[rival]]
                if likely > best:
                    best = likely
            gains.append(_TARGET[entry[target]] - best)
        else:
            end, best = word[-3:], _ELSEWHERE_UNLISTED
            for rival in rivals:
                likely = table.endings[rival].get(end, table.unending[rival])
                if likely > best:
                    best = likely
            gains.append(table.endings[target].get(end, table.unending[target]) - best)
    return decode(gains, _SWITCH)
