"""Sandboxes on this machine: slots with a warm zygote each."""

from __future__ import annotations

import marshal
import math
import os
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

from assay.sandbox import Exceeded, Execution, Program, ProgramLimits, SandboxError
from assay_plugins.sandbox.zygotes import Answer, Zygote, ZygoteError

THREADS = 64
"""Threads of a program that may start no processes; and as many more for a command's runtime."""
OUTPUT_FILES_BYTES = 16 * 2**20
_MEBI = 2**20
_STACK_BYTES = 64 * _MEBI

RUNTIMES = frozenset(
    {"java", "javac", "jar", "node", "nodejs", "npx", "tsc", "deno", "bun", "mono", "mcs", "csc", "dotnet"}
)
"""Commands that reserve address space without using it: bounded by RLIMIT_DATA, as they run no native code
of a program's author."""

_NUMPY = ("numpy", "numpy.ma")
"""What is imported once, before the fork, for programs that mention numpy."""

T = TypeVar("T")


class LocalSandbox:
    """Runs programs in forks of warm zygotes. Thread-safe."""

    def __init__(
        self, start: Callable[[], Zygote], description: str, slots: int, first: Zygote | None = None
    ) -> None:
        """Open one; zygotes start when they are first needed.

        Args:
            start: Starts one zygote, or raises ZygoteError.
            description: For people.
            slots: How many programs may run at once.
            first: A zygote that runs already.
        """
        self.description = description
        self._start = start
        self._slots: queue.LifoQueue[_Slot] = queue.LifoQueue()
        self._all = [_Slot(start) for _ in range(max(1, slots))]
        self._closed = False
        self._lock = threading.Lock()
        self._found: dict[str, bool] = {}
        self._all[0].zygotes[0] = first
        for slot in reversed(self._all):
            self._slots.put(slot)

    def run(self, program: Program) -> Execution:
        """Run one program to its end; see `assay.sandbox.Sandbox.run`."""
        return self._with_slot(lambda slot: _run(slot, [program])[0])

    def pair(self, first: Program, second: Program) -> tuple[Execution, Execution]:
        """Run two, in two zygotes; see `assay.sandbox.Sandbox.pair`."""
        ends = self._with_slot(lambda slot: _run(slot, [first, second]))
        return ends[0], ends[1]

    def has(self, command: str) -> bool:
        """Whether programs find this command."""
        if command == "python":
            return True
        if command not in self._found:
            self._found[command] = self._with_slot(lambda slot: slot.zygote(0).which(command))
        return self._found[command]

    def close(self) -> None:
        """Stop everything, programs that run included. Idempotent."""
        with self._lock:
            self._closed = True
        for slot in self._all:
            slot.close()

    def _with_slot(self, work: Callable[[_Slot], T]) -> T:
        if self._closed:
            raise SandboxError("this sandbox is closed")
        slot = self._slots.get()
        try:
            for attempt in (1, 2):
                try:
                    return work(slot)
                except ZygoteError as error:
                    slot.drop_lost()
                    if attempt == 2 or self._closed:
                        raise SandboxError(f"the sandbox ({self.description}) is lost: {error}") from error
            raise AssertionError
        finally:
            slot.drop_lost()
            if self._closed:
                slot.close()
            self._slots.put(slot)


class _Slot:
    """Up to two zygotes, the second for pairs: they share nothing."""

    def __init__(self, start: Callable[[], Zygote]) -> None:
        self.start = start
        self.zygotes: list[Zygote | None] = [None, None]

    def zygote(self, index: int) -> Zygote:
        zygote = self.zygotes[index]
        if zygote is None:
            zygote = self.zygotes[index] = self.start()
        return zygote

    def drop_lost(self) -> None:
        for index, zygote in enumerate(self.zygotes):
            if zygote is not None and zygote.lost:
                zygote.close()
                self.zygotes[index] = None

    def close(self) -> None:
        for zygote in self.zygotes:
            if zygote is not None:
                zygote.close()


def _run(slot: _Slot, programs: list[Program]) -> list[Execution]:
    jobs = [_job(program) for program in programs]
    zygotes = [slot.zygote(index) for index in range(len(programs))]
    with ExitStack() as stack:
        descriptors = [_descriptors(stack, program) for program in programs]
        ends: list[socket.socket] = []
        if len(programs) == 2:
            ends += socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            for own, end in zip(descriptors, ends, strict=True):
                own["peer"] = stack.enter_context(end).fileno()
        for zygote, program, job in zip(zygotes, programs, jobs, strict=True):
            if job["python"]:
                zygote.preload(program.preload)
        try:
            for zygote, job, own in zip(zygotes, jobs, descriptors, strict=True):
                zygote.submit(job, own)
            for end in ends:  # or else a program that reads never sees the other one's end
                end.close()
            answers: list[Answer] = []
            for zygote, job in zip(zygotes, jobs, strict=True):
                answers.append(zygote.collect(job["wall_seconds"]))
                for descriptor in answers[-1].outputs.values():
                    stack.callback(os.close, descriptor)
        except BaseException:
            for zygote in zygotes:
                zygote.lost = True
            raise
        return [_execution(*each) for each in zip(programs, answers, descriptors, strict=True)]


def _job(program: Program) -> dict[str, Any]:
    """What the zygote must know of a program: bounds, never content."""
    limits = program.limits
    argv = list(program.argv)
    if not argv:
        raise ValueError("a program needs at least one word")
    for name in (*program.files, *program.outputs):
        if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
            raise ValueError(f"{name!r} is not a plain relative path")
    python = _is_script(program)
    may_start = limits.processes > 0
    input_bytes = sum(-len(content) % 4096 + len(content) for content in program.all_files.values())

    def mentions(word: bytes) -> bool:
        return python and any(word in text for text in (*program.files.values(), program.stdin))

    return {
        "python": python,
        "filter": "fork" if may_start else "alone" if python else "exec",
        "preimport": list(_NUMPY) if mentions(b"numpy") else [],
        "reseed": mentions(b"random"),
        "cpu_seconds": float(limits.seconds),
        "wall_seconds": wall_seconds(limits),
        "work_bytes": 1 << max(20, (limits.file_bytes + input_bytes - 1).bit_length()),
        "limits": _rlimits(limits, argv[0], python),
        "outputs": list(program.outputs),
    }


def _is_script(program: Program) -> bool:
    """Whether the zygote's own interpreter can run it."""
    match program.argv:
        case ("python", "-m", name, *_):
            return name in program.preload
        case ("python", name, *_):
            return name in program.files
        case _:
            return False


def wall_seconds(limits: ProgramLimits) -> float:
    """The wall clock's bound that belongs to a CPU bound."""
    return 3 * limits.seconds + 1


def _rlimits(limits: ProgramLimits, command: str, python: bool) -> Mapping[str, int]:
    memory = limits.memory_mb * _MEBI
    reserves = not python and os.path.basename(command) in RUNTIMES
    return {
        "data" if reserves else "address_space": memory,
        "cpu": math.ceil(limits.seconds) + 1,
        "file": max(limits.file_bytes, limits.output_bytes + 1),
        "descriptors": 256,
        "processes": limits.processes + 1 if limits.processes else THREADS,
        "core": 0,
        "locked": 0,
        "queues": 0,
        "stack": min(_STACK_BYTES, max(8 * _MEBI, memory // 4)) if not reserves else 8 * _MEBI,
    }


def _descriptors(stack: ExitStack, program: Program) -> dict[str, int]:
    """In memory, so that nothing lies on a disk: what a program is given, and where it writes."""

    def memory(name: str, content: bytes = b"") -> int:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
        stack.callback(os.close, descriptor)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        return descriptor

    files = program.files if _is_script(program) else program.all_files
    payload = marshal.dumps((list(program.argv), dict(files)), 2)
    descriptors = {
        "payload": memory("payload", payload),
        "stdout": memory("stdout"),
        "stderr": memory("stderr"),
    }
    if program.stdin:
        descriptors["stdin"] = memory("stdin", program.stdin)
    return descriptors


def _execution(program: Program, answer: Answer, descriptors: Mapping[str, int]) -> Execution:
    limits = program.limits
    texts = [_bounded(descriptors[name], limits.output_bytes) for name in ("stdout", "stderr")]
    exit_code = os.waitstatus_to_exitcode(answer.status)
    killed = exit_code < 0
    return Execution(
        exit_code=None if killed else exit_code,
        signal=-exit_code if killed else None,
        exceeded=_exceeded(
            answer, limits, killed or exit_code != 0, any(cut for _, cut in texts), texts[1][0]
        ),
        stdout=texts[0][0],
        stderr=texts[1][0],
        files=_collect(answer.outputs),
        seconds=answer.cpu,
        wall_seconds=answer.wall,
        memory_mb=answer.memory_kb / 1024,
    )


def _bounded(descriptor: int, limit: int) -> tuple[bytes, bool]:
    data = os.pread(descriptor, limit, 0)
    return data, os.fstat(descriptor).st_size > limit


_OUT_OF_MEMORY = (
    b"MemoryError", b"std::bad_alloc", b"OutOfMemory", b"out of memory", b"Allowed memory size",
    b"Cannot allocate memory",
)  # fmt: skip


def _exceeded(
    answer: Answer, limits: ProgramLimits, failed: bool, cut: bool, stderr: bytes
) -> Exceeded | None:
    if answer.ended_by == "cpu" or answer.cpu > limits.seconds:
        return Exceeded.CPU
    if answer.ended_by == "wall":
        return Exceeded.WALL
    if cut:
        return Exceeded.OUTPUT
    if failed and any(words in stderr[-2000:] for words in _OUT_OF_MEMORY):
        return Exceeded.MEMORY
    return None


def _collect(outputs: Mapping[str, int]) -> dict[str, bytes]:
    """Read them; a file that does not fit into the bound any more is left out."""
    files: dict[str, bytes] = {}
    left = OUTPUT_FILES_BYTES
    for name, descriptor in outputs.items():
        size = os.fstat(descriptor).st_size
        if size <= left:
            files[name] = os.pread(descriptor, size, 0)
            left -= size
    return files
