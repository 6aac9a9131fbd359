"""Labelled rows, exploits and the written list of contradictory labels.

A row is ``{"source", "prediction", "gold", "label", "kind", "note"}``; of kind ``answer`` (a bare final
answer) or ``response`` (a completion, or its end). An exploit also has a ``strength``: ``clear``,
``policy`` or ``debatable``.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML

CONTRADICTIONS = Path(__file__).with_name("contradictions.yaml")


@dataclass(frozen=True)
class Row:
    source: str
    prediction: str
    gold: str
    label: bool
    kind: str = "answer"
    note: str = ""
    strength: str = ""

    def completion(self, *stated: str) -> str:
        """The text to be graded: a bare answer without one of `stated` in it goes into a box."""
        bare = self.kind == "answer" and not any(mark in self.prediction for mark in stated)
        return rf"\boxed{{{self.prediction}}}" if bare else self.prediction


def read_jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _row(record: Mapping) -> Row:
    return Row(**{name: record[name] for name in Row.__dataclass_fields__ if name in record})


def load_rows(folder: Path) -> list[Row]:
    """Every row of every .jsonl file of a folder, or of one file."""
    files = [folder] if folder.is_file() else sorted(folder.glob("*.jsonl"))
    return [_row(record) for file in files for record in read_jsonl(file)]


@dataclass(frozen=True)
class Ruling:
    """One entry of the list: what these rows are worth, whatever their sources say."""

    name: str
    decision: bool
    reason: str
    rows: tuple[Mapping, ...]

    def covers(self, row: Row) -> bool:
        return any(_matches(pattern, row) for pattern in self.rows)


def _matches(pattern: Mapping, row: Row) -> bool:
    if "source" in pattern and pattern["source"] != row.source:
        return False
    return all(
        re.fullmatch(pattern[f"{field}_pattern"], getattr(row, field), re.S) is not None
        if f"{field}_pattern" in pattern
        else pattern[field] == getattr(row, field)
        for field in ("prediction", "gold")
    )


def load_rulings(path: Path = CONTRADICTIONS) -> list[Ruling]:
    """The written list; each entry quotes at least one row of either label."""
    entries = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return [
        Ruling(entry["name"], entry["decision"], entry["reason"], tuple(entry["rows"])) for entry in entries
    ]


def resolve(rows: Iterable[Row], rulings: Iterable[Ruling]) -> list[Row]:
    """The rows with the labels of the list."""
    rulings = list(rulings)
    return [
        next((replace(row, label=ruling.decision) for ruling in rulings if ruling.covers(row)), row)
        for row in rows
    ]
