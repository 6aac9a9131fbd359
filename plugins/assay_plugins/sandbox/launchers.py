"""How a zygote is put into its sandbox: one launcher for each way this machine may offer."""

from __future__ import annotations

import base64
import glob
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay_plugins.sandbox import seccomp
from assay_plugins.sandbox.accounts import Interpreter
from assay_plugins.sandbox.seccomp import Right

PATH = "/usr/local/bin:/usr/bin:/bin"
WORK = "/work"
"""The empty folder in which programs start; ``/tmp`` is a link to it."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/java*",
    "/etc/mono", "/etc/php", "/etc/localtime", "/etc/ssl/openssl.cnf",
)  # fmt: skip
_PREIMPORT = (
    "array", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "fractions", "functools",
    "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics", "string", "textwrap",
    "time", "typing",
)  # fmt: skip
"""What programs import most; each costs every fork a little."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """One way of starting a zygote."""

    name: str
    summary: str
    isolated: bool
    """Whether each program gets a pid namespace, and the zygote a root of its own."""
    build_root: bool
    """Whether the zygote makes these itself."""
    landlock: bool
    """Whether programs are bound by Landlock where the kernel has it."""
    required: str
    """What it is made of, and what to do when it is not there."""
    command: Callable[[Interpreter], list[str] | None]
    """What comes before the interpreter; None: not installed."""


def _bubblewrap(python: Interpreter) -> list[str] | None:
    binary = shutil.which("bwrap", path=PATH)
    if binary is None:
        return None
    words = [binary, "--unshare-all", "--unshare-user", "--new-session", "--hostname", "sandbox"]
    for source, target in binds(python):
        words += ["--ro-bind", source, target]
    for path, target in links().items():
        words += ["--symlink", target, path]
    return [
        *words,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/dev",
        "--dir",
        WORK,
        "--remount-ro",
        "/",
        "--chdir",
        "/",
        "--",
    ]


def _firejail(python: Interpreter) -> list[str] | None:
    binary = shutil.which("firejail", path=PATH)
    if binary is None:
        return None
    # What its other options hide is hidden by the root that the zygote builds, or by Landlock.
    return [
        binary, "--quiet", "--noprofile", "--net=none", "--ipc-namespace", "--nogroups", "--caps.drop=all",
        "--nonewprivs", "--",
    ]  # fmt: skip


def _nothing(python: Interpreter) -> list[str] | None:
    return []


_USERS = (
    "user namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
)
_SPACES = "user, pid, mount, net, ipc namespaces"
_JAIL = "the Debian package firejail and, under root, an ordinary account in ASSAY_SANDBOX_USER"
LAUNCHERS: dict[str, tuple[Launcher, ...]] = {
    "bubblewrap": (
        Launcher(
            "bubblewrap", _SPACES, True, False, True, f"the Debian package bubblewrap, {_USERS}", _bubblewrap
        ),
    ),
    "firejail": (
        Launcher("firejail", _SPACES, True, True, True, _JAIL, _firejail),
        # Where only firejail, being set-user-id, may make namespaces: none for each program.
        Launcher(
            "firejail", "one pid, mount, net, ipc namespace for all", False, False, True, _JAIL, _firejail
        ),
    ),
    "namespaces": (Launcher("namespaces", _SPACES, True, True, True, _USERS, _nothing),),
    "landlock": (
        Launcher(
            "landlock", "no namespaces", False, False, True, "Linux 5.13 or newer with Landlock", _nothing
        ),
    ),
    "unsafe": (
        Launcher("unsafe", "NO ISOLATION, only resource limits", False, False, False, "nothing", _nothing),
    ),
}
"""The ways of each mode, in the order tried."""
AUTOMATIC = ("bubblewrap", "firejail", "namespaces", "landlock")
"""The modes in the order tried. ``unsafe`` must be asked for by name."""


def binds(python: Interpreter) -> list[tuple[str, str]]:
    """What programs see read-only of the machine: source and target."""
    paths = [path for path in _SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    paths += [path for pattern in _SETTINGS for path in sorted(glob.glob(pattern))]
    shown = [(path, path) for path in paths]
    if not python.prefix.startswith("/usr"):
        shown.append((python.prefix, python.prefix))
    shown += [(folder, f"/packages/{os.path.basename(folder)}") for folder in python.packages]
    return shown


def links() -> dict[str, str]:
    """Links in the root: those of a merged /usr, and ``/tmp``."""
    found = {path: os.readlink(path) for path in _SYSTEM if os.path.islink(path)}
    return {**found, "/tmp": WORK.lstrip("/")}


def filters(launcher: Launcher, landlock: int) -> dict[str, bytes]:
    """Seccomp programs by name: of a bare script, of one that may start others, and of a command."""
    if launcher.name == "unsafe" or not seccomp.supported():
        return {}
    rights = Right(0)
    if launcher.isolated:
        rights |= Right.SIGNAL | Right.GROUP
    elif landlock >= 6:
        rights |= Right.SIGNAL
    return {
        "alone": seccomp.build_filter(rights),
        "exec": seccomp.build_filter(rights | Right.EXEC),
        "fork": seccomp.build_filter(rights | Right.EXEC | Right.FORK),
    }


def inside_options(launcher: Launcher, python: Interpreter, work: str, landlock: int) -> Mapping[str, Any]:
    """What the zygote is told when it starts; see `inside.zygote.main`."""
    if launcher.isolated:
        readable = ["/"]  # the root is our own, and small
        packages = ["/packages"] if python.packages else []
    else:
        readable = [*(source for source, _ in binds(python)), "/dev/random", "/dev/urandom"]
        packages = sorted({os.path.dirname(folder) for folder in python.packages})
    environment = {
        "PATH": PATH, "HOME": work, "TMPDIR": work, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
    }  # fmt: skip
    return {
        "isolated": launcher.isolated,
        "build_root": launcher.build_root,
        "landlock": launcher.landlock and landlock > 0,
        "work": work,
        "readable": readable,
        "packages": packages,
        "binds": binds(python) if launcher.build_root else [],
        "links": links() if launcher.build_root else {},
        "filters": {
            name: base64.b64encode(data).decode() for name, data in filters(launcher, landlock).items()
        },
        "environment": environment,
        "preimport": list(_PREIMPORT),
    }
