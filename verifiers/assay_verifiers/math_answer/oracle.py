"""What is asked about expressions, and what exact arithmetic answers without a computer algebra system.

Three-valued: True, False, or None where only the worker can tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from assay_verifiers.math_answer import algebraic
from assay_verifiers.math_answer.admit import MAX_UNREAD, admissible, comparable
from assay_verifiers.math_answer.closed import proportional, same
from assay_verifiers.math_answer.numeric import ALL, BITS, FEW, apart, letters_in, not_proportional
from assay_verifiers.math_answer.rational import TooLarge, exact, large
from assay_verifiers.math_answer.rounding import rounds
from assay_verifiers.math_answer.syntax import Node, Op, Sym, SyntaxFault, parse

Truth = bool | None


class Oracle(Protocol):
    """Decides about expressions."""

    def equal(self, answer: Node, reference: Node) -> Truth:
        """Whether both have the same value wherever they have one."""
        ...

    def proportional(self, answer: Node, reference: Node) -> Truth:
        """Whether one is a nonzero constant times the other, and neither is zero."""
        ...

    def unread(self, answer: str, reference: str) -> Truth:
        """Whether two texts are equal of which the grammar does not read at least one."""
        ...

    def rounds(self, answer: str, reference: str) -> bool:
        """Whether two different values count as equal because one is the other, rounded."""
        ...


@dataclass(frozen=True, slots=True)
class ExactOracle:
    """Knows rational numbers, values that intervals tell apart, and closed forms; leaves the rest open."""

    rounding: int | None = None
    """Fewest significant digits of a rounded decimal; None: exact values only."""

    def equal(self, answer: Node, reference: Node) -> Truth:
        """Compare exact values, refute with intervals, and confirm by normal form."""
        try:
            left, right = exact(answer), exact(reference)
        except ZeroDivisionError:
            return False
        except TooLarge:
            return _large(answer, reference)
        if left is not None and right is not None:
            return left == right
        if answer == reference:
            return True
        ours, theirs = infinity(answer), infinity(reference)
        if ours or theirs:
            return ours == theirs if ours is not None and theirs is not None else None
        return _decided(apart, _same, answer, reference)

    def proportional(self, answer: Node, reference: Node) -> Truth:
        """The same for the quotient of two expressions."""
        if answer == reference and not constant(answer):
            return True
        return _decided(not_proportional, proportional, answer, reference)

    def unread(self, answer: str, reference: str) -> Truth:
        """Compare the spelling; what Math-Verify may read is left open."""
        if spelling(answer) == spelling(reference):
            return True
        return None if _askable(answer, reference) else False

    def rounds(self, answer: str, reference: str) -> bool:
        """See `rounding.rounds`."""
        if self.rounding is None or "." not in answer + reference:
            return False
        left, right = parsed(answer), parsed(reference)
        if left is None or right is None:
            return False
        return rounds(answer, left, reference, right, self.rounding)


def _decided(
    refute: Callable[[Node, Node, int, int], bool | None],
    confirm: Callable[[Node, Node], bool | None],
    answer: Node,
    reference: Node,
) -> Truth:
    """Refuted by intervals, else settled by normal form, else refuted at more points or bits, else open.

    A normal form confirms only what has a value somewhere: it would take 0/0 for anything.
    """
    coarse, fine = BITS
    refuted = refute(answer, reference, coarse, FEW)
    if refuted:
        return False
    confirmed = confirm(answer, reference)
    if confirmed is False or (confirmed and refuted is False):
        return confirmed
    return False if refute(answer, reference, coarse, ALL) or refute(answer, reference, fine, FEW) else None


def _large(answer: Node, reference: Node) -> bool:
    """Compare what is too large for anything but integers and intervals.

    Raises:
        TooLarge: when neither can tell.
    """
    try:
        left, right = large(answer), large(reference)
    except ZeroDivisionError:
        return False
    if answer == reference or (left is not None and left == right):
        return True
    if (left is not None and right is not None) or apart(answer, reference, BITS[0]):
        return False
    raise TooLarge("not decided")


def _same(answer: Node, reference: Node) -> bool | None:
    known = same(answer, reference)
    return known if known is not None else algebraic.equal(answer, reference)


def infinity(node: Node) -> int | None:
    """1 or -1 for an infinity, 0 for what has none in it, None for anything else."""
    if node == _INFINITY:
        return 1
    if node == Op("neg", (_INFINITY,)):
        return -1
    return None if r"\infty" in letters_in(node) else 0


_INFINITY = Sym(r"\infty")

EXACT = ExactOracle()

_SPACE = re.compile(r"(?<!\d) +| +(?!\d)")

"""Space that says nothing; between digits it separates."""


def spelling(text: str) -> str:
    """The text without the space that says nothing."""
    return _SPACE.sub("", text)


def _askable(answer: str, reference: str) -> bool:
    """Whether Math-Verify may be asked: each is in the grammar, or listed in `admit`."""
    known = all(
        admissible(text) or (parsed(text) is not None and len(text) <= MAX_UNREAD)
        for text in (answer, reference)
    )
    return known and comparable(answer, reference)


def has_letters(node: Node) -> bool:
    """Whether letters stand in an expression, except constants."""
    if isinstance(node, Sym):
        return node.name not in (r"\pi", "e")
    return isinstance(node, Op) and any(has_letters(arg) for arg in node.args)


def constant(node: Node) -> bool:
    """Whether an expression has no letters, except constants."""
    return not has_letters(node)


@lru_cache(maxsize=8192)
def parsed(text: str) -> Node | None:
    """Return the tree of an expression; None when it is not one."""
    try:
        return parse(text)
    except SyntaxFault:
        return None
