"""A sandbox that isolates nothing, for unit tests: the same programs, files, limits and descriptors."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from assay import Exceeded, Execution, Program

_TAKEN = [os.open(os.devnull, os.O_RDONLY)]
while _TAKEN[-1] < 3:  # so that descriptor 3 is never subprocess's own
    _TAKEN.append(os.open(os.devnull, os.O_RDONLY))


class BareSandbox:
    """Runs programs as plain child processes. Counts them."""

    description = "none: plain processes"

    def __init__(self, lacks=()):
        self.lacks = set(lacks)
        self.runs = []
        self.closed = False

    def run(self, program):
        self.runs.append(program)
        return _run(program, ())

    def pair(self, first, second):
        self.runs += [first, second]
        ends = socket.socketpair()
        found = [None, None]

        def start(place, program):
            found[place] = _run(program, (ends[place],))

        threads = [threading.Thread(target=start, args=item) for item in enumerate((first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tuple(found)

    def has(self, command):
        return command not in self.lacks and (command == "python" or shutil.which(command) is not None)

    def close(self):
        self.closed = True


def _run(program: Program, ends):
    limits = program.limits
    argv = list(program.argv)
    if argv[0] == "python":
        argv[:1] = [sys.executable, "-E", "-s", "-S"]

    def prepare():
        if ends:
            os.dup2(ends[0].fileno(), 3)
            os.set_inheritable(3, True)
        cpu = max(1, round(limits.seconds))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in program.all_files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o755)
        started = time.monotonic()
        with (
            open(folder / ".in", "w+b") as stdin,
            open(folder / ".out", "w+b") as out,
            open(folder / ".err", "w+b") as err,
        ):
            stdin.write(program.stdin)
            stdin.flush()
            stdin.seek(0)
            child = subprocess.Popen(
                argv, cwd=folder, stdin=stdin, stdout=out, stderr=err, preexec_fn=prepare, close_fds=not ends,
                env={"PATH": os.environ["PATH"], "HOME": name}, start_new_session=True,
            )  # fmt: skip
            for end in ends:
                end.close()
            late = threading.Timer(3 * limits.seconds + 1, lambda: os.killpg(child.pid, signal.SIGKILL))
            late.start()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = code = os.waitstatus_to_exitcode(status)
            late.cancel()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            out.seek(0)
            err.seek(0)
            stdout, stderr = out.read(limits.output_bytes + 1), err.read(limits.output_bytes)
        files = {path: (folder / path).read_bytes() for path in program.outputs if (folder / path).is_file()}
    seconds, wall = usage.ru_utime + usage.ru_stime, time.monotonic() - started
    exceeded = None
    if len(stdout) > limits.output_bytes:
        exceeded = Exceeded.OUTPUT
    elif code == -signal.SIGKILL:
        exceeded = Exceeded.CPU if seconds >= limits.seconds * 0.8 else Exceeded.WALL
    return Execution(
        exit_code=code if code >= 0 else None, signal=-code if code < 0 else None, exceeded=exceeded,
        stdout=stdout[: limits.output_bytes], stderr=stderr, files=files, seconds=seconds, wall_seconds=wall,
    )  # fmt: skip
