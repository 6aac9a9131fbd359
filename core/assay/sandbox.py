"""Where untrusted programs run. Plugins provide sandboxes through `create_sandbox`; checks open them here."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from assay.errors import InfraError, PluginError

DEFAULT_PROVIDER = "sandbox"
"""The plugin that provides the sandbox when nothing else is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRequest:
    """Which sandbox is wanted."""

    provider: str = DEFAULT_PROVIDER
    """Name of the plugin that provides it."""
    mode: str | None = None
    """How the provider isolates: ``bubblewrap``, ``firejail``, ``namespaces``, ``landlock``, ``unsafe``, or
    the address of a remote one. None: the first it can do here, never ``unsafe``."""
    slots: int = 1
    """How many programs may run at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLimits:
    """Bounds on one run of one program and everything it starts."""

    seconds: float = 10.0
    """CPU-seconds. The wall clock allows three times as much and one second more."""
    memory_mb: int = 512
    """MiB of address space for each process; runtimes that reserve more are bounded in another way."""
    output_bytes: int = 256 * 1024
    """Of standard output, and as much again of standard error. What is beyond is cut off: `exceeded`."""
    file_bytes: int = 16 * 2**20
    """All files it may write."""
    processes: int = 0
    """Processes and threads beyond the first. 0: threads only, as a plain Python program needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An untrusted program and what it is given. Holds nothing that the program must not know."""

    argv: tuple[str, ...]
    """``("python", "main.py", …)`` runs on the sandbox's own Python, which a provider may keep warm, and
    ``("python", "-m", name)`` the ``main()`` of a module of `preload`, which as a script must call it itself;
    any other first word is a program on its PATH or, with a leading ``./``, one of `files`."""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Written into the empty folder in which it starts: relative path to content; all are executable."""
    stdin: bytes = b""
    preload: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Modules that a ``python`` script can import besides: name to source, in an order that lets each import
    those before it. They are yours and never a model's: a provider may import them once for many programs."""
    limits: ProgramLimits = ProgramLimits()
    outputs: tuple[str, ...] = ()
    """Files to bring back from its folder, for compilers: regular files only, 16 MiB together."""

    @property
    def all_files(self) -> Mapping[str, bytes]:
        """`files` and the modules of `preload`, for providers that keep no interpreter warm."""
        return {f"{name}.py": source for name, source in self.preload.items()} | dict(self.files)


class Exceeded(enum.StrEnum):
    """The bound that ended a program."""

    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How one program ended. Never raised: a program's failure is data, and none of it is to be trusted."""

    exit_code: int | None
    """None: it was killed."""
    signal: int | None = None
    """What killed it; None when it exited."""
    exceeded: Exceeded | None = None
    """The bound that it ran into, as far as that is known."""
    stdout: bytes = b""
    stderr: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """The `Program.outputs` that exist."""
    seconds: float = 0.0
    """CPU time, user and system."""
    wall_seconds: float = 0.0
    memory_mb: float = 0.0
    """Peak resident size of the largest process in MiB; 0 when unknown."""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with exit code 0, which proves nothing about what it computed."""
        return self.exit_code == 0 and self.exceeded is None


class SandboxError(InfraError):
    """The sandbox is lost or cannot be had: never the program's fault. Becomes an INFRA_FAULT."""


class Sandbox(Protocol):
    """Runs untrusted programs. Thread-safe: at most `slots` at once, the others wait."""

    @property
    def description(self) -> str:
        """For people: ``bubblewrap; user, pid, net namespaces; Landlock 7; seccomp``."""
        ...

    def run(self, program: Program) -> Execution:
        """Run one program to its end.

        Raises:
            SandboxError: the sandbox itself failed; the next call may work.
        """
        ...

    def pair(self, first: Program, second: Program) -> tuple[Execution, Execution]:
        """Run two programs that see nothing of one another but a stream socket, descriptor 3 in both.

        When one ends the other reads end of file, and has its own limits.

        Raises:
            SandboxError: as `run`, and when the provider cannot do this.
        """
        ...

    def has(self, command: str) -> bool:
        """Whether programs find this command on their PATH, such as ``g++``."""
        ...

    def close(self) -> None:
        """Stop everything. Idempotent."""
        ...


def parse_sandbox(text: str) -> SandboxRequest:
    """Read what registry.yaml says: ``sandbox``, ``sandbox.firejail``, ``other_plugin``, ``fusion.http://…``."""
    provider, _, mode = text.partition(".")
    return SandboxRequest(provider=provider, mode=mode or None)


def open_sandbox(request: SandboxRequest) -> Sandbox:
    """Open a sandbox, in whichever process is asking. Loads the providing plugin and no other.

    Raises:
        SandboxError: the provider is not installed, is broken, or can do nothing here; the message says what
            to install.
    """
    from assay.host import Host

    host = Host.load([request.provider])
    try:
        sandbox = host.create_sandbox(request)
    except PluginError as error:
        raise SandboxError(str(error)) from error
    if sandbox is None:
        broken = host.broken.get(request.provider)
        raise SandboxError(
            str(broken)
            if broken
            else f"no installed plugin called {request.provider!r} provides a sandbox; see `assay plugins`"
        )
    return sandbox
