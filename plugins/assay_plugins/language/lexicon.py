"""How common a word is in each language of a script, from the word lists that ship with `wordfreq`.

One table a script, built once a process. A table maps a word to bytes: for each language of the script the
frequency in steps of 3 centibels (0: it is every word; 200: one in a million; 255: not in the list), then
the index of the language that the word speaks for (255: for none in particular), then 1 when the word is
an ordinary one even with a capital letter, 0 when it is likely a name.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from dataclasses import dataclass
from math import log

from assay import MissingDependencyError

LATIN = ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "pl", "cs", "ro", "tr", "vi", "id")
CYRILLIC = ("ru", "uk", "bg")
ARABIC = ("ar", "fa", "ur")
DEVANAGARI = ("hi", "mr")

ABSENT = 255
_STEP = 3
"""Centibels in one step."""
_DEEPEST = 220
"""What an absent word is reckoned as where two languages are compared, in steps."""
_LONGEST = 30_000
"""Words taken of each list, the commonest first; they are about 95 % of running text."""
_LARGE = {"de": 650}
"""Lists taken further, down to so many centibels: German nouns have capitals, and must be told from names."""
NAT = log(10) / 100 * _STEP
"""Nats in one step of frequency."""
_CLEAR = 1.0
"""Nats between the first and the second language from which on a word speaks for the first."""
_FLAT = 150
"""Centibels between the best and the fourth language of a script, below which a capitalised word is a name:
people and places are about as common everywhere, words are not."""
_COMMON, _COMMON_GERMAN = 430, 600
"""Centibels down to which a capitalised word is an ordinary one: first of a sentence, or a German noun."""

_HINDI_OWN = 400
"""So many of the commonest words of Hindi are not taken for Marathi words as well."""
# wordfreq has no Marathi: some of its commonest words, written down by us.
_MARATHI = frozenset(
    """
    आहे आणि नाही आहेत होते होता होती हे हा ही तो ती ते या त्या त्याने तिने आपण आपल्याला मी आम्ही तुम्ही काय कसे
    का कारण म्हणून म्हणजे मग तर पण परंतु किंवा जर तेव्हा जेव्हा येथे तेथे असे असा अशी असेल असतो असते असतात आता नंतर
    आधी पुन्हा करून करा करू केले केली केला करतो करते करतात पाहिजे पाहू येते येतो येतात मिळते मिळतो मिळाले होईल होतो
    एक दोन तीन चार पाच सहा सात आठ नऊ दहा संख्या त्यामुळे त्यांच्या त्याच्या तिच्या माझ्या आमच्या आपल्या सर्व प्रत्येक काही
    फक्त खूप जास्त कमी मध्ये साठी पासून पर्यंत बरोबर वर खाली देऊन घेऊन घेतले दिले दिली असल्याने झाले झाली झाला
    लागते लागतो शकतो शकते शकत नाहीत नव्हते नसते हवे हवी कोणते कोणती कोणत्या किती जेवढे तेवढे दुसरा दुसरी पहिला पहिली
    शेवटी उत्तर तपासू बघू घेऊ आपले त्याला तिला त्यांना मला तुला ह्या ह्याचा याचा याची याचे त्याचा त्याची त्याचे
""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one script."""

    languages: tuple[str, ...]
    words: dict[str, bytes]
    endings: tuple[dict[str, float], ...]
    """For each language: log-probability of a word's last three letters, over the words of its list."""
    unending: tuple[float, ...]
    """For each language: the same for an ending that its list has not."""


_NO_ENDING, _MARATHI_ENDING = -11.0, -6.0
"""The list of Marathi is short, so that a word of this script that no list has is most likely its own."""


@functools.lru_cache(maxsize=8)
def lexicon(script: str) -> Lexicon:
    """Return the table of ``latin``, ``cyrillic``, ``arabic`` or ``devanagari``.

    Raises:
        MissingDependencyError: `wordfreq` is not installed.
    """
    languages = {"latin": LATIN, "cyrillic": CYRILLIC, "arabic": ARABIC, "devanagari": DEVANAGARI}[script]
    found: dict[str, bytearray] = {}
    endings: list[dict[str, float]] = []
    for index, language in enumerate(languages):
        ends: Counter[str] = Counter()
        for word, centibels in _listed(language):
            entry = found.get(word)
            if entry is None:
                entry = found[word] = bytearray([ABSENT]) * len(languages)
            entry[index] = min(centibels // _STEP, ABSENT - 1)
            if len(word) > 3:
                ends[word[-3:]] += 1
        total = ends.total() + 5_000
        ended = {end: log((count + 0.5) / total) for end, count in ends.items()}
        endings.append({} if language == "mr" else ended)
    german = languages.index("de") if "de" in languages else ABSENT
    words = {word: _closed(entry, _plain(found, word), german) for word, entry in found.items()}
    unending = tuple(_MARATHI_ENDING if language == "mr" else _NO_ENDING for language in languages)
    return Lexicon(languages, words, tuple(endings), unending)


def _listed(language: str) -> list[tuple[str, int]]:
    """The words of a language with their rarity in centibels, the commonest first."""
    if language == "mr":
        # Both borrow from Sanskrit, so what is not among the commonest words of Hindi may be Marathi as well.
        shared = [(word, rarity + 60) for word, rarity in _listed("hi")[_HINDI_OWN:]]
        return [(word, 280) for word in _MARATHI] + [row for row in shared if row[0] not in _MARATHI]
    rows = wordlist(language, "large" if language in _LARGE else "small")
    listed = [(word, rarity) for rarity, words in enumerate(rows) for word in words if len(word) < 30]
    deepest = _LARGE.get(language)
    return listed[:_LONGEST] if deepest is None else [row for row in listed if row[1] <= deepest]


def wordlist(language: str, size: str = "small") -> list[list[str]]:
    """Return the words of a language by rarity: the index is minus the frequency in centibels.

    Raises:
        MissingDependencyError: `wordfreq` is not installed.
    """
    try:
        from wordfreq import get_frequency_list
    except ImportError as error:
        raise MissingDependencyError.of("language.consistency", "wordfreq", "language") from error
    return get_frequency_list(language, size)


def _plain(found: dict[str, bytearray], word: str) -> bytearray | None:
    """The entry of a word without its accents: García is Garcia elsewhere."""
    if word.isascii():
        return None
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return found.get(bare) if bare != word else None


def _closed(entry: bytearray, plain: bytearray | None, german: int) -> bytes:
    """Append which language the word speaks for, and whether it is an ordinary one with a capital."""
    best, second = sorted(entry)[:2]
    clear = (min(second, _DEEPEST) - best) * NAT >= _CLEAR
    ranked = sorted(entry if plain is None else map(min, entry, plain))
    spread = (min(ranked[min(3, len(ranked) - 1)], _DEEPEST) - best) * _STEP
    common = _COMMON_GERMAN if entry.index(best) == german else _COMMON
    ordinary = best * _STEP <= common and (len(ranked) < 4 or spread >= _FLAT)
    return bytes(entry) + bytes((entry.index(best) if clear else ABSENT, ordinary))
