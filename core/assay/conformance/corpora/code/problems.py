"""Problems with their tests: what is expected is worked out by `evaluator`, never by running a program."""

from __future__ import annotations

import ast
import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from assay.conformance.corpora.code import evaluator
from assay.conformance.corpora.code.mutants import Mutant, mutants
from assay.conformance.corpora.code.sources import INT, INTS, SOURCES, TEXT, Source

BASE = 4
"""Tests that are drawn; more are added until they tell every mutant from the reference."""
DOMAIN = 26
"""Inputs on which programs are compared."""

_INT = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 20, 24, 31, 40, 63, -1, -2, -3, -7, -12)
_SIZES = (-1, 0, 1, 2, 3, 4)
_ROWS: tuple[list[int], ...] = (
    [], [0], [1], [5], [-3], [1, 1], [1, 2], [2, 1], [5, 9], [3, 3, 3], [1, 2, 3], [3, 2, 1], [4, 9, 4],
    [-1, 0, 7], [2, 2, 5, 5], [1, 4, 6, 2, 9], [9, 7, 8, 8, 3], [5, 6, 7, 1, 2], [0, -5, 5, -5, 12],
    [11, 3, 11, 4, 10, 1], [2, 4, 8, 16, 32], [10, 10, 2, 30], [-2, -2, 6], [8, 1], [7, 7, 1, 7],
    [1, 3, 5, 7],
)  # fmt: skip
_TEXTS = (
    "", "a", "b", "c", "aa", "ab", "ba", "aab", "abb", "abab", "aabb", "aaa", "cab", "acb", "abcabc",
    "aaabbb",
    "aabab", "baab", "ccc", "aacbb", "abba", "aaaabbcc", "acacbb", "bbb", "aabbab", "caabbc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One problem, as function calls or as standard input and output."""

    source: Source
    stdio: bool
    prompt: str
    reference: str
    """The reference program: its functions."""
    others: tuple[str, ...]
    """Other right programs."""
    tests: tuple[tuple[Any, ...], ...]
    """Arguments."""
    expected: tuple[Any, ...]
    mutants: tuple[Mutant, ...]
    """Each fails at least one of the tests."""
    domain: tuple[tuple[Any, ...], ...]

    @property
    def name(self) -> str:
        """Of the function."""
        return self.source.name

    def whole(self, functions: str) -> str:
        """A whole program around functions: with the reading and printing that standard input asks for."""
        return functions if not self.stdio else f"{functions}\n\n{self.main()}"

    def main(self) -> str:
        """Read the arguments, a line each, and print the result."""
        lines = [f"{name} = {_READERS[kind]}" for name, kind in self.source.params]
        called = f"{self.name}({', '.join(name for name, _ in self.source.params)})"
        return "\n".join([*lines, f"print({'*' if self.source.returns == INTS else ''}{called})"])

    def tests_json(self) -> str:
        """The tests as JSON text: ``{"inputs", "outputs"}``, with ``fn_name`` for function calls."""
        if self.stdio:
            inputs = [stdin(self.source, args) for args in self.tests]
            return json.dumps({"inputs": inputs, "outputs": [printed(value) for value in self.expected]})
        inputs = [list(args) for args in self.tests]
        return json.dumps({"fn_name": self.name, "inputs": inputs, "outputs": list(self.expected)})


_READERS = {INT: "int(input())", INTS: "list(map(int, input().split()))", TEXT: "input()"}


def stdin(source: Source, args: Sequence[Any]) -> str:
    """Standard input: a line for each argument."""
    return "".join(
        (" ".join(map(str, value)) if kind == INTS else str(value)) + "\n"
        for (_, kind), value in zip(source.params, args, strict=True)
    )


def printed(value: Any) -> str:
    """What printing a value writes; a list goes without brackets."""
    parts = cast("list[Any]", value)
    return (" ".join(map(str, parts)) if isinstance(value, list) else str(value)) + "\n"


def observe(tree: ast.Module, item: Source, args: Sequence[Any], stdio: bool) -> str:
    """What the tests see of a call: JSON of the value, or the text printed; ``raises`` when there is neither.

    Raises:
        TooLongError, UnknownSyntaxError: as `evaluator.call`.
    """
    try:
        value = evaluator.call(tree, item.name, args)
    except evaluator.ProgramError:
        return "raises"
    if not stdio:
        return json.dumps(value)
    if item.returns == INTS:
        return printed(list(value)) if isinstance(value, list | tuple | str) else "raises"  # pyright: ignore
    return printed(value) if not isinstance(value, list) else f"{value}\n"


def make_item(number: int, rng: random.Random, mutated: int) -> Item:
    """Draw the numbers of a problem; the same arguments give the same problem.

    Args:
        number: Decides which problem, and whether it reads standard input.
        rng: Decides its numbers, tests and mutants.
        mutated: How many mutants to keep at most.
    """
    source = SOURCES[number % len(SOURCES)]
    stdio = (number + number // len(SOURCES)) % 2 == 1
    drawn = {"K": str(rng.randint(3, 9)), "M": str(rng.randint(12, 19)), "D": str(rng.randint(2, 5))}

    def fill(text: str) -> str:
        return re.sub(r"\b[KMD]\b", lambda found: drawn[found[0]], text)

    reference = fill(source.reference).strip()
    domain = tuple(_domain(source))
    tree = ast.parse(reference)
    right = [observe(tree, source, args, stdio) for args in domain]
    tests = _first_tests(right, rng)
    kept: list[Mutant] = []
    for mutant in mutants(reference, rng):
        if len(kept) == mutated:
            break
        failing = _failing(mutant, source, domain, right, stdio)
        if failing:
            kept.append(mutant)
            if not set(failing) & set(tests):
                tests.append(rng.choice(failing))
    args = tuple(domain[place] for place in tests)
    return Item(
        source, stdio, _prompt(source, fill, stdio), reference, tuple(map(fill, source.others)), args,
        tuple(evaluator.call(tree, source.name, each) for each in args), tuple(kept), domain,
    )  # fmt: skip


def _first_tests(right: Sequence[str], rng: random.Random) -> list[int]:
    """Places of the tests to start with: different results, so that no constant passes."""
    by_result: dict[str, list[int]] = {}
    for place, seen in enumerate(right):
        by_result.setdefault(seen, []).append(place)
    chosen = [
        rng.choice(places) for places in rng.sample(list(by_result.values()), min(BASE, len(by_result)))
    ]
    return sorted(chosen)


def _failing(
    mutant: Mutant, source: Source, domain: Sequence[tuple[Any, ...]], right: Sequence[str], stdio: bool
) -> list[int]:
    """Where on the domain a mutant differs; nowhere when it is too slow or cannot be evaluated."""
    tree = ast.parse(mutant.source)
    try:
        seen = [observe(tree, source, args, stdio) for args in domain]
    except (evaluator.TooLongError, evaluator.UnknownSyntaxError):
        return []
    return [place for place, (one, other) in enumerate(zip(seen, right, strict=True)) if one != other]


def _domain(source: Source) -> Iterator[tuple[Any, ...]]:
    kinds = [kind for _, kind in source.params]
    if kinds == [INT, INT]:
        yield from itertools.islice(itertools.product(_SIZES, _SIZES), DOMAIN + 10)
        return
    rows: dict[str, Sequence[Any]] = {INT: _INT, INTS: _ROWS, TEXT: _TEXTS}
    for number in range(DOMAIN):
        # The second argument runs through its values in another order than the first.
        yield tuple(rows[kind][(number * (1 + 6 * place)) % DOMAIN] for place, kind in enumerate(kinds))


def _prompt(source: Source, fill: Any, stdio: bool) -> str:
    names = ", ".join(f"{name} ({kind})" for name, kind in source.params)
    if not stdio:
        params = ", ".join(name for name, _ in source.params)
        return f"Write a Python function {source.name}({params}) that takes {names}. It {fill(source.ask)}."
    return (
        f"Write a Python program that reads {names} from standard input, a line for each, numbers of a list "
        f"separated by blanks. It {fill(source.ask)}: print that, numbers of a list separated by blanks."
    )
