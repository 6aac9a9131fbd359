"""Read a run folder. Whatever is missing or damaged is left out and said so; nothing here raises for it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assay.errors import DataError

Row = dict[str, Any]
"""One JSON object of a run folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """What a run left behind. None or empty: the file is not there or cannot be read."""

    path: Path
    settings: Row | None
    """Training settings, as written by the run."""
    registry: str | None
    """Text of registry.yaml."""
    lock: str | None
    """registry.lock, indented when it is JSON, else as found."""
    metrics: tuple[Row, ...]
    """One row per logged training step, by rising step."""
    evals: tuple[Row, ...]
    """One row per evaluated step, by rising step."""
    samples: tuple[Row, ...]
    """Sampled completions in the order written."""
    summary: Row | None
    """What the run came to: of summary.json, or of a pipeline's done.json. None: neither is there."""
    finished: bool
    """There is a summary, or a final model."""
    problems: tuple[str, ...]
    """What could not be read, one sentence each."""


def read_run(path: Path) -> RunFolder:
    """Read the run folder `path`.

    Raises:
        DataError: when `path` is not a folder.
    """
    if not path.is_dir():
        raise DataError(f"{path} is not a run folder: no such directory. Name the folder that a run wrote.")
    problems: list[str] = []
    lock = read_text(path / "registry.lock", problems)
    summary = read_object(path / "summary.json", problems)
    if summary is None:
        done = read_object(path / "done.json", problems)
        summary = mapping(done.get("result")) or None if done else None
    return RunFolder(
        path=path,
        settings=read_object(path / "settings.json", problems),
        registry=read_text(path / "registry.yaml", problems),
        lock=lock if lock is None else _indented(lock),
        metrics=by_step(read_lines(path / "metrics.jsonl", problems)),
        evals=tuple(map(_with_named_k, by_step(read_lines(path / "evals.jsonl", problems)))),
        samples=tuple(read_lines(path / "samples.jsonl", problems)),
        summary=summary,
        finished=summary is not None or (path / "final").is_dir(),
        problems=tuple(problems),
    )


def by_step(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Sort by ``step`` and merge rows of equal step; rows without a step are left out.

    A resumed run logs some steps again, and the later line wins. Merging, rather than replacing,
    keeps the last step's metrics when a trainer adds a line of totals under the same step.
    """
    merged: dict[float, Row] = {}
    for row in rows:
        step = number(row.get("step"))
        if step is not None:
            merged[step] = {**merged.get(step, {}), **row}
    return tuple(merged[step] for step in sorted(merged))


def number(value: object) -> float | None:
    """Return a finite number as float; None for everything else, NaN and infinities included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def mapping(value: object) -> Row:
    """Return a JSON object as it is, and an empty one for everything else."""
    return cast(Row, value) if isinstance(value, dict) else {}


def named_k(row: Row, k: object) -> Row:
    """Return `row` with the placeholder key ``cons@k`` named after its `k`, say ``cons@16``."""
    count = number(row.get("k", k))
    if count is None:
        return row
    return {re.sub(r"^cons@k(?=$|_ci$)", f"cons@{count:.0f}", key): value for key, value in row.items()}


def _with_named_k(row: Row) -> Row:
    """Name k in an evaluation and in its domains, which have no k of their own."""
    k = row.get("k")
    domains = {name: named_k(mapping(values), k) for name, values in mapping(row.get("domains")).items()}
    return {**named_k(row, k), "domains": domains}


def read_text(path: Path, problems: list[str]) -> str | None:
    """Read a file; None when it is not there, or cannot be read, which is added to `problems`."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.append(f"{path.name} could not be read ({type(error).__name__}).")
        return None


def read_object(path: Path, problems: list[str]) -> Row | None:
    """Read a JSON object; None as `read_text`, and for anything else."""
    text = read_text(path, problems)
    if text is None:
        return None
    found = _parsed(text)
    if not isinstance(found, dict):
        problems.append(f"{path.name} is not a JSON object and was left out.")
        return None
    return cast(Row, found)


def read_lines(path: Path, problems: list[str]) -> list[Row]:
    """Read JSON lines. A run that was killed may have left half a line at the end."""
    lines = [line for line in (read_text(path, problems) or "").split("\n") if line.strip()]
    rows = [cast(Row, row) for row in map(_parsed, lines) if isinstance(row, dict)]
    if len(rows) < len(lines):
        lost = len(lines) - len(rows)
        noun = "line that is not a JSON object was" if lost == 1 else "lines that are not JSON objects were"
        problems.append(f"{path.name}: {lost} {noun} left out.")
    return rows


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _indented(text: str) -> str:
    found = _parsed(text)
    return text if found is None else json.dumps(found, indent=2, ensure_ascii=False)
