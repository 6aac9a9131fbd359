"""The tables of system calls against the kernel's own headers, and the programs made of them."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from assay_plugins.sandbox import seccomp
from assay_plugins.sandbox.seccomp import Right, build_filter

X86 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC = Path("/usr/include/asm-generic/unistd.h")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, SUCCESS, EPERM, ENOSYS, KILL = "allow", "success", "EPERM", "ENOSYS", "kill"
ANSWERS = {0x7FFF0000: ALLOW, 0x50000: SUCCESS, 0x50001: EPERM, 0x50026: ENOSYS, 0x80000000: KILL}


@pytest.mark.parametrize(("header", "column"), [(X86, 0), (GENERIC, 1)], ids=["x86_64", "generic"])
def test_numbers_are_the_kernels(header: Path, column: int) -> None:
    """Every number in the tables is the header's."""
    if not header.exists():
        pytest.skip(f"no {header}")
    text = header.read_text(encoding="ascii")
    known = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    tables = {**seccomp._DENIED, **seccomp._EXEC, **seccomp._FORK, **seccomp._SIGNAL, **seccomp._GROUP}
    one_by_one = {
        "clone": seccomp._CLONE, "mmap": seccomp._MMAP, "ioctl": seccomp._IOCTL, "fcntl": seccomp._FCNTL,
        "prlimit64": seccomp._PRLIMIT, "sched_setaffinity": seccomp._AFFINITY,
    }  # fmt: skip
    for name, numbers in {**tables, **one_by_one}.items():
        assert known.get(name) == numbers[column], name


def judge(program: bytes, architecture: int, number: int, *arguments: int) -> str:
    """Interpret a program as the kernel would, as far as ours go."""
    data = struct.pack("IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("HBBI", program))
    at = value = index = 0
    while True:
        operation, yes, no, k = code[at]
        at += 1
        if operation == 0x20:
            (value,) = struct.unpack_from("I", data, k)
        elif operation == 0x54:
            value &= k
        elif operation == 0x00:
            value = k
        elif operation == 0x6C:
            value = value << index & 0xFFFFFFFF
        elif operation == 0x07:
            index = value
        elif operation == 0x87:
            value = index
        elif operation == 0x06:
            return ANSWERS[k]
        else:
            test = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[operation]
            at += yes if test else no


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(seccomp.platform, "machine", lambda: request.param)
    return request.param


CALLS = {  # name: numbers, arguments, without any right, with all rights
    "read": ((0, 63), (), ALLOW, ALLOW),
    "socketpair": ((53, 199), (), ALLOW, ALLOW),
    "socket": ((41, 198), (), EPERM, EPERM),
    "ptrace": ((101, 117), (), EPERM, EPERM),
    "execve": ((59, 221), (), EPERM, ALLOW),
    "kill": ((62, 129), (), EPERM, ALLOW),
    "setsid": ((112, 157), (), EPERM, ALLOW),
    "clone of a thread": ((56, 220), (0x3D0F00,), ALLOW, ALLOW),
    "clone of a process": ((56, 220), (0x1200011,), EPERM, ALLOW),
    "clone into a user namespace": ((56, 220), (0x10000011,), EPERM, EPERM),
    "clone into a pid namespace": ((56, 220), (0x20000011,), EPERM, EPERM),
    "clone3": ((435, 435), (), ENOSYS, ENOSYS),
    "io_uring_setup": ((425, 425), (), ENOSYS, ENOSYS),
    "close_range": ((436, 436), (), ALLOW, ALLOW),
    "one of 2030": ((600, 600), (), ENOSYS, ENOSYS),
    "x32": ((0x40000000 + 101, 0x40000000 + 101), (), ENOSYS, ENOSYS),
    "mmap private": ((9, 222), (0, 1, 3, 0x22), ALLOW, ALLOW),
    "mmap shared of a file": ((9, 222), (0, 1, 3, 0x01), ALLOW, ALLOW),
    "mmap shared anonymous": ((9, 222), (0, 1, 3, 0x21), EPERM, EPERM),
    "ioctl TIOCSTI": ((16, 29), (0, 0x5412), EPERM, EPERM),
    "ioctl TIOCSTI, high half set": ((16, 29), (0, 0x5412 | 1 << 32), EPERM, EPERM),
    "ioctl SIOCSPGRP": ((16, 29), (0, 0x8902), EPERM, EPERM),
    "ioctl TCGETS": ((16, 29), (0, 0x5401), ALLOW, ALLOW),
    "fcntl F_SETOWN": ((72, 25), (0, 8), EPERM, EPERM),
    "fcntl F_SETOWN_EX": ((72, 25), (0, 15), EPERM, EPERM),
    "fcntl F_GETFL": ((72, 25), (0, 3), ALLOW, ALLOW),
    "prlimit of itself": ((302, 261), (0,), ALLOW, ALLOW),
    "prlimit of another": ((302, 261), (7,), EPERM, EPERM),
    "setpriority": ((141, 140), (), SUCCESS, SUCCESS),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_programs_may_call(machine: str, name: str) -> None:
    """The answer to a call, without and with all rights, on both architectures."""
    numbers, arguments, bare, full = CALLS[name]
    number = numbers[0 if machine == "x86_64" else 1]
    everything = Right.EXEC | Right.FORK | Right.SIGNAL | Right.GROUP
    for rights, expected in ((Right(0), bare), (everything, full)):
        assert judge(build_filter(rights), ARCHITECTURES[machine], number, *arguments) == expected


def test_another_architecture_is_killed(machine: str) -> None:
    """The 32-bit door of a 64-bit kernel is shut: other numbers, same calls."""
    assert judge(build_filter(Right(0)), 0x40000003, 0) == KILL


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a table there is no filter, rather than a wrong one."""
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "s390x")
    assert not seccomp.supported()
    with pytest.raises(ValueError, match="s390x"):
        build_filter(Right(0))
