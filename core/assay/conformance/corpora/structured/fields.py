"""Values of a stated type with their schema, and for each the values that break one constraint of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "inlet", "jasper", "kelp"),
    *("lagoon", "meadow", "nectar", "orchid", "pebble", "quarry", "ridge", "summit", "thicket", "umber"),
    *("valley", "willow", "zephyr"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One property."""

    kind: str
    schema: Mapping[str, Any]
    value: Any
    other: Any
    """Another value that keeps the schema."""
    faults: Mapping[str, Any]
    """Values that break it, by the one thing that is wrong with them."""


def make_field(rng: random.Random, deep: bool = True) -> Field:
    """A field of some kind."""
    kinds = _KINDS if deep else _KINDS[:5]
    return rng.choice(kinds)(rng)


def _integer(rng: random.Random) -> Field:
    low = rng.randrange(-50, 50)
    high = low + rng.randrange(3, 60)
    value, other = rng.sample(range(low, high + 1), 2)
    faults = {
        "below its minimum": low - 1,
        "above its maximum": high + 1,
        "integer with a fraction": value + 0.5,
        "number as text": str(value),
        "null for a number": None,
        "truth for a number": True,
    }
    return Field("integer", {"type": "integer", "minimum": low, "maximum": high}, value, other, faults)


def _number(rng: random.Random) -> Field:
    low = rng.randrange(0, 40)
    value, other = (low + n / 4 for n in rng.sample(range(1, 40), 2))
    schema = {"type": "number", "exclusiveMinimum": low, "multipleOf": 0.25}
    faults = {"at its exclusive minimum": low, "not a multiple": value + 0.125, "number as text": str(value)}
    return Field("number", schema, value, other, faults)


def _text(rng: random.Random) -> Field:
    size = rng.randrange(3, 8)
    value, other = ("".join(rng.choice("abcdef") for _ in range(size)) for _ in range(2))
    while other == value:
        other = "".join(rng.choice("abcdef") for _ in range(size))
    schema = {"type": "string", "pattern": "^[a-f]*$", "minLength": size, "maxLength": size}
    faults = {
        "too short": value[1:],
        "too long": f"{value}a",
        "another character": f"{value[:-1]}g",
        "capital letters": f"A{value[1:]}",
        "line break at the end": f"{value[:-1]}\n",
        "number for a text": 7,
    }
    return Field("text", schema, value, other, faults)


def _choice(rng: random.Random) -> Field:
    value, other, third, absent = rng.sample(WORDS, 4)
    faults = {
        "none of the values": absent,
        "capital of a value": value.capitalize(),
        "blank after a value": f"{value} ",
    }
    return Field("enum", {"enum": [value, other, third]}, value, other, faults)


def _truth(rng: random.Random) -> Field:
    value = rng.random() < 0.5
    faults = {"truth as text": str(value).lower(), "number for a truth": int(value), "null for a truth": None}
    return Field("boolean", {"type": "boolean"}, value, not value, faults)


def _array(rng: random.Random) -> Field:
    size = rng.randrange(2, 5)
    value = rng.sample(range(100), size)
    schema = {
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
        "minItems": size,
        "maxItems": size,
        "uniqueItems": True,
    }
    faults = {
        "an item too few": value[1:],
        "an item too many": [*value, 100],
        "an item twice": [value[0], *value[:-1]],
        "an item of another type": [*value[:-1], str(value[-1])],
        "item for an array": value[0],
        "an item below its minimum": [*value[:-1], -1],
    }
    return Field("array", schema, value, value[::-1], faults)


def _record(rng: random.Random) -> Field:
    names = rng.sample(WORDS, 3)
    inner = {name: make_field(rng, deep=False) for name in names[:2]}
    schema = {
        "type": "object",
        "properties": {name: dict(f.schema) for name, f in inner.items()},
        "required": names[:2],
        "additionalProperties": False,
    }
    value = {name: field.value for name, field in inner.items()}
    first = names[0]
    faults: dict[str, Any] = {
        f"inside: {fault}": {**value, first: bad} for fault, bad in inner[first].faults.items()
    }
    faults["inside: a property is missing"] = {names[1]: value[names[1]]}
    faults["inside: a property too many"] = {**value, names[2]: 1}
    return Field("object", schema, value, {**value, first: inner[first].other}, faults)


_KINDS: tuple[Callable[[random.Random], Field], ...] = (
    _integer,
    _number,
    _text,
    _choice,
    _truth,
    _array,
    _record,
)
