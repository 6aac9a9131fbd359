"""What a back end is: whatever answers requests as ``Audit.lean`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Answer = dict[str, Any]
"""What ``Audit.lean`` answers, with ``verdict`` in it. Besides its own: ``lost``, the request cost Lean
its process (`detail` says how), and ``unaudited``, a server calls the proof right and nobody has checked."""


class Backend(Protocol):
    """Judges requests. One at a time: not thread-safe."""

    @property
    def title(self) -> str:
        """What it is; every verdict says it."""
        ...

    def ready(self) -> object:
        """Return when requests can be judged.

        Raises:
            DistrustError: a false theorem was accepted. Nothing may take this back end's place.
            InfraError: it cannot be used; another one may.
        """
        ...

    def check(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer requests, in their order.

        Raises:
            InfraError: as `ready`, or what it needs was lost on the way.
        """
        ...

    def close(self) -> None:
        """Stop what was started. Idempotent."""
        ...
