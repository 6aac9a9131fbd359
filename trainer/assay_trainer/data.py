"""Prompts: from a file or the hub to the rows that training and evaluation read."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from assay import DataError, MissingDependencyError
from assay_trainer.demo.sources import PREFIX, read_tiny
from assay_trainer.settings import Template
from assay_trainer.template import wrap

SUFFIXES = (".jsonl", ".json", ".parquet")

Row = dict[str, Any]
"""One row: ``prompt`` (text or messages), and the dataset's other columns."""


def load_rows(
    source: str,
    *,
    template: Template = "none",
    prompt_column: str = "prompt",
    needs: Collection[str] = (),
    split: str = "train",
    limit: int | None = None,
) -> list[Row]:
    """Read rows and wrap their prompts.

    Args:
        source: A .jsonl, .json or .parquet file, a hub id (``owner/name`` or ``owner/name:split``), or
            ``tiny:NAME`` (see `assay_trainer.demo.sources`).
        template: See `assay_trainer.template`.
        prompt_column: The column with the prompt; it is called ``prompt`` in the result.
        needs: Other columns that must be there, in the first row and in all.
        split: Which split of a hub dataset to take when `source` names none.
        limit: Take the first so many rows; None takes all.

    Returns:
        One or more rows.

    Raises:
        DataError: Missing, unreadable, empty, or lacking a column; the message names which.
        MissingDependencyError: A hub id without the package ``datasets``.
    """
    rows = read_source(source, split)[:limit]
    if not rows:
        raise DataError(f"{source}: the dataset is empty; at least one row is needed")
    wrapped: list[Row] = []
    for number, row in enumerate(rows, start=1):
        missing = [column for column in (prompt_column, *needs) if column not in row]
        if missing:
            has = ", ".join(sorted(row))
            raise DataError(f"{source}: row {number} lacks {', '.join(map(repr, missing))}; it has {has}")
        prompt = _prompt(row[prompt_column], f"{source}: row {number}, column {prompt_column!r}")
        rest = {key: value for key, value in row.items() if key not in (prompt_column, "prompt")}
        wrapped.append({"prompt": wrap(prompt, template), **rest})
    return wrapped


def _prompt(value: Any, where: str) -> str | list[dict[str, Any]]:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, Sequence) and value and not isinstance(value, str):
        messages = cast("Sequence[Any]", value)
        if all(
            isinstance(message, Mapping) and "role" in message and "content" in message
            for message in messages
        ):
            return [dict(cast("Mapping[str, Any]", message)) for message in messages]
    found = str(cast("object", value))[:60]
    raise DataError(
        f"{where}: a prompt is text, or a list of messages with role and content; found {found!r}"
    )


def read_source(source: str, split: str) -> list[Row]:
    """Read all rows of a file, of a hub dataset, or of the embedded model's data, as they are."""
    if source.startswith(PREFIX):
        return read_tiny(source)
    if Path(source).suffix.lower() in SUFFIXES or Path(source).exists():
        from assay.dataset import read_rows

        return list(read_rows(Path(source)))
    if source.count("/") != 1 or source.startswith((".", "~", "/")):
        raise DataError(
            f"{source}: there is no such file ({', '.join(SUFFIXES)}), and it is no hub id (owner/name)"
        )
    return _from_hub(source, split)


def _from_hub(source: str, split: str) -> list[Row]:
    if importlib.util.find_spec("datasets") is None:
        raise MissingDependencyError.of(f"the hub dataset {source}", "datasets", "train")
    import datasets

    name, _, named = source.partition(":")
    try:
        loaded: Any = datasets.load_dataset(name, split=named or split)  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:  # the hub client raises a dozen types, some of them of other packages
        offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")
        why = "HF_HUB_OFFLINE is set" if offline else str(error).strip().splitlines()[0]
        raise DataError(f"hub dataset {source}: cannot be loaded: {why}") from error
    return [dict(row) for row in loaded]
