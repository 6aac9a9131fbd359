"""What the kernel offers and Python's `os` does not: namespaces, mounts, Landlock, capabilities, seccomp."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

NEWNS = 0x00020000
NEWCGROUP = 0x02000000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
_MNT_DETACH = 2
_AT_RECURSIVE, _ATTR_READ_ONLY, _ATTR_NOSUID, _ATTR_NODEV = 0x8000, 1, 2, 4

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_OF_THIS_PROCESS, _NONE = struct.pack("Ii", 0x20080522, 0), bytes(24)  # of capset(2), version 3

# These have one number on every architecture.
_SYS_MOUNT_SETATTR, _SYS_LANDLOCK_CREATE, _SYS_LANDLOCK_ADD, _SYS_LANDLOCK_RESTRICT = 442, 444, 445, 446
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)
_prctl, _syscall, _capset = _libc.prctl, _libc.syscall, _libc.capset  # found once, not in each fork


def unshare(flags: int) -> None:
    """Leave the namespaces of the flags for new ones; for pid, the next child does."""
    _check(_libc.unshare(flags), "unshare")


def set_namespace(descriptor: int, kind: int) -> None:
    """Enter the namespace of a process, given as a pidfd."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    """Call mount(2)."""
    words = [word.encode() for word in (source, target, kind)]
    _check(_libc.mount(*words, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def unmount(target: str) -> None:
    """Detach what is mounted there; it goes when its last user does."""
    _check(_libc.umount2(target.encode(), _MNT_DETACH), f"umount {target}")


def bind(source: str, target: str, devices: bool = False) -> None:
    """Show a tree or a file at another place, read-only unless it is a device, and everything below it."""
    mount(source, target, "", MS_BIND | MS_REC)
    allowed = _ATTR_NOSUID if devices else _ATTR_READ_ONLY | _ATTR_NOSUID | _ATTR_NODEV
    attributes = struct.pack("QQQQ", allowed, 0, 0, 0)
    _call(
        _SYS_MOUNT_SETATTR,
        -100,
        target.encode(),
        _AT_RECURSIVE,
        attributes,
        len(attributes),
        name="mount_setattr",
    )


def pivot_root(new_root: str) -> None:
    """Make a mounted tree the root, and let the old one go."""
    os.chdir(new_root)
    _call(_SYS_PIVOT_ROOT[os.uname().machine], b".", b".", name="pivot_root")
    unmount(".")
    os.chdir("/")


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    _check(_prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")


def hide_memory() -> None:
    """Let no process of the same user look into this one."""
    _check(_prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent died."""
    _check(_prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def gain_no_privileges() -> None:
    """No program started from here on gains anything from set-user-id bits or file capabilities."""
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def bound_capabilities() -> None:
    """Let no program started from here on have any capability; this process keeps its own."""
    for capability in range(64):
        if _prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            break  # the kernel knows no more of them


def drop_capabilities() -> None:
    """Keep no capability."""
    _check(_capset(_OF_THIS_PROCESS, _NONE), "capset")


def return_freed_memory() -> None:
    """Give pages that hold nothing any more back to the kernel, where the C library is glibc."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


class Filter:
    """A seccomp program in memory, ready to be installed by a fork."""

    def __init__(self, program: bytes) -> None:
        """Keep it where the kernel can read it."""
        self._program = ctypes.create_string_buffer(program, len(program))
        self._header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(self._program))

    def install(self) -> None:
        """Pass every further system call of this process and its children through it."""
        _check(_prctl(_PR_SET_SECCOMP, 2, self._header, 0, 0), "seccomp")


# Rights over files, by the Landlock version that brought them.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_MAKE_DEVICES = 1 << 6 | 1 << 11
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14


def landlock_version() -> int:
    """Landlock's ABI, 0 when the kernel has none."""
    return max(0, _syscall(_SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def landlock_rules(readable: Iterable[str], writable: Iterable[str]) -> int:
    """Prepare rules: no file but these, no TCP, no abstract socket and no signal to others. A descriptor."""
    version = landlock_version()
    rights = sum(bits for since, bits in _FILE_RIGHTS if version >= since)
    fields = (rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _call(
        _SYS_LANDLOCK_CREATE, struct.pack("QQQ", *fields)[:size], size, 0, name="landlock_create_ruleset"
    )
    for paths, allowed in ((readable, _READ), (writable, rights & ~_MAKE_DEVICES & ~(1 << 15))):
        for path in paths:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            granted = allowed if os.path.isdir(path) else allowed & _FILE_ONLY
            rule = struct.pack("=Qi", granted & rights, place)
            _call(_SYS_LANDLOCK_ADD, rules, 1, rule, 0, name="landlock_add_rule")
            os.close(place)
    return rules


def landlock_restrict(rules: int) -> None:
    """Bind this process and its children to prepared rules."""
    _call(_SYS_LANDLOCK_RESTRICT, rules, 0, name="landlock_restrict_self")


def _call(number: int, *arguments: int | bytes, name: str) -> int:
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(_syscall(ctypes.c_long(number), *words), name)


def _check(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
