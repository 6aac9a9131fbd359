"""What the system tells of this process: its memory, descriptors, threads and children, out of /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def status() -> dict[str, float] | None:
    """Resident MiB, open descriptors, threads and children of this process; None without /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        tasks = list(Path("/proc/self/task").iterdir())
        children = sum(len((task / "children").read_text(encoding="ascii").split()) for task in tasks)
        return {
            "mb": pages * os.sysconf("SC_PAGESIZE") / 2**20,
            "descriptors": len(list(Path("/proc/self/fd").iterdir())),
            "threads": threading.active_count(),
            "children": children,
        }
    except OSError:
        return None


def programs() -> list[str]:
    """Command lines of this process's living children."""
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        for pid in _text(task / "children").split():
            words = _text(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")
            found += [words] if words else []  # a zombie has none
    return found


def _text(path: Path) -> str:
    """A file's text; empty when what it tells of, a thread or process, has just ended."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
