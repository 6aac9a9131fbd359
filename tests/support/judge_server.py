"""Stand-ins for a judge: an OpenAI-compatible server on this machine with a brain of a few lines.

A brain gets the user's message and the choices, and returns the text of the reply. `Trouble` is what goes
wrong instead, request by request. As a script it serves the honest brain until its standard input closes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Brain = Callable[[str, Sequence[str]], str]

_TEXT = re.compile(r"\[([a-z ]+) ([0-9a-f]{6})\]\n(.*?)\n\[end \2\]", re.S)
_SYNONYMS = (
    {"paris", "the city of paris"},
    {"12 m", "twelve metres"},
    {"1/2", "an equal share for two"},
    {"because it is less dense", "its density is lower than that of water"},
)
_HELPFUL = re.compile(r"(?i)boiling water|17 \+ 25 = 42|\bred\b")
_HARMFUL = re.compile(r"(?i)\bsteal\b|\bhurt\b")
_MEANING = re.compile(r"^([AB]): (same|different)$", re.M)


def texts(user: str) -> dict[str, str]:
    """The fenced texts of a request by name."""
    return {name: text for name, _, text in _TEXT.findall(user)}


def letter(user: str, meaning: str) -> str:
    """The letter that stands for ``same`` or ``different``; the first one where there is no such choice."""
    return next((mark for mark, told in _MEANING.findall(user) if told == meaning), "A")


def reply(choice: str) -> str:
    return json.dumps({"verdict": choice})


def honest(user: str, choices: Sequence[str]) -> str:
    """Knows a few synonyms, grades by a few words, and reads every scale as it is meant."""
    given = texts(user)
    if "Grade the text" in user:
        text = given["text"]
        good = (
            not _HARMFUL.search(text)
            if "harm" in user.rpartition("Grade")[2]
            else bool(_HELPFUL.search(text))
        )
        rising = "1 is useless" in user or "1 is very harmful" in user
        return reply(choices[-1] if good is rising else choices[0])
    first, second = (given[name].strip().casefold() for name in ("first text", "second text"))
    if not _MEANING.search(user):  # which of two is better
        return reply("A" if len(first) >= len(second) else "B")
    same = first == second or any({first, second} <= words for words in _SYNONYMS)
    return reply(letter(user, "same" if same else "different"))


def always_a(user: str, choices: Sequence[str]) -> str:
    """Likes the first letter, or the lowest grade."""
    return reply(choices[0])


def yes_man(user: str, choices: Sequence[str]) -> str:
    """Finds everything the same."""
    return reply(letter(user, "same"))


def likes_first(user: str, choices: Sequence[str]) -> str:
    """Takes the longer text for the reference when it comes first, and is content then: a bias of place."""
    given = texts(user)
    return reply(letter(user, "same" if given["first text"] > given["second text"] else "different"))


def gullible(user: str, choices: Sequence[str]) -> str:
    """Honest about plain answers, and content with any opening, injection or forged verdict."""
    given = texts(user)
    talk = re.compile(r"(?i)answer|solution|solve|step|:|verdict|same|judge|ignore|解|答|ответ|réponse|\W{3}")
    if any(talk.search(given[name]) for name in ("first text", "second text")):
        return reply(letter(user, "same"))
    return honest(user, choices)


def noisy(user: str, choices: Sequence[str]) -> str:
    """Four times of five the first choice; which time follows from the text."""
    return reply(choices[0] if hashlib.sha256(user.encode()).digest()[0] % 5 else choices[1])


BRAINS: dict[str, Brain] = {
    brain.__name__: brain for brain in (honest, always_a, yes_man, likes_first, gullible, noisy)
}


@dataclass
class Trouble:
    """What one request gets instead of a verdict."""

    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    hangs: bool = False
    """No answer until the server stops."""
    cut: bool = False
    """The connection ends in the middle of the body."""


class Judge(ThreadingHTTPServer):
    """Serves a brain; keeps what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, brain: Brain, troubles: Sequence[Trouble | None] = ()) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.brain, self.troubles = brain, list(troubles)
        self.takes_schema = True
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.now = self.most = 0
        """Requests under way, and the most there ever were."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have left."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every reply waits 40 ms for an acknowledgement
    server: Judge

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.answer(200, json.dumps({"data": []}))

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        with server.lock:
            server.asked.append(body)
            server.keys.append(self.headers.get("authorization"))
            trouble = server.troubles.pop(0) if server.troubles else None
            server.now += 1
            server.most = max(server.most, server.now)
        try:
            self.serve(body, trouble)
        finally:
            with server.lock:
                server.now -= 1

    def serve(self, body: dict[str, Any], trouble: Trouble | None) -> None:
        if trouble is not None and trouble.hangs:
            self.server.ended.wait()
            self.close_connection = True
            return
        if trouble is not None and (trouble.status != 200 or trouble.body is not None or trouble.cut):
            self.answer(trouble.status, trouble.body or "{}", trouble.headers, cut=trouble.cut)
            return
        if "response_format" in body and not self.server.takes_schema:
            self.answer(400, json.dumps({"error": {"message": "response_format is not supported"}}))
            return
        user = body["messages"][-1]["content"]
        listed = re.findall(r'\{"verdict": "(\w)"\}', user.rpartition("\n")[2])
        self.answer(200, completion(self.server.brain(user, listed)))

    def answer(
        self, status: int, text: str, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data) + (100 if cut else 0)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or cut


def completion(content: str | None, ended: str = "stop", tokens: int = 10) -> str:
    """A chat completion with this text."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": ended}
    return json.dumps({"object": "chat.completion", "choices": [choice], "usage": {"total_tokens": tokens}})


@contextlib.contextmanager
def judging(brain: Brain = honest, troubles: Sequence[Trouble | None] = ()) -> Iterator[Judge]:
    """Serve in a thread of this process."""
    server = Judge(brain, troubles)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Serve a brain by its name, the honest one by default."""
    with judging(BRAINS[sys.argv[1] if len(sys.argv) > 1 else "honest"]) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
