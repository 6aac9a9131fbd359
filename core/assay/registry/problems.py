"""Pydantic's validation errors as sentences: what was found, and what to do."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

Location = tuple[str | int, ...]
"""Keys from the top of the file to a value: ``("stacks", "r1-zero", "compose")``."""


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[tuple[Location, str]]:
    """Return (location, sentence) for every error that validating `model` gave."""
    return [(item["loc"], _sentence(item, model)) for item in error.errors()]


def shown(value: object) -> str:
    """A value as it may stand in an error message: short, and containers by their kind."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value)[:80]


def _sentence(item: Any, model: type[BaseModel]) -> str:
    location: Location = item["loc"]
    match item["type"]:
        case "extra_forbidden":
            known = _known_keys(model, location[:-1])
            close = difflib.get_close_matches(str(location[-1]), known, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            return f"unknown key {location[-1]!r}.{hint} Known keys: {', '.join(known) or 'none'}."
        case "missing":
            return f"the key {location[-1]!r} is missing"
        case "value_error":
            return f"found {shown(item['input'])}; {item['msg'].removeprefix('Value error, ')}"
        case _:
            return f"found {shown(item['input'])}; {item['msg'][:1].lower()}{item['msg'][1:]}"


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys that the model's JSON schema allows at a location."""
    top: Any = model.model_json_schema()
    here: Any = top
    for key in location:
        here = _resolved(here, top)
        inner = "items" if isinstance(key, int) else "additionalProperties"
        here = here.get("properties", {}).get(key) or here.get(inner) or {}
    return list(_resolved(here, top).get("properties", {}))


def _resolved(schema: Any, top: Any) -> Any:
    """Follow references; of alternatives take the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = top["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(s for s in schema["anyOf"] if s.get("type") != "null")
        else:
            return schema
