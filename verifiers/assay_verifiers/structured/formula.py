"""Formulas over declared variables: a small grammar, read into a tree and never evaluated.

    iff      := implies (("<->" | "iff") implies)*
    implies  := xor ("->" implies)?
    xor      := or ("xor" or)*          or := and ("or" and)*          and := unary ("and" unary)*
    unary    := "not" unary | relation
    relation := sum (("=" | "!=" | "<" | "<=" | ">" | ">=") sum)*
    sum      := term (("+" | "-") term)*
    term     := factor (("*" | "/") factor)*          factor := "-" factor | number | name | "(" iff ")"

Signs of C, mathematics and LaTeX stand for the words: ``!``, ``~``, ``¬``, ``&&``, ``∧``, ``\\land``, ….
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

MAX_TOKENS = 1000
MAX_DEPTH = 30
"""Parentheses, denials and implications inside one another."""
MAX_TREE = 200
"""Levels of the tree; chains of one connective lie on one level, chains of other signs do not."""
MAX_DIGITS = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<latex>\\[A-Za-z]+)"
    r"|(?P<sign><->|<=>|<==>|->|=>|==>|==|!=|<>|<=|>=|/\\|\\/|&&|\|\||[-+*/=<>!~&|^()¬∧∨⊕→⇒↔⇔≤≥≠·×−]))"
)
_SAME = {
    name: word
    for word, names in {
        "not": r"! ~ ¬ \lnot \neg NOT Not",
        "and": r"& && /\ ∧ \land \wedge AND And",
        "or": r"| || \/ ∨ \lor \vee OR Or",
        "xor": r"^ ⊕ \oplus XOR Xor",
        "->": r"=> ==> → ⇒ implies \to \rightarrow \Rightarrow \implies",
        "<->": r"<=> <==> ↔ ⇔ iff \leftrightarrow \Leftrightarrow \iff",
        "=": "==",
        "!=": r"<> ≠ \ne \neq",
        "<=": r"≤ \le \leq",
        ">=": r"≥ \ge \geq",
        "*": r"· × \cdot \times",
        "-": "−",
        "true": r"True TRUE \top",
        "false": r"False FALSE \bot",
    }.items()
    for name in names.split()
}
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
_WORDS = frozenset({"not", "and", "or", "xor", "true", "false"})


class FormulaError(ValueError):
    """The text is no formula of the grammar within the limits; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A formula or term."""

    sign: str
    """An operator, ``number``, ``name``, ``true`` or ``false``."""
    parts: tuple[Node, ...] = ()
    value: Fraction | str = ""
    levels: int = 1


def parse(text: str) -> Node:
    """Read a formula.

    Raises:
        FormulaError: it is none.
    """
    reader = _Reader(_tokens(text))
    node = reader.iff()
    if reader.next:
        raise FormulaError(f"`{reader.next[:20]}` is not expected where it stands")
    return node


def size(node: Node) -> int:
    """How many nodes a formula has."""
    return 1 + sum(map(size, node.parts))


def _joined(sign: str, *parts: Node) -> Node:
    levels = 1 + max(part.levels for part in parts)
    if levels > MAX_TREE:
        raise FormulaError(f"the formula has more than {MAX_TREE} levels")
    return Node(sign, parts, levels=levels)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    position, text = 0, text.strip().strip("$").strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FormulaError("a sign that no formula has")
        token = match.group().strip()
        if token not in (r"\left", r"\right"):
            found.append(_SAME.get(token, token))
        position = match.end()
        if len(found) > MAX_TOKENS:
            raise FormulaError(f"the formula has more than {MAX_TOKENS} signs")
    return found


class _Reader:
    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = self._depth = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError(f"the formula is nested more than {MAX_DEPTH} deep")
        node = read()
        self._depth -= 1
        return node

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        node = part()
        if self.next in ("and", "or") and self.next in signs:
            parts = [node]
            while self.next in signs:
                self._take()
                parts.append(part())
            return _joined(signs[0], *parts)
        while self.next in signs:
            sign = self._take()
            node = _joined(sign, node, part())
        return node

    def iff(self) -> Node:
        return self._chain(("<->",), self._implies)

    def _implies(self) -> Node:
        node = self._chain(("xor",), lambda: self._chain(("or",), self._and))
        if self.next == "->":
            self._take()
            return _joined("->", node, self._deeper(self._implies))
        return node

    def _and(self) -> Node:
        return self._chain(("and",), self._unary)

    def _unary(self) -> Node:
        if self.next == "not":
            self._take()
            return _joined("not", self._deeper(self._unary))
        return self._relation()

    def _relation(self) -> Node:
        left, found = self._sum(), list[Node]()
        while self.next in RELATIONS:
            sign, right = self._take(), self._sum()
            found.append(_joined(sign, left, right))
            left = right
        if not found:
            return left
        return found[0] if len(found) == 1 else _joined("and", *found)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._term)

    def _term(self) -> Node:
        return self._chain(("*", "/"), self._factor)

    def _factor(self) -> Node:
        token = self._take()
        if token == "-":
            return _joined("negative", self._deeper(self._factor))
        if token == "(":
            node = self._deeper(self.iff)
            if self._take() != ")":
                raise FormulaError("a parenthesis is never closed")
            return node
        if token == "not":
            self._at -= 1
            return self._unary()
        if token in ("true", "false"):
            return Node(token)
        if token[:1].isdigit():
            if len(token) > MAX_DIGITS:
                raise FormulaError(f"a number is longer than {MAX_DIGITS} digits")
            return Node("number", value=Fraction(Decimal(token)))
        if (token[:1].isalpha() or token[:1] == "_") and token not in _WORDS:
            return Node("name", value=token)
        raise FormulaError("the formula ends early" if not token else f"`{token[:20]}` is not expected there")
