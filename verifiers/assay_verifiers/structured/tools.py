"""Tool signatures in OpenAI's form, and the calls that a row expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from assay_verifiers.structured.schema import Schema
from assay_verifiers.structured.strict import NotJsonError, loads
from assay_verifiers.structured.verdicts import UnusableError

_MEMBERS = frozenset({"tools", "calls", "order"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a reference says: signatures, and what is to be called."""

    parameters: Mapping[str, Mapping[str, Any]]
    """Schema of the arguments, by the tool's name."""
    calls: Sequence[Call] | None
    """None: any calls that keep the signatures, at least one."""
    order: str | None
    """``any``, ``sequence``, or None: as the options say."""

    def problem(self, call: Call) -> str | None:
        """Say what in a call no signature allows, types aside: the name, or the names of its arguments."""
        parameters = self.parameters.get(call.name)
        if parameters is None:
            return "calls a function that there is not"
        known = _properties(parameters)
        required = cast("list[str]", parameters.get("required", []))
        if any(name not in call.arguments for name in required):
            return "a required argument is missing"
        unknown = [name for name in call.arguments if name not in known]
        open_ended = parameters.get("additionalProperties", False) is not False
        if unknown and not open_ended and "patternProperties" not in parameters:
            return "an argument that the function does not have"
        return None

    def defaults(self, name: str) -> dict[str, Any]:
        """The values of arguments that may be left out."""
        known = _properties(self.parameters.get(name, {}))
        return {
            parameter: cast("dict[str, Any]", schema)["default"]
            for parameter, schema in known.items()
            if isinstance(schema, dict) and "default" in schema
        }


@lru_cache(maxsize=4096)
def _read(text: str) -> Tools | str:
    try:
        found = loads(text)
    except NotJsonError as error:
        return f"the reference is {error}"
    if not isinstance(found, dict):
        return "the reference is no object with `tools` and `calls`"
    members = cast("dict[str, Any]", found)
    if "tools" not in members or not _MEMBERS.issuperset(members):
        return "the reference is no object with `tools`, and perhaps `calls` and `order`"
    order = members.get("order")
    if order not in (None, "any", "sequence"):
        return "`order` of the reference is neither `any` nor `sequence`"
    try:
        parameters = _signatures(members["tools"])
        calls = None if members.get("calls") is None else _expected(members["calls"])
    except (UnusableError, NotJsonError) as error:
        return str(error)
    return Tools(parameters, calls, order)


def read_tools(text: str) -> Tools:
    """Read a reference, once.

    Raises:
        UnusableError: it is not ``{"tools": [...], "calls": [...]}``.
    """
    found = _read(text)
    if isinstance(found, str):
        raise UnusableError(found)
    return found


@lru_cache(maxsize=4096)
def schema_of_tool(text: str, name: str) -> Schema:
    """The schema of a tool's arguments, from the text of a reference.

    Raises:
        UnusableError: there is no such tool, or its schema is not valid.
    """
    parameters = read_tools(text).parameters.get(name)
    if parameters is None:
        raise UnusableError("there is no such tool")
    return Schema(dict(parameters))


def _properties(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", parameters.get("properties", {}))


def _signatures(tools: Any) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for tool in cast("list[Any]", tools) if isinstance(tools, list) else []:
        outer = cast("dict[str, Any]", tool) if isinstance(tool, dict) else {}
        members = outer.get("function", outer)
        name = cast("dict[str, Any]", members).get("name") if isinstance(members, dict) else None
        if not isinstance(name, str) or name in found:
            raise UnusableError("a tool has no name, or the name of another")
        parameters = cast("Any", cast("dict[str, Any]", members).get("parameters") or {})
        if not _is_signature(parameters):
            raise UnusableError(f"the parameters of the tool {name!r} are no schema of an object")
        found[name] = {"type": "object", **parameters}
    if not found:
        raise UnusableError("the reference has no tools")
    return found


def _is_signature(parameters: Any) -> bool:
    if not isinstance(parameters, dict):
        return False
    members = cast("dict[str, Any]", parameters)
    required = members.get("required", [])
    return (
        members.get("type", "object") == "object"
        and isinstance(members.get("properties", {}), dict)
        and isinstance(required, list)
        and all(isinstance(name, str) for name in cast("list[Any]", required))
    )


def _expected(calls: Any) -> list[Call]:
    found: list[Call] = []
    for call in cast("list[Any]", calls) if isinstance(calls, list) else [None]:
        outer = cast("dict[str, Any]", call) if isinstance(call, dict) else {}
        members = outer.get("function", outer)
        if not isinstance(members, dict):
            raise UnusableError("an expected call is no object")
        name = cast("dict[str, Any]", members).get("name")
        arguments = cast("dict[str, Any]", members).get("arguments")
        if isinstance(arguments, str):
            arguments = loads(arguments)
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise UnusableError("an expected call has no name, or its arguments are no object")
        found.append(Call(name, cast("dict[str, Any]", arguments)))
    return found
