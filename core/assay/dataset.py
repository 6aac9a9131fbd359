"""Rows of a dataset file, with the line number of what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.errors import DataError, MissingDependencyError

SUFFIXES = (".jsonl", ".json", ".parquet")


def iter_rows(path: str | Path) -> Iterator[tuple[int, Mapping[str, Any] | DataError]]:
    """Yield (line or row number from 1, row), or the error of a line that is not a JSON object.

    Blank lines are passed over.

    Raises:
        DataError: the file is missing, unreadable or of an unknown kind.
        MissingDependencyError: parquet without pyarrow.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    match path.suffix:
        case ".jsonl":
            yield from _lines(path)
        case ".json":
            yield from _array(path)
        case ".parquet":
            yield from enumerate(_parquet(path), 1)
        case other:
            raise DataError(f"{path}: {other or 'no suffix'} is not one of {', '.join(SUFFIXES)}")


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """Read all rows.

    Raises:
        DataError: as `iter_rows`; also for the first bad line, and when there are no rows.
    """
    rows: list[dict[str, Any]] = []
    for _, row in iter_rows(path):
        if isinstance(row, DataError):
            raise row
        rows.append(dict(row))
    if not rows:
        raise DataError(f"{path}: the dataset is empty")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | DataError]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _object(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _array(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | DataError]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise DataError(f"{path}: a JSON array of objects is expected")
    for number, row in enumerate(rows, 1):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        yield number, row if isinstance(row, dict) else DataError(f"{path}: row {number} is not an object")  # pyright: ignore[reportUnknownVariableType]


def _object(line: str, where: str) -> Mapping[str, Any] | DataError:
    try:
        row = json.loads(line)
    except ValueError as error:
        return DataError(f"{where}: not JSON: {error}")
    if not isinstance(row, dict):
        return DataError(f"{where}: a JSON object is expected, found a {type(row).__name__}")
    return row  # pyright: ignore[reportUnknownVariableType]


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        import pyarrow.parquet as parquet  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingDependencyError.of("reading parquet", "pyarrow", "train") from error
    try:
        return parquet.read_table(path).to_pylist()  # pyright: ignore
    except Exception as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
