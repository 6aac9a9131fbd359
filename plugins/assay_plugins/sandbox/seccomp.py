"""Seccomp programs: which system calls an untrusted program may not make.

Written for the kernel's classic BPF by hand: it is a page of code that works wherever the kernel does, while
libseccomp is missing from slim containers, where Landlock and seccomp are all there is.
"""

from __future__ import annotations

import enum
import platform
import struct

_X86_64, _AARCH64 = 0xC000003E, 0xC00000B7

# name: (x86_64, the generic table that aarch64 uses), None where there is no such call
_DENIED: dict[str, tuple[int, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "setns": (308, 268), "unshare": (272, 97), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116), "vhangup": (153, 58),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197),
    "semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192), "semctl": (66, 191),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "mknod": (133, None), "mknodat": (259, 33),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "personality": (135, 92),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "vmsplice": (278, 75),
    "io_setup": (206, 0), "io_submit": (209, 2), "io_destroy": (207, 1), "io_cancel": (210, 3),
}  # fmt: skip
_IGNORED = ((144, 119), (142, 118), (314, 274), (251, 30), (141, 140))
"""Setting priorities and schedulers: runtimes complain of a refusal, so nothing happens, called a success."""
_EXEC = {"execve": (59, 221), "execveat": (322, 281)}
_FORK: dict[str, tuple[int, int | None]] = {"fork": (57, None), "vfork": (58, None)}
_SIGNAL = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
_GROUP = {"setsid": (112, 157), "setpgid": (109, 154)}
_CLONE, _MMAP, _IOCTL, _FCNTL, _PRLIMIT, _AFFINITY = _BY_ARGUMENT = (
    (56, 220), (9, 222), (16, 29), (72, 25), (302, 261), (203, 122),
)  # fmt: skip

# Numbers from 424 on are the same everywhere: all that Linux brought since 5.1 or will bring is "not there",
# but close_range, openat2, faccessat2, epoll_pwait2, futex_waitv, fchmodat2.
_FIRST_NEW, _NEW_ALLOWED = 424, (436, 437, 439, 441, 449, 452)

_CLONE_THREAD, _CLONE_NAMESPACES = 0x00010000, 0x7E020000
_MAP_SHARED_ANONYMOUS = 0x21
_TERMINAL_AND_OWNER = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
_SET_OWNER = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals by way of a descriptor

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_LOAD_VALUE, _SHIFT_BY_X, _TO_X, _FROM_X = 0x00, 0x6C, 0x07, 0x87
_ALLOW, _KILL, _SUCCESS, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050000, 0x00050001, 0x00050026
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16


class Right(enum.Flag):
    """What a filter leaves."""

    EXEC = enum.auto()
    """Starting another program in place of this one."""
    FORK = enum.auto()
    """Processes, not only threads."""
    SIGNAL = enum.auto()
    """Signals to others: only where a pid namespace or Landlock bounds whom they reach."""
    GROUP = enum.auto()
    """Leaving the process group: only where a pid namespace ends all of a program's processes."""


def supported() -> bool:
    """Whether there is a table for this machine's architecture."""
    return platform.machine() in ("x86_64", "aarch64")


def build_filter(rights: Right) -> bytes:
    """Build the program, as an array of ``struct sock_filter``.

    Raises:
        ValueError: not `supported`.
    """
    if not supported():
        raise ValueError(f"no seccomp table for {platform.machine()}")
    x86 = platform.machine() == "x86_64"

    def of(numbers: tuple[int, int | None]) -> int | None:
        return numbers[0] if x86 else numbers[1]

    denied = dict(_DENIED)
    for right, calls in (
        (Right.EXEC, _EXEC),
        (Right.FORK, _FORK),
        (Right.SIGNAL, _SIGNAL),
        (Right.GROUP, _GROUP),
    ):
        if right not in rights:
            denied.update(calls)
    looked_at = {of(numbers) for numbers in (*denied.values(), *_IGNORED, *_BY_ARGUMENT)} - {None}
    program = _triage(_X86_64 if x86 else _AARCH64, {number for number in looked_at if number is not None})
    for numbers in _IGNORED:
        program += [(_EQUAL, 0, 1, of(numbers) or 0), (_RETURN, 0, 0, _SUCCESS)]

    def unless(call: tuple[int, int], argument: int, *test: tuple[int, int, int, int]) -> None:
        """Deny a call when the low half of an argument passes the test, whose last jump else skips that."""
        rest = len(test) + 2
        program.extend(
            [
                (_EQUAL, 0, rest + 1, call[0] if x86 else call[1]),
                (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument),
                *test,
                (_RETURN, 0, 0, _EPERM),
                (_RETURN, 0, 0, _ALLOW),
            ]
        )

    if Right.FORK in rights:
        unless(_CLONE, 0, (_ANY_BIT, 0, 1, _CLONE_NAMESPACES))
    else:
        unless(_CLONE, 0, (_ANY_BIT, 1, 0, _CLONE_THREAD))
    # Shared anonymous memory is not bounded by RLIMIT_DATA, which is what bounds the runtimes.
    unless(_MMAP, 3, (_AND, 0, 0, _MAP_SHARED_ANONYMOUS), (_EQUAL, 0, 1, _MAP_SHARED_ANONYMOUS))
    a, b, c, d = _TERMINAL_AND_OWNER
    unless(_IOCTL, 1, (_EQUAL, 3, 0, a), (_EQUAL, 2, 0, b), (_EQUAL, 1, 0, c), (_EQUAL, 0, 1, d))
    a, b, c = _SET_OWNER
    unless(_FCNTL, 1, (_EQUAL, 2, 0, a), (_EQUAL, 1, 0, b), (_EQUAL, 0, 1, c))
    for call in (_PRLIMIT, _AFFINITY):  # of itself only: pid 0
        unless(call, 0, (_EQUAL, 1, 0, 0))
    program.append((_RETURN, 0, 0, _EPERM))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _triage(architecture: int, looked_at: set[int]) -> list[tuple[int, int, int, int]]:
    """Let every call through but `looked_at`, which go on with their number loaded.

    A bitmap and not a chain of comparisons: the kernel runs each new program once for every number, and at
    300 programs a second that is most of what a filter costs.
    """
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, len(_NEW_ALLOWED) * 2 + 1, _FIRST_NEW),  # x32's numbers are among these
    ]
    for number in _NEW_ALLOWED:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program += [(_RETURN, 0, 0, _ENOSYS)]
    program += [(_AND, 0, 0, 31), (_TO_X, 0, 0, 0), (_LOAD_VALUE, 0, 0, 1), (_SHIFT_BY_X, 0, 0, 0)]
    program += [(_TO_X, 0, 0, 0), (_LOAD, 0, 0, _NUMBER_AT)]  # X: the bit of the number in its word
    words = -(-_FIRST_NEW // 32)
    for word in range(words):
        bits = sum(1 << number % 32 for number in looked_at if number // 32 == word)
        left = 3 * (words - word - 1)
        program += [(_AT_LEAST, 2, 0, 32 * (word + 1)), (_FROM_X, 0, 0, 0), (_ANY_BIT, left + 1, left, bits)]
    return [*program, (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _NUMBER_AT)]
