"""Where a zygote lives: namespaces of its own, a small read-only root, and a work folder that is emptied."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Any

from assay_plugins.sandbox.inside import kernel

_EVERYTHING = kernel.NEWNS | kernel.NEWIPC | kernel.NEWUTS | kernel.NEWNET | kernel.NEWCGROUP
_DEVICES = ("null", "zero", "full", "random", "urandom")
_MOUNT_POINTS = ("/mnt", "/media", "/srv", "/opt", "/tmp")
"""Where the new root is put together; what lies there is hidden meanwhile."""


def move_in(options: Mapping[str, Any]) -> None:
    """Enter a user namespace and a pid namespace of our own; this process goes on as the latter's first.

    Job after job gets a pid namespace below it, which needs the rights that only an own user namespace gives.

    Args:
        options: ``build_root``: also new network, IPC and other namespaces, and a root with nothing but
            ``binds`` ([source, target] pairs) and ``links`` (path to target). Else the launcher made them.
    """
    user, group = os.getuid(), os.getgid()
    building: bool = options["build_root"]
    kernel.unshare(kernel.NEWUSER | kernel.NEWPID | (_EVERYTHING if building else kernel.NEWNS))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    pid = os.fork()
    if pid:
        # The namespace lives as long as its first process, and this one as long as that one.
        os.closerange(3, 1 << 16)
        os.waitpid(pid, 0)
        os._exit(0)
    kernel.die_with_parent()
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    if building:
        _build_root(options)
    # Python programs see an empty /proc; other programs get one of their own pid namespace over it.
    kernel.mount("tmpfs", "/proc", "tmpfs", kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV, "size=4k")
    kernel.bound_capabilities()


def _build_root(options: Mapping[str, Any]) -> None:
    sources = [source for source, _ in options["binds"]]
    root = next(place for place in _MOUNT_POINTS if os.path.isdir(place) and not _hides(place, sources))
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=64k,mode=755")
    for folder in ("proc", "dev", options["work"].lstrip("/")):
        os.makedirs(f"{root}/{folder}")
    for source, target in options["binds"]:
        _make_place(source, root + target)
        kernel.bind(source, root + target)
    for name in _DEVICES:
        _make_place(f"/dev/{name}", f"{root}/dev/{name}")
        kernel.bind(f"/dev/{name}", f"{root}/dev/{name}", devices=True)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"{root}/dev/{name}")
    for path, target in options["links"].items():
        os.symlink(target, root + path)
    try:
        kernel.mount("proc", f"{root}/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    except (
        OSError
    ):  # what is around us masks parts of /proc, so there is no fresh one; /proc/self is right in it
        kernel.bind("/proc", f"{root}/proc")
    kernel.pivot_root(root)
    kernel.mount("", "/", "", kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY)


def _hides(place: str, sources: list[str]) -> bool:
    return any(source.startswith(place + "/") for source in sources)


def _make_place(source: str, target: str) -> None:
    """An empty folder or file to mount a folder or file on."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def clear(folder: str) -> None:
    """Empty a folder, however deep: folders inside folders are moved up first, so that no path grows long."""
    moved = 0
    while entries := list(os.scandir(folder)):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, stat.S_IRWXU)
            for inner in list(os.scandir(entry.path)):
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, stat.S_IRWXU)
                    os.rename(inner.path, os.path.join(folder, f".moved-{moved}"))
                    moved += 1
                else:
                    os.unlink(inner.path)
            os.rmdir(entry.path)
