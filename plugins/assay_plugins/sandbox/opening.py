"""Choosing what this machine, or the address that was named, can do."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass

from assay.sandbox import Sandbox, SandboxError, SandboxRequest
from assay_plugins.sandbox import accounts, launchers, seccomp
from assay_plugins.sandbox.accounts import Interpreter
from assay_plugins.sandbox.launchers import Launcher
from assay_plugins.sandbox.local import LocalSandbox
from assay_plugins.sandbox.remote import RemoteSandbox
from assay_plugins.sandbox.zygotes import Zygote, ZygoteError

log = logging.getLogger(__name__)

_working: dict[str, tuple[Launcher, Interpreter]] = {}
"""Modes that worked in this process, and how."""
_refused: dict[str, str] = {}
"""Modes that did not, and why."""


def open_here(request: SandboxRequest) -> Sandbox:
    """Open what was asked for, or the first that works.

    Raises:
        SandboxError: it does not work here, or nothing does; the message says why and what to install. Or the
            machine is too busy or out of memory just now: that is no reason to isolate less.
    """
    mode = request.mode
    if mode is not None and "://" in mode:
        return RemoteSandbox(mode, request.slots)
    if mode is not None and mode not in launchers.LAUNCHERS:
        known = ", ".join(launchers.LAUNCHERS)
        raise SandboxError(f"the sandbox has no mode {mode!r}; there are {known}, and http://host:port")
    names = launchers.AUTOMATIC if mode is None else (mode,)
    for name in names:
        try:
            launcher, python, zygote = _try(name)
        except ZygoteError as error:
            if error.passing or name in _working:
                raise SandboxError(f"{name}: {error}") from error
            continue
        if name == "unsafe":
            log.warning(
                "the sandbox mode `unsafe` isolates nothing: programs can read and write all your files"
            )
        start = functools.partial(Zygote, launcher, python)
        return LocalSandbox(start, describe(launcher, zygote), request.slots, zygote)
    reasons = "\n".join(f"  {name}: {_refused[name]}; it needs {_required(name)}" for name in names)
    raise SandboxError(f"no sandbox works here:\n{reasons}\nSee `assay sandbox info`.")


def _try(mode: str) -> tuple[Launcher, Interpreter, Zygote]:
    """Start a zygote the way that worked before, or the first that does."""
    if mode in _refused:
        raise ZygoteError(_refused[mode])
    ways = [(way, python) for way in launchers.LAUNCHERS[mode] for python in accounts.interpreters()]
    reason = "there is no Python that the account of the sandbox can reach"
    for launcher, python in [_working[mode]] if mode in _working else ways:
        try:
            zygote = Zygote(launcher, python)
        except ZygoteError as error:
            if error.passing or mode in _working:
                raise
            reason = str(error)
            continue
        _working[mode] = launcher, python
        return launcher, python, zygote
    _refused[mode] = reason
    raise ZygoteError(reason)


def _required(mode: str) -> str:
    return launchers.LAUNCHERS[mode][0].required


def describe(launcher: Launcher, zygote: Zygote) -> str:
    """For people: what stands between a program and this machine."""
    parts = [launcher.name, launcher.summary]
    if launcher.landlock:
        version = zygote.hello["landlock"]
        parts.append(f"Landlock {version}" if version else "no Landlock")
    if launcher.name != "unsafe":
        parts.append("seccomp" if seccomp.supported() else "no seccomp")
    return "; ".join([*parts, f"Python {zygote.hello['python']}"])


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one launcher here."""

    mode: str
    works: bool
    detail: str
    """How it isolates, or why it does not work."""
    start_ms: float


def try_all() -> list[Trial]:
    """Start one zygote in each mode and stop it again."""
    trials: list[Trial] = []
    for mode in launchers.AUTOMATIC:
        started = time.perf_counter()
        try:
            launcher, _, zygote = _try(mode)
        except ZygoteError as error:
            trials.append(Trial(mode, False, f"{error}; it needs {_required(mode)}", 0.0))
            continue
        milliseconds = (time.perf_counter() - started) * 1000
        trials.append(Trial(mode, True, describe(launcher, zygote), milliseconds))
        zygote.close()
    return trials
