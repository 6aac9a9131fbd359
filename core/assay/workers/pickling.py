"""Pickles between the trainer and its own workers; never made from model text, never read from outside.

Cloudpickle, because specs may hold lambdas and functions of a script.
"""

from __future__ import annotations

from typing import Any

import cloudpickle


def pack(value: object) -> bytes:
    """Pickle a value of our own."""
    return cloudpickle.dumps(value)  # pyright: ignore[reportUnknownMemberType]


def unpack(data: bytes) -> Any:
    """Read what `pack` made in the process that owns this worker."""
    return cloudpickle.loads(data)
