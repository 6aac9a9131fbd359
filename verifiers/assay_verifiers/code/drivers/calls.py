"""Runs inside the sandbox: calls functions of a program and writes what they return, a line for each call.

Standard input holds ``{"calls": [{"target", "finds", "args", "kwargs", "argument"}, …], "seconds",
"source"}``: CPU-seconds of one call or null, and the source of the program. What is expected is not here: the
lines are compared outside.
"""

from __future__ import annotations

import os
import signal
import sys
import types
from typing import Any

from assay_verifiers.code.drivers.codec import Encoder, NotPlainError, decode, parse, write
from assay_verifiers.code.drivers.program import execute, raised

ENDLESS = 97
"""Exit code when a call used up its seconds. A program may end with it too: it has failed then."""


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


def attribute(module: types.ModuleType, name: str, finds: str) -> Any:
    """Find what asserts call ``f``, as `serve` does for a tester: no method, and by a bare name no class."""
    if finds == "candidate":
        return getattr(module, name)
    found = vars(module)[name]
    if isinstance(found, type | types.ModuleType):
        raise TypeError(f"{name} is no function")
    return found


def answer(module: types.ModuleType, call: dict[str, Any]) -> bytes:
    """Make one call; return the line about it."""
    try:
        args, kwargs = decode(call["args"]), decode(call["kwargs"])
        target, finds = call["target"], call["finds"]
        found = find(module, target) if finds == "any" else attribute(module, target, finds)
        value = found(*args, **kwargs)
        place = call["argument"]
        if place is not None:
            value = args[place] if isinstance(place, int) else kwargs[place]
        told = {"v": Encoder()(value)}
        if finds != "any":
            Encoder()(args)  # a tester gets them back, so that they have to stay plain
        return write(told)
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
    seconds = given["seconds"]
    if seconds is not None:
        # A handler, since signals without one do not reach the first process of a pid namespace.
        signal.signal(signal.SIGPROF, lambda number, frame: os._exit(ENDLESS))
    for call in given["calls"]:
        if seconds is not None:
            signal.setitimer(signal.ITIMER_PROF, seconds)
        line = answer(module, call)
        if seconds is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
        say(line)
    os._exit(0)


if __name__ == "__main__":
    main()
