"""registry.lock: what exactly paid the rewards of a run, to be stored beside its checkpoints."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.conformance.records import read_records
from assay.errors import RegistryError
from assay.files import write_atomically
from assay.host import Host
from assay.registry.load import Registry

FILE = "registry.lock"


def make_lock(registry: Registry, host: Host) -> dict[str, Any]:
    """Record plugin versions, hashes of their files, and the configuration with its options.

    Returns:
        A JSON-serialisable mapping. Two equal locks mean: the same files judge the same way, and the
        same was proven of them (``records`` of ``assay test --record``).
    """
    plugins = {
        plugin.name: {
            "distribution": plugin.distribution,
            "version": plugin.version,
            "files": _hash_of(plugin.module),
        }
        for plugin in host.plugins
    }
    config = registry.config.model_dump(mode="json", exclude={"workers", "cache"})
    records = {
        name: record
        for name, record in read_records(registry.path.parent).items()
        if name.partition(".")[0] in plugins
    }
    return {
        "assay": 1,
        "python": platform.python_version(),
        "plugins": plugins,
        "registry": config,
        "records": records,
    }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say in one line each where two locks differ: ``plugins.format.version: 0.1.0 → 0.2.0``."""
    before, after = dict(_flat(old)), dict(_flat(new))
    return [
        f"{key}: {before.get(key, '(absent)')} → {after.get(key, '(absent)')}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def write_lock(lock: Mapping[str, Any], path: Path) -> None:
    """Write a lock file, whole or not at all."""
    write_atomically(path, json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_lock(path: Path) -> dict[str, Any]:
    """Read a lock file.

    Raises:
        RegistryError: it is unreadable or not a lock.
    """
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: not a readable lock: {error}") from error
    if not isinstance(lock, dict) or lock.get("assay") != 1:  # pyright: ignore[reportUnknownMemberType]
        raise RegistryError(f"{path}: not a lock of this format; run `assay lock` to write one")
    return lock  # pyright: ignore[reportUnknownVariableType]


def _hash_of(module: str) -> str:
    """SHA-256 over names and contents of a module's Python files; empty when it has none."""
    digest = hashlib.sha256()
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return ""
    roots = [Path(folder) for folder in spec.submodule_search_locations or []]
    files = sorted(path for root in roots for path in root.rglob("*.py")) or [Path(spec.origin)]
    base = roots[0] if roots else Path(spec.origin).parent
    for path in files:
        digest.update(path.relative_to(base).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        entries: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for key, inner in entries.items():
            yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value
