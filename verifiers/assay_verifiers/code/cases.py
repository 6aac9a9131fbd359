"""One test of a problem, by standard input or as a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class IoTest:
    """One run of the program."""

    input: str
    output: str


@dataclass(frozen=True, slots=True)
class CallTest:
    """One call of a function."""

    args: list[Any]
    kwargs: dict[str, Any]
    expected: Any = None
    raises: str | None = None
    """Name of the exception that is expected; None: a value is."""
    argument: int | str | None = None
    """The argument that is compared after the call; None: the returned value is."""
