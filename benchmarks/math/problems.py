"""Golds of public data sets, as the data sets give them, and what a policy would write for them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rows import read_jsonl


@dataclass(frozen=True)
class Problem:
    source: str
    reference: Any
    """As the data set gives it: a number, bare LaTeX, `9 (apples)`, text that ends with `#### 18`."""
    answers: tuple[str, ...]
    """Spellings of the right answer; the first is the gold's own."""
    working: str = ""
    """A worked solution, where the data set has one."""

    @property
    def answer(self) -> str:
        return self.answers[0]


def last_box(text: str) -> str:
    """What stands in the last `\\boxed{}`; empty where there is none."""
    start = text.rfind(r"\boxed")
    opened = text.find("{", start)
    if start < 0 or opened < 0:
        return ""
    depth = 0
    for index in range(opened, len(text)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth == 0:
            return text[opened + 1 : index]
    return ""


def _number(key: str) -> Callable[[Mapping], tuple]:
    def read(row: Mapping) -> tuple:
        value = row[key]
        whole = isinstance(value, float) and value.is_integer()
        return value, (str(value), *((str(int(value)),) if whole else ())), row.get("solution", "")

    return read


def _gsm8k(row: Mapping) -> tuple:
    return row["answer"], (row["answer"].rpartition("####")[2].strip(),), row["answer"]


def _math(row: Mapping) -> tuple:
    gold = last_box(row["solution"])
    return gold, (gold,), row["solution"]


def _asdiv(row: Mapping) -> tuple:
    gold = row["answer"]
    bare = re.sub(r"\s*\([^()]*[A-Za-z][^()]*\)", "", gold)
    return gold, tuple(dict.fromkeys((gold, bare))), ""


SETS: dict[str, tuple[str, Callable[[Mapping], tuple]]] = {
    "gsm8k": ("gsm8k", _gsm8k),
    "math500": ("math500_golds", _math),
    "aime24": ("aime24", _number("answer")),
    "amc23": ("amc23", _number("answer")),
    "svamp": ("svamp", _number("Answer")),
    "asdiv": ("asdiv", _asdiv),
    "cmath": ("cmath", _number("answer")),
    "multiarith": ("multiarith", _number("target")),
    "mawps": ("mawps", _number("target")),
}


def load_problems(folder: Path, names: tuple[str, ...] = tuple(SETS)) -> list[Problem]:
    """The problems of the named sets, from ``FOLDER/<set>.jsonl``."""
    found = []
    for name in names:
        file, read = SETS[name]
        found += [Problem(name, *read(row)) for row in read_jsonl(folder / f"{file}.jsonl")]
    return found
