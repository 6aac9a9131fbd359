"""Formulas over a few truths, or over whole numbers of a small range; truth tables say which mean the same.

The reference is JSON text: an object with ``variables`` (name to ``bool`` or ``int``), ``formula``, perhaps
``given`` (what is taken for granted) and ``task``: ``equivalent``, or ``assignment`` for values that satisfy
the formula.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.cases import Case, Expect
from assay.conformance.corpora.drafts import Draft, finish
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.structured.places import right_places, wrong_places

RANGE = range(6)
"""What a whole number may be."""
_CONNECTIVES = ("and", "or", "xor", "->", "<->")
_RELATIONS = ("<", "<=", "=", "!=", ">", ">=")
_SIGNS = {
    "and": "∧",
    "or": "||",
    "xor": "^",
    "->": "=>",
    "<->": "iff",
    "not": "¬",
    "=": "==",
    "!=": "≠",
    "<=": "≤",
}

Values = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Term:
    """A formula or number term: a leaf has no parts."""

    sign: str
    parts: tuple[Term, ...] = ()

    def value(self, values: Values) -> int:
        """What it comes to; truths are 0 and 1."""
        if not self.parts:
            return values[self.sign] if self.sign in values else int(self.sign)
        a, *rest = (part.value(values) for part in self.parts)
        if not rest:
            return 1 - a
        b = rest[0]
        match self.sign:
            case "and" | "*":
                return a * b
            case "or":
                return max(a, b)
            case "xor" | "!=":
                return int(a != b)
            case "->":
                return max(1 - a, b)
            case "<->" | "=":
                return int(a == b)
            case "<":
                return int(a < b)
            case "<=":
                return int(a <= b)
            case ">":
                return int(a > b)
            case ">=":
                return int(a >= b)
            case _:
                return a + b

    def text(self, signs: Mapping[str, str] | None = None) -> str:
        """Written with all its parentheses."""
        sign = (signs or {}).get(self.sign, self.sign)
        if not self.parts:
            return sign
        inner = [part.text(signs) for part in self.parts]
        return f"({sign} {inner[0]})" if len(inner) == 1 else f"({inner[0]} {sign} {inner[1]})"


def cases(render: Callable[[str], str], seed: int, items: int) -> tuple[Case, ...]:
    """Generate `items` problems with about 30 cases each, a third of each sort."""
    frame = Frame.of(render)
    found: list[Case] = []
    for number in range(items):
        rng = random.Random(f"logic {seed} {number}")
        sort = ("truths", "numbers", "assignment")[number % 3]
        names = ["p", "q", "r"][: rng.randrange(2, 4)] if sort == "truths" else ["x", "y"]
        formula = _formula(names, sort == "truths", rng)
        reference: dict[str, object] = {
            "variables": dict.fromkeys(names, "bool" if sort == "truths" else "int"),
            "formula": formula.text(),
        }
        if sort == "assignment":
            reference["task"] = "assignment"
        if sort != "truths":
            reference["given"] = " and ".join(f"{RANGE[0]} <= {name} <= {RANGE[-1]}" for name in names)
        prompt = f"Problem {number}: answer with a formula over {', '.join(names)}, as described."
        drafts = (_assigned if sort == "assignment" else _equivalent)(formula, names, prompt, frame, rng)
        found.extend(finish(drafts, f"logic-{seed}-{sort}-{number:05d}", prompt, json.dumps(reference)))
    return tuple(found)


def worlds(names: list[str]) -> Iterator[dict[str, int]]:
    """All values of some variables."""
    of = (0, 1) if names[0] in "pqr" else RANGE
    for values in itertools.product(of, repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def table(term: Term, names: list[str]) -> tuple[int, ...]:
    """The value of a formula in each world."""
    return tuple(term.value(world) for world in worlds(names))


def _formula(names: list[str], truths: bool, rng: random.Random) -> Term:
    """A formula that is neither always true nor always false, and uses all of its variables."""
    while True:
        made = _grown(names, truths, 2, rng)
        if len(set(table(made, names))) == 2 and all(f"{name}" in made.text() for name in names):
            return made


def _grown(names: list[str], truths: bool, depth: int, rng: random.Random) -> Term:
    if depth == 0:
        if truths:
            leaf = Term(rng.choice(names))
            return Term("not", (leaf,)) if rng.random() < 0.3 else leaf
        return Term(rng.choice(_RELATIONS), (_sum(names, rng), Term(str(rng.randrange(1, 9)))))
    parts = tuple(_grown(names, truths, depth - 1, rng) for _ in range(2))
    return Term(rng.choice(_CONNECTIVES), parts)


def _sum(names: list[str], rng: random.Random) -> Term:
    first, second = Term(rng.choice(names)), Term(rng.choice(names))
    product = Term("*", (Term(str(rng.randrange(2, 4))), first))
    return rng.choice((first, product, Term("+", (product, second)), Term("+", (first, second))))


def _equivalent(
    formula: Term, names: list[str], prompt: str, frame: Frame, rng: random.Random
) -> Iterator[Draft]:
    truth = table(formula, names)
    yield from right_places(formula.text(), "as it was", frame)
    accept, reason = Expect.ACCEPT, "the same truth table"
    yield Draft("", "other signs", frame.whole(formula.text(_SIGNS)), reason, accept)
    for template, other in (*_rewritten(formula), ("by cases", _by_cases(formula, names))):
        if table(other, names) == truth:
            yield Draft("", template, frame.whole(other.text()), reason, accept)
    wrong = [(t, other) for t, other in _mutants(formula) if table(other, names) != truth]
    for template, other in wrong:
        yield Draft("RVH-M13", template, frame.whole(other.text()), "another truth table")
    for template, text in (
        ("always true", "true"),
        ("always false", "false"),
        ("another variable", "unknown"),
        ("both ways", f"{formula.text()} or not {formula.text()}"),
        ("contradiction", f"{formula.text()} and not {formula.text()}"),
    ):
        yield Draft("RVH-M12", template, frame.whole(text), "another truth table")
    for template, text in (
        ("not closed", formula.text()[:-1]),
        ("text after it", f"{formula.text()} holds"),
        ("Python", f"__import__('os') or {formula.text()}"),
    ):
        yield Draft("RVH-M20", template, frame.whole(text), "no formula")
    yield from wrong_places(formula.text(), wrong[0][1].text(), prompt, frame)


def _assigned(
    formula: Term, names: list[str], prompt: str, frame: Frame, rng: random.Random
) -> Iterator[Draft]:
    def text(world: Values) -> str:
        return ", ".join(f"{name} = {value}" for name, value in world.items())

    good = [world for world in worlds(names) if formula.value(world)]
    bad = [world for world in worlds(names) if not formula.value(world)]
    right, wrong = rng.choice(good), rng.choice(bad)
    yield from right_places(text(right), "with a comma", frame)
    for world in rng.sample(good, min(5, len(good))):
        yield Draft("", "some values", frame.whole(text(world)), "evaluated", Expect.ACCEPT)
    joined = frame.whole(text(right).replace(",", " and"))
    yield Draft("", "joined by a word", joined, "evaluated", Expect.ACCEPT)
    for world in rng.sample(bad, min(12, len(bad))):
        yield Draft("RVH-M13", "values that break it", frame.whole(text(world)), "evaluated")
    first = names[0]
    for template, answer in (
        ("out of range", text({**right, first: RANGE[-1] + 100})),
        ("a variable is missing", f"{first} = {right[first]}"),
        ("a variable twice", f"{text(right)}, {first} = {right[first]}"),
        ("two values", f"{text(right)}, {first} = {right[first] + 1}"),
        ("a fraction", text(right).replace(f"{first} = ", f"{first} = 1/2 + ")),
        ("the constraints", formula.text()),
        ("a choice of values", f"({text(right)}) or ({text(wrong)})".replace(",", " and")),
        ("a range", f"{text(right)}, {first} >= 0"),
    ):
        yield Draft("RVH-M12", template, frame.whole(answer), "no one assignment that satisfies it")
    yield from wrong_places(text(right), text(wrong), prompt, frame)


def _rewritten(term: Term) -> Iterator[tuple[str, Term]]:
    """Formulas that mean the same, by laws of logic."""

    def no(part: Term) -> Term:
        return Term("not", (part,))

    yield "denied twice", no(no(term))
    if len(term.parts) < 2:
        return
    a, b = term.parts
    match term.sign:
        case "and" | "or":
            dual = "or" if term.sign == "and" else "and"
            yield "sides exchanged", Term(term.sign, (b, a))
            yield "De Morgan", no(Term(dual, (no(a), no(b))))
        case "->":
            yield "contraposition", Term("->", (no(b), no(a)))
            yield "implication written out", Term("or", (no(a), b))
        case _:
            yield "both denied", Term(term.sign, (no(a), no(b)))
            yield "sides exchanged", Term(term.sign, (b, a))


def _by_cases(term: Term, names: list[str]) -> Term:
    """The formula as a list of the worlds in which it holds."""
    truths = names[0] in "pqr"
    held: list[Term] = []
    for world in worlds(names):
        if not term.value(world):
            continue
        parts: list[Term] = []
        for name, value in world.items():
            leaf = Term(name)
            parts.append(
                (leaf if value else Term("not", (leaf,))) if truths else Term("=", (leaf, Term(str(value))))
            )
        held.append(_folded("and", parts))
    if not held:
        return term
    found = _folded("or", held)
    return term if len(found.text()) > 900 else found


def _folded(sign: str, parts: Sequence[Term]) -> Term:
    """One or more parts joined by halves, so that parentheses stay few deep."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Term(sign, (_folded(sign, parts[:half]), _folded(sign, parts[half:])))


def _mutants(term: Term) -> Iterator[tuple[str, Term]]:
    """The formula with one sign, number or denial changed."""
    if not term.parts:
        if term.sign.isdigit():
            yield "a number one larger", Term(str(int(term.sign) + 1))
        return
    yield "a part denied", Term("not", (term,)) if term.sign not in ("+", "*") else term
    if term.sign == "not":
        yield "a denial lost", term.parts[0]
    for signs in (_CONNECTIVES, _RELATIONS):
        if term.sign in signs:
            yield "another sign", Term(signs[(signs.index(term.sign) + 1) % len(signs)], term.parts)
    for place, part in enumerate(term.parts):
        for template, other in _mutants(part):
            yield template, Term(term.sign, (*term.parts[:place], other, *term.parts[place + 1 :]))
