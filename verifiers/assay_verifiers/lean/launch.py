"""How a Lean process is started: on Node.js from the installed build, or by a toolchain of the machine."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from assay import InfraError
from assay_verifiers.lean import compiled
from assay_verifiers.lean.install.artefact import LEAN, PACKAGE, VERSION

_HERE = Path(__file__).parent
AUDIT = "Audit.lean"
ELAN = Path("~/.elan/bin").expanduser()
"""Where elan puts `lean` and `lake` when it has not changed the PATH."""
_WATCHED = (
    '(while kill -0 $$; do kill -0 $PPID || kill -9 $$; sleep 1; done) >/dev/null 2>&1 </dev/null & exec "$@"'
)
"""A proof that never ends must not outlive whoever started Lean; `worker.js` does this for itself."""
_TELL = 'printf "%s\\n%s\\n" "$LEAN_SYSROOT" "$LEAN_PATH"'


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that runs a Lean program, which then talks in JSON lines."""

    title: str
    """What it is, for verdicts and for people."""
    command: tuple[str, ...]
    folder: Path
    """The working directory."""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """Added to the present one."""


@cache
def joined(name: str) -> Path:
    """``Audit.lean`` continued by another text, in a folder that lives as long as this process.

    Args:
        name: File beside ``Audit.lean``, which brings the `main`.
    """
    folder = Path(tempfile.mkdtemp(prefix="assay-lean-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    audit, main, _ = (_HERE / AUDIT).read_text(encoding="utf-8").partition("\npublic def main")
    assert main, "Audit.lean does not end with its main"
    path = folder / name
    path.write_text(f"{audit}\n{(_HERE / name).read_text(encoding='utf-8')}", encoding="utf-8")
    return path


def text_of(program: Path | None = None) -> str:
    """The text of a program; None: ``Audit.lean``."""
    return (program or _HERE / AUDIT).read_text(encoding="utf-8")


def wasm(build: Path, program: Path | None = None) -> Launch:
    """Run a program on the installed WebAssembly build: as compiled by `compiled`, else the text itself.

    Args:
        build: What `assay lean install` made.
        program: None: ``Audit.lean``. Lean sees the folder it lies in, read-only.

    Raises:
        InfraError: there is no Node.js.
    """
    node = shutil.which("node")
    if node is None:
        raise InfraError("node is not on the PATH; Lean's WebAssembly build needs Node.js 20 or newer")
    program = program or _HERE / AUDIT
    ready = compiled.find(build, text_of(program))
    name, place = (compiled.MAIN, ready.resolve()) if ready else (program.name, program.parent)
    command = (node, str(_HERE / "worker.js"), str(build.resolve()), name, "Init")
    title = f"{PACKAGE} {VERSION} (Lean {LEAN})"
    return Launch(title, command, place, {"MALLOC_ARENA_MAX": "1"})  # V8's threads keep 0.1 GB apart


def native(project: Path | None = None, program: Path | None = None) -> Launch:
    """Run a program on the toolchain of a Lake project, or on the one that is found on the machine.

    Args:
        project: Folder of a Lake project that has been built; what it depends on (Mathlib) can be imported.
        program: None: ``Audit.lean``.

    Raises:
        InfraError: there is no toolchain, or it does not say where it lies.
    """
    program = program or _HERE / AUDIT
    sysroot, path = _in_project(project) if project else (_said([_found("lean"), "--print-prefix"]), "")
    lean = Path(sysroot.strip()) / "bin" / "lean"
    if not lean.is_file():
        raise InfraError(
            f"the toolchain says that it lies in {sysroot.strip() or 'nothing'}: no bin/lean there"
        )
    version = _said([str(lean), "--version"]).strip().partition(",")[0].removeprefix("Lean (version ")
    command = ("/bin/sh", "-c", _WATCHED, "sh", str(lean), "-j1", "--run", str(program), "Init")
    where = f" with {project}" if project else ""
    environment = {"LEAN_PATH": path.strip()} if path.strip() else {}
    return Launch(f"native Lean {version} at {lean}{where}", command, program.parent, environment)


def _in_project(project: Path) -> tuple[str, str]:
    """Sysroot and search path; the shims of elan choose the version by the working directory."""
    if not project.is_dir():
        raise InfraError(f"the Lake project {project} is not a folder")
    lines = _said([_found("lake"), "env", "/bin/sh", "-c", _TELL], project).splitlines()
    return (lines[0], lines[1]) if len(lines) > 1 else ("", "")


def _found(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(ELAN))
    if found is None:
        raise InfraError(f"no `{name}` on the PATH or in {ELAN}; see https://lean-lang.org/install")
    return found


def _said(command: list[str], folder: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InfraError(f"{' '.join(command[:2])}: {error}") from error
    if done.returncode != 0:
        raise InfraError(f"{' '.join(command[:2])} failed: {' '.join(done.stderr.split())[-300:]}")
    return done.stdout
