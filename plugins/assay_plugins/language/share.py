"""How many words of a text are in a language, how many are not, and which language most are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assay_plugins.language import spaced, unspaced
from assay_plugins.language.evidence import sides
from assay_plugins.language.lexicon import lexicon
from assay_plugins.language.neutral import prose
from assay_plugins.language.scripts import SCRIPT, Segments, segment

_LISTED = ("latin", "cyrillic", "arabic", "devanagari")
"""Scripts of several languages, which word lists tell apart."""
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Share:
    """Words in the target language, and in any other."""

    target: float = 0.0
    other: float = 0.0

    @property
    def total(self) -> float:
        """All words that belong to a language."""
        return self.target + self.other


def share(text: str, target: str) -> Share:
    """Count the words of `text` by whether they are in `target`, one of `SCRIPT`. Linear in its length.

    What belongs to no language is left out, and what repeats an earlier passage of its side counts once.
    """
    return _share(segment(prose(text)), target)


def _share(found: Segments, target: str) -> Share:
    mine = SCRIPT[target]
    total = Counter[bool]()
    for script, runs in (("latin", found.latin), *found.runs.items()):
        if runs:
            aim = target if script == mine else None
            if script in _LISTED:
                total.update(spaced.count(script, runs, aim))
            elif script == "han":
                total.update(unspaced.count_han(runs, aim))
            elif script == "thai":
                total.update(unspaced.count_thai(runs, aim))
            else:
                total.update(sides(runs, [aim is not None] * len(runs), spaced.REPEATED))
    return Share(total[True], total[False])


def main_share(text: str) -> tuple[str, Share] | None:
    """Return the language of `SCRIPT` in which most words of `text` are, and its share.

    None when no word is in any language.
    """
    found = segment(prose(text))
    shares = [
        (language, _share(found, language))
        for script, runs in (("latin", found.latin), *found.runs.items())
        for language in _candidates(script, runs)
    ]
    # Ties go to the first, which the votes of its words put there.
    best = max(shares, key=lambda each: each[1].target, default=None)
    return best if best is not None and best[1].target > 0 else None


def identify(text: str) -> str | None:
    """Return the language of `SCRIPT` in which most words of `text` are; None when none of them is in any."""
    found = main_share(text)
    return found[0] if found is not None else None


def _candidates(script: str, runs: Sequence[str]) -> list[str]:
    """The languages of a script that its words may be in, the likeliest first."""
    if script == "han":
        return ["zh", "ja"] if runs else []
    if script not in _LISTED:
        return [language for language, name in SCRIPT.items() if name == script and runs]
    table = lexicon(script)
    votes = Counter[int]()
    for entry in filter(None, map(table.words.get, spaced.ordinary(table, runs, None))):
        votes.update({index: max(0, 220 - entry[index]) for index in range(len(table.languages))})
    return [table.languages[index] for index, _ in votes.most_common(_CANDIDATES)]
