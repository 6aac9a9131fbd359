"""A small grammar for the mathematics that final answers are written in.

Reads normalised LaTeX into a tree, and nothing else: no symbol table, no evaluation, no imports.
What it does not know it refuses with `SyntaxFault`, so a drop of an unknown command can never turn
one value into another. Integrals, sums, limits and determinants are refused on purpose: an answer that
restates the question is not an answer. Linear in the length of the text; nesting is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_DEPTH = 40
"""Deepest nesting of groups and signs that is read."""
MAX_HEIGHT = 150
"""Highest tree that is read. A product of n factors is n high, and Python's stack is about 1,000 deep."""
MAX_DIGITS = 400
"""Most digits of one numeral; CPython turns at most 4,300 into an integer."""

RATIONAL = re.compile(r"(-?)(?:([0-9]+(?:\.[0-9]+)?)|\\frac\{([0-9]+)\}\{([0-9]+)\})")
"""A number or fraction, as most answers are."""


class SyntaxFault(ValueError):  # noqa: N818 - a fault of the text, which the caller turns into a verdict
    """The text is not in the grammar. The message says why, without quoting the text."""


@dataclass(frozen=True, slots=True)
class Num:
    """An exact rational: a decimal is what it says, 0.1 is one tenth."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Sym:
    """A letter with its subscript. ``e``, ``i`` and ``\\pi`` are letters too until evaluation."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation: add, mul, div, pow, neg, fact, binom, abs, floor, ceil, root, call:f, or a function."""

    name: str
    args: tuple[Node, ...]


Node = Num | Sym | Op

_TOKEN = re.compile(
    r"(?P<num>\d+(?:\.\d+)?|\.\d+)|(?P<cmd>\\[A-Za-z]+)|(?P<esc>\\.)|(?P<let>[A-Za-z])|(?P<sp>\s+)|(?P<chr>.)",
    re.DOTALL,
)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma"
    " tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega"
    " ell pi infty hbar aleph"
)
_GREEK = frozenset(_GREEK_NAMES.split())
_FUNCTION_NAMES = "sin cos tan cot sec csc cis sinh cosh tanh arcsin arccos arctan ln log lg exp"
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_ANGLES = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "cis"})
_SYMMETRIC = frozenset({"gcd", "lcm"})
"""Named functions of several numbers in any order. They are compared as they stand, never evaluated."""
_DOTS = frozenset({"cdots", "ldots", "dots"})
_APPLIED = frozenset("fghFGPQ")
"""Letters that mean a function when a parenthesis follows; any other letter is multiplied."""
_CLOSING = {"(": ")", "{": "}", "[": "]"}


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        SyntaxFault: when the whole of `text` is not one expression of the grammar.
    """
    simple = RATIONAL.fullmatch(text)
    if simple:
        sign, numeral, *parts = simple.groups()
        node = number(numeral) if numeral else Op("div", tuple(map(number, parts)))
        return Op("neg", (node,)) if sign else node
    parser = _Parser(text)
    node = parser.expression(0)
    if parser.peek():
        raise SyntaxFault("something follows the expression")
    if _height(node) > MAX_HEIGHT:
        raise SyntaxFault("nested too deeply")
    return node


def _height(node: Node) -> int:
    """The height of a tree; no recursion, because that is what the height is bounded for."""
    height = 0
    level: list[Node] = [node]
    while level:
        height += 1
        level = [arg for item in level if isinstance(item, Op) for arg in item.args]
    return height


def number(text: str) -> Num:
    """A numeral such as ``12`` or ``.5``.

    Raises:
        SyntaxFault: when it has more than `MAX_DIGITS` digits.
    """
    if len(text) > MAX_DIGITS:
        raise SyntaxFault("a numeral is too long")
    whole, _, places = text.partition(".")
    return Num(Fraction(int(whole + places), 10 ** len(places)) if places else Fraction(int(whole)))


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, bool]] = []  # kind, text, whether space stands before
        space = False
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or ""
            if kind == "sp":
                space = True
                continue
            self.tokens.append((kind, match.group(), space))
            space = False
        self.at = 0
        self.angles = 0
        """How many trigonometric functions are open: only in their argument a degree is a number."""
        self.bars = 0
        """How many absolute values are open: only outside them a bar can begin one."""

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead][1] if self.at + ahead < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        text = self.peek()
        if not text:
            raise SyntaxFault("the expression is incomplete")
        self.at += 1
        return text

    def expect(self, text: str) -> None:
        if self.take() != text:
            raise SyntaxFault("brackets do not match")

    def expression(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise SyntaxFault("nested too deeply")
        terms = [self.term(depth)]
        while self.peek() in ("+", "-"):
            sign = self.take()
            node = self.term(depth)
            terms.append(Op("neg", (node,)) if sign == "-" else node)
        return terms[0] if len(terms) == 1 else Op("add", tuple(terms))

    def term(self, depth: int) -> Node:
        node = factor = self.signed(depth)
        while True:
            token = self.peek()
            if token in ("*", r"\cdot", r"\times"):
                self.take()
                factor = self.signed(depth)
                node = Op("mul", (node, factor))
            elif token in ("/", r"\div"):
                self.take()
                factor = self.signed(depth)
                node = Op("div", (node, factor))
            elif self.starts_factor():
                power = isinstance(factor, Op) and factor.name == "pow"
                if self.kind() == "num" and not power:  # `2^3 5^2` is a product, `4 2` is nothing
                    raise SyntaxFault("a number follows without an operator")
                node, factor = self.juxtaposed(node, depth)
            else:
                return node

    def juxtaposed(self, left: Node, depth: int) -> tuple[Node, Node]:
        """A product without a sign, or a mixed number such as ``1\\frac{1}{2}``."""
        fraction = self.peek() == r"\frac"
        right = self.power(depth)
        part = _ratio(right) if fraction else None
        if part is not None and isinstance(left, Num):
            if left.value.denominator != 1 or part >= 1:
                raise SyntaxFault("neither a mixed number nor a product")
            return Op("add", (left, right)), right
        return Op("mul", (left, right)), right

    def starts_factor(self) -> bool:
        kind, token = self.kind(), self.peek()
        if kind in ("num", "let"):
            return True
        if kind == "cmd":
            name = token[1:]
            known = name in _GREEK or name in _FUNCTIONS
            return known or name in _SYMMETRIC or name in ("frac", "sqrt", "binom", "lfloor", "lceil")
        return token in ("(", "{", "[") or (token == "|" and not self.bars)

    def signed(self, depth: int) -> Node:
        if self.peek() in ("-", "+"):
            if depth > MAX_DEPTH:
                raise SyntaxFault("nested too deeply")
            sign = self.take()
            node = self.signed(depth + 1)
            # A mixed number is negated as a whole, so its parts are joined before the sign applies.
            while isinstance(node, Num) and self.peek() == r"\frac":
                node, _ = self.juxtaposed(node, depth)
            return Op("neg", (node,)) if sign == "-" else node
        return self.power(depth)

    def power(self, depth: int) -> Node:
        node = self.atom(depth)
        powers = marks = 0
        while self.peek() in ("^", "!"):
            if self.peek(1) == r"\circ" and self.angles:
                self.at += 2
                return Op("mul", (node, Op("div", (Sym(r"\pi"), Num(Fraction(180))))))
            if self.take() == "!":
                marks += 1
                node = Op("fact", (node,))
            else:
                powers += 1
                node = Op("pow", (node, self.argument(depth)))
            if powers > 1 or marks > 1:
                raise SyntaxFault("a double exponent or factorial")
        return node

    def argument(self, depth: int) -> Node:
        """What a command or ``^`` applies to: a group, or one token."""
        if self.peek() == "{":
            self.take()
            node = self.expression(depth + 1)
            self.expect("}")
            return node
        if self.peek() in ("-", "(", "["):
            return self.signed(depth + 1)
        return self.atom(depth + 1)

    def atom(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise SyntaxFault("nested too deeply")
        kind, token = self.kind(), self.take()
        if kind == "num":
            return self.numeral(token)
        if kind == "let":
            return self.symbol(token, depth)
        if token in _CLOSING:
            node = self.expression(depth + 1)
            self.expect(_CLOSING[token])
            return node
        if token == "|":
            self.bars += 1
            node = self.expression(depth + 1)
            self.expect("|")
            self.bars -= 1
            return Op("abs", (node,))
        if kind == "cmd":
            return self.command(token[1:], depth)
        raise SyntaxFault("an unknown sign")

    def numeral(self, token: str) -> Node:
        node = number(token)
        if self.peek() == "." and self.peek(1) == r"\overline":
            self.take()
            token += "."
        elif self.peek() != r"\overline" or "." not in token:
            return node
        self.take()
        self.expect("{")
        if self.kind() != "num":
            raise SyntaxFault("a line over something that is not digits")
        digits = self.take()
        self.expect("}")
        if not digits.isdigit() or len(digits) > MAX_DIGITS:
            raise SyntaxFault("a line over something that is not digits")
        places = len(token.partition(".")[2])
        return Num(node.value + Fraction(int(digits), (10 ** len(digits) - 1) * 10**places))

    def symbol(self, letter: str, depth: int) -> Node:
        name = letter
        if self.peek() == "_":
            self.take()
            name += "_" + self.subscript()
        if letter in "CA" and self.peek() == "^" and len(name) > 2:
            chosen = self.chosen(letter, name[2:], depth)
            if chosen is not None:
                return chosen
        if letter in _APPLIED and self.peek() == "(":
            self.take()
            node = self.expression(depth + 1)
            self.expect(")")
            return Op(f"call:{name}", (node,))
        if self.peek() == "'":
            raise SyntaxFault("a prime")
        return Sym(name)

    def chosen(self, letter: str, total: str, depth: int) -> Node | None:
        """``C_{10}^{3}`` and ``A_n^2``, the binomial coefficient and the arrangements of the schools of many
        countries; None below three elements, where it may be the power of a constant."""
        if not (total.isdigit() and int(total[:5]) > 2 and len(total) < 5) and not (
            total in ("n", "m") and letter == "C"
        ):
            return None
        self.take()
        count = self.argument(depth)
        if total.isdigit() and not (isinstance(count, Num) and count.value <= int(total)):
            raise SyntaxFault("neither a power nor a binomial coefficient")
        of: Node = Num(Fraction(total)) if total.isdigit() else Sym(total)
        node = Op("binom", (of, count))
        return node if letter == "C" else Op("mul", (node, Op("fact", (count,))))

    def subscript(self) -> str:
        if self.peek() != "{":
            return self.take()
        self.take()
        inner: list[str] = []
        while self.peek() != "}":
            inner.append(self.take())
        self.take()
        return "".join(inner)

    def command(self, name: str, depth: int) -> Node:
        if name in _GREEK:
            return self.symbol("\\" + name, depth)
        if name in _FUNCTIONS:
            return self.function(name, depth)
        if name in ("frac", "binom"):
            first = self.argument(depth)
            return Op("div" if name == "frac" else "binom", (first, self.argument(depth)))
        if name == "sqrt":
            index: Node = Num(Fraction(2))
            if self.peek() == "[":
                self.take()
                index = self.expression(depth + 1)
                self.expect("]")
            return Op("root", (self.argument(depth), index))
        if name in _SYMMETRIC:
            self.expect("(")
            args = [self.expression(depth + 1)]
            while self.peek() == ",":
                self.take()
                args.append(self.expression(depth + 1))
            self.expect(")")
            return Op(f"call:{name}", tuple(sorted(args, key=repr)))
        if name in _DOTS:
            return Sym(r"\cdots")  # what is left out is a letter of its own
        if name in ("lfloor", "lceil"):
            node = self.expression(depth + 1)
            self.expect(r"\rfloor" if name == "lfloor" else r"\rceil")
            return Op("floor" if name == "lfloor" else "ceil", (node,))
        raise SyntaxFault("an unknown command")

    def function(self, name: str, depth: int) -> Node:
        exponent: Node | None = None
        base: Node | None = None
        for _ in range(2):
            if self.peek() == "^" and exponent is None:
                self.take()
                exponent = self.argument(depth)
            elif self.peek() == "_" and name == "log" and base is None:
                self.take()
                base = self.argument(depth)
        if exponent == Op("neg", (Num(Fraction(1)),)) and name in _INVERSE:
            name, exponent = _INVERSE[name], None
        self.angles += name in _ANGLES
        if self.peek() in ("(", "{", "[", "|"):
            node = self.atom(depth + 1)
            if self.peek() == "^" and self.peek(1) == r"\circ" and name in _ANGLES:
                self.at += 2
                node = Op("mul", (node, Op("div", (Sym(r"\pi"), Num(Fraction(180))))))
        else:
            node = self.power(depth + 1)
            while self.starts_factor() and self.kind() != "num" and self.peek()[1:] not in _FUNCTIONS:
                if self.peek() in ("(", "{", "["):
                    break
                node = Op("mul", (node, self.power(depth + 1)))
        self.angles -= name in _ANGLES
        if name == "cis":
            name, node = "exp", Op("mul", (Sym("i"), node))
        result = Op("log", (node, base)) if base is not None else Op("ln" if name == "ln" else name, (node,))
        return result if exponent is None else Op("pow", (result, exponent))


def _ratio(node: Node) -> Fraction | None:
    """A fraction of two positive numbers; None for anything else."""
    if not isinstance(node, Op) or node.name != "div":
        return None
    parts = [arg.value for arg in node.args if isinstance(arg, Num) and arg.value > 0]
    return parts[0] / parts[1] if len(parts) == 2 else None
