"""The zygote: a warm interpreter inside the sandbox. Forks once per job and never reads its payload."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import gc
import importlib
import json
import marshal
import os
import resource
import select
import signal
import site
import socket
import stat
import struct
import sys
import time
import types
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NoReturn

from assay_plugins.sandbox.inside import child, kernel, rooms

_PACKET = 1 << 16
_ROOM = socket.CMSG_SPACE(8 * 4)
"""For eight descriptors."""
_POLL_SECONDS = 0.02
"""Shortest pause between two looks at a program's CPU time."""


class Zygote:
    """Serves one job at a time; ends with the process that holds the other end of its socket."""

    def __init__(self, control: socket.socket, options: Mapping[str, Any]) -> None:
        """Prepare everything that jobs have in common.

        Args:
            control: A SOCK_SEQPACKET socket.
            options: From the trusted side; see `launchers.inside_options`.
        """
        self.control = control
        self.isolated: bool = options["isolated"]
        self.work: str = options["work"]
        self.work_bytes = 0
        self.fault_read, self.fault_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.self_fd = os.pidfd_open(os.getpid())
        self.landlock = kernel.landlock_version() if options["landlock"] else 0
        self.place: dict[str, Any] = {
            "work": self.work,
            "readable": options["readable"],
            "writable": [self.work, "/dev/null", "/dev/zero", "/dev/full"],
            "rules": None,
            "isolated": self.isolated,
            "filters": {
                name: kernel.Filter(base64.b64decode(text)) for name, text in options["filters"].items()
            },
            "main": child.prepare_main(),
            "environment": options["environment"],
        }
        if not self.isolated:
            kernel.adopt_orphans()
        self._fresh_work(1 << 24)
        for name in ("threading", *options["preimport"]):
            _import(name)

    def serve(self) -> NoReturn:
        """Answer until the other end closes."""
        hello = {"python": sys.version.split()[0], "landlock": self.landlock, "isolated": self.isolated}
        self._send({"hello": hello})
        _settle()
        gc.disable()
        while True:
            message, ancillary, _, _ = self.control.recvmsg(_PACKET, _ROOM)
            if not message:
                self._leave()
            request = marshal.loads(message)
            received = b"".join(data for _, _, data in ancillary)
            descriptors = struct.unpack(f"{len(received) // 4}i", received)
            if "which" in request:
                self._send({"which": _which(request["which"], self.place["environment"]["PATH"])})
                continue
            if "preload" in request:
                self._send({"preloaded": _preload(request["preload"], descriptors[0])})
                continue
            self._serve_job(request, dict(zip(request["descriptors"], descriptors, strict=True)))

    def _serve_job(self, job: Mapping[str, Any], descriptors: dict[str, int]) -> None:
        for name in job["preimport"]:
            if name not in sys.modules and _import(name):
                _settle()
        self._fresh_work(job["work_bytes"])
        started = time.monotonic()
        pid = self._fork(job, descriptors)
        pidfd = os.pidfd_open(pid)
        # Nothing else until it ends: each page that we write to while we share it is copied.
        ended_by = self._wait(pid, pidfd, job, started)
        self._kill_rest(pid)
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - started
        for descriptor in (pidfd, *descriptors.values()):
            os.close(descriptor)
        if self.isolated:  # or else the next unshare is refused: our own pid namespace must be in force
            kernel.set_namespace(self.self_fd, kernel.NEWPID)
        if not self.isolated:
            _bury()
        cpu_us, wall_us = int(1e6 * (usage.ru_utime + usage.ru_stime)), int(1e6 * wall)
        more: dict[str, Any] = {}
        outputs: dict[str, int] = {}
        if status:
            with contextlib.suppress(BlockingIOError):
                more["fault"] = os.read(self.fault_read, 1000).decode()
        if job["outputs"]:
            outputs = {name: fd for name in job["outputs"] if (fd := self._open_output(name)) is not None}
            more["outputs"] = list(outputs)
        # As JSON, and written by hand: json.dumps writes to fifty pages that the fork made us share.
        line = (
            f'{{"id": {job["id"]}, "status": {status}, "cpu_us": {cpu_us}, "wall_us": {wall_us}, '
            f'"memory_kb": {usage.ru_maxrss}, "ended_by": "{ended_by or ""}"'
        )
        self._reply(f"{line}, {json.dumps(more)[1:]}" if more else f"{line}}}", list(outputs.values()))
        for descriptor in outputs.values():
            os.close(descriptor)
        self._clear_work()

    def _fork(self, job: Mapping[str, Any], descriptors: Mapping[str, int]) -> int:
        if self.isolated:
            kernel.unshare(kernel.NEWPID)
        pid = os.fork()
        if pid == 0:
            child.become(job, descriptors, self.place, self.fault_write)
        return pid

    def _wait(self, pid: int, pidfd: int, job: Mapping[str, Any], started: float) -> str | None:
        """Wait for the end, or bring it about: the bound that did."""
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(self.control, 0)  # only a hang-up is reported
        clock = ~pid << 3 | 2
        deadline = started + job["wall_seconds"]
        pause = job["cpu_seconds"]
        while True:
            now = time.monotonic()
            if now >= deadline:
                return self._stop(pidfd, "wall")
            events = dict(poll.poll(max(1.0, min(pause, deadline - now) * 1000)))
            if self.control.fileno() in events:
                self._stop(pidfd, "wall")
                self._kill_rest(pid)
                self._leave()
            if pidfd in events:
                return None
            try:
                left = job["cpu_seconds"] - time.clock_gettime(clock)
            except OSError:
                continue  # it ended just now
            if left <= 0:
                return self._stop(pidfd, "cpu")
            pause = max(left / 2, _POLL_SECONDS)

    def _stop(self, pidfd: int, reason: str) -> str:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return reason

    def _kill_rest(self, pid: int) -> None:
        """Without a pid namespace: kill the process group, which a program cannot leave."""
        if not self.isolated:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    def _open_output(self, name: str) -> int | None:
        """Open a regular file of the work folder without following a link anywhere on the way."""
        flags = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        place = os.open(self.work, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            *folders, last = name.split("/")
            for folder in folders:
                below = os.open(folder, os.O_PATH | os.O_DIRECTORY | flags, dir_fd=place)
                os.close(place)
                place = below
            if not stat.S_ISREG(os.stat(last, dir_fd=place, follow_symlinks=False).st_mode):
                return None
            return os.open(last, os.O_RDONLY | flags, dir_fd=place)
        except OSError:
            return None
        finally:
            os.close(place)

    def _fresh_work(self, size: int) -> None:
        if not self.isolated:
            if self.work_bytes == 0:
                rooms.clear(self.work)
                self.work_bytes = 1
                self._prepare_rules()
            return
        if size == self.work_bytes:
            return
        if self.work_bytes:
            kernel.unmount(self.work)
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", self.work, "tmpfs", flags, f"size={size},nr_inodes=4096,mode=700")
        self.work_bytes = size
        self._prepare_rules()

    def _clear_work(self) -> None:
        """An empty folder for the next job. A fresh mount costs the same whatever a program left behind."""
        with os.scandir(self.work) as entries:
            empty = next(entries, None) is None
        if empty:
            return
        if self.isolated:
            size, self.work_bytes = self.work_bytes, -1
            self._fresh_work(size)
        else:
            rooms.clear(self.work)

    def _leave(self) -> NoReturn:
        """End, and what runs with us; nobody else may be there to remove the work folder."""
        if not self.isolated:
            _bury()
            with contextlib.suppress(OSError):
                rooms.clear(self.work)
                os.rmdir(self.work)
        os._exit(0)

    def _prepare_rules(self) -> None:
        if not self.landlock:
            return
        if self.place["rules"] is not None:
            os.close(self.place["rules"])
        self.place["rules"] = kernel.landlock_rules(self.place["readable"], self.place["writable"])

    def _send(self, message: Mapping[str, Any]) -> None:
        self._reply(json.dumps(message))

    def _reply(self, text: str, descriptors: Sequence[int] = ()) -> None:
        try:
            if descriptors:
                socket.send_fds(self.control, [text.encode()], list(descriptors))
            else:
                self.control.send(text.encode())
        except OSError:
            self._leave()


def main(control: socket.socket, options: Mapping[str, Any]) -> NoReturn:
    """Move in, and serve."""
    null = os.open("/dev/null", os.O_RDWR)
    control = socket.socket(fileno=fcntl.fcntl(control.detach(), fcntl.F_DUPFD_CLOEXEC, 100))
    for target in (0, 1, 3):  # received descriptors then never have a number that a program expects
        os.dup2(null, target)
    for number in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):
        hard = resource.getrlimit(number)[1]
        resource.setrlimit(number, (hard, hard))
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass
    os.environ.clear()
    os.environ.update(options["environment"])
    try:
        if options["isolated"]:
            rooms.move_in(options)
        _set_path(options["packages"])
        kernel.hide_memory()
        zygote = Zygote(control, options)
    except OSError as error:
        socket.send_fds(control, [json.dumps({"failed": str(error)}).encode()], [])
        os._exit(1)
    zygote.serve()


def _set_path(packages: Sequence[str]) -> None:
    """Without ``site``'s start: its packages, but no .pth file; and ``exit`` for scripts."""
    sys.path[:] = [folder for folder in sys.path if folder]
    sys.path += [folder for folder in (*site.getsitepackages(), *packages) if os.path.isdir(folder)]
    site.setquit()
    site.sethelper()


@contextlib.contextmanager
def _no_fork_hooks() -> Generator[None]:
    """Import without hooks after forks, a fifth of what a fork costs.

    They forget threads and locks, of which there are none here, and seed `random`, which a program that
    mentions it gets done by itself.
    """

    def ignore(**hooks: object) -> None:
        pass

    register = os.register_at_fork
    os.register_at_fork = ignore
    try:
        yield
    finally:
        os.register_at_fork = register


def _import(name: str) -> bool:
    try:
        with _no_fork_hooks():
            importlib.import_module(name)
    except Exception:
        return False
    return True


def _preload(name: str, descriptor: int) -> str | None:
    """Import a module of the trusted side. Its error, or None."""
    try:
        with open(descriptor, "rb") as file, _no_fork_hooks():
            file.seek(0)
            code = compile(file.read(), f"{name}.py", "exec", dont_inherit=True)
            sys.modules[name] = module = types.ModuleType(name)
            exec(code, vars(module))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:1000]
    _settle()
    return None


def _settle() -> None:
    """After imports: forks look at no garbage, and neither copy nor release pages that hold only such."""
    gc.collect()
    gc.freeze()
    kernel.return_freed_memory()


def _which(command: str, path: str) -> bool:
    return any(os.access(os.path.join(folder, command), os.X_OK) for folder in path.split(":"))


def _bury() -> None:
    """End and bury what a program left to us, however it left its process group."""
    try:
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
                    for child_pid in file.read().split():
                        os.kill(int(child_pid), signal.SIGKILL)
                time.sleep(0.001)
    except ChildProcessError:
        pass
