"""One warm Lean process: JSON lines in, answers marked with a secret out, killed at its limits."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from assay import InfraError
from assay_verifiers.lean.compiled import NO_LIMIT
from assay_verifiers.lean.launch import Launch

_POLL = 0.05
_MAX_LINE = 4 * 2**20
WALL_FACTOR = 6.0
"""Wall-clock limit in multiples of the CPU limit: for what waits instead of working."""
START_SECONDS = 300.0
"""A Lean process that is not ready after this is given up; about 7 s are usual on an idle machine."""


class LostError(Exception):
    """The process is gone, or had to be killed."""

    def __init__(self, reason: str, limit: bool) -> None:
        """Say why; `limit`: the CPU limit was reached, so that another try would end the same way."""
        super().__init__(reason)
        self.limit = limit


class Worker:
    """Owns one process. Not thread-safe."""

    def __init__(self, launch: Launch, memory_mb: float | None = None) -> None:
        """Start the process; it gets ready on its own (see `wait_ready`).

        Args:
            launch: How.
            memory_mb: A process that holds more resident memory, in MiB, is killed. None: no limit.
        """
        self._memory_mb = memory_mb
        self._key = secrets.token_hex(16)
        self._count = 0
        self._buffer = b""
        self._version = ""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", NO_LIMIT, "sh", *launch.command],
            cwd=launch.folder,
            env={**os.environ, **launch.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._send(self._key)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_ready(self) -> str:
        """Wait until Lean takes requests; returns its version.

        Raises:
            LostError: it died, or took longer than START_SECONDS.
        """
        if not self._version:
            self._version = str(self._receive(0, None, START_SECONDS).get("detail") or "unknown")
        return self._version

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Args:
            request: What ``Audit.lean`` reads.
            seconds: CPU-seconds the process may take for it.

        Raises:
            LostError: the process died or was killed at a limit. It is of no more use.
        """
        self.wait_ready()
        return self.collect(self.post(request), seconds)

    def post(self, request: Mapping[str, Any]) -> int:
        """Send a request, also before the process is ready; returns the number that `collect` takes.

        Raises:
            LostError: the process is gone.
        """
        self._count += 1
        self._send(json.dumps({**request, "id": self._count}))
        return self._count

    def collect(self, number: int, seconds: float) -> dict[str, Any]:
        """Wait for the answer to a request; requests are answered in order. See `ask`."""
        return self._receive(number, seconds, seconds * WALL_FACTOR)

    def cpu(self) -> float:
        """CPU-seconds the process has taken; 0 where /proc does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory in MiB; 0 where /proc does not tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            return 0.0
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def close(self) -> None:
        """Kill the process. Idempotent."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            self.close()
            raise LostError(f"Lean does not read: {error}", limit=False) from error

    def _receive(self, number: int, cpu_limit: float | None, wall_limit: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        channel = self._process.stdout.fileno()
        started, used = time.monotonic(), self.cpu()
        while True:
            while b"\n" in self._buffer:
                line, self._buffer = self._buffer.split(b"\n", 1)
                answer = self._read(line, number)
                if answer is not None:
                    return answer
            if select.select([channel], [], [], _POLL)[0]:
                data = os.read(channel, 2**16)
                if not data:
                    self.close()
                    raise LostError("the proof crashed Lean", limit=False)
                self._buffer += data
                if len(self._buffer) > _MAX_LINE:
                    self.close()
                    raise LostError("the proof made Lean print without end", limit=True)
            elapsed = time.monotonic() - started
            if cpu_limit is not None and elapsed > cpu_limit and self.cpu() - used > cpu_limit:
                self.close()
                raise LostError(f"the proof used up its {cpu_limit:g} s of CPU time", limit=True)
            if self._memory_mb is not None and self.memory_mb() > self._memory_mb:
                self.close()
                raise LostError(f"the proof made Lean take {self._memory_mb:g} MiB of memory", limit=True)
            if elapsed > wall_limit:
                self.close()
                raise LostError(f"no answer from Lean within {wall_limit:g} s", limit=False)

    def _read(self, line: bytes, number: int) -> dict[str, Any] | None:
        """The answer in a line; None when it is not one: whoever writes it must know the secret."""
        try:
            answer = json.loads(line[1:]) if line[:1] == b"@" else None
        except ValueError:
            return None
        if not isinstance(answer, dict):
            return None
        known = cast("dict[str, Any]", answer)
        right = secrets.compare_digest(str(known.get("key")).encode(), self._key.encode())
        return known if right and known.get("id") == number else None


def missing_build(folder: str | None) -> InfraError:
    """The error for a machine without Lean."""
    where = f" in {folder}" if folder else ""
    return InfraError(
        f"Lean is not installed{where}. Run: assay lean install{f' --to {folder}' if folder else ''}"
    )
