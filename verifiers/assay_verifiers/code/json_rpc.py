"""JSON-RPC with the frames of the Language Server Protocol, over a pair of pipes with clocks.

The client side is three methods long here; the libraries for it (pygls with lsprotocol, attrs and cattrs;
sansio-lsp-client) bring event loops and models of the whole protocol.
"""

from __future__ import annotations

import json
import math
import os
import select
from collections.abc import Callable, Mapping
from typing import IO, Any

MAX_MESSAGE_BYTES = 16 * 2**20
"""Of one answer: about 50,000 diagnostics."""

Clock = Callable[[], float]
"""Seconds that one may wait before it is asked again; it raises when there are none left."""


class LostError(Exception):
    """The other side went away, or says what cannot be understood."""


class MessageTooLongError(Exception):
    """The other side has announced a message above `MAX_MESSAGE_BYTES`. The connection is of no more use."""


class Connection:
    """One end of a pair of pipes. Not thread-safe."""

    def __init__(self, writer: IO[bytes], reader: IO[bytes]) -> None:
        """Use the pipes from now on, without their buffers."""
        self._in, self._out = writer.fileno(), reader.fileno()
        self._buffer = bytearray()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def exchange(self, data: bytes, wanted: int | None, clock: Clock) -> dict[str, Any]:
        """Write `data` and read up to the answer to request `wanted`; None: no more than writing is wanted.

        One loop does both, so that neither side can wait for the other to read. What `clock` raises ends it.
        """
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        poll.register(self._in, select.POLLOUT)
        pending = memoryview(data)
        while pending or wanted is not None:
            left = clock()
            if not pending:
                poll.modify(self._in, 0)
            for descriptor, event in poll.poll(math.ceil(left * 1000)):
                if descriptor == self._out and self._read():
                    while (received := self._next()) is not None:
                        if "method" not in received:
                            if received.get("id") == wanted:
                                return received
                        elif "id" in received:  # a request of the server's, who is content with any answer
                            answer = {"jsonrpc": "2.0", "id": received["id"], "result": None}
                            pending = memoryview(bytes(pending) + frame(answer))
                            poll.modify(self._in, select.POLLOUT)
                elif descriptor == self._in and pending and event & select.POLLOUT:
                    pending = pending[self._write(pending) :]
                elif descriptor == self._in and event & (select.POLLERR | select.POLLHUP):
                    raise LostError("it ended")
        return {}

    def _read(self) -> bool:
        try:
            chunk = os.read(self._out, 2**18)
        except BlockingIOError:
            return False
        if not chunk:
            raise LostError("it ended")
        self._buffer += chunk
        return True

    def _write(self, pending: memoryview) -> int:
        try:
            return os.write(self._in, pending)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise LostError("it ended") from None

    def _next(self) -> dict[str, Any] | None:
        """Take the next whole message out of the buffer; None: there is none yet."""
        head, separator, _ = bytes(self._buffer[:4096]).partition(b"\r\n\r\n")
        if not separator:
            return None
        length = next(int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:"))
        if length > MAX_MESSAGE_BYTES:
            raise MessageTooLongError(f"a message of {length} bytes")
        start = len(head) + len(separator)
        if len(self._buffer) < start + length:
            return None
        body = bytes(self._buffer[start : start + length])
        del self._buffer[: start + length]
        return json.loads(body)


def message(method: str, parameters: Mapping[str, Any], number: int | None = None) -> bytes:
    """Return the frame of a request, or of a notification when it has no number."""
    content: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": parameters}
    return frame(content if number is None else {**content, "id": number})


def frame(content: Mapping[str, Any]) -> bytes:
    """Put the header in front."""
    body = json.dumps(content).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
