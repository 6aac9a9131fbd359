"""Runs inside the sandbox: loads the program that is judged, and describes what it raises."""

from __future__ import annotations

import linecache
import sys
import types
from typing import Any

from assay_verifiers.code.drivers.codec import Encoder, NotPlainError, decode, parse, write


def execute(
    name: str, source: bytes, given: dict[str, Any], code: types.CodeType | None = None
) -> types.ModuleType:
    """Run source, or the code that it was compiled to, as a module that starts with the names given."""
    module = types.ModuleType(name)
    module.__file__ = f"{name}.py"
    vars(module).update(given)
    sys.modules[name] = module
    linecache.cache[module.__file__] = (lambda: source.decode("utf-8", "replace"),)  # pyright: ignore
    exec(code or compile(source, module.__file__, "exec", dont_inherit=True), vars(module))
    return module


def warm_up() -> None:
    """Let the interpreter specialise what every run does, where this is imported ahead of many runs."""
    for number in range(20):
        decode(parse(write(Encoder()([number, 0.5, "text", None, [True], (1, 2), {"key": number}]))))
    execute("warm_up", b"def f(x):\n    return x\n", {})
    del sys.modules["warm_up"]


def raised(error: BaseException) -> dict[str, Any]:
    """Describe an exception: its name, the nearest builtin one, its text."""
    names = [kind.__name__ for kind in type.mro(type(error)) if kind.__module__ == "builtins"]
    try:
        text = str(error)[:500]
    except BaseException:
        text = ""
    try:
        arguments = Encoder()(list(error.args))
    except NotPlainError:
        arguments = [text]
    return {"x": type(error).__name__, "builtin": names[0], "text": text, "arguments": arguments}
