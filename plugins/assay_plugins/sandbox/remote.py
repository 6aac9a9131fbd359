"""SandboxFusion (github.com/bytedance/SandboxFusion) over HTTP: its isolation is its operator's business."""

from __future__ import annotations

import base64
import http.client
import json
import shlex
import threading
import urllib.parse
from collections.abc import Mapping
from typing import Any, cast

from assay.sandbox import Exceeded, Execution, Program, SandboxError
from assay_plugins.sandbox.local import wall_seconds

_OVERHEAD_SECONDS = 60.0
"""What a request may take beyond the program: queueing, a compiler's start."""
_ANSWER_BYTES = 64 * 2**20


class RemoteSandbox:
    """Sends each program to ``POST /run_code``. Thread-safe; at most `slots` requests at once."""

    def __init__(self, address: str, slots: int) -> None:
        """Remember an address; nothing is sent yet.

        Raises:
            SandboxError: it is no http or https address.
        """
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SandboxError(f"{address!r} is not an address such as http://host:8080")
        self.description = f"SandboxFusion at {address}"
        self._parts = parts
        self._slots = threading.BoundedSemaphore(max(1, slots))
        self._found: dict[str, bool] = {}

    def run(self, program: Program) -> Execution:
        """Run one program there; see `assay.sandbox.Sandbox.run`.

        The wall clock alone bounds it, and output must be UTF-8: what is not is the server's error.
        """
        limits = program.limits
        with self._slots:
            answer = self._post(_request(program), wall_seconds(limits) + _OVERHEAD_SECONDS)
        result = answer.get("run_result")
        if answer.get("status") == "SandboxError" or not isinstance(result, dict):
            raise SandboxError(f"{self.description}: {str(answer.get('message'))[:300]}")
        result = cast("dict[str, Any]", result)
        late = result.get("status") == "TimeLimitExceeded"
        code = None if late else result.get("return_code")
        if not late and not isinstance(code, int):
            raise SandboxError(f"{self.description}: the answer has no return code")
        killed = code is not None and code < 0
        streams = [str(result.get(name) or "").encode() for name in ("stdout", "stderr")]
        cut = any(len(stream) > limits.output_bytes for stream in streams)
        seconds = float(result.get("execution_time") or 0.0)
        return Execution(
            exit_code=None if killed else code,
            signal=-code if code is not None and killed else None,
            exceeded=Exceeded.WALL if late else Exceeded.OUTPUT if cut else None,
            stdout=streams[0][: limits.output_bytes],
            stderr=streams[1][: limits.output_bytes],
            files={
                name: base64.b64decode(text)
                for name, text in cast("dict[str, str]", answer.get("files") or {}).items()
                if name in program.outputs
            },
            seconds=seconds,
            wall_seconds=seconds,
        )

    def pair(self, first: Program, second: Program) -> tuple[Execution, Execution]:
        """Not there: the service runs one program at a time."""
        raise SandboxError(
            f"{self.description} cannot connect two programs; use a local sandbox for such tests"
        )

    def has(self, command: str) -> bool:
        """Whether the service's shell finds this command."""
        if command not in self._found:
            self._found[command] = self.run(
                Program(argv=("bash", "-c", f"command -v {shlex.quote(command)}"))
            ).ok
        return self._found[command]

    def close(self) -> None:
        """Nothing is kept open."""

    def _post(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(cast(str, self._parts.hostname), self._parts.port, timeout=seconds)
        try:
            connection.request(
                "POST",
                f"{self._parts.path.rstrip('/')}/run_code",
                json.dumps(request),
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            body = response.read(_ANSWER_BYTES)
            if response.status != 200:
                raise SandboxError(
                    f"{self.description}: HTTP {response.status}: {body[:300].decode(errors='replace')}"
                )
            answer = json.loads(body)
            if not isinstance(answer, dict):
                raise ValueError("not an object")
            return cast("dict[str, Any]", answer)
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            raise SandboxError(f"{self.description}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()


def _request(program: Program) -> dict[str, Any]:
    """A bare script goes as Python; everything else as a line of shell."""
    files = dict(program.all_files)
    match program.argv:
        case ("python", "-m", module):
            script = f"{module}.py"
        case ("python", name):
            script = name
        case _:
            script = ""
    try:
        stdin = program.stdin.decode()
        if script in files:
            language, code = "python", files.pop(script).decode()
        else:
            language, code = "bash", f"chmod -R +x . 2>/dev/null; exec {shlex.join(program.argv)}"
    except UnicodeDecodeError as error:
        raise SandboxError(f"SandboxFusion takes UTF-8 only, in programs and their input: {error}") from error
    seconds = wall_seconds(program.limits)
    return {
        "language": language,
        "code": code,
        "stdin": stdin,
        "files": {name: base64.b64encode(content).decode() for name, content in files.items()},
        "fetch_files": list(program.outputs),
        "run_timeout": seconds,
        "compile_timeout": seconds,
        "memory_limit_MB": program.limits.memory_mb,
    }
