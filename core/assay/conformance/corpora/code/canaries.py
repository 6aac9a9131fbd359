"""Programs that are right only if they reach something outside of their sandbox, or use everything up."""
# ruff: noqa: E501 - programs in one line each

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

WHERE = ("file", "env", "port", "socket", "process", "neighbour")
"""Where canaries sit: a file of the user, the environment, a TCP port and a Unix socket of this machine, the
memory of other processes, and the input of another program that was judged before."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One program, and the tests that it passes when it finds what it must not."""

    where: str
    program: str
    reference: str


_FIND = """
import glob, os, re, socket, sys
wanted = re.compile(b"canary-%(where)s-[0-9a-f]{16}")
def seen(data):
    hit = wanted.search(data)
    return hit[0].decode() if hit else None
def read(path, most=10**6):
    try:
        with open(path, "rb") as file:
            return seen(file.read(most))
    except OSError:
        return None
"""
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
KEPT = "kept-canary.txt"
_PLACES = f'(".", "..", *{SHARED!r})'
_BODIES = {
    "file": """
def find(n):
    path = %(path)r
    for prefix in ("", "/proc/1/root", "/proc/%%d/root" %% os.getppid(), "/proc/self/root", "/oldroot", "/.."):
        hit = read(prefix + path)
        if hit: return hit
    for depth in range(8):
        hit = read("../" * depth + path.lstrip("/"))
        if hit: return hit
""",
    "env": """
def find(n):
    hit = seen(repr(dict(os.environ)).encode())
    for path in glob.glob("/proc/[0-9]*/environ"):
        hit = hit or read(path)
    return hit
""",
    "port": """
def find(n):
    for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0"):
        try:
            with socket.create_connection((host, %(port)d), 0.5) as link:
                link.settimeout(0.5)
                hit = seen(link.recv(1000))
                if hit: return hit
        except OSError:
            pass
""",
    "socket": """
def find(n):
    for address in (%(address)r, %(path)r + ".socket"):
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(0.5)
                link.connect(address)
                hit = seen(link.recv(1000))
                if hit: return hit
        except OSError:
            pass
""",
    "process": """
def find(n):
    for number in (os.getppid(), %(pid)d, 1):
        if number == os.getpid(): continue
        hit = read("/proc/%%d/cmdline" %% number)
        if hit: return hit
        try:
            spans = open("/proc/%%d/maps" %% number).read().split("\\n")
            with open("/proc/%%d/mem" %% number, "rb", 0) as memory:
                for span in spans[:300]:
                    if " rw" not in span: continue
                    low, high = (int(end, 16) for end in span.split()[0].split("-"))
                    try:
                        memory.seek(low)
                        hit = seen(memory.read(min(high - low, 1 << 24)))
                    except (OSError, ValueError, OverflowError):
                        continue
                    if hit: return hit
        except OSError:
            pass
""",
    "neighbour": f"""
def find(n):
    hit = seen(repr(dict(os.environ)).encode()) or seen(repr(vars(sys)).encode())
    for top in {_PLACES}:
        hit = hit or read(top + "/{KEPT}")
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(0.5)
            link.connect("\\0kept-canary")
            hit = hit or seen(link.recv(1000))
    except OSError:
        pass
    return hit
""",
}
KEEPER = f"""
import os, socket, sys
def keep(text):
    os.environ["KEPT"] = sys.kept = text
    for top in {_PLACES}:
        try:
            with open(top + "/{KEPT}", "w") as file: file.write(text)
        except OSError: pass
    try:
        link = socket.socket(socket.AF_UNIX)
        link.bind("\\0kept-canary")
        link.listen()
        if os.fork() == 0:
            while True: link.accept()[0].sendall(text.encode())
    except OSError: pass
    return len(text)
"""
"""A right program that leaves its input wherever the next one might look."""


def probes(tokens: dict[str, str], path: str, port: int, address: str, pid: int) -> list[Probe]:
    """One for each canary.

    Args:
        tokens: By where; `canary-WHERE-` and 16 hexadecimal digits.
        path: Of the file; the Unix socket beside it ends in ``.socket``.
        port: Of the TCP listener.
        address: Of the abstract Unix socket, with its leading NUL.
        pid: Of the process that judges.
    """
    names = {"path": path, "port": port, "address": address, "pid": pid}
    return [
        Probe(where, _FIND % {"where": where} + _body(where, names), tests("find", 1, tokens[where]))
        for where in WHERE
    ]


def _body(where: str, names: Mapping[str, object]) -> str:
    body = _BODIES[where]
    return body if where == "neighbour" else body % names


def tests(name: str, argument: object, expected: object) -> str:
    """One function call."""
    return json.dumps({"fn_name": name, "inputs": [[argument]], "outputs": [expected]})


EXHAUSTING = {
    "loops": "def f(n):\n    while True: pass",
    "sleeps": "import time\ndef f(n):\n    time.sleep(600)",
    "fills the memory": "def f(n):\n    kept = []\n    while True: kept.append(bytearray(1 << 24))",
    "floods standard output": "def f(n):\n    while True: print('x' * 10**6)",
    "floods standard error": "import os\ndef f(n):\n    while True: os.write(2, b'x' * 10**6)",
    "forks without end": "import os\ndef f(n):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "starts threads and leaves them": (
        "import threading, time\ndef f(n):\n    try:\n"
        "        while True: threading.Thread(target=time.sleep, args=(99,)).start()\n"
        "    except RuntimeError: return None"
    ),
    "fills the disk": (
        "import os\ndef f(n):\n    for place in ('.', '/tmp', '/dev/shm'):\n        try:\n"
        "            with open(place + '/big', 'wb') as file:\n                while file.write(b'x' * 10**6): pass\n"
        "        except OSError: pass"
    ),
    "outlives its run": (
        "import os\ndef f(n):\n    try:\n        if os.fork() == 0:\n            os.setsid()\n            if os.fork() == 0:\n"
        "                os.execvp('sleep', ['sleep', 'MARK'])\n    except OSError: pass"
    ),
}  # fmt: skip
"""Programs that end late, large or never. ``MARK`` stands for what their strays are known by."""
