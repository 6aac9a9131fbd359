"""``assay lean serve``: the HTTP interface of kimina's server, with our verdicts behind it.

Schemas: kimina-client 0.2.1, ``models.py``. A snippet may have a ``reference``, which kimina's have not:
then the statement is compared too, and the result has Audit.lean's whole answer under ``assay``.
"""

from __future__ import annotations

import hmac
import json
import os
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from assay import InfraError
from assay_verifiers.lean.check import request_of
from assay_verifiers.lean.problem import UnusableReferenceError, read, split_imports
from assay_verifiers.lean.reduce import submission
from assay_verifiers.lean.remote import KEY
from assay_verifiers.lean.session import FailedError, Session, refusal

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_MAX_BODY = 64 * 2**20
_CHECK = ("/api/check", "/check")
_VERIFY = ("/verify", "/one_pass_verify_batch")


class Snippet(BaseModel):
    """A Lean file to be judged."""

    id: str
    code: str
    reference: Any = None
    """As for the verifier `lean`. None: only what the text itself declares is judged."""


class CheckRequest(BaseModel):
    """Body of ``/api/check``. Other keys of kimina's are read and have no effect."""

    snippets: list[Snippet] = Field(min_length=1)
    timeout: int = Field(default=30, ge=0)
    debug: bool = False


class Code(BaseModel):
    """A Lean file in the older schema."""

    custom_id: str | int
    proof: str | None = None
    code: str | None = None
    reference: Any = None


class VerifyRequest(BaseModel):
    """Body of ``/verify``."""

    codes: list[Code] = Field(min_length=1)
    timeout: int = Field(default=300, ge=0)


class Judges:
    """Sessions that requests share. Thread-safe."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        """Take over the sessions."""
        self.sessions = tuple(sessions)
        self._free: queue.SimpleQueue[Session] = queue.SimpleQueue()
        for session in sessions:
            self._free.put(session)

    @contextmanager
    def _session(self) -> Generator[Session]:
        session = self._free.get()
        try:
            yield session
        finally:
            self._free.put(session)

    def judge_all(self, snippets: Sequence[Snippet], timeout: float) -> list[dict[str, Any]]:
        """Judge snippets, as many at a time as there are sessions. See `judge`."""
        with ThreadPoolExecutor(len(self.sessions)) as pool:
            return list(pool.map(self.judge, snippets, repeat(timeout)))

    def judge(self, snippet: Snippet, timeout: float) -> dict[str, Any]:
        """Judge one snippet; returns ``time`` and either ``response`` or ``error``."""
        with self._session() as session:
            started = time.monotonic()
            try:
                if snippet.reference is None:
                    result = _run(session, snippet.code, timeout)
                else:
                    result = _compare(session, snippet, timeout)
            except FailedError as error:
                said = f"Lean timed out: {error}" if error.limit else str(error)
                result = {"error": said} if error.lost else {"response": {"message": said}}
            except InfraError as error:
                result = {"error": str(error)}
            return {"time": round(time.monotonic() - started, 6), **result}

    def close(self) -> None:
        """Stop all sessions."""
        for session in self.sessions:
            session.close()


def _run(session: Session, code: str, timeout: float) -> dict[str, Any]:
    ran = session.run(code, seconds=timeout or None)
    sorries = [{key: sorry[key] for key in ("pos", "endPos", "goal")} for sorry in ran.sorries]
    response: dict[str, Any] = {"env": ran.env, "messages": ran.messages}
    return {"response": {**response, "sorries": sorries} if sorries else response}


def _compare(session: Session, snippet: Snippet, timeout: float) -> dict[str, Any]:
    """Judge a snippet against its reference, by every rule of the verifier."""
    try:
        problem = read(snippet.reference)
    except UnusableReferenceError as error:
        answer: dict[str, Any] = {"verdict": "bad_reference", "detail": str(error)}
    else:
        imports, body = split_imports(snippet.code)
        strange = sorted(set(imports) - set(problem.imports))
        if strange:
            raise FailedError(f"it imports {', '.join(strange)[:200]}, and the reference does not")
        request = request_of(problem, submission(problem, body))
        answer = session.ask({**request, **({"seconds": timeout} if timeout else {})})
    answer.pop("key", None)
    answer.pop("id", None)
    if answer["verdict"] == "lost":
        failed = FailedError(str(answer["detail"]), bool(answer.get("limit")), lost=True)
        return {"error": f"Lean timed out: {failed}" if failed.limit else str(failed), "assay": answer}
    messages = [
        {
            "severity": message["severity"],
            "pos": {"line": message["line"], "column": message["column"]},
            "endPos": None,
            "data": message["text"],
        }
        for message in answer.get("messages", ())
    ]
    if answer["verdict"] != "accepted":
        start = {"line": 1, "column": 0}
        messages.append({"severity": "error", "pos": start, "endPos": None, "data": refusal(answer)})
    return {"response": {"env": 0, "messages": messages}, "assay": answer}


def check(judges: Judges, body: bytes) -> dict[str, Any]:
    """Answer ``/api/check``.

    Raises:
        pydantic.ValidationError: the body has another schema.
    """
    request = CheckRequest.model_validate_json(body)
    judged = judges.judge_all(request.snippets, request.timeout)
    results = [{"id": s.id, **found} for s, found in zip(request.snippets, judged, strict=True)]
    if request.debug:
        diagnostics = {"repl_uuid": judges.sessions[0].title, "cpu_max": 0.0, "memory_max": 0.0}
        results = [{**result, "diagnostics": diagnostics} for result in results]
    return {"results": results}


def verify(judges: Judges, body: bytes) -> dict[str, Any]:
    """Answer ``/verify``. See `check`."""
    request = VerifyRequest.model_validate_json(body)
    snippets = [
        Snippet(id=str(item.custom_id), code=item.proof or item.code or "", reference=item.reference)
        for item in request.codes
    ]
    results: list[dict[str, Any]] = []
    for snippet, found in zip(snippets, judges.judge_all(snippets, request.timeout), strict=True):
        seconds = found.pop("time")
        if "response" in found:
            found["response"]["time"] = seconds
        results.append({"custom_id": snippet.id, **found})
    return {"results": results}


def server(host: str, port: int, judges: Judges) -> ThreadingHTTPServer:
    """Make a server that is listening; `serve_forever` answers. Port 0: any that is free.

    With LEAN_SERVER_API_KEY in the environment, requests need it as their bearer token.
    """
    handler = type("Handler", (_Handler,), {"judges": judges, "key": os.environ.get(KEY) or None})
    made = ThreadingHTTPServer((host, port), handler)
    made.daemon_threads = True
    return made


class _Handler(BaseHTTPRequestHandler):
    judges: Judges
    key: str | None
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a training run asks thousands of times."""

    def do_GET(self) -> None:
        """``/health``."""
        if self.path.rstrip("/") in ("", "/health"):
            return self._answer(HTTPStatus.OK, {"status": "ok", "lean": self.judges.sessions[0].title})
        return self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """``/api/check`` and ``/verify``."""
        path = self.path.partition("?")[0].rstrip("/")
        answer = check if path in _CHECK else verify if path in _VERIFY else None
        size = self.headers.get("Content-Length") or ""
        if not size.isdecimal() or int(size) > _MAX_BODY:
            self.close_connection = True
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"detail": "no length, or too long"})
        body = self.rfile.read(int(size))
        token = self.headers.get("Authorization") or ""
        if self.key and not hmac.compare_digest(token.encode(), f"Bearer {self.key}".encode()):
            return self._answer(HTTPStatus.UNAUTHORIZED, {"detail": "Invalid or missing API key"})
        if answer is None:
            return self._answer(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
        try:
            return self._answer(HTTPStatus.OK, answer(self.judges, body))
        except ValidationError as error:
            details = json.loads(error.json(include_input=False, include_context=False))
            return self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": details})

    def _answer(self, status: HTTPStatus, content: object) -> None:
        data = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
