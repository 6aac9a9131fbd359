"""What belongs to no language: mathematics, code, numbers, addresses, identifiers, mark-up.

Every pattern is linear: possessive quantifiers and bounded repetition. What is removed leaves a space, so
that the words around it stay words.
"""

from __future__ import annotations

import re
import unicodedata

_BLOCK = re.compile(
    r"(?=[`$\\<])(?:"
    r"```[^`]*+(?:`(?!``)[^`]*+)*+```"  # fenced code; a fence that is never closed hides nothing
    r"|``?[^`\n]{1,200}+``?"
    r"|\$\$[^$]{1,2000}+\$\$"
    r"|\$(?!\s)[^$\n]{1,300}+(?<!\s)\$(?!\d)"  # and not: $5 or $7
    # None of these runs over another opening of its kind, or else many openings would cost their square.
    r"|\\\((?:[^\\]|\\(?![()])){0,2000}+\\\)"
    r"|\\\[(?:[^\\]|\\(?![\[\]])){0,2000}+\\\]"
    r"|\\begin\{([a-z]{1,12}\*?)\}(?:[^\\]|\\(?!(?:begin|end)\{)){0,2000}+\\end\{\1\}"
    r"|\\[A-Za-z]{1,24}+(?:\s?\{[^{}]{0,200}+\})*+"
    r"|</?[A-Za-z][^<>\n]{0,200}+>"
    r")"
)
_SUSPECT = re.compile(r"[0-9_@/\\=+^{}|~<>%(.]")
_CHUNK = re.compile(
    # A run of ASCII with a digit, an operator or a slash in it: 3x+1, a_b, x=y, https://…, me@site, f/g
    r"(?<![!-~])[!-$&-.:;?A-Z\[\]a-z`]*+[0-9_@/\\=+^{}|~<>%][!-~]*+"
    # A call or a path of names: print(x), np.sum
    r"|(?<![\w.])[A-Za-z]{1,40}+(?:\.[a-z]{2,40}+)*+\([!-~]*+"
    r"|(?<![\w.])[a-z]{1,40}+(?:\.[a-z]{2,40}+)++(?!\w)"
)
FUNCTIONS = frozenset(
    "sin cos tan cot sec csc sinh cosh tanh log ln lg exp lim max min gcd lcm mod det sqrt arg ker".split()  # noqa: SIM905
)
"""Neutral where the name of a variable follows: ``sin x``."""
UNITS = frozenset(
    "km cm mm nm kg mg ml ms kb mb gb hz khz mhz ghz kw kwh mph rpm kcal mol px pt dx dy dt".split()  # noqa: SIM905
)
"""Neutral everywhere."""


def prose(text: str) -> str:
    """Return `text` in Unicode's form C without what belongs to no language. Linear in its length."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("’", "'")
    if "`" in text or "$" in text or "\\" in text or "<" in text:
        text = _BLOCK.sub(" ", text)
    return " ".join(
        chunk if chunk.isalpha() or _SUSPECT.search(chunk) is None else _CHUNK.sub(" ", chunk)
        for chunk in text.split()
    )
