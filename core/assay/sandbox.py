"""What a code verifier asks of a sandbox. Plugins provide sandboxes through `create_sandbox`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRequest:
    """What is to be run, and how strictly."""

    language: str
    """Lower-case name: ``python``, ``cpp``, …"""
    provider: str | None = None
    """The provider that registry.yaml names. None: any that meets the request."""
    seconds: float = 10.0
    memory_mb: int = 512
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How one program ended. Never raised: a program's failure is data."""

    exit_code: int | None
    """None: killed at a limit."""
    stdout: bytes
    stderr: bytes
    seconds: float


class Sandbox(Protocol):
    """Runs untrusted programs."""

    def run(self, files: Mapping[str, bytes], argv: Sequence[str], stdin: bytes = b"") -> Execution:
        """Run `argv` in a folder that holds `files`. Raises only when the sandbox itself is lost."""
        ...

    def close(self) -> None:
        """Free everything. Idempotent."""
        ...
