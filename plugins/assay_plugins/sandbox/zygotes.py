"""The trusted end of a zygote: starts it, sends it jobs, notices when it is lost."""

from __future__ import annotations

import contextlib
import errno
import functools
import glob
import json
import marshal
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.sandbox import SandboxError
from assay_plugins.sandbox import accounts, launchers
from assay_plugins.sandbox.accounts import Interpreter
from assay_plugins.sandbox.launchers import Launcher

START_SECONDS = 20.0
"""How long a zygote may take to start on a machine that is busy."""
GRACE_SECONDS = 10.0
"""How long after a program's deadline its zygote may still take to say so."""

CLOSE_SECONDS = 5.0
"""How long a zygote that was told to may take to end before it is killed."""

_PACKET = 1 << 16

_BOOT = """
import json, socket, sys, types
control = socket.socket(fileno=0)
message = json.loads(control.recv(1 << 20) or sys.exit())
for name in ("assay_plugins", "assay_plugins.sandbox", "assay_plugins.sandbox.inside"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
for name, source in message["modules"]:
    module = sys.modules[name] = types.ModuleType(name)
    setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    exec(compile(source, name, "exec"), module.__dict__)
module.main(control, message["options"])
"""


class ZygoteError(Exception):
    """The zygote died, does not answer, or could not set a program up."""

    passing: bool = False
    """Whether it says nothing about what this machine can do: too busy, out of memory or descriptors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a zygote says about a job that ended."""

    status: int
    """As of wait(2)."""
    ended_by: str | None
    cpu: float
    wall: float
    memory_kb: int
    outputs: Mapping[str, int]
    """Open descriptors of the files asked for; the receiver closes them."""


class Zygote:
    """One running zygote. Not thread-safe: whoever holds it has it alone."""

    def __init__(self, launcher: Launcher, python: Interpreter) -> None:
        """Start one and wait until it is ready.

        Raises:
            ZygoteError: it cannot be started here; the message says why.
        """
        self.launcher = launcher
        self.hello: Mapping[str, Any] = {}
        self.lost = False
        self._job = 0
        self._preloaded: dict[str, bytes] = {}
        self._pid = os.getpid()
        self._closing = threading.Lock()
        self._log = os.memfd_create("zygote", os.MFD_CLOEXEC)
        self._folder = None if launcher.isolated else _work_folder()
        self._process: subprocess.Popen[bytes] | None = None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._start(python, theirs)
        except BaseException:
            self.close()
            raise

    def _start(self, python: Interpreter, theirs: socket.socket) -> None:
        before = self.launcher.command(python)
        if before is None:
            raise ZygoteError("not installed")
        work = self._folder or launchers.WORK
        options = launchers.inside_options(self.launcher, python, work, landlock_version())
        if (
            not self.launcher.isolated
            and self.launcher.landlock
            and not (options["landlock"] and options["filters"])
        ):
            raise ZygoteError("this kernel has no Landlock, or this architecture no seccomp table here")
        who = accounts.account()
        if who is None:
            raise ZygoteError("started by root, and there is no account nobody to become instead")
        try:
            self._process = subprocess.Popen(
                [*before, python.executable, "-s", "-S", "-B", "-c", _BOOT],
                stdin=theirs.fileno(),
                stdout=self._log,
                stderr=self._log,
                env={
                    **options["environment"],
                    "LD_BIND_NOW": "1",
                },  # or else each fork looks symbols up again
                cwd="/",
                start_new_session=True,
                user=who.user if who.change else None,
                group=who.group if who.change else None,
                extra_groups=[] if who.change else None,
            )
        except OSError as error:
            lost = ZygoteError(f"{before[0] if before else python.executable}: {error}")
            lost.passing = error.errno in (errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)
            raise lost from error
        theirs.close()  # or else nobody tells us that it has ended
        self._send(json.dumps({"modules": _sources(), "options": options}).encode())
        answer, _ = self._receive(START_SECONDS)
        if "failed" in answer:
            raise ZygoteError(answer["failed"])
        self.hello = answer["hello"]

    def preload(self, modules: Mapping[str, bytes]) -> None:
        """Import trusted modules before the forks of all programs from now on.

        Raises:
            ZygoteError: there is no answer, or a module cannot be imported.
        """
        for name, source in modules.items():
            if self._preloaded.get(name) == source:
                continue
            finished = False
            try:
                with os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC), "wb") as file:
                    file.write(source)
                    file.flush()
                    self._ask({"preload": name}, [file.fileno()])
                error = self._receive(GRACE_SECONDS)[0]["preloaded"]
                finished = not error
            finally:
                self.lost = self.lost or not finished
            if error:
                raise ZygoteError(f"the module {name} cannot be preloaded: {error}")
            self._preloaded[name] = source

    def submit(self, job: Mapping[str, Any], descriptors: Mapping[str, int]) -> None:
        """Start a job. `collect` must follow.

        Raises:
            ZygoteError: nobody is there.
        """
        if os.getpid() != self._pid:
            raise SandboxError("a sandbox cannot be used in a process that was forked after it was opened")
        self._job += 1
        limits = {**job["limits"], "processes": job["limits"]["processes"] + self._others()}
        try:
            self._ask(
                {**job, "limits": limits, "id": self._job, "descriptors": list(descriptors)},
                list(descriptors.values()),
            )
        except BaseException:
            self.lost = True
            raise

    def _others(self) -> int:
        """Tasks that the kernel counts besides the program's: two in our own user namespace, or else all."""
        if self.launcher.isolated:
            return 2
        who = accounts.account()
        return accounts.running_tasks(who.user) if who else 0

    def collect(self, wall_seconds: float) -> Answer:
        """Wait for the end of the job.

        Raises:
            ZygoteError: there is no answer some seconds after its deadline, or no program was run.
        """
        finished = False
        try:
            answer, received = self._receive(wall_seconds + GRACE_SECONDS)
            if answer["id"] != self._job or "fault" in answer:
                for descriptor in received:
                    os.close(descriptor)
                raise ZygoteError(answer.get("fault", "an answer to another job"))
            finished = True
            return Answer(
                status=answer["status"],
                ended_by=answer["ended_by"] or None,
                cpu=answer["cpu_us"] / 1e6,
                wall=answer["wall_us"] / 1e6,
                memory_kb=answer["memory_kb"],
                outputs=dict(zip(answer.get("outputs", ()), received, strict=True)),
            )
        finally:
            # Also when interrupted: an answer that nobody waits for must not be taken for the next job's.
            self.lost = self.lost or not finished

    def which(self, command: str) -> bool:
        """Whether programs find a command.

        Raises:
            ZygoteError: there is no answer.
        """
        finished = False
        try:
            self._ask({"which": command})
            found = bool(self._receive(GRACE_SECONDS)[0]["which"])
            finished = True
            return found
        finally:
            self.lost = self.lost or not finished

    def close(self) -> None:
        """End it and everything in it. Idempotent."""
        patience, self.lost = 0 if self.lost else CLOSE_SECONDS, True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # wakes the other end even while a thread waits on ours
        self._control.close()
        if self._pid != os.getpid():
            return
        with self._closing:  # by who runs a program that is lost, and by who closes the sandbox
            process, self._process = self._process, None
            if process is not None:
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    _kill_tree(process.pid)
                    process.wait()
            if self._log >= 0:
                os.close(self._log)
                self._log = -1
            if self._folder is not None:
                _remove(self._folder)
                self._folder = None

    def _ask(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Ask in marshal's format, which every Python reads fastest. It answers in JSON: we trust it less."""
        self._send(marshal.dumps(dict(request), 2), descriptors)

    def _send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._control, [message], list(descriptors))
        except OSError as error:
            raise ZygoteError(self._why(str(error))) from error

    def _receive(self, seconds: float) -> tuple[Mapping[str, Any], list[int]]:
        try:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            if not poll.poll(seconds * 1000):
                lost = ZygoteError(self._why(f"no answer within {seconds:.0f} seconds"))
                lost.passing = True
                raise lost
            data, descriptors, _, _ = socket.recv_fds(self._control, _PACKET, 253)
        except (OSError, ValueError) as error:  # ValueError: another thread closed it
            raise ZygoteError(self._why(str(error))) from error
        if not data:
            raise ZygoteError(self._why("it ended"))
        return json.loads(data), descriptors

    def _why(self, text: str) -> str:
        """Prefer what the launcher or the zygote wrote to standard error: its error, or its last line."""
        try:
            log = os.pread(self._log, 4000, 0).decode(errors="replace").strip()
        except OSError:  # closed
            log = ""
        lines = log.splitlines()
        return (
            next((line for line in lines if line.startswith("Error")), lines[-1]).rstrip(".")
            if lines
            else text
        )


def _kill_tree(pid: int) -> None:
    """Kill a process after all below it: a stopped zygote hears nothing, and outlives its launcher."""
    for name in glob.glob(f"/proc/{pid}/task/*/children"):
        with contextlib.suppress(OSError):
            for child in Path(name).read_text(encoding="ascii").split():
                _kill_tree(int(child))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


@functools.cache
def landlock_version() -> int:
    """The kernel's Landlock ABI; 0: none."""
    from assay_plugins.sandbox.inside import kernel

    return kernel.landlock_version()


@functools.cache
def _sources() -> list[tuple[str, str]]:
    folder = Path(__file__).parent / "inside"
    names = ("kernel", "rooms", "child", "zygote")
    return [
        (f"assay_plugins.sandbox.inside.{name}", (folder / f"{name}.py").read_text(encoding="utf-8"))
        for name in names
    ]


def _work_folder() -> str:
    """Where programs write when nothing can be mounted; in memory if possible."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="assay-sandbox-", dir=memory)
    who = accounts.account()
    if who is not None and who.change:
        os.chown(folder, who.user, who.group)
    return folder


def _remove(folder: str) -> None:
    from assay_plugins.sandbox.inside import rooms

    try:
        rooms.clear(folder)
        os.rmdir(folder)
    except OSError:
        pass
