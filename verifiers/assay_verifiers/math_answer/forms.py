"""The structure of an answer: number, pair, set, equation, words.

Two answers are compared structure by structure, so a set never equals a pair and an equation never
equals its last side. `read` splits normalised text; what stands in the leaves is mathematics for
`syntax.parse`, or opaque.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPEN = {"(": ")", "[": "]", "{": "}", r"\{": r"\}", r"\langle": r"\rangle", r"\begin": r"\end"}
_CLOSE = frozenset({")", "]", "}", r"\}", r"\rangle", r"\end"})
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL)
MAX_ITEMS = 100
"""Most elements of one list, set or matrix."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One expression, with its unit (empty: none)."""

    text: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Text, case-folded: ``no solution``. A single letter is a `Leaf`, because its case matters."""

    text: str


@dataclass(frozen=True, slots=True)
class Several:
    """Alternatives or a list without brackets; order does not matter. Never equals a single value."""

    items: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A tuple, point or interval; `brackets` are as written, and they matter."""

    items: tuple[Form, ...]
    brackets: tuple[str, str]


@dataclass(frozen=True, slots=True)
class SetOf:
    """``\\{…\\}``."""

    items: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """``A \\cup B``."""

    items: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of cells, in round or square brackets."""

    rows: tuple[tuple[Form, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """``s_0 op s_1 op s_2 …`` with operators of ``= < > \\le \\ge \\ne \\in``. Sides are texts."""

    sides: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Nothing that is understood; equal only to the same text."""

    text: str


Form = Leaf | Words | Several | Ordered | SetOf | Union | Matrix | Relation | Opaque

_LETTER = re.compile(r"\\?[A-Za-z]+(?:_(?:\{\w*\}|\w))?")
_RELATIONS = frozenset({"=", "<", ">", r"\le", r"\ge", r"\ne", r"\in"})
_MATRIX = re.compile(
    r"\\begin\{([pb]?matrix|array)\}(?:\{[clr|]*\})?((?:(?!\\begin).)*)\\end\{\1\}", re.DOTALL
)
_CHOICE = re.compile(r"\(?\s*(?:\\text\{\s*\(?([A-Za-z])\)?\s*\}|([A-Za-z]))\s*\)?")
_OR = re.compile(
    r"\\text\{\s*(?:or|and|,)\s*\}|\\(?:lor|land|vee|wedge)(?![A-Za-z])|(?<![A-Za-z\\])(?:or|and)(?![A-Za-z])"
)
_WORDS = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:[ ,'’/-]+[^\W\d_]+)*", re.UNICODE)
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_UNIT_TAIL = re.compile(
    r"(?:\s*(?:\\text\s*\{[^{}]*\}(?:\s*\^\{-?\d\})?|\^\\circ(?:\s*[CF](?![A-Za-z]))?|%|/(?=\s*\\text)))+$"
)
_UNIT_WORDS = re.compile(
    r"(?<=[\d}\s])\s*((?:[^\W\d_]{2,}|[\u4e00-\u9fff]{1,4})(?:[ /][^\W\d_]{2,}){0,3}(?:\^\{\d\})?)$"
)
_NUMERIC = re.compile(r"[-+]?\s*(?:[\d.,/ ]+|\\frac\{\d+\}\{\d+\}|\d+\s*\\frac\{\d+\}\{\d+\})")
_NOT_UNIT_WORDS = (
    "or and not no is isn if wrong false incorrect maybe perhaps possibly probably approximately about almost"
    " nearly million thousand billion trillion hundred dozen half plus minus times over more less than but"
    " either neither nor except unless instead was never none any all some true right correct answer solution"
    " solutions sin cos tan log ln exp sqrt pi mod wait"
)
NOT_UNITS = frozenset(_NOT_UNIT_WORDS.split())
"""Words after a number that make it something else than a quantity."""
_UNIT_NAMES = (
    "° degree degrees deg; $ dollar dollars usd; % percent percents pct percentage; inch inches; foot feet"
    " ft; minute minutes min; hour hours hr hrs; second seconds sec; m meter meters metre metres"
    "; cm centimeters; km kilometers; kg kilograms; g grams; unit units; rad radian radians rads"
)
_MORE_UNITS = (
    "mm dm mg mL ml dL kL lb lbs oz yd mph kph km kW kWh MB GB KB Hz kHz MHz cal kcal mol kPa eur"
    " day days week weeks month months year years cents"
)
_BARE_UNITS = frozenset(_UNIT_NAMES.replace(";", " ").split()) | frozenset(_MORE_UNITS.split())
"""Units that are known without ``\\text``."""
_UNIT_ALIASES = {alias: line.split()[0] for line in _UNIT_NAMES.split(";") for alias in line.split()[1:]}


def read(text: str) -> Form:
    """Split normalised `text` into its structure. Total: what is not understood is `Opaque`."""
    return _read(text.strip(), 0)


def _read(text: str, depth: int) -> Form:
    if depth > 8 or not text:
        return Opaque(text)
    choice = _CHOICE.fullmatch(text)
    if choice:
        return Leaf(choice.group(1) or choice.group(2))
    words = _as_words(text)
    if words is not None:
        return words
    matrix = _MATRIX.fullmatch(text)
    if matrix:
        return _matrix(matrix.group(2), depth)
    tokens = list(_top_level(text))
    if not tokens and text:
        return Opaque(text)  # brackets do not match
    for splitter in (_several, _relation, _union, _bracketed, _plus_minus, _ratio):
        form = splitter(text, tokens, depth)
        if form is not None:
            return form
    return _quantity(text)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    top: bool
    """Outside every bracket."""


def _top_level(text: str) -> Iterator[_Token]:
    """All tokens with their level; none at all when brackets do not match.

    Round and square brackets close each other, as half-open intervals need.
    """
    tokens: list[_Token] = []
    stack: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _CLOSE and (not stack or not _fits(stack.pop(), token)):
            return iter(())
        tokens.append(_Token(token, match.start(), not stack and token not in _CLOSE))
        if token in _OPEN:
            stack.append(token)
    return iter(()) if stack else iter(tokens)


def _fits(opening: str, closing: str) -> bool:
    return closing == _OPEN[opening] or (opening in "([" and closing in ")]")


def _split(text: str, tokens: list[_Token], separators: frozenset[str]) -> tuple[list[str], list[str]]:
    """Cut at top-level separators; return the parts and the separators between them."""
    parts: list[str] = []
    found: list[str] = []
    start = 0
    for token in tokens:
        if token.top and token.text in separators:
            parts.append(text[start : token.start].strip())
            found.append(token.text)
            start = token.start + len(token.text)
    parts.append(text[start:].strip())
    return parts, found


def _several(text: str, tokens: list[_Token], depth: int) -> Form | None:
    tops = {token.start for token in tokens if token.top}
    marked = _OR.sub(lambda m: ";" + " " * (len(m.group()) - 1) if m.start() in tops else m.group(), text)
    # `x = 1 and y = 2` becomes `x = 1; y = 2`; lengths are kept, so the offsets stay valid.
    if marked != text:
        tokens = list(_top_level(marked))
    parts, found = _split(marked, tokens, frozenset({",", ";"}))
    parts = [part for part in parts if part]
    if not found:
        return None
    if len(parts) < 2 or len(parts) > MAX_ITEMS:
        return Opaque(text)
    return Several(tuple(_read(part, depth + 1) for part in parts))


def _relation(text: str, tokens: list[_Token], depth: int) -> Form | None:
    sides, operators = _split(text, tokens, _RELATIONS | {r"\approx"})
    if not operators:
        return None
    if r"\approx" in operators:  # `1/3 \approx 0.33` states 1/3
        cut = operators.index(r"\approx")
        if cut == 0 and len(operators) == 1 and _LETTER.fullmatch(sides[0]):
            operators = ["="]
        elif cut == 0:
            return _read(sides[0], depth + 1)
        else:
            sides, operators = sides[: cut + 1], operators[:cut]
    return Relation(tuple(sides), tuple(operators)) if all(sides) else Opaque(text)


def _union(text: str, tokens: list[_Token], depth: int) -> Form | None:
    parts, found = _split(text, tokens, frozenset({r"\cup"}))
    if not found:
        return None
    return (
        Union(tuple(_read(part, depth + 1) for part in parts))
        if all(parts) and len(parts) <= MAX_ITEMS
        else Opaque(text)
    )


def _bracketed(text: str, tokens: list[_Token], depth: int) -> Form | None:
    opening, closing = tokens[0].text, tokens[-1].text
    whole = opening in _OPEN and closing in _CLOSE and not any(token.top for token in tokens[1:])
    if (
        not whole
        or opening == r"\begin"
        or sum(token.text in _OPEN for token in tokens) != sum(token.text in _CLOSE for token in tokens)
    ):
        return None
    if not _one_group(tokens):
        return None
    inner = text[len(opening) : len(text) - len(closing)].strip()
    if opening == r"\{":
        content = _read(inner, depth + 1)
        if isinstance(content, Several):
            return SetOf(content.items)
        builder = any(mark in inner for mark in ("|", r"\mid", ":"))
        return Opaque(text) if builder or not inner else SetOf((content,))
    if opening == "{":
        return _read(inner, depth + 1)
    inner_tokens = list(_top_level(inner))
    parts, found = _split(inner, inner_tokens, frozenset({",", ";"}))
    if not found:
        content = _read(inner, depth + 1)
        return content if {opening, closing} == {"(", ")"} or isinstance(content, Matrix) else None
    if not all(parts) or len(parts) > MAX_ITEMS:
        return Opaque(text)
    return Ordered(tuple(_read(part, depth + 1) for part in parts), (opening, closing))


def _one_group(tokens: list[_Token]) -> bool:
    """Whether the first bracket is closed by the last token: not so in ``(1)(2)``."""
    level = 0
    for token in tokens[:-1]:
        level += (token.text in _OPEN) - (token.text in _CLOSE)
        if level == 0:
            return False
    return True


def _plus_minus(text: str, tokens: list[_Token], depth: int) -> Form | None:
    signs = [token for token in tokens if token.text in (r"\pm", r"\mp")]
    if not signs:
        return None
    if len(signs) > 1:
        return Opaque(text)
    start, end = signs[0].start, signs[0].start + len(signs[0].text)
    return Several(tuple(_read((text[:start] + sign + text[end:]).strip(" +"), depth + 1) for sign in "+-"))


def _ratio(text: str, tokens: list[_Token], _depth: int) -> Form | None:
    parts, found = _split(text, tokens, frozenset({":"}))
    if not found:
        return None
    if len(parts) == 2 and all(parts):
        clock = parts[0].isdigit() and parts[1].startswith("0")  # 12:05 is no ratio
        return Leaf(text if clock else f"({parts[0]})/({parts[1]})")
    return Opaque(text)


def _matrix(body: str, depth: int) -> Form:
    rows = [
        row
        for row in (part.strip() for part in re.split(r"\\\\(?:\[[^\]]*\])?|\\cr", body))
        if row and row != r"\hline"
    ]
    cells = [[cell.strip() for cell in row.split("&")] for row in rows]
    if not cells or len(cells) * len(cells[0]) > MAX_ITEMS or any(len(row) != len(cells[0]) for row in cells):
        return Opaque(body)
    return Matrix(tuple(tuple(_read(cell, depth + 1) for cell in row) for row in cells))


def _as_words(text: str) -> Words | None:
    """Plain words of at least two letters (three, when LaTeX would read them as a product)."""
    plain = _TEXT.sub(r" \1 ", text)
    inner = " ".join(plain.replace("(", " ").replace(")", " ").split()).strip(" .,:;!")
    if not _WORDS.fullmatch(inner):
        return None
    letters = sum(char.isalpha() for char in inner)
    if letters < (2 if r"\text" in text else 3):
        return None
    if (
        r"\text" not in text
        and _OR.search(inner)
        and all(len(part) < 3 for part in inner.split() if part not in ("or", "and"))
    ):
        return None  # `a or b` lists two letters
    return Words(inner.casefold())


def _quantity(text: str) -> Form:
    """Take a trailing unit, or a leading currency sign, off an expression."""
    unit = ""
    if text.startswith(r"\$"):
        unit, text = "$", text[2:].strip()
    elif re.match(r"[-+]\s*\\\$", text):
        unit, text = "$", text.replace(r"\$", "", 1)
    tail = _UNIT_TAIL.search(text)
    if tail and tail.start() > 0:
        name = _unit_name(tail.group())
        if name is None or (unit and name != unit):
            return Opaque(text)
        text, unit = text[: tail.start()].strip(), name
    else:
        word = _UNIT_WORDS.search(text)
        if word and _NUMERIC.fullmatch(text[: word.start()].strip()) and _bare_unit(text, word.start(1)):
            name = _unit_name(word.group(1))
            if name is None or unit:
                return Opaque(text)
            text, unit = text[: word.start()].strip(), name
    return Opaque(text) if r"\text" in text or not text else Leaf(text, unit)


def _bare_unit(text: str, start: int) -> bool:
    """Whether letters after a number are a unit: a known one, or a word apart; ``2xy`` is a product."""
    first = re.split(r"[ /^]", text[start:])[0]
    apart = text[start - 1].isspace() and len(first) >= 4
    return apart or not first.isascii() or first in _BARE_UNITS


def _unit_name(raw: str) -> str | None:
    """A unit's one name; None when the words are no unit, such as ``is wrong``."""
    name = re.sub(r"\^\s*\\circ", " ° ", raw)
    name = _TEXT.sub(r" \1 ", name).casefold()
    name = re.sub(r"\^\s*\{?(-?\d)\}?", r"^\1", name)
    words = [
        _UNIT_ALIASES.get(word, word) for word in name.replace("(", " ").replace(")", " ").strip(" .").split()
    ]
    if any(word in NOT_UNITS for word in words):
        return None
    if (
        not all(
            re.fullmatch(r"[^\W\d_/]+(?:[/.^-][\w^-]+)*(?:\^-?\d)?|[°%$]|\^-?\d|/", word) for word in words
        )
        or len(words) > 6
    ):
        return None
    joined = " ".join(words)
    for word, power in (("square ", "^2"), ("sq ", "^2"), ("cubic ", "^3")):
        if joined.startswith(word):
            joined = joined[len(word) :] + power
    words = [_UNIT_ALIASES.get(word, word) for word in joined.replace(" ^", "^").split()]
    singular = [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in words
    ]
    return " ".join(singular)
