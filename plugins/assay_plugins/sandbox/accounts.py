"""As whom untrusted programs run, and on which Python."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

USER_ENV = "ASSAY_SANDBOX_USER"
"""Which account root becomes to run programs; ``nobody`` by default. firejail wants an ordinary one."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user."""

    user: int
    group: int
    change: bool
    """Whether the sandbox must become this user first: the kernel counts no processes of root."""


@functools.cache
def account() -> Account | None:
    """As whom to run: whoever we are, or for root an unprivileged account; None when there is none."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), False)
    try:
        entry = pwd.getpwnam(os.environ.get(USER_ENV) or "nobody")
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, True) if entry.pw_uid != 0 else None


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python and the folders it needs."""

    executable: str
    """Real path: a shell shim costs a quarter of a second."""
    prefix: str
    """Its installation; ``/usr`` for the system's."""
    packages: tuple[str, ...] = ()
    """Folders of packages to show to programs besides: numpy of the environment that runs Assay."""


@functools.cache
def interpreters() -> tuple[Interpreter, ...]:
    """The Python that runs Assay and the system's, those that the account can reach, in this order."""
    own = Interpreter(
        os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable), sys.base_prefix, _numpy()
    )
    found = [own] if _reachable(own.executable) else []
    system = os.path.realpath("/usr/bin/python3")
    if os.path.exists(system) and system != own.executable:
        same = os.path.basename(system) == f"python{sys.version_info[0]}.{sys.version_info[1]}"
        found.append(Interpreter(system, "/usr", _numpy() if same else ()))
    return tuple(found)


def running_tasks(user: int) -> int:
    """How many processes and threads of a user there are now, roughly: they come and go meanwhile."""
    tasks = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == user:
                    tasks += len(os.listdir(f"/proc/{entry.name}/task"))
    return tasks


def _numpy() -> tuple[str, ...]:
    """Numpy's folders in the environment that runs Assay, without importing it."""
    import importlib.util

    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return ()
    package = Path(spec.origin).resolve().parent
    folders = (package, package.parent / "numpy.libs")
    return tuple(str(folder) for folder in folders if folder.is_dir() and _reachable(str(folder)))


def _reachable(path: str) -> bool:
    """Whether the account may pass all folders on the way. Asked of the kernel, not of the mode bits."""
    who = account()
    if who is None or not who.change:
        return os.access(path, os.R_OK | os.X_OK)
    try:
        probe = subprocess.run(
            ["/usr/bin/test", "-x", path],
            user=who.user, group=who.group, extra_groups=[], env={}, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return probe.returncode == 0
