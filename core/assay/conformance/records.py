"""Records of conformance runs, kept beside registry.yaml: what was proven of the plugins that pay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from assay.errors import RegistryError
from assay.files import write_atomically

FILE = "assay.records.json"

_UNSTEADY = ("date",)
"""Parts of a record that a second run does not repeat; of the figures, ``p99_ms``."""


def read_records(folder: Path) -> dict[str, Any]:
    """Records by plugin name; empty when there is no file.

    Raises:
        RegistryError: the file is not readable.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: not a readable record: {error}") from error


def write_record(folder: Path, name: str, record: Mapping[str, Any]) -> Path:
    """Add or replace one record; returns the file."""
    path = folder / FILE
    records = {**read_records(folder), name: dict(record)}
    write_atomically(path, json.dumps(records, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    return path


def differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What a second run did not repeat, one line each; date and latency are left out."""
    before, after = _steady(recorded), _steady(now)
    return [
        f"{key}: {before.get(key)} → {after.get(key)}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _steady(record: Mapping[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = dict(record.get("figures") or {})
    figures.pop("p99_ms", None)
    flat = {key: value for key, value in record.items() if key not in (*_UNSTEADY, "figures")}
    return {**flat, **{f"figures.{key}": value for key, value in figures.items()}}
