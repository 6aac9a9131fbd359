"""Reads normalised text into the structure of an answer: number, pair, set, equation, words.

Total: what is not understood is `Opaque`. What stands in the leaves is mathematics for `syntax.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assay_verifiers.math_answer import matrices
from assay_verifiers.math_answer.numerals import spelt
from assay_verifiers.math_answer.phrases import LETTER, OR, choice, phrase, sentence
from assay_verifiers.math_answer.structures import (
    MAX_ITEMS,
    NONE,
    REALS,
    Choice,
    Form,
    Given,
    Leaf,
    Matrix,
    Opaque,
    Ordered,
    Relation,
    SetOf,
    Several,
    Union,
    Without,
)
from assay_verifiers.math_answer.syntax import RATIONAL
from assay_verifiers.math_answer.units import quantity

_OPEN = {"(": ")", "[": "]", "{": "}", r"\{": r"\}", r"\langle": r"\rangle", r"\begin": r"\end"}
_CLOSE = frozenset({")", "]", "}", r"\}", r"\rangle", r"\end"})
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL)
_SIDE = re.compile(r"\\?[A-Za-z]+(?:_(?:\{\w*\}|\w))?")
_RELATIONS = frozenset({"=", "<", ">", r"\le", r"\ge", r"\ne", r"\in", r"\equiv"})
_MAX_SIDES = 24
"""Most sides of one chain of relations."""
_MEMBER = re.compile(r"\\in(?![A-Za-z])")
_MODULUS = re.compile(
    r"(.+?)\s*(?:\\pmod\s*(\{[^{}]*\}|\d+|[a-z])|\(\s*(?:\\b?mod|\\text\{\s*mod\s*\})\s*(.+?)\s*\))",
    re.DOTALL,
)
_DOMAINS = {
    r"\mathbb{Z}": "Z",
    r"\mathbb{N}": "N",
    r"\mathbb{R}": "R",
    r"\mathbb{Q}": "Q",
    r"\mathbb{C}": "C",
}
_DOMAIN_NAMES = r"\\mathbb\{[ZNRQC]\}(?:[_^]\{?[+*\d]\}?)*"
_QUALIFIER = re.compile(rf"(?:\\text\{{[^{{}}]*\}}|\\forall)?\s*([A-Za-z])\s*\\in\s*({_DOMAIN_NAMES}|Z|N)")
_BEHIND = re.compile(
    rf"^(.*\S)(?:\s*\(\s*|\s+|\s*\\text\{{\s*(?:for|where|with|,)?\s*(?:all|any|some|every)?\s*\}}\s*|\s*\\forall\s*)"
    rf"([A-Za-z])\s*\\in\s*({_DOMAIN_NAMES}|Z|N)\s*\)?$",
    re.DOTALL,
)
_IN_WORDS = re.compile(
    r"\s*,?\s*\\text\{\s*,?\s*(?:for|where|with)\s*(?:(?:any|all|some|every)\s+integers?\s*)?\}\s*([A-Za-z])"
    r"\s*(?:\\text\{\s*(?:is|are|being)?\s*(?:an|any)?\s*integers?\s*\})?$"
)
_LONG_WORD = re.compile(r"(?!(?:and|or)(?![^\W\d_]))(?<![^\W\d_])[^\W\d_]{2}")
_WHOLE_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_NUMBERED = re.compile(r"(?:\\text\{\s*)?\((\d)\)\s*\}?\s*(\S.*)", re.DOTALL)
"""One of several answers: ``(1) 5; (2) 6``."""
_POINT = re.compile(r"([ABD-MO-TV-Z]'{0,2}(?:_(?:\{\w*\}|\w))?)\s*(\(.*\))", re.DOTALL)
"""A point with its name. N, U and C before a pair are distributions and binomials."""
_DECIMAL = re.compile(
    r"([-+]?\d+),(\d{2,}|\d+(?=\s*(?:\\text|[€£₫%]|\^\\circ)))(\s*(?:\\text.*|[€£₫%]|\^\\circ.*)?)"
)
_BUILDER = re.compile(
    r"([A-Za-z](?:_\{\w\})?)\s*(?:\\in\s*(\\mathbb\{[A-Z]\}))?\s*(?:\\mid(?![A-Za-z])|\\vert|\||:)\s*(.+)",
    re.DOTALL,
)
_MINUS = re.compile(
    r"\\mathbb\{R\}\s*(?:\\setminus|\\backslash|\\smallsetminus|-|\\)\s*(\\\{.*\\\})", re.DOTALL
)


@lru_cache(maxsize=4096)
def read(text: str) -> Form:
    """Split normalised `text` into its structure."""
    form = _read(text.strip(), 0)
    return (sentence(text) or form) if isinstance(form, Opaque) else form


def _read(text: str, depth: int) -> Form:
    if depth > 8 or not text:
        return Opaque(text)
    if RATIONAL.fullmatch(text):
        return Leaf(text)
    named = phrase(text) if LETTER.fullmatch(text) else spelt(text) or phrase(text)
    if named is not None:
        return named
    special = _matrix(text, depth) or _marked(text, depth)
    if special is not None:
        return special
    tokens = list(_top_level(text))
    if not tokens and text:
        return Opaque(text)  # brackets do not match
    for splitter in (_several, _relation, _union, _bracketed, _plus_minus, _ratio):
        form = splitter(text, tokens, depth)
        if form is not None:
            return form
    return quantity(text)


def _marked(text: str, depth: int) -> Form | None:
    """A choice with content, a formula in ``\\text``, a point with its name, the reals without some."""
    if (
        text.startswith("<")
        and text.endswith(">")
        and "," in text
        and text.count("<") == 1 == text.count(">")
    ):
        return _read(rf"\langle {text[1:-1]}\rangle", depth + 1)
    lettered = choice(text)
    if lettered:
        body = _read(lettered[1], depth + 1)
        another = isinstance(body, Opaque | Choice) or (
            isinstance(body, Leaf) and LETTER.fullmatch(body.text)
        )
        return Opaque(text) if another else Choice(lettered[0], body)
    whole = _WHOLE_TEXT.fullmatch(text)
    if whole and not _LONG_WORD.search(whole.group(1)) and whole.group(1).strip():
        return _read(whole.group(1).strip(), depth + 1)
    point = _POINT.fullmatch(text)
    if point:
        body = _read(point.group(2), depth + 1)
        if isinstance(body, Ordered) and body.brackets == ("(", ")"):
            return Relation((point.group(1), point.group(2)), ("=",))
    removed = _MINUS.fullmatch(text)
    if removed:
        body = _read(removed.group(1), depth + 1)
        return Without(body.items) if isinstance(body, SetOf) else Opaque(text)
    return None


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
    given = _given(text, tokens)
    if given is not None:
        return given
    tops = {token.start for token in tokens if token.top}
    either = False

    def mark(found: re.Match[str]) -> str:
        nonlocal either
        if found.start() not in tops:
            return found.group()
        either = either or "and" not in found.group()
        return ";" + " " * (len(found.group()) - 1)

    marked = OR.sub(mark, text)
    # `x = 1 and y = 2` becomes `x = 1; y = 2`; lengths are kept, so the offsets stay valid.
    if marked != text:
        tokens = list(_top_level(marked))
    parts, found = _split(marked, tokens, frozenset({",", ";"}))
    parts = [part for part in parts if part]
    if not found:
        return None
    if len(parts) < 2 or len(parts) > MAX_ITEMS:
        return Opaque(text)
    if "," in found and ";" in found:
        groups = [group for group in _split(marked, tokens, frozenset({";"}))[0] if group]
        inner = [_split(group, list(_top_level(group)), frozenset({","}))[0] for group in groups]
        if (
            len(groups) > 1
            and len({len([p for p in i if p]) for i in inner}) == 1
            and all("=" in g for g in groups)
        ):
            return Several(tuple(_read(group.strip(" ,"), depth + 1) for group in groups), either=either)
    numbered = [_NUMBERED.fullmatch(part) for part in parts]
    if all(found and found.group(1) == str(at) for at, found in enumerate(numbered, 1)):
        return Ordered(tuple(_read(found.group(2), depth + 1) for found in numbered if found), ("(", ")"))
    decimal = _DECIMAL.fullmatch(text)
    value = "{}.{}{}".format(*decimal.groups()) if decimal and len(parts) == 2 else ""
    return Several(tuple(_read(part, depth + 1) for part in parts), value, either)


def _given(text: str, tokens: list[_Token]) -> Given | None:
    """An answer followed by what its parameter is: ``k\\pi, k \\in \\mathbb{Z}``."""
    words = _IN_WORDS.search(text) if "integer" in text else None
    if words and words.start():
        return _with_parameter(text[: words.start()], words.group(1), r"\mathbb{Z}")
    if r"\in" not in text or len(_MEMBER.findall(text)) > 3:
        return None
    parts, found = _split(text, tokens, frozenset({",", ";"}))
    if found and len(parts) > 1:
        last = _QUALIFIER.fullmatch(parts[-1])
        if last:
            return _with_parameter(text[: text.rindex(found[-1])], last.group(1), last.group(2))
    behind = _BEHIND.match(text)
    if behind and not found:
        return _with_parameter(*behind.groups())
    return None


def _with_parameter(text: str, letter: str, domain: str) -> Given | None:
    """None when the letter does not occur, or is what the answer is about: ``x > 0, x \\in \\mathbb{Z}``."""
    body = text.strip(" ,;")
    first = re.match(r"\s*([A-Za-z])(?:\s*(?:=|<|>|\\[lg]e|\\ne|\\in)|$)", body)
    occurs = re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", re.sub(r"\\[A-Za-z]+", " ", body))
    if not occurs or (first and first.group(1) == letter) or body.endswith("="):
        return None
    return Given(body, letter, domain if domain.startswith("\\") else rf"\mathbb{{{domain}}}")


def _relation(text: str, tokens: list[_Token], depth: int) -> Form | None:
    sides, operators = _split(text, tokens, _RELATIONS | {r"\approx"})
    if not operators:
        return None
    if r"\approx" in operators:  # `1/3 \approx 0.33` states 1/3
        cut = operators.index(r"\approx")
        if cut == 0 and len(operators) == 1 and _SIDE.fullmatch(sides[0]):
            operators = ["="]
        elif cut == 0:
            return _read(sides[0], depth + 1)
        else:
            sides, operators = sides[: cut + 1], operators[:cut]
    modulus = _MODULUS.fullmatch(sides[-1]) if operators == [r"\equiv"] else None
    if modulus:
        of = (modulus.group(2) or modulus.group(3)).strip("{}")
        return Relation((sides[0], modulus.group(1), of), (r"\equiv", r"\pmod"))
    usable = all(sides) and len(sides) <= _MAX_SIDES
    return Relation(tuple(sides), tuple(operators)) if usable else Opaque(text)


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
        return _set(text, inner, depth)
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


def _set(text: str, inner: str, depth: int) -> Form:
    """A set by its elements, or by a condition on a real number."""
    if not inner:
        return NONE
    builder = _BUILDER.fullmatch(inner)
    if builder and (builder.group(2) or r"\mathbb{R}") == r"\mathbb{R}":
        condition = _read(builder.group(3), depth + 1)
        of_letter = isinstance(condition, Relation) and builder.group(1) in re.sub(
            r"\\[A-Za-z]+", "", "".join(condition.sides)
        )
        if of_letter or isinstance(condition, Several):
            return condition
        return REALS if condition == REALS else Opaque(text)
    if r"\mid" in inner:
        return Opaque(text)
    content = _read(inner, depth + 1)
    if isinstance(content, Several):
        return SetOf(content.items)
    marks = any(mark in inner for mark in ("|", r"\mid", ":"))
    return Opaque(text) if marks else SetOf((content,))


def _one_group(tokens: list[_Token]) -> bool:
    """Whether the first bracket is closed by the last token: not so in ``(1)(2)``."""
    level = 0
    for token in tokens[:-1]:
        level += (token.text in _OPEN) - (token.text in _CLOSE)
        if level == 0:
            return False
    return True


def _plus_minus(text: str, tokens: list[_Token], depth: int) -> Form | None:
    r"""One sign is two values; two ``\pm`` are four, and ``\pm`` with ``\mp`` two, as is usual."""
    signs = [token for token in tokens if token.text in (r"\pm", r"\mp")]
    if not signs:
        return None
    names = {token.text for token in signs}
    if len(signs) > 2:
        return Opaque(text)
    if len(signs) == 1 or len(names) == 2:
        choices = ["+-" if len(signs) > 1 else "+", "-+" if len(signs) > 1 else "-"]
    else:
        choices = ["++", "+-", "-+", "--"]
    items: list[Form] = []
    for signed in choices:
        written = text
        for token, sign in zip(reversed(signs), reversed(signed), strict=True):
            written = written[: token.start] + sign + written[token.start + len(token.text) :]
        items.append(_read(written.strip(" +"), depth + 1))
    return Several(tuple(items))


def _ratio(text: str, tokens: list[_Token], depth: int) -> Form | None:
    parts, found = _split(text, tokens, frozenset({":"}))
    if not found:
        return None
    if not all(parts) or len(parts) > MAX_ITEMS:
        return Opaque(text)
    if len(parts) == 2:
        return Leaf(f"({parts[0]})/({parts[1]})")
    return Ordered(tuple(_read(part, depth + 1) for part in parts), (":", ":"))


def _matrix(text: str, depth: int) -> Form | None:
    vector = matrices.components(text)
    if vector is not None:
        return Ordered(tuple(_read(part, depth + 1) for part in vector), ("(", ")"))
    rows = matrices.cells(text)
    if rows is not None:
        return Matrix(tuple(tuple(_read(cell, depth + 1) for cell in row) for row in rows))
    rows = matrices.cases(text)
    if rows is None:
        return None
    lines = [
        _read(row[0], depth + 1)
        if len(row) == 1
        else Ordered(tuple(_read(c, depth + 1) for c in row), ("", ""))
        for row in rows
    ]
    return Several(tuple(lines)) if len(lines) > 1 else lines[0]
