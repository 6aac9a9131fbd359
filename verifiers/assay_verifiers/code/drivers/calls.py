"""Runs inside the sandbox: calls functions of a program and writes what they return, a line for each call.

Standard input holds ``{"calls": [{"target", "args", "kwargs", "argument"}, …], "source"}``, the source of the
program. What is expected is not here: the lines are compared outside.
"""

from __future__ import annotations

import os
import sys
import types
from typing import Any

from assay_verifiers.code.drivers.codec import Encoder, NotPlainError, decode, parse, write
from assay_verifiers.code.drivers.program import execute, raised


def find(module: types.ModuleType, target: str) -> Any:
    """Find ``f``, ``Class.f`` or ``Class().f``; a bare name may also be a method of LeetCode's Solution."""
    parts = target.split(".")
    if len(parts) == 1 and not hasattr(module, target) and hasattr(module, "Solution"):
        parts = ["Solution()", target]
    found: Any = module
    for part in parts:
        found = getattr(found, part.removesuffix("()"))
        if part.endswith("()"):
            found = found()
    return found


def answer(module: types.ModuleType, call: dict[str, Any]) -> bytes:
    """Make one call; return the line about it."""
    try:
        args, kwargs = decode(call["args"]), decode(call["kwargs"])
        value = find(module, call["target"])(*args, **kwargs)
        place = call["argument"]
        if place is not None:
            value = args[place] if isinstance(place, int) else kwargs[place]
        return write({"v": Encoder()(value)})
    except NotPlainError as error:
        return write({"refused": str(error)})
    except BaseException as error:
        return write(raised(error))


def main() -> None:
    """Load the program, make the calls, and leave without running what it left behind."""
    given = parse(sys.stdin.buffer.read())
    results = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)

    def say(line: bytes) -> None:
        while line:
            line = line[os.write(results, line) :]

    try:
        module = execute("solution", given["source"].encode(), {})
    except BaseException as error:
        say(write({"load": raised(error)}))
        os._exit(1)
    say(write({"load": None}))
    for call in given["calls"]:
        say(answer(module, call))
    os._exit(0)


if __name__ == "__main__":
    main()
