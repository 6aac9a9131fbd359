"""Programs compiled once for the WebAssembly build, which takes 20 s of CPU time to elaborate one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent
_COMPILER = "Compile.lean"
_SOURCE = "Program.lean"
_MODULE = "AssayProgram.olean"
_DIGEST = "sha256"
_STUB = "import AssayProgram\n"
MAIN = "Main.lean"
"""What Lean runs in a folder that `find` returns."""
NO_LIMIT = 'ulimit -S -v unlimited 2>/dev/null; exec "$@"'
"""Assay's workers limit their address space, which WebAssembly reserves in large pieces."""
SECONDS = 300.0
"""A compilation that takes longer is given up; about 20 s of CPU time are usual."""


def find(build: Path, text: str) -> Path | None:
    """Where this very text lies compiled, and as it was written; else None.

    Args:
        build: What `assay lean install` made.
        text: A Lean program that begins with its imports.
    """
    place = _place(build, text)
    try:
        digest = hashlib.sha256((place / _MODULE).read_bytes()).hexdigest()
        whole = digest == (place / _DIGEST).read_text(encoding="ascii")
        return place if whole and (place / MAIN).read_text(encoding="utf-8") == _STUB else None
    except (OSError, UnicodeDecodeError):
        return None


def compile_once(build: Path, text: str) -> Path | None:
    """`find`, or compile now; a second process waits for the first one's result.

    None where it cannot be done, as in a folder that is not writable: the text then runs as it is.
    """
    ready = find(build, text)
    node = shutil.which("node")
    if ready or node is None or not (build / "lean.js").is_file():
        return ready
    place = _place(build, text)
    try:
        place.parent.mkdir(exist_ok=True)
        with (place.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if find(build, text) is None:
                _compile(node, build, text, place)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return find(build, text)


def as_module(text: str) -> str:
    """The program as a module whose every definition can be run by those that import it."""
    lines = text.splitlines(keepends=True)
    count = next(index for index, line in enumerate(lines) if not line.startswith("import "))
    imports = "".join(f"public meta {line}" for line in lines[:count])
    return f"module\npublic meta import Init\n{imports}\npublic meta section\n{''.join(lines[count:])}"


def _place(build: Path, text: str) -> Path:
    compiler = (_HERE / _COMPILER).read_text(encoding="utf-8")
    key = hashlib.sha256(f"{compiler}\0{as_module(text)}".encode()).hexdigest()
    return build / "programs" / key


def _compile(node: str, build: Path, text: str, place: Path) -> None:
    """Write the folder; nothing when Lean fails."""
    with tempfile.TemporaryDirectory(prefix=".", dir=place.parent) as work:
        job, made = Path(work) / "job", Path(work) / "made"
        job.mkdir()
        made.mkdir()
        shutil.copyfile(_HERE / _COMPILER, job / _COMPILER)
        (job / _SOURCE).write_text(as_module(text), encoding="utf-8")
        command = [node, str(_HERE / "worker.js"), str(build.resolve()), _COMPILER, _SOURCE, "/kept"]
        subprocess.run(
            ["/bin/sh", "-c", NO_LIMIT, "sh", *command],
            cwd=job,
            env={**os.environ, "ASSAY_LEAN_KEEP": str(made / _MODULE)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
        )
        module = made / _MODULE
        if not module.is_file():
            return
        (made / MAIN).write_text(_STUB, encoding="utf-8")
        (made / _DIGEST).write_text(hashlib.sha256(module.read_bytes()).hexdigest(), encoding="ascii")
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)
