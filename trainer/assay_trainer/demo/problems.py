"""Chain-of-sums problems: "Compute 8+2-5+9." or "计算 8+2-5+9。".

Four operands from 1 to 9 joined by + and -, with every running total between 0 and 20. A chain is easy step
by step and hard in one go, so that a chain of thought really pays. One expression in eight, chosen by a hash
of its text, is held out: no training text and no training prompt ever contains it.

This module imports nothing heavy.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

Language = Literal["en", "zh"]
Split = Literal["train", "test"]

LANGUAGES: tuple[Language, Language] = ("en", "zh")
LARGEST_TOTAL = 20
OPERANDS = 4
QUESTIONS: dict[Language, str] = {"en": "Compute {}.", "zh": "计算 {}。"}


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    content: str


class Row(TypedDict):
    """One dataset row, in the shape that `assay train` reads."""

    prompt: list[Message]
    solution: str
    domain: str
    language: Language


@dataclass(frozen=True)
class Problem:
    """One chain: `operands[0] operators[0] operands[1] ...`, of which `totals` are the running totals."""

    operands: tuple[int, ...]
    operators: tuple[str, ...]
    totals: tuple[int, ...]

    @property
    def expression(self) -> str:
        """The chain as text, without spaces: "8+2-5+9"."""
        return f"{self.operands[0]}{self.remainder(1)}"

    @property
    def answer(self) -> int:
        """The value of the chain, 0 to 20."""
        return self.totals[-1]

    def remainder(self, start: int) -> str:
        """The text from operand `start` (1 or more) on, with its operators: "-5+9"; "" past the end."""
        pairs = zip(self.operators[start - 1 :], self.operands[start:], strict=True)
        return "".join(f"{operator}{operand}" for operator, operand in pairs)


def is_held_out(expression: str) -> bool:
    """Whether the expression belongs to the test split: one in eight, decided by its SHA-256 alone."""
    return hashlib.sha256(expression.encode()).digest()[0] % 8 == 0


def draw_problem(rng: random.Random, split: Split = "train", operands: int = OPERANDS) -> Problem:
    """Draw one problem of the split.

    Args:
        rng: Source of randomness; the same state gives the same problem.
        split: Which side of the held-out hash to draw from.
        operands: Number of operands, 2 or more.
    """
    while True:
        problem = _draw_any(rng, operands)
        if is_held_out(problem.expression) == (split == "test"):
            return problem


def make_row(problem: Problem, language: Language) -> Row:
    """The dataset row that asks the problem in the language."""
    content = QUESTIONS[language].format(problem.expression)
    return {
        "prompt": [{"role": "user", "content": content}],
        "solution": str(problem.answer),
        "domain": "math",
        "language": language,
    }


def draw_rows(count: int, seed: int, split: Split) -> list[Row]:
    """Draw `count` rows with distinct expressions, English and Chinese in turn.

    Raises:
        ValueError: More rows were asked for than the split has within reach (15,000 train, 2,000 test).
    """
    most = 15_000 if split == "train" else 2_000
    if not 0 <= count <= most:
        raise ValueError(f"the {split} split gives 0 to {most} distinct problems, not {count}")
    return [
        make_row(problem, LANGUAGES[index % 2])
        for index, problem in zip(
            range(count), _distinct(random.Random(f"{split} {seed}"), split), strict=False
        )
    ]


def write_dataset(folder: Path, seed: int = 0, train: int = 2_000, test: int = 200) -> tuple[Path, Path]:
    """Write `train.jsonl` and `test.jsonl` into the folder, which is made if missing.

    The test file is the same for every seed of the training data, so that runs can be compared.

    Returns:
        The two paths, train first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train_path, test_path = folder / "train.jsonl", folder / "test.jsonl"
    _write_jsonl(train_path, draw_rows(train, seed, "train"))
    _write_jsonl(test_path, draw_rows(test, 0, "test"))
    return train_path, test_path


def _draw_any(rng: random.Random, operands: int) -> Problem:
    total = rng.randint(1, 9)
    numbers, operators, totals = [total], list[str](), [total]
    while len(numbers) < operands:
        number = rng.randint(1, 9)
        fitting = [sign for sign in (1, -1) if 0 <= total + sign * number <= LARGEST_TOTAL]
        if not fitting:
            continue
        sign = rng.choice(fitting)
        total += sign * number
        numbers.append(number)
        operators.append("+" if sign > 0 else "-")
        totals.append(total)
    return Problem(tuple(numbers), tuple(operators), tuple(totals))


def _distinct(rng: random.Random, split: Split) -> Iterator[Problem]:
    seen = set[str]()
    while True:
        problem = draw_problem(rng, split)
        if problem.expression not in seen:
            seen.add(problem.expression)
            yield problem


def _write_jsonl(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
