"""Runs inside the sandbox: lets a tester in another process use what a program defines.

Standard input holds the source of the program. Descriptor 3 is a stream to the tester: a line of JSON for
each request, and one for each answer. The program learns the arguments of a call and nothing of what becomes
of the result.
"""

from __future__ import annotations

import itertools
import os
import sys
import types
from typing import Any

from assay_verifiers.code.drivers.codec import (
    MAX_ITEMS,
    Encoder,
    Lines,
    NotPlainError,
    decode,
    parse,
    write,
)
from assay_verifiers.code.drivers.program import execute, raised


def _classes(value: Any) -> list[type]:
    return type.mro(type(value))  # pyright: ignore[reportUnknownArgumentType]


class Server:
    """Answers requests about one module."""

    def __init__(self, module: types.ModuleType) -> None:
        """Nothing is shown of the module yet."""
        self.module = module
        self.objects: list[Any] = []
        self.classes: dict[type, str] = {}

    def handle(self, value: Any) -> Any:
        """Stand-in for an object of a class that the tester has asked for by name; None for others."""
        name = next((self.classes[kind] for kind in _classes(value) if kind in self.classes), None)
        if name is None:
            return None
        for number, known in enumerate(self.objects):
            if known is value:
                return {"object": number, "class": name}
        self.objects.append(value)
        return {"object": len(self.objects) - 1, "class": name}

    def resolve(self, stand_in: Any) -> Any:
        """Return what a stand-in from the tester stands for."""
        if "object" in stand_in:
            return self.objects[stand_in["object"]]
        found: Any = self.module
        for part in stand_in["path"]:
            found = getattr(found, part)
        return found

    def describe(self, name: str) -> dict[str, Any]:
        """Say what a name of the module is."""
        value: Any = vars(self.module).get(name, self)
        if value is self or isinstance(value, types.ModuleType):
            return {"kind": "missing"}
        if isinstance(value, type):
            bases = [kind.__name__ for kind in type.mro(value) if kind.__module__ == "builtins"]
            if not issubclass(value, BaseException):
                self.classes[value] = name
                return {"kind": "class"}
            return {"kind": "exception", "builtin": bases[0]}
        if callable(value):
            return {"kind": "function"}
        return {"kind": "value", "value": Encoder(self.handle)(value)}

    def do(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request."""
        match request["do"]:
            case "describe":
                return {"names": {name: self.describe(name) for name in request["names"]}}
            case "list":
                public = getattr(self.module, "__all__", None) or vars(self.module)
                return {"v": [name for name in public if not name.startswith("_")]}
            case "call":
                return self.call(request)
            case "get":
                value = getattr(self.resolve(request["of"]), request["name"])
                method = callable(value) and type(value) not in self.classes
                return {"callable": True} if method else {"v": Encoder(self.handle)(value)}
            case _:
                setattr(self.resolve(request["of"]), request["name"], decode(request["value"], self.resolve))
                return {"v": None}

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call; say also what became of the arguments when that is not what they were."""
        args = decode(request["args"], self.resolve)
        kwargs = decode(request["kwargs"], self.resolve)
        found, name = self.resolve(request["of"]), request["name"]
        value: Any = None
        if name == "__iter__":
            value = list[Any](itertools.islice(found, MAX_ITEMS))
        else:
            value = (getattr(found, name) if name else found)(*args, **kwargs)
        answer = {"v": Encoder(self.handle)(value)}
        after = Encoder(self.handle)(args)
        return answer if after == request["args"] else {**answer, "args": after}


def main() -> None:
    """Load the program and serve until the tester is gone."""
    source = sys.stdin.buffer.read()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)

    def say(line: bytes) -> None:
        while line:
            line = line[os.write(3, line) :]

    try:
        server = Server(execute("solution", source, {}))
    except BaseException as error:
        say(write({"load": raised(error)}))
        os._exit(1)
    say(write({"load": None}))
    requests = Lines(3)
    while line := requests():
        try:
            answer = write(server.do(parse(line)))
        except NotPlainError as error:
            answer = write({"refused": str(error)})
        except BaseException as error:
            answer = write(raised(error))
        say(answer)
    os._exit(0)


if __name__ == "__main__":
    main()
