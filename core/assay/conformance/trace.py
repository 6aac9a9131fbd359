"""What a plugin leaves behind in its process: files, sockets, log records, changed global state."""

from __future__ import annotations

import contextlib
import decimal
import locale
import logging
import os
import random
import signal
import socket
import sys
import warnings
from collections.abc import Generator, Mapping
from typing import Any, cast

from assay.workers.pickling import pack

_WRITES = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod",
    "os.chown", "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.rmtree", "shutil.copyfile", "shutil.move",
}  # fmt: skip
_NETWORK = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_PROCESSES = {
    "subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system",
}  # fmt: skip
_STATE = {"os.putenv", "os.unsetenv", "os.chdir"}
"""Also seen by `snapshot`, unless the process inherits them from one that the plugin has changed already."""
_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class Watch:
    """An audit hook with phases; outside of a phase it looks away. A process can have one for good."""

    def __init__(self) -> None:
        """Install it."""
        self.events: list[tuple[str, str, str]] = []
        """``(phase, kind, what)``; kind is ``file``, ``network``, ``process`` or ``state``."""
        self._phase, self._earlier = "", 0
        sys.addaudithook(self._audit)

    @contextlib.contextmanager
    def __call__(self, phase: str) -> Generator[None]:
        """Watch the block. The first hundred events of each phase are kept."""
        self._phase, self._earlier = phase, len(self.events)
        try:
            yield
        finally:
            self._phase = ""

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._phase and len(self.events) - self._earlier < 100:
            kind = _kind(event, arguments)
            if kind:
                self.events.append((self._phase, kind, f"{event} {arguments[:1]!r}"[:200]))


def _kind(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "open":
        path, mode, flags = (*arguments, None, None, None)[:3]
        writes = any(c in mode for c in "wax+") if isinstance(mode, str) else bool((flags or 0) & _FLAGS)
        return "file" if writes and path not in ("/dev/null", os.devnull) else ""
    if event in _WRITES:
        return "file"
    if event == "socket.__new__":  # event loops talk to themselves through a pair of Unix sockets
        return "" if arguments[1] == getattr(socket, "AF_UNIX", None) else "network"
    if event in _STATE:
        return "state"
    return "network" if event in _NETWORK else "process" if event in _PROCESSES else ""


def collect_records() -> list[str]:
    """Keep what is logged at INFO and above; returns the list that fills."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record.getMessage()[:2000])

    logging.getLogger().addHandler(Keep(logging.INFO))
    logging.getLogger().setLevel(logging.INFO)
    return kept


def reset() -> None:
    """Undo what a process inherits and the plugin may have set before, in the one that started this one."""
    os.umask(0o027)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def snapshot() -> dict[str, Any]:
    """Global state of this process that a plugin must leave as it is, by name."""
    umask = os.umask(0)
    os.umask(umask)
    root = logging.getLogger()
    state: dict[str, Any] = {f"environment {name}": value for name, value in os.environ.items()}
    state |= {f"handler of {s.name}": repr(signal.getsignal(s)) for s in signal.Signals}
    state |= {
        f"level of logger {name}": logger.level
        for name, logger in logging.Logger.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and name.partition(".")[0] == "assay"
    }
    return state | {
        "working directory": os.getcwd(),
        "umask": umask,
        "locale": locale.setlocale(locale.LC_ALL),
        "state of random": hash(random.getstate()),
        "warnings filters": [f for f in warnings.filters if f[2].__module__ == "builtins"],
        "level of the root logger": (root.level, logging.root.manager.disable),
        "handlers of the root logger": [repr(handler) for handler in root.handlers],
        "sys.path": list(sys.path),
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "digits of an int": getattr(sys, "get_int_max_str_digits", int)(),
        "decimal context": repr(_without_flags(decimal.getcontext())),
        "sys.stdout and sys.stderr": (id(sys.stdout), id(sys.stderr)),
        "sys.excepthook": id(sys.excepthook),
        "timers": signal.getitimer(signal.ITIMER_REAL),
    }


def _without_flags(context: decimal.Context) -> decimal.Context:
    copy = context.copy()
    copy.clear_flags()
    return copy


def libraries() -> dict[str, Any]:
    """Random states of libraries that are loaded, taken after the plugin is imported."""
    state: dict[str, Any] = {}
    numpy, torch = cast(Any, sys.modules.get("numpy")), cast(Any, sys.modules.get("torch"))
    if hasattr(numpy, "random"):
        state["state of numpy.random"] = pack(numpy.random.get_state())
    if hasattr(torch, "get_rng_state"):
        state["state of torch's generator"] = torch.get_rng_state().numpy().tobytes()
    return state


def devices() -> bool:
    """Whether an accelerator has been initialised."""
    torch = cast(Any, sys.modules.get("torch"))
    return bool(hasattr(torch, "cuda") and torch.cuda.is_initialized())


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of what differs, in order. What a library brings itself (new loggers, …) is no change."""
    names = [name for name in before if name not in after or before[name] != after[name]]
    return names + [name for name in after if name not in before and name.startswith("environment ")]
