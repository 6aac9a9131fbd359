"""Runs inside the sandbox, in the tester: stands in for what the program under test defines."""

from __future__ import annotations

import builtins
import os
import types
from collections.abc import Iterator
from typing import Any

from assay_verifiers.code.drivers.codec import (
    Encoder,
    Lines,
    NoPlainTypeError,
    NotPlainError,
    decode,
    parse,
    write,
)

MAX_LINE = 2**21
"""Bytes of one answer of the program."""


class ProgramFailure(BaseException):
    """The program is gone, or answered with what is no answer. Fails the test that runs.

    No `Exception`, so that a test does not take it for one that the program raised.
    """


class CannotCarry(BaseException):
    """The test code uses the program in a way that stand-ins cannot follow: the tests are to blame."""


class Link:
    """Asks the program, one request at a time."""

    def __init__(self, descriptor: int) -> None:
        """Take over a stream socket."""
        self.descriptor = descriptor
        self.read = Lines(descriptor, MAX_LINE)
        self.failures = 0
        """Answers that were none, so far: a test that swallows the exception still fails."""
        self.calls = 0
        """Calls and attributes asked for."""
        self.gaps: list[str] = []
        """What the test code does that cannot be carried over."""
        self.exceptions: dict[str, type[Exception]] = {}
        self.classes: dict[str, type[Remote]] = {}

    def ask(self, request: dict[str, Any]) -> Any:
        """Send a request, None for the greeting; return the answer or raise what the program raised."""
        self.calls += request.get("do") in ("call", "get")
        try:
            line = b"" if request == {} else write(request)
            while line:
                line = line[os.write(self.descriptor, line) :]
            answer = self.read()
            found = parse(answer) if answer.endswith(b"\n") else None
        except (NotPlainError, OSError):
            found = None
        if not isinstance(found, dict):
            raise self.failure("the program ended, or its answer could not be read")
        if "refused" in found:
            raise self.failure(f"the program returned {str(found['refused'])[:200]}")  # pyright: ignore[reportUnknownArgumentType]
        if "x" in found:
            raise self.exception(found)  # pyright: ignore[reportUnknownArgumentType]
        return found  # pyright: ignore[reportUnknownVariableType]

    def failure(self, text: str) -> ProgramFailure:
        """Count and describe a failure of the program."""
        self.failures += 1
        return ProgramFailure(text)

    def gap(self, text: str) -> CannotCarry:
        """Note something that the tests cannot do here."""
        self.gaps.append(text)
        return CannotCarry(text)

    def exception(self, told: dict[str, Any]) -> Exception:
        """Make the exception that the program raised: the builtin one of that name, or one made for it."""
        kind = self.exception_class(str(told.get("x")), str(told.get("builtin")))
        try:
            arguments = decode(told.get("arguments"))
        except NotPlainError:
            arguments = []
        found = kind.__new__(kind)
        found.args = tuple(arguments) if isinstance(arguments, list) else ()  # pyright: ignore[reportUnknownArgumentType]
        return found

    def exception_class(self, name: str, builtin: str) -> type[Exception]:
        """Return the builtin exception called `name`, or make one below the builtin it derives from."""
        if name not in self.exceptions:
            own: Any = getattr(builtins, name, None)
            base: Any = getattr(builtins, builtin, None)
            if not _is_exception(own):
                made: Any = type(name, (base if _is_exception(base) else Exception,), {"__init__": _no_init})
                own = made
            self.exceptions[name] = own
        return self.exceptions[name]

    def stand_in(self, value: Any) -> Any:
        """What is sent for an object that is not plain; None when there is nothing."""
        if isinstance(value, Remote):
            return {"object": vars(value)["_number"]}
        return {"path": path} if (path := getattr(value, "_assay_path", None)) else None

    def resolve(self, told: Any) -> Any:
        """Return the stand-in for an object that the program returned."""
        cls = self.classes.get(str(told["class"]))
        if cls is None:
            raise NotPlainError("an object of an unknown class")
        return cls._existing(int(told["object"]))  # pyright: ignore[reportPrivateUsage]

    def value(self, answer: Any) -> Any:
        """Read a returned value."""
        try:
            return decode(answer["v"], self.resolve)
        except (NotPlainError, KeyError, RecursionError) as error:
            raise self.failure(f"its answer could not be read: {error}") from None

    def call(self, of: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call something of the program, and let lists, dicts and sets become what it made of them."""
        try:
            sent, named = Encoder(self.stand_in)(list(args)), Encoder(self.stand_in)(kwargs)
        except NoPlainTypeError as error:
            raise self.gap(f"a call with {error}") from None
        except NotPlainError as error:  # too large, which the program may have brought about
            raise self.failure(f"a call with {error}") from None
        answer = self.ask({"do": "call", "of": of, "name": name, "args": sent, "kwargs": named})
        found = self.value(answer)
        if "args" in answer:
            for old, new in zip(args, self.value({"v": answer["args"]}), strict=False):
                become(old, new)
        return found


def _is_exception(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Exception)


def _no_init(self: Any, *args: Any, **kwargs: Any) -> None:
    pass


def become(old: Any, new: Any) -> None:
    """Give a mutable argument the content that the program left in it."""
    if type(old) is not type(new) or old == new:
        return
    if isinstance(old, list):
        old[:] = new
    elif isinstance(old, dict | set):
        old.clear()  # pyright: ignore[reportUnknownMemberType]
        old.update(new)  # pyright: ignore[reportUnknownMemberType]
    elif isinstance(old, tuple):
        for one, other in zip(old, new, strict=False):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            become(one, other)


class RemoteClass(type):
    """Class attributes, static and class methods of a stand-in come from the program."""

    def __getattr__(cls, name: str) -> Any:
        """Ask the program."""
        if name.startswith("_") or not hasattr(cls, "_link"):
            raise AttributeError(name)
        return attribute(cls._link, {"path": [cls.__name__]}, name)  # pyright: ignore


class Remote(metaclass=RemoteClass):
    """Base of the stand-ins for objects of the program. `_link` is set in the class made for each."""

    _link: Link
    _known: dict[int, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Construct it in the program."""
        made = cls._link.call({"path": [cls.__name__]}, "", args, kwargs)
        if not isinstance(made, cls):
            raise cls._link.failure(f"{cls.__name__}() did not make one")
        vars(made)["_made"] = True
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything happened in `__new__`."""

    @classmethod
    def _existing(cls, number: int) -> Any:
        """The one stand-in for an object of the program."""
        if number not in cls._known:
            cls._known[number] = found = object.__new__(cls)
            vars(found).update(_number=number, _made=False)
        return cls._known[number]

    def __getattr__(self, name: str) -> Any:
        """Ask the program; a method becomes a function here."""
        return attribute(self._link, {"object": vars(self)["_number"]}, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it in the program."""
        try:
            sent = Encoder(self._link.stand_in)(value)
        except NoPlainTypeError as error:
            raise self._link.gap(f"an attribute set to {error}") from None
        of = {"object": vars(self)["_number"]}
        self._link.ask({"do": "set", "of": of, "name": name, "value": sent})

    def __eq__(self, other: object) -> bool:
        """The same object, or not. Whether two of them count as equal the program would decide."""
        return self is other

    def __hash__(self) -> int:
        """By identity."""
        return id(self)

    def __iter__(self) -> Iterator[Any]:
        """Over the list that it gives in the program."""
        return iter(self._special("__iter__"))

    def __bool__(self) -> bool:
        """Whether it has a length other than 0; true when it has no length."""
        try:
            return bool(self._special("__len__"))
        except AttributeError:
            return True

    def __contains__(self, item: Any) -> bool:
        """Only an object that the test made itself may say what it contains.

        An object returned in place of a list would otherwise contain whatever is asked for.
        """
        return bool(vars(self)["_made"] and self._special("__contains__", item))

    def _special(self, name: str, *args: Any) -> Any:
        return self._link.call({"object": vars(self)["_number"]}, name, args, {})


def _forwarded(name: str) -> Any:
    def method(self: Remote, *args: Any) -> Any:
        return self._special(name, *args)  # pyright: ignore[reportPrivateUsage]

    return method


for _name in (
    *("len", "getitem", "setitem", "delitem", "str", "repr", "call", "add", "sub", "mul", "truediv"),
    *("floordiv", "neg", "abs", "int", "float"),
):
    setattr(Remote, f"__{_name}__", _forwarded(f"__{_name}__"))


def attribute(link: Link, of: Any, name: str) -> Any:
    """Value of an attribute, or a function that calls the method of that name."""
    answer = link.ask({"do": "get", "of": of, "name": name})
    if "callable" not in answer:
        return link.value(answer)
    return lambda *args, **kwargs: link.call(of, name, args, kwargs)  # pyright: ignore


def names(link: Link, wanted: list[str]) -> dict[str, Any]:
    """Stand-ins for names of the program; those that it does not define are left out."""
    found: dict[str, Any] = {}
    described = link.ask({"do": "describe", "names": wanted}).get("names", {})
    for name in wanted:
        told = described.get(name, {})
        match told.get("kind"):
            case "function":
                found[name] = function(link, name)
            case "class":
                if name not in link.classes:
                    link.classes[name] = RemoteClass(name, (Remote,), {"_link": link, "_known": {}})  # pyright: ignore
                found[name] = link.classes[name]
            case "exception":
                found[name] = link.exception_class(name, str(told.get("builtin")))
            case "value":
                found[name] = link.value({"v": told.get("value")})
            case _:
                continue
    return found


def function(link: Link, name: str) -> Any:
    """Stand-in for a function of the program."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        return link.call({"path": name.split(".")}, "", args, kwargs)

    stand_in.__name__ = stand_in.__qualname__ = name
    setattr(stand_in, "_assay_path", [name])  # noqa: B010 - functions have no declared attributes
    return stand_in


class RemoteModule(types.ModuleType):
    """``import solution`` and ``from solution import f`` in test code."""

    _link: Link

    def __getattr__(self, name: str) -> Any:
        """Ask the program for a name."""
        if name == "__all__":
            return self._link.value(self._link.ask({"do": "list"}))
        found = names(self._link, [name]) if not name.startswith("__") else {}
        if name not in found:
            raise AttributeError(f"the program defines no {name!r}")
        return found[name]
