"""JSON lines that grow batch by batch, and what tells whether two halves of a file belong together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from assay_trainer.runfolder import RunError


def write_lines(path: Path, lines: Sequence[Mapping[str, Any]], mode: Literal["a", "w"] = "a") -> None:
    """Append lines, or write a file of them (``w``); missing folders are made.

    Raises:
        RunError: it cannot be written; the message says that what is there is kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write("".join(map(encoded, lines)))
    except OSError as error:
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}. What it holds is kept: "
            "free some space and run the same command to go on."
        ) from error


def read_lines(path: Path) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield (offset, offset after it, line) up to the first line that was cut off by a crash."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        end = 0
        for line in file:
            try:
                row: Any = json.loads(line)
            except ValueError:
                return
            if not isinstance(row, dict) or not line.endswith(b"\n"):
                return
            start, end = end, end + len(line)
            yield start, end, cast("dict[str, Any]", row)


def digest(value: Any) -> str:
    """Sixteen hexadecimal digits that tell two JSON-like values apart."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say where `now` has another value: ``k (4 then, 8 now)``."""
    return [
        f"{key} ({before.get(key)!r} then, {value!r} now)"
        for key, value in now.items()
        if before.get(key) != value
    ]


def encoded(line: Mapping[str, Any]) -> str:
    """One line of JSON with its end."""
    text = json.dumps(line, ensure_ascii=False, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, out of somebody's dataset
        text = json.dumps(line, default=str)
    return text + "\n"
