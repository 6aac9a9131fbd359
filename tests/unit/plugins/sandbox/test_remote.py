"""The SandboxFusion client against a stand-in server."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assay.sandbox import Exceeded, Program, ProgramLimits, SandboxError, SandboxRequest
from assay_plugins.sandbox import remote
from assay_plugins.sandbox.opening import open_here

PROGRAM = Program(
    argv=("python", "main.py"), files={"main.py": b"print(1)", "data": b"\xff"}, outputs=("out",)
)


class StandIn(ThreadingHTTPServer):
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Any = {}
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.busy = self.most = 0
        self.lock = threading.Lock()
        self.address = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.busy += 1
            self.server.most = max(self.server.most, self.server.busy)
        self.server.asked.append({"path": self.path, **request})
        answer = self.server.answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        with self.server.lock:
            self.server.busy -= 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def finished(code: int | None = 0, status: str = "Finished", **rest: object) -> dict[str, object]:
    run = {"status": status, "return_code": code, "execution_time": 0.25, "stdout": "1\n", "stderr": None}
    return {"status": "Success" if code == 0 else "Failed", "message": "", "run_result": run, **rest}


def test_a_script_goes_as_python(server: StandIn) -> None:
    """Code, files, limits and wishes are sent; output, exit code, time and files come back."""
    files = {"out": base64.b64encode(b"\x00").decode(), "unasked": "AA=="}
    server.answer = finished(3, files=files)
    sandbox = open_here(SandboxRequest(mode=server.address))
    done = sandbox.run(PROGRAM)
    assert (done.exit_code, done.stdout, done.stderr, done.seconds) == (3, b"1\n", b"", 0.25)
    assert done.files == {"out": b"\x00"}
    assert server.asked == [
        {
            "path": "/run_code", "language": "python", "code": "print(1)", "stdin": "",
            "files": {"data": "/w=="},
            "fetch_files": ["out"], "run_timeout": 31.0, "compile_timeout": 31.0, "memory_limit_MB": 512,
        }
    ]  # fmt: skip


def test_a_module_goes_as_python(server: StandIn) -> None:
    """Whose source is run as the script, beside the others."""
    server.answer = finished()
    preload = {"one": b"x = 1", "two": b"import one"}
    open_here(SandboxRequest(mode=server.address)).run(Program(argv=("python", "-m", "two"), preload=preload))
    (asked,) = server.asked
    assert (asked["language"], asked["code"]) == ("python", "import one")
    assert asked["files"] == {"one.py": base64.b64encode(b"x = 1").decode()}


def test_everything_else_goes_as_shell(server: StandIn) -> None:
    """A command is quoted for the shell; has() asks there, once."""
    server.answer = finished()
    sandbox = open_here(SandboxRequest(mode=server.address + "/base/"))
    sandbox.run(Program(argv=("g++", "a b.cc", "$HOME"), files={"a b.cc": b""}))
    assert server.asked[0]["language"] == "bash" and server.asked[0]["path"] == "/base/run_code"
    assert server.asked[0]["code"].endswith("exec g++ 'a b.cc' '$HOME'")
    assert sandbox.has("g++") and sandbox.has("g++") and len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "exit_code", "signal", "exceeded"),
    [
        (finished(None, "TimeLimitExceeded"), None, None, Exceeded.WALL),
        (finished(-9), None, 9, None),
        (finished(1), 1, None, None),
    ],
)
def test_ends(server: StandIn, answer: object, exit_code: int, signal: int, exceeded: Exceeded) -> None:
    """Time limits, signals and failures are data."""
    server.answer = answer
    done = open_here(SandboxRequest(mode=server.address)).run(PROGRAM)
    assert (done.exit_code, done.signal, done.exceeded) == (exit_code, signal, exceeded)


def test_output_is_cut(server: StandIn) -> None:
    """What a server sends beyond the bound is not kept."""
    server.answer = finished()
    server.answer["run_result"]["stdout"] = "x" * 100
    program = Program(argv=PROGRAM.argv, files=PROGRAM.files, limits=ProgramLimits(output_bytes=10))
    done = open_here(SandboxRequest(mode=server.address)).run(program)
    assert done.stdout == b"x" * 10 and done.exceeded is Exceeded.OUTPUT


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"status": "SandboxError", "message": "no runner", "run_result": None}),
        (200, {"status": "Success", "run_result": {"status": "Finished", "return_code": None}}),
        (200, []),
        (200, b"<html>"),
        (200, b"[" * 10**5),
        (503, {"status": "Success"}),
    ],
)
def test_a_broken_server_is_an_infrastructure_error(server: StandIn, status: int, answer: object) -> None:
    """What is no answer is never taken for the program's fault."""
    server.status, server.answer = status, answer
    with pytest.raises(SandboxError, match="SandboxFusion at"):
        open_here(SandboxRequest(mode=server.address)).run(PROGRAM)


def test_a_silent_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing is given up; one that is gone, at once."""
    import socket

    monkeypatch.setattr(remote, "_OVERHEAD_SECONDS", -0.95)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        program = Program(argv=("python", "m"), files={"m": b""}, limits=ProgramLimits(seconds=0.05))
        with pytest.raises(SandboxError, match="timed out"):
            open_here(SandboxRequest(mode=address)).run(program)
    with pytest.raises(SandboxError, match="refused"):
        open_here(SandboxRequest(mode=address)).run(program)


def test_what_it_cannot_do(server: StandIn) -> None:
    """Pairs, input that is no UTF-8 and addresses of other kinds are refused."""
    sandbox = open_here(SandboxRequest(mode=server.address))
    with pytest.raises(SandboxError, match="two programs"):
        sandbox.pair(PROGRAM, PROGRAM)
    with pytest.raises(SandboxError, match="UTF-8"):
        sandbox.run(Program(argv=("cat",), stdin=b"\xff"))
    with pytest.raises(SandboxError, match="address"):
        open_here(SandboxRequest(mode="ftp://x"))
    sandbox.close()


def test_slots_bound_requests(server: StandIn) -> None:
    """No more requests are under way than there are slots."""
    server.answer = finished()
    sandbox = open_here(SandboxRequest(mode=server.address, slots=2))
    with ThreadPoolExecutor(8) as pool:
        assert all(done.ok for done in pool.map(sandbox.run, [PROGRAM] * 40))
    assert server.most <= 2 and len(server.asked) == 40
