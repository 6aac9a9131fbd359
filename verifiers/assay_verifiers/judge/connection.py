"""HTTP that always ends: every reply has a time by which it is there, and a size it may not exceed."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any

from assay import InfraError, MissingDependencyError

_MOST_BYTES = 2**20
_REACH_SECONDS = 5.0


class LostError(InfraError):
    """No reply, or not all of it."""


class Connection:
    """Keeps connections to one server. Thread-safe; after a fork the child opens its own."""

    def __init__(self, base: str, key: str | None, timeout: float, most: int) -> None:
        """Open nothing yet.

        Args:
            base: Address, without a slash at its end.
            key: Sent as a bearer token, never shown. None: none is sent.
            timeout: Seconds for a whole reply.
            most: Requests under way at once; others wait.

        Raises:
            MissingDependencyError: the HTTP client is not installed.
        """
        try:
            import httpx2
        except ImportError:
            raise MissingDependencyError.of("judge", "httpx2", "judge") from None
        self._library: Any = httpx2
        self._base, self._key, self._timeout, self._most = base, key, timeout, most
        self._lock, self._owner = threading.Lock(), 0
        self._client: Any = None
        self._slots = threading.BoundedSemaphore(most)

    def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        """As `post`, with nothing to send and little patience."""
        return self._request("GET", path, None, min(_REACH_SECONDS, self._timeout))

    def post(self, path: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Send JSON; returns status, headers with names in lower case, and what came.

        Raises:
            LostError: no server, no reply in time, one that breaks off, or one that is far too long.
        """
        return self._request("POST", path, body, self._timeout)

    def _request(
        self, method: str, path: str, body: bytes | None, seconds: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        client, library = self._mine(), self._library
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key}"
        with self._slots:
            until = time.monotonic() + seconds
            try:
                url = self._base + path
                with client.stream(method, url, content=body, headers=headers, timeout=seconds) as response:
                    found = bytearray()
                    for chunk in response.iter_bytes():
                        found += chunk
                        if time.monotonic() > until:  # the library's clock starts again with every byte
                            raise LostError(f"no whole reply within {seconds:g} s")
                        if len(found) > _MOST_BYTES:
                            raise LostError(f"a reply of more than {_MOST_BYTES} bytes")
                    told = {name.lower(): value for name, value in response.headers.items()}
                    return response.status_code, told, bytes(found)
            except library.TimeoutException:
                raise LostError(f"no reply within {seconds:g} s") from None
            except (library.HTTPError, library.InvalidURL, library.StreamError) as error:
                raise LostError(f"{type(error).__name__}: {error}"[:200]) from None

    def _mine(self) -> Any:
        """The client of this process."""
        if self._owner != os.getpid() and self._client is not None:
            self._lock, self._client = threading.Lock(), None  # threads of the parent may hold them
            self._slots = threading.BoundedSemaphore(self._most)
        with self._lock:
            if self._client is None:
                limits = self._library.Limits(max_connections=None, max_keepalive_connections=self._most)
                client, self._owner = self._library.Client(limits=limits), os.getpid()
                weakref.finalize(self, _close, client, self._owner)
                self._client = client
            return self._client


def _close(client: Any, owner: int) -> None:
    """Close connections in the process that has opened them."""
    if os.getpid() == owner:
        client.close()
