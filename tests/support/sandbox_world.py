"""What lies outside a sandbox while attacks run in it, and whether any of it was touched."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
from attacks_sandbox import SLEEP, Attack, Targets

from assay.sandbox import Execution, Program, ProgramLimits, Sandbox
from assay_plugins.sandbox import accounts

HONEST = Program(
    argv=("python", "main.py"),
    files={"main.py": b"import os, json\nprint(6 * 7, os.listdir('.'))"},
    limits=ProgramLimits(file_bytes=2**22),  # as the attacks: another size would be another file system
)


class World:
    """Targets of attacks: a secret, a folder, listeners, a process of the same user."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.token = secrets.token_hex(16)
        self.touched: list[str] = []
        folder.chmod(0o777)
        for parent in folder.parents:
            if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        secret = folder / "secret.txt"
        secret.write_text(self.token, encoding="utf-8")
        secret.chmod(0o666)
        self._folder = folder
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = tcp.getsockname()[1]
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", port))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{self.token}")
        path = stack.enter_context(socket.socket(socket.AF_UNIX))
        path.bind(str(folder / "socket"))
        os.chmod(folder / "socket", 0o777)
        for name, listener in (("tcp", tcp), ("abstract", abstract), ("path", path)):
            listener.listen()
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()
        self._udp = udp
        udp.setblocking(False)
        who = accounts.account()
        assert who is not None
        become = (f"--reuid={who.user}", f"--regid={who.group}", "--clear-groups")
        self.victim = subprocess.Popen(
            ["setpriv", *become, "sleep", "86400"] if who.change else ["sleep", "86400"]
        )
        stack.callback(self.victim.wait)
        stack.callback(self.victim.kill)
        self.targets = Targets(
            str(folder), str(secret), port, self.token, str(folder / "socket"), self.victim.pid
        )
        self._files = {p.name for p in folder.iterdir()}

    def _accept(self, name: str, listener: socket.socket) -> None:
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return
            self.touched.append(name)

    def escapes(self, sandbox: Sandbox, attack: Attack) -> list[str]:
        """Run one attack; everything that it reached, and everything that is not as it was."""
        assert sandbox.run(HONEST).stdout == b"42 []\n"
        before = descendants()
        program = attack.program(self.targets)
        started = time.monotonic()
        execution = sandbox.run(program)
        elapsed = time.monotonic() - started
        found = list(self._found_in(execution, attack))
        if elapsed > 3 * attack.seconds + 1 + 5:
            found.append(f"it ran {elapsed:.1f} s")
        after = sandbox.run(HONEST)
        if after.stdout != b"42 []\n":
            found.append(f"the next program saw something: {after}")
        if descendants() > before:
            found.append(f"processes are left: {descendants()} > {before}")
        return found

    def _found_in(self, execution: Execution, attack: Attack):
        for stream in (execution.stdout, execution.stderr, *execution.files.values()):
            if self.token.encode() in stream:
                yield "the secret was read"
            if b"root:" in stream:
                yield "accounts were read"
            if b"ESCAPED" in stream and "ESCAPED" not in attack.harmless:
                yield f"it says so: {stream[:200]!r}"
        if len(execution.stdout) > 65536 or len(execution.stderr) > 65536:
            yield "too much output"
        if {p.name for p in self._folder.iterdir()} != self._files:
            yield "it wrote outside"
        if (self._folder / "secret.txt").read_text(encoding="utf-8") != self.token:
            yield "it changed a file outside"
        if self.victim.poll() is not None:
            yield "it killed a process outside"
        try:
            self._udp.recv(100)
            yield "a packet came"
        except BlockingIOError:
            pass
        if self.touched:
            yield f"connected: {self.touched}"
            self.touched.clear()


def descendants() -> int:
    """Processes below this one, and strays of attacks anywhere."""
    children = {p.pid for p in psutil.Process().children(recursive=True)}
    strays = {
        p.info["pid"] for p in psutil.process_iter(["pid", "cmdline"]) if SLEEP in (p.info["cmdline"] or [])
    }
    return len(children | strays)
