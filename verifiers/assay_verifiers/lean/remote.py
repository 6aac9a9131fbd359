"""A server that speaks kimina's protocol, as a back end. What it accepts is not believed but audited.

A server of ``assay lean serve`` audits by itself and answers as ``Audit.lean`` does. Of any other one the
refusals count; what it calls valid is judged again by the local Lean, or handed on as ``unaudited``.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from assay import InfraError
from assay_verifiers.lean import canaries
from assay_verifiers.lean.backend import Answer, Backend
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.slot import DistrustError

KEY = "LEAN_SERVER_API_KEY"
"""Environment variable with the server's bearer token, as kimina's own client reads it."""
_SLACK = 60.0
"""Seconds beyond the proofs' own limits that the server may take, for it may have to start Lean."""


class Remote:
    """Sends batches to a server. Not thread-safe."""

    def __init__(self, options: LeanOptions, local: Callable[[Mapping[str, Any]], Backend | None]) -> None:
        """Remember where the server is; `ready` asks it.

        Args:
            options: With `server`.
            local: Gives the back end that can audit a request here, None when there is none.
        """
        assert options.server is not None
        self._url, self._options, self._local = options.server.rstrip("/"), options, local
        self.title = f"server {self._url}"
        self._tried = False
        self._audits = False
        self._checks = 0
        self._canaries = itertools.cycle(canaries.FALSE)
        self._statements: dict[str, Answer | None] = {}

    def ready(self) -> None:
        """Ask the server for true theorems, and for false ones when it audits by itself. See `Backend`."""
        if self._tried:
            return
        self._call("/health", None)
        answer = self._results([_canary(*canaries.TRUE)])[0]
        self._audits = "assay" in answer
        if _judged(answer).get("verdict") not in ("accepted", "unaudited"):
            raise InfraError(f"{self.title} refuses a theorem that is true: {json.dumps(answer)[:300]}")
        for false in canaries.FALSE if self._audits else ():
            self._must_refuse(*false)
        self.title += ", audited there" if self._audits else ""
        self._tried = True

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Judge a batch in one call. See `Backend`."""
        self.ready()
        if not requests:
            return []
        before, self._checks = self._checks, self._checks + len(requests)
        every = self._options.canary_every
        if self._audits and before // every != self._checks // every:
            self._must_refuse(*next(self._canaries))
        answers = [_judged(result) for result in self._results(requests)]
        if self._audits:
            return answers
        return [self._settled(*pair) for pair in zip(requests, answers, strict=True)]

    def close(self) -> None:
        """Nothing was started here."""

    def _settled(self, request: Mapping[str, Any], answer: Answer) -> Answer:
        """What a server's word is worth that nobody has audited."""
        problem = self._statement_problem(request)
        if problem is not None:
            return problem
        if request.get("op") == "probe":
            return {"verdict": "usable"}
        if answer["verdict"] != "unaudited":
            return answer
        local = self._local(request)
        if local is None:
            return answer
        audited = local.check([request])[0]
        if audited["verdict"] == "bad_reference":  # another Lean, which cannot even read the statement
            return answer
        return {**audited, "audited_by": local.title}

    def _statement_problem(self, request: Mapping[str, Any]) -> Answer | None:
        """Why the statement cannot be used; asked once, so that no proof is blamed for it."""
        key = json.dumps([request.get(k) for k in ("imports", "preamble", "statement")])
        if key not in self._statements:
            if len(self._statements) > 10_000:
                self._statements.clear()
            answer = _judged(self._results([{**request, "submission": request["statement"]}])[0], "usable")
            self._statements[key] = {**answer, "verdict": "bad_reference"} if _wrong(answer) else None
        return self._statements[key]

    def _must_refuse(self, statement: str, proof: str) -> None:
        answer = _judged(self._results([_canary(statement, proof)])[0])
        if answer.get("verdict") == "accepted":
            raise DistrustError(
                f"{self.title} accepted a false theorem, so no verdict of it counts: {statement}"
            )

    def _results(self, requests: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        snippets = [
            {"id": str(index), "code": _file(request), "reference": _reference(request)}
            for index, request in enumerate(requests)
        ]
        body = {"snippets": snippets, "timeout": math.ceil(self._options.seconds)}
        answer = self._call("/api/check", body, self._options.seconds * len(requests) + _SLACK)
        listed = answer.get("results")
        results = cast("list[Mapping[str, Any]]", listed) if isinstance(listed, list) else []
        by_id = {str(result.get("id")): result for result in results}
        wanted = [str(index) for index in range(len(snippets))]
        if not all(name in by_id for name in wanted):
            raise InfraError(f"{self.title} did not answer every snippet")
        return [by_id[name] for name in wanted]

    def _call(self, path: str, body: object, seconds: float = 30.0) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/json"}
        if os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {os.environ[KEY]}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise InfraError(f"{self.title} answers {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise InfraError(f"{self.title} does not answer: {error}") from error
        if not isinstance(answer, dict):
            raise InfraError(f"{self.title} answers something else than an object")
        return cast("Mapping[str, Any]", answer)


def _canary(statement: str, proof: str) -> dict[str, Any]:
    return {
        "imports": ["Init"],
        "preamble": "",
        "statement": f"{statement} := by sorry",
        "submission": proof,
        "guard": "off",
    }


def _reference(request: Mapping[str, Any]) -> dict[str, Any]:
    """What `problem.read` reads."""
    return {key: request.get(key) for key in ("imports", "preamble", "statement", "name")}


def _file(request: Mapping[str, Any]) -> str:
    imports = "".join(f"import {module}\n" for module in request["imports"] if module != "Init")
    return f"{imports}{request.get('preamble') or ''}\n{request.get('submission') or request['statement']}\n"


def _judged(result: Mapping[str, Any], open_proof: str = "forbidden_axiom") -> Answer:
    """Read one result; `open_proof` is the verdict of a text with ``sorry`` and no error.

    Raises:
        InfraError: the server or its REPL failed, which no proof is blamed for.
    """
    own = result.get("assay")
    if isinstance(own, dict):
        return {"verdict": "failed", **cast("Answer", own)}
    failure = result.get("error")
    if failure and "timed out" in str(failure):
        return {"verdict": "lost", "detail": str(failure)[:300]}
    response = cast("Mapping[str, Any]", result.get("response") or {})
    if failure or "message" in response or not response:
        raise InfraError(f"the server failed: {str(failure or response.get('message'))[:300]}")
    messages = [_message(m) for m in response.get("messages") or ()]
    answer: Answer = {"messages": messages[:6]}
    if any(m["severity"] == "error" for m in messages):
        return {"verdict": "elaboration_error", **answer}
    if response.get("sorries"):
        return {"verdict": open_proof, "detail": "sorryAx", **answer}
    return {"verdict": "unaudited", **answer}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    at: Mapping[str, Any] = {}
    with suppress(TypeError):
        at = dict(message.get("pos") or {})
    return {
        "severity": message.get("severity"),
        "line": at.get("line"),
        "column": at.get("column"),
        "text": str(message.get("data")),
    }


def _wrong(answer: Answer) -> bool:
    return answer["verdict"] not in ("usable", "unaudited")
