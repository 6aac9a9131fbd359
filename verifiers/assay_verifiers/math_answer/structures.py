"""What an answer can be: a number with its unit, words, a list, a tuple, a set, a matrix, a relation.

Two answers are compared structure by structure, so a set never equals a pair and an equation never
equals its last side. What stands in the leaves is mathematics for `syntax.parse`, or opaque.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    decimal: str = ""
    """``3,14`` is two values, or this one with a decimal comma; empty where it can only be a list."""
    either: bool = False
    """The items were joined by "or"."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A tuple, point, vector, interval or, with colons for brackets, a ratio of three and more."""

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
class Without:
    """``\\mathbb{R} \\setminus \\{1, 2\\}``: all reals but these."""

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
class Given:
    """An answer with a parameter: ``k\\pi`` where k is in Z. The name of the parameter says nothing."""

    text: str
    letter: str
    domain: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice with what it stands for: ``(A) 5``."""

    letter: str
    body: Form


@dataclass(frozen=True, slots=True)
class Opaque:
    """Nothing that is understood; equal only to the same text."""

    text: str


Form = (
    Leaf | Words | Several | Ordered | SetOf | Union | Without | Matrix | Relation | Given | Choice | Opaque
)

REALS = Ordered((Leaf(r"-\infty"), Leaf(r"\infty")), ("(", ")"))
"""All real numbers."""
NONE = Words("no solution")
"""The empty set, and its names."""
