"""A judge over HTTP: one question, one of a few choices. Retries, limits, budget, cache.

Temperature is 0 and the request holds nothing but what is asked, so equal questions are one question.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Any, TypeVar

from assay import InfraError, ModelError
from assay_verifiers.judge.connection import Connection, LostError
from assay_verifiers.judge.options import JudgeOptions
from assay_verifiers.judge.replies import brief, choice_in, content_of, schema
from assay_verifiers.judge.store import Store

URL_ENV, MODEL_ENV = "ASSAY_JUDGE_URL", "ASSAY_JUDGE_MODEL"
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Statuses that may be better next time."""
_REFUSES_SCHEMA = (400, 404, 415, 422, 501)
_LONGEST_WAIT = 30.0
_LONGEST_ASKED = 3600.0
"""Bounds on our own waits and on those that a server asks for, in seconds."""
_SYSTEM_RANDOM = SystemRandom()  # the process's own generator stays as it is

_T = TypeVar("_T")
_R = TypeVar("_R")


class SpentError(InfraError):
    """The budget is used up."""


class RefusedError(InfraError):
    """The server will not answer this request, however often it is asked."""

    def __init__(self, status: int, told: str) -> None:
        """Keep the HTTP status."""
        super().__init__(told)
        self.status = status


class Budget:
    """Counts requests and tokens of one check in one process. Thread-safe."""

    def __init__(self, requests: int | None, tokens: int | None) -> None:
        """Set the limits; None: no limit."""
        self._limits = requests, tokens
        self._lock = threading.Lock()
        self.requests = self.tokens = 0

    def take(self) -> None:
        """Count a request that is about to be sent.

        Raises:
            SpentError: none is left.
        """
        requests, tokens = self._limits
        with self._lock:
            if requests is not None and self.requests >= requests:
                raise SpentError(f"the judge's budget is used up: {requests} requests (max_requests)")
            if tokens is not None and self.tokens >= tokens:
                raise SpentError(f"the judge's budget is used up: {tokens} tokens (max_total_tokens)")
            self.requests += 1

    def spend(self, tokens: int) -> None:
        """Count tokens."""
        with self._lock:
            self.tokens += tokens


class Endpoint:
    """Asks one model on one server. Thread-safe, and usable after a fork."""

    def __init__(
        self,
        options: JudgeOptions,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Find out whom to ask; nothing is sent yet.

        Raises:
            ModelError: no address, no model, or no key where one is to be sent.
            MissingDependencyError: the HTTP client is not installed.
            InfraError: the cache cannot be opened.
        """
        self.options = options
        self.model = options.model or os.environ.get(MODEL_ENV) or ""
        url = options.url or os.environ.get(URL_ENV) or ""
        if not url or not self.model:
            lacks = f"option `url` or {URL_ENV}" if not url else f"option `model` or {MODEL_ENV}"
            raise ModelError(f"there is no judge to ask: set {lacks}")
        self.base = url.rstrip("/").removesuffix("/chat/completions")
        self.budget = Budget(options.max_requests, options.max_total_tokens)
        self._connection = Connection(self.base, _key(options.key_env), options.timeout, options.concurrency)
        self._sleep, self._clock = sleep, clock
        self._with_schema = options.structured != "text"
        self._resume = float("-inf")
        self._store = Store(options.cache) if options.cache else None

    def reach(self) -> None:
        """See whether anybody is there.

        Raises:
            InfraError: no server, or it refuses the key.
        """
        try:
            status, _, data = self._connection.get("/models")
        except LostError as error:
            raise InfraError(f"no judge answers at {self.base}: {error}") from None
        if status in (401, 403):
            raise InfraError(f"the judge at {self.base} refuses the key: HTTP {status}, {brief(data)}")

    def ask(self, system: str, user: str, choices: Sequence[str]) -> str:
        """Return the model's choice.

        Raises:
            InfraError: no verdict: unreachable, unreadable, refused, or the budget is used up.
        """
        key = self._key(system, user, choices)
        kept = self._store.get(key) if self._store else None
        if kept in choices and kept is not None:
            return kept
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        request: dict[str, Any] = {"model": self.model, "messages": messages, "temperature": 0}
        request |= {"max_tokens": self.options.max_tokens, **self.options.extra}
        content, tokens = content_of(self._posted(request, choices))
        self.budget.spend(tokens)
        choice = choice_in(content, choices)
        if self._store:
            self._store.put(key, choice)
        return choice

    def each(self, judge: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
        """Call `judge` on N items, as many at once as the options allow; returns N results in order."""
        if len(items) < 2 or self.options.concurrency == 1:
            return [judge(item) for item in items]
        pool = ThreadPoolExecutor(min(self.options.concurrency, len(items)), "assay-judge")
        try:
            return list(pool.map(judge, items))
        finally:
            pool.shutdown(cancel_futures=True)

    def _key(self, system: str, user: str, choices: Sequence[str]) -> bytes:
        asked = [self.base, self.model, self.options.extra, self.options.max_tokens, system, user, [*choices]]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=repr).encode()).digest()

    def _posted(self, request: Mapping[str, Any], choices: Sequence[str]) -> bytes:
        """Send it with the schema, and without when the server does not take that."""
        if self._with_schema:
            try:
                return self._tried({**request, "response_format": schema(choices)})
            except RefusedError as refused:
                if self.options.structured != "auto" or refused.status not in _REFUSES_SCHEMA:
                    raise
        answer = self._tried(request)
        self._with_schema = False  # only now: what was refused may have been the request itself
        return answer

    def _tried(self, request: Mapping[str, Any]) -> bytes:
        body = json.dumps(request).encode()
        until = self._clock() + self.options.patience
        tries, told = 0, ""
        while tries < self.options.attempts:
            self._pause(until)
            self.budget.take()
            tries += 1
            wait = min(_LONGEST_WAIT, 0.5 * 2 ** (tries - 1)) * _SYSTEM_RANDOM.uniform(0.5, 1.0)
            try:
                status, headers, data = self._connection.post("/chat/completions", body)
            except LostError as error:
                told, asked = str(error), None
            else:
                if status == 200:
                    return data
                told, asked = f"HTTP {status}, {brief(data)}", _retry_after(headers)
                if status not in _AGAIN:
                    raise RefusedError(status, f"the judge at {self.base} refuses: {told}")
                if asked is not None:  # all threads wait, not only this one
                    self._resume = max(self._resume, self._clock() + asked)
            if self._clock() + max(wait, asked or 0.0) > until:
                break
            if tries < self.options.attempts and asked is None:
                self._sleep(wait)
        raise InfraError(f"the judge at {self.base} gave no reply in {tries} tries; the last: {told}")

    def _pause(self, until: float) -> None:
        """Wait as long as the server has asked for."""
        wait = self._resume - self._clock()
        if wait > 0:
            if self._clock() + wait > until:
                raise InfraError(f"the judge at {self.base} asks to wait for {wait:.0f} s")
            self._sleep(wait)


def _key(name: str | None) -> str | None:
    if name is None:
        return None
    key = os.environ.get(name)
    if not key:
        raise ModelError(f"the judge's key is to be in the environment variable {name}, which is not set")
    return key


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: a number, or a date; None: it does not say."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, min(seconds, _LONGEST_ASKED))
