"""Sandboxes that are killed, stopped, shared or left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from assay.sandbox import Program, ProgramLimits, Sandbox, SandboxError, SandboxRequest
from assay_plugins.sandbox import accounts, opening, zygotes
from assay_plugins.sandbox.local import LocalSandbox

ONE = Program(argv=("python", "main.py"), files={"main.py": b"print(1)"})


def below(pid: int | None = None) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def names(processes: list[psutil.Process]) -> set[str]:
    """Of those that are still there."""
    found: set[str] = set()
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found


@pytest.fixture
def open_fresh(mode: str) -> Iterator[Callable[..., Sandbox]]:
    """Open a sandbox that is closed in the end, also when the test fails."""
    with contextlib.ExitStack() as stack:

        def fresh(slots: int = 1) -> Sandbox:
            opened = opening.open_here(SandboxRequest(mode=mode, slots=slots))
            stack.callback(opened.close)
            return opened

        yield fresh


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_zygote_is_replaced(
    open_fresh: Callable[..., Sandbox], harm: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zygote that was killed or hangs costs one more start and no error, and leaves nothing."""
    monkeypatch.setattr(zygotes, "GRACE_SECONDS", 0.5)
    before = set(below())
    sandbox = open_fresh()
    mine = [p for p in below() if p not in before]
    for process in mine:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went with the one before
            process.send_signal(harm)
    quick = Program(argv=ONE.argv, files=ONE.files, limits=ProgramLimits(seconds=0.1))
    monkeypatch.setattr(zygotes, "GRACE_SECONDS", 0.5)
    assert sandbox.run(quick).stdout == b"1\n"
    assert psutil.wait_procs(mine, timeout=10)[1] == []
    sandbox.close()
    assert psutil.wait_procs([p for p in below() if p not in before], timeout=10)[1] == []


def test_asking_a_lost_zygote(open_fresh: Callable[..., Sandbox]) -> None:
    """has() too costs one more start and no error."""
    before = set(below())  # such as multiprocessing's, which others still need
    sandbox = open_fresh()
    for process in set(below()) - before:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert sandbox.has("sh")
    sandbox.close()


def test_a_sandbox_that_stays_lost_raises() -> None:
    """When the second start fails too, the caller is told why, and the next call tries again."""
    starts: list[int] = []

    def start() -> zygotes.Zygote:
        starts.append(1)
        raise zygotes.ZygoteError("no memory")

    sandbox = LocalSandbox(start, "nothing", 1)
    for _ in range(2):
        with pytest.raises(SandboxError, match="no memory"):
            sandbox.run(ONE)
    assert len(starts) == 4


KILLED = """
import sys, threading
from assay.sandbox import *
from assay_plugins.sandbox.opening import open_here
sandbox = open_here(SandboxRequest(mode=sys.argv[1], slots=2))
python = Program(argv=("python", "main.py"), files={"main.py": b"import time; time.sleep(600)"},
                 limits=ProgramLimits(seconds=600))
shell = Program(argv=("sh", "-c", "sleep 600 & sleep 600"), limits=ProgramLimits(seconds=600, processes=8))
for program in (python, shell):
    threading.Thread(target=sandbox.run, args=(program,)).start()
sandbox = None
print("running", flush=True)
"""


def test_killing_the_parent_leaves_nothing(mode: str) -> None:
    """After kill -9 of the process that opened it, zygotes and programs are gone, in the middle of a run."""
    folders = set(Path("/dev/shm").glob("assay-sandbox-*"))
    parent = subprocess.Popen([sys.executable, "-c", KILLED, mode], stdout=subprocess.PIPE)
    sleeping: list[psutil.Process] = []
    try:
        assert parent.stdout is not None and parent.stdout.readline() == b"running\n"
        deadline = time.monotonic() + 30
        while "sleep" not in names(sleeping) and time.monotonic() < deadline:
            sleeping = below(parent.pid)
        assert "sleep" in names(sleeping), "the program did not start"
    finally:
        parent.kill()
        parent.communicate()
    assert psutil.wait_procs(sleeping, timeout=20)[1] == []
    assert set(Path("/dev/shm").glob("assay-sandbox-*")) == folders


def test_slots_bound_what_runs_at_once(open_fresh: Callable[..., Sandbox]) -> None:
    """Eight threads share two slots: every answer is the asker's own, and there are two zygotes."""
    sandbox = open_fresh(slots=2)

    def ask(number: int) -> bytes:
        source = f"print({number})".encode()
        return sandbox.run(Program(argv=("python", "m.py"), files={"m.py": source})).stdout

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [b"%d\n" % n for n in range(40)]
    sandbox.close()


def test_a_zygote_outlives_the_thread_that_started_it(open_fresh: Callable[..., Sandbox]) -> None:
    """Opened in a thread that ends, a sandbox goes on working."""
    opened: list[Sandbox] = []
    thread = threading.Thread(target=lambda: opened.append(open_fresh()))
    thread.start()
    thread.join()
    (sandbox,) = opened
    mine = below()
    assert sandbox.run(ONE).ok and below() == mine
    sandbox.close()


def test_close_stops_a_program_that_runs(open_fresh: Callable[..., Sandbox]) -> None:
    """Closing while a program runs ends it; the waiting caller gets SandboxError, and so do later ones."""
    sandbox = open_fresh()
    endless = Program(argv=("python", "m.py"), files={"m.py": b"while True: pass"})
    idle = len(below())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sandbox.run, endless)
        while len(below()) <= idle:
            pass
        sandbox.close()
        with pytest.raises(SandboxError):
            waiting.result(20)
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run(ONE)
    sandbox.close()


def test_a_fork_may_not_use_it(sandbox: Sandbox) -> None:
    """A process forked after opening would read another's answers: it is refused."""
    assert sandbox.run(ONE).ok
    pid = os.fork()
    if pid == 0:
        try:
            sandbox.run(ONE)
        except SandboxError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert sandbox.run(ONE).ok


@pytest.mark.parametrize(("started", "said"), [(2, b"done\n"), (3, b"")])
def test_neighbours_of_the_account_do_not_count(
    mode: str, sandbox: Sandbox, started: int, said: bytes
) -> None:
    """A program may start as many processes as its limit says and no more, whatever else the account runs."""
    who = accounts.account()
    assert who is not None
    others = [subprocess.Popen(["sleep", "600"], user=who.user if who.change else None) for _ in range(12)]
    try:
        script = "sleep 1 & " * started + "echo done"
        shell = Program(argv=("sh", "-c", script), limits=ProgramLimits(processes=2))
        assert sandbox.run(shell).stdout == said
    finally:
        for other in others:
            other.kill()
            other.wait()


LOW = """
import psutil, resource, sys
from assay.sandbox import *
from assay_plugins.sandbox.opening import open_here
resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]))
sandbox = open_here(SandboxRequest(mode=sys.argv[1]))
program = Program(argv=("python", "m.py"), files={"m.py": b"print(len(bytearray(700 * 2**20)))"},
                  limits=ProgramLimits(memory_mb=1024))
print(sandbox.run(program).stdout)
(zygote,) = [p for p in psutil.Process().children(recursive=True) if not p.children()]
print(open(f"/proc/{zygote.pid}/limits").read().partition("Max address space")[2].split()[0])
sandbox.close()
"""


def test_limits_of_the_caller_are_not_inherited(mode: str) -> None:
    """A worker whose address space is limited during a check may start a zygote, which is not."""
    done = subprocess.run([sys.executable, "-c", LOW, mode], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"b'{700 * 2**20}\\n'", "unlimited"]
