"""Which expressions outside the grammar Math-Verify may read. Nothing is imported for it.

Math-Verify folds ``A`` into ``a``, drops letters that look like units, reads ``\\coth x`` as
``\\cot(hx)``, ``f'(x)`` as ``f(x)`` and ``2(3)`` as 5. So what may reach it is listed here: commands
that it was seen to read correctly, small numerals, shallow nesting, and no side by side of numerals.
Left out, because no guard was found that is both simple and sound: integrals, limits, derivatives,
infinite sums, indexed terms under a sum, ``gcd`` and ``mod``, determinants, transposes, products and
powers of matrices, degrees, primes, systems of equations, named functions, and any text.
"""

from __future__ import annotations

import math
import re
from collections import Counter

HEADS = ("sum", "prod", "max", "min", "binom")
"""Commands that both sides must hold equally often: evaluating one may be what was asked for."""
MAX_UNREAD = 300
"""Most characters of an expression on either side that Math-Verify is asked about."""
_MAX_DEPTH = 12
_MAX_CELLS = 24
_MAX_DIGITS = 6
_MAX_BARS = 8
_OPERATORS = frozenset({r"\cdot", r"\times", r"\begin", r"\end"})
_FUNCTION_NAMES = (
    "ln log exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh"
)
_FUNCTIONS = frozenset("\\" + name for name in _FUNCTION_NAMES.split())
_ATOM_NAMES = "pi alpha beta gamma delta epsilon theta kappa lambda mu nu rho sigma tau phi omega"
_ATOMS = frozenset("\\" + name for name in _ATOM_NAMES.split())
_OTHERS = frozenset("\\" + name for name in ("frac", "sqrt", "bar", "overline", "vec", "hat", *HEADS))
_COMMANDS = _OPERATORS | _FUNCTIONS | _ATOMS | _OTHERS
_SUM = re.compile(
    r"\\(sum|prod)_\{\s*[a-z]\s*=\s*-?\d{1,2}\s*\}\s*\^\s*\{\s*(?:[a-z]|\d{1,2})\s*(?:[-+]\s*\d)?\s*\}"
)
_MATRIX = re.compile(r"\\(begin|end)\{[pb]?matrix\}")
_POWER = re.compile(r"\^\s*(?:\{([^{}]*)\}|\d)")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\\\|\d+(?:\.\d+)?|[A-Za-z]|[-+*/^_(){}|,&]")
_LETTER = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{1,2}(?![A-Za-z])")


def admissible(text: str) -> bool:
    """Whether Math-Verify may read `text`, an expression that the grammar refused."""
    if len(text) > MAX_UNREAD:
        return False
    plain = _MATRIX.sub(r"\\\1 ", _SUM.sub(r"\\\1 ", text))
    tokens = _TOKEN.findall(plain)
    if "".join(tokens) != "".join(plain.split()):
        return False  # a sign that is not listed
    names = Counter(token for token in tokens if token.startswith("\\") and token != "\\\\")
    matrix = r"\begin" in names
    if any(name not in _COMMANDS for name in names) or not (names or "|" in tokens):
        return False
    if not matrix and ("&" in tokens or "\\\\" in tokens):
        return False
    if matrix and tokens.count("&") + tokens.count("\\\\") + names[r"\begin"] > _MAX_CELLS:
        return False
    if tokens.count("|") > _MAX_BARS:
        return False
    if "," in tokens and not (names[r"\max"] or names[r"\min"]):
        return False
    if names[r"\sum"] + names[r"\prod"] and ("_" in tokens or names[r"\sum"] + names[r"\prod"] > 1):
        return False
    letters = letters_of(text)
    if len({letter.casefold() for letter in letters}) < len(letters):
        return False  # `a` and `A` would be one letter
    return _flat(tokens) and _separate(tokens)


def letters_of(text: str) -> frozenset[str]:
    """The single letters of an expression, without those of commands."""
    return frozenset(char for match in _LETTER.findall(_MATRIX.sub("", text)) for char in match)


def heads_of(text: str) -> tuple[int, ...]:
    """How often each of `HEADS` stands in an expression."""
    counts = Counter(re.findall(r"\\([A-Za-z]+)", text))
    return tuple(counts[name] for name in HEADS)


def digits_of(text: str) -> int:
    """Bound the decimal digits in which a difference can hide: ``2^{-99}`` differs from ``2^{-98}``."""
    powers = [math.prod(1 + int(n) for n in re.findall(r"\d+", group)) for group in _POWER.findall(text)]
    return sum(map(str.isdigit, text)) * max(powers, default=1) + 10 * len(powers)


def comparable(answer: str, reference: str) -> bool:
    """Whether two expressions have the same letters, and the same operators that evaluate something."""
    return letters_of(answer) == letters_of(reference) and heads_of(answer) == heads_of(reference)


def _flat(tokens: list[str]) -> bool:
    """Groups close, nesting is shallow, and no exponent holds an exponent or a large numeral."""
    stack: list[bool] = []  # whether the group is an exponent, or inside one
    closed_power = False
    digits = 2  # how many an exponent may have: a sum to a high power is expanded
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else ""
        if token in "({":
            stack.append((before == "^") or bool(stack and stack[-1]))
        elif token in ")}":
            if not stack:
                return False
            closed_power = stack.pop() and not (stack and stack[-1])
            continue
        elif token == "^" and ((stack and stack[-1]) or closed_power or before == r"\end"):
            return False
        elif token == "^":
            digits = 1 if before in (")", "}", "|") else 2
        elif token[0].isdigit():
            if len(token) > (digits if before == "^" or (stack and stack[-1]) else _MAX_DIGITS):
                return False
        elif token.casefold() == "t" and "".join(tokens[:index][-2:]).rstrip("{").endswith("^"):
            return False  # a transpose
        closed_power = False
        if len(stack) > _MAX_DEPTH:
            return False
    return not stack


def _separate(tokens: list[str]) -> bool:
    """No words, and no numerals side by side, whose product or mixed number could be misread."""
    run = 0
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else ""
        run = run + 1 if token.isalpha() else 0
        if run > 2 or (token == r"\begin" and before in (r"\end", r"\cdot", r"\times", "*", "/")):
            return False
        if token[0].isdigit():
            atom = before.isalpha() or before in _ATOMS or before in (")", "|", r"\end", "_")
            group = before == "}" or before[:1].isdigit()
            if atom or group:
                return False
        follows = tokens[index + 1 : index + 4]
        if token[0].isdigit() and follows:
            inner = next((item for item in follows[1:] if item not in "+-"), "")
            if follows[0] in ("(", "{", r"\frac", "_") and (inner[:1].isdigit() or follows[0] != "("):
                return False
    return True
