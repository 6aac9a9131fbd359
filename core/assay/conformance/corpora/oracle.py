r"""The audit: a second opinion on every label, from the text of the case alone.

It reads the completion with a small strict reader of its own, evaluates the one answer it finds to 60
digits (letters at six points), and compares that with the reference, evaluated in the same way. It
shares no code with the construction (`values`, `spellings`, `attacks`), nor with any verifier. A label
stands when both agree.
"""

from __future__ import annotations

import decimal
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assay.cases import Case, Expect

_CONTEXT = decimal.Context(prec=60)
_POINTS = tuple(map(Decimal, ("0.3", "-1.7", "2.9", "11", "-23", "5.5")))
_NEAR = Decimal("1e-40")
_DENIALS = re.compile(r"\b(?:not|never|wrong|incorrect|false|mistaken|either|or|instead|unlike)\b|n't\b|≠")
_STATED = re.compile(r"\banswer is \$?(?:[-\d\\({\[]|[a-z]\b)|\bor \$?[-\d\\({\[]")
"""An answer stated in prose, in lower case, beside the form; a statement of the form ends in `_PLACE`."""
_PLACE = "\0"
_HIDDEN = (
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"(?<!\\)%[^\n]*"),
    re.compile(r"\\phantom\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"),
)
_VALUE_FAMILIES = ("RVH-M13", "RVH-J11")

Known = tuple[object, ...]
"""A kind, and its contents; numbers are tuples of values at `_POINTS`."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case whose label the audit does not confirm."""

    case: Case
    why: str


def boxed(answer: str) -> str:
    r"""The usual answer form, ``\boxed{}``."""
    return rf"\boxed{{{answer}}}"


def audit(cases: Sequence[Case], render: Callable[[str], str] = boxed) -> list[Disagreement]:
    """Check every ACCEPT and REJECT label of math or choice cases rendered through `render`.

    ACCEPT: one answer is asserted, and it equals the reference. REJECT: not so; and in the families
    that hold a plain wrong value, that value can be read.
    """
    found: list[Disagreement] = []
    before, _, after = render("\ue000").partition("\ue000")
    before = before.rpartition("</think>")[2]
    for case in cases:
        if case.expect not in (Expect.ACCEPT, Expect.REJECT):
            continue
        reference = evaluate(str(case.sample.reference))
        if reference is None:
            found.append(Disagreement(case, "the reference cannot be read"))
            continue
        answer = asserted(case.sample.completion, before, after)
        value = None if answer is None else evaluate(answer)
        right = value is not None and same(value, reference)
        if right != (case.expect is Expect.ACCEPT):
            found.append(Disagreement(case, f"read {answer!r}, which is {'right' if right else 'not right'}"))
        elif value is None and case.family in _VALUE_FAMILIES:
            found.append(Disagreement(case, f"the wrong value {answer!r} cannot be read"))
    return found


def asserted(completion: str, before: str, after: str) -> str | None:
    """Return the only answer that the visible text after the reasoning states, if it denies nothing."""
    if "<think>" in completion.rpartition("</think>")[2]:
        return None
    text = completion.rpartition("</think>")[2]
    for pattern in _HIDDEN:
        text = pattern.sub("", text)
    opening = r"\boxed{" if before.endswith(r"\boxed{") else before
    closing = "}" if opening == r"\boxed{" else after
    answers: list[str] = []
    outside = ""
    while opening and opening in text:
        head, _, rest = text.partition(opening)
        outside += head + _PLACE
        end = _closing_brace(rest) if opening == r"\boxed{" else _end(rest, closing)
        if end is None:
            return None
        answers.append(rest[:end].strip())
        text = rest[end + len(closing) :]
    if not opening:
        answers, text = [text.strip()], ""
    prose = (outside + text).lower()
    if len(set(answers)) != 1 or _DENIALS.search(prose) or _STATED.search(prose):
        return None
    return answers[0]


def _closing_brace(text: str) -> int | None:
    depth = 0
    for index, char in enumerate(text):
        escaped = index > 0 and text[index - 1] == "\\"
        if char == "{" and not escaped:
            depth += 1
        elif char == "}" and not escaped:
            if depth == 0:
                return index
            depth -= 1
    return None


def _end(text: str, closing: str) -> int | None:
    if not closing:
        return len(text)
    index = text.find(closing)
    return None if index < 0 else index


def same(left: Known, right: Known) -> bool:
    """Compare two evaluations."""
    if left[0] != right[0] or len(left) != len(right):
        return False
    if left[0] == "number":
        pairs = zip(left[1:], right[1:], strict=True)
        return all(
            isinstance(a, Decimal)
            and isinstance(b, Decimal)
            and abs(a - b) <= _NEAR * max(Decimal(1), abs(a), abs(b))
            for a, b in pairs
        )
    if left[0] == "set":
        return _within(left[1:], right[1:]) and _within(right[1:], left[1:])
    return all(_alike(a, b) for a, b in zip(left[1:], right[1:], strict=True))


def _within(some: Sequence[object], others: Sequence[object]) -> bool:
    return all(any(_alike(a, b) for b in others) for a in some)


def _alike(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return same(a, b)  # pyright: ignore[reportUnknownArgumentType]
    return a == b


def evaluate(text: str) -> Known | None:
    """Evaluate an answer; None when it is nothing this reader knows, such as two answers or a denial."""
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\u2044", "/")
    for old, new in (("\\displaystyle", " "), ("\\left", ""), ("\\right", ""), ("{,}", ","), ("\\,", ",")):
        text = text.replace(old, new)
    text = re.sub(r"\\text\{ ?(?:cm|meters|apples|seconds)\}\s*$", "", text.strip()).strip()
    if len(text) > 2 and text[0] == text[-1] == "$":
        text = text[1:-1].strip()
    text = re.sub(r"^(?:x|y) = ", "", text) if text.count("=") == 1 else text
    if re.fullmatch(r"[A-Z]", text):
        return ("letter", text)
    option = re.fullmatch(r"(?:Option |\\text\{)([A-Z])\}?", text)
    if option:
        return ("letter", option.group(1))
    if re.fullmatch(r"[a-z]+(?:-[a-z]+)?", text) and text != "x":
        return _words(text)
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+", text):
        text = text.replace(",", "")
    if text.startswith("\\{") and text.endswith("\\}"):
        return _parts("set", text[2:-2])
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and "," in text:
        closed = text[0] == "[" or text[-1] == "]"
        ends = text[0] + text[-1]
        return _parts(ends if closed else "point", text[1:-1])
    return _number(text)


def _parts(kind: str, text: str) -> Known | None:
    parts = [_number(part.strip()) for part in text.split(",")]
    return None if None in parts else (kind, *parts)


_UP_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_BY_TEN = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: number for number, word in enumerate(_UP_TO_NINETEEN.split())} | {
    word: 10 * tens for tens, word in enumerate(_BY_TEN.split(), 2)
}


def _words(text: str) -> Known | None:
    numbers = [_WORDS.get(word) for word in text.split("-")]
    if None in numbers:
        return None
    total = Decimal(sum(n for n in numbers if n is not None))
    return ("number", *(total for _ in _POINTS))


def _number(text: str) -> Known | None:
    try:
        with decimal.localcontext(_CONTEXT):
            return ("number", *(_Reader(text, point).read() for point in _POINTS))
    except (ValueError, ArithmeticError):
        return None


_TOKEN = re.compile(r"\s*(\d+\.\d+|\d+|\\[dt]?frac|\\sqrt|\\cdot|\\%|√|[-+*/^(){}x])")


class _Reader:
    """Recursive descent over sums, products, powers, fractions and roots, at one value of x."""

    def __init__(self, text: str, x: Decimal) -> None:
        self._tokens: list[str] = []
        self._at = 0
        self._x = x
        text, position = text.strip(), 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise ValueError(f"unknown sign at {position}")
            self._tokens.append(match.group(1))
            position = match.end()

    def read(self) -> Decimal:
        value = self._sum()
        if self._peek() == "\\%":
            self._take()
            value = value / 100
        if self._peek():
            raise ValueError("more than one expression")
        return value

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'something'} is missing")
        self._at += 1
        return token

    def _sum(self) -> Decimal:
        value = self._product()
        while self._peek() in ("+", "-") and self._peek():
            value = value + self._product() if self._take() == "+" else value - self._product()
        return value

    def _product(self) -> Decimal:
        if self._peek() == "-":
            self._take()
            return -self._product()
        value = self._power()
        while True:
            token = self._peek()
            if token in ("*", "\\cdot"):
                self._take()
                value *= self._power()
            elif token == "/":
                self._take()
                value /= self._power()
            elif token in ("x", "(", "\\sqrt", "√"):
                value *= self._power()
            else:
                return value

    def _power(self) -> Decimal:
        value = self._atom()
        if self._peek() == "^":
            self._take()
            exponent = self._group() if self._peek() == "{" else self._atom()
            if exponent != int(exponent) or not 0 <= exponent <= 9:
                raise ValueError("a large power")
            value = value ** int(exponent)
        return value

    def _group(self) -> Decimal:
        self._take("{")
        value = self._sum()
        self._take("}")
        return value

    def _atom(self) -> Decimal:
        token = self._take()
        if token[0].isdigit():
            return Decimal(token)
        if token == "x":
            return self._x
        if token == "(":
            value = self._sum()
            self._take(")")
            return value
        if token in ("\\frac", "\\dfrac", "\\tfrac"):
            top = self._group()
            return top / self._group()
        if token == "\\sqrt":
            return self._group().sqrt()
        if token == "√":
            return self._atom().sqrt()
        raise ValueError(f"unexpected {token}")
