"""JSON: random schemas, values that keep them, and documents with exactly one fault.

The reference is JSON text: an object with ``schema`` (JSON Schema 2020-12), ``value``, or both.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assay.cases import Case, Expect
from assay.conformance.corpora.drafts import Draft, finish
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.structured.fields import WORDS, Field, make_field
from assay.conformance.corpora.structured.places import right_places, wrong_places

_MODES = ("schema", "both", "value")


def cases(render: Callable[[str], str], seed: int, items: int) -> tuple[Case, ...]:
    """Generate `items` problems with about 60 cases each.

    Args:
        render: The plugin's declared form: a completion that asserts a document.
        seed: Decides schemas, values and faults.
        items: How many problems.
    """
    frame = Frame.of(render)
    found: list[Case] = []
    for number in range(items):
        rng = random.Random(f"json {seed} {number}")
        mode = _MODES[number % len(_MODES)]
        names = rng.sample(WORDS, rng.randrange(3, 7))
        fields = {f"{name}{number}": make_field(rng) for name in names}
        required = list(fields)[: rng.randrange(2, len(fields) + 1)]
        schema = {
            "type": "object",
            "properties": {name: dict(f.schema) for name, f in fields.items()},
            "required": required,
            "additionalProperties": False,
        }
        value = {name: field.value for name, field in fields.items()}
        reference = json.dumps(
            {key: part for key, part in (("schema", schema), ("value", value)) if mode in (key, "both")}
        )
        prompt = (
            f"Problem {number}: write a JSON object with the properties {', '.join(fields)} as described."
        )
        drafts = _drafts(fields, required, value, mode, prompt, frame, rng)
        found.extend(finish(drafts, f"json-{seed}-{mode}-{number:05d}", prompt, reference))
    return tuple(found)


def _drafts(
    fields: Mapping[str, Field],
    required: list[str],
    value: dict[str, Any],
    mode: str,
    prompt: str,
    frame: Frame,
    rng: random.Random,
) -> Iterator[Draft]:
    compact = json.dumps(value, separators=(",", ":"))
    yield from right_places(compact, "compact", frame)
    reason = "the same value, spelt differently"
    for template, text, form in spellings(value, rng):
        yield Draft("", template, frame.whole(text), reason, Expect.ACCEPT, form)
    wrong = list(faulty_values(fields, required, value, mode))
    for template, bad in wrong:
        yield Draft("RVH-M13", template, frame.whole(json.dumps(bad)), "one fault by construction")
    for template, text in faulty_texts(compact, value):
        yield Draft("RVH-M13", template, frame.whole(text), "not one JSON document without a key twice")
    for template, text in doubtful_texts(compact):
        yield Draft("RVH-M16", template, frame.whole(text), "readers differ", Expect.REPORT)
    yield from wrong_places(compact, json.dumps(rng.choice(wrong)[1]), prompt, frame)


def spellings(value: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Other texts of a value: template, text, and the form that it needs."""
    yield "indented", json.dumps(value, indent=2), ""
    names = list(value)
    rng.shuffle(names)
    yield "other order of keys", json.dumps({name: value[name] for name in names[::-1]}), ""
    yield "white space everywhere", json.dumps(value, separators=(" ,\t", " :\n ")), ""
    name = names[0]
    escaped = json.dumps(value).replace(f'"{name}"', f'"\\u{ord(name[0]):04x}{name[1:]}"', 1)
    yield "a character of a key as an escape", escaped, ""
    number = next((n for n in names if type(value[n]) is int), None)
    if number is not None:
        text = json.dumps(value)
        for template, spelt in (
            ("with a decimal zero", f"{value[number]}.0"),
            ("with an exponent", f"{value[number]}e0"),
        ):
            yield f"an integer {template}", _set(text, value, number, spelt), "decimal"


def faulty_values(
    fields: Mapping[str, Field], required: list[str], value: dict[str, Any], mode: str
) -> Iterator[tuple[str, Any]]:
    """Values with one fault each, by what it is."""
    for name, field in fields.items():
        for fault, bad in field.faults.items():
            yield f"{field.kind}: {fault}", {**value, name: bad}
        if mode != "schema":
            yield f"{field.kind}: another value of the type", {**value, name: field.other}
    for name in required:
        yield "a required property is missing", {key: item for key, item in value.items() if key != name}
    name = required[0]
    yield "a property too many", {**value, "surplus": 1}
    renamed = {(key.capitalize() if key == name else key): item for key, item in value.items()}
    yield "a key in capital letters", renamed
    yield "in an array", [value]
    yield "under a key of its own", {"answer": value}
    yield "as a JSON text in JSON", json.dumps(value)
    yield "the keys only", list(value)
    yield "an empty object", {}
    yield "null", None


def faulty_texts(text: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts that are no strict JSON, and that a lenient reader takes for the right value."""
    name = next(iter(value))
    inner = text[1:-1]
    yield "a key twice, right at last", f'{{"{name}":"x",{inner}}}'
    yield "a key twice, right at first", f'{{{inner},"{name}":"x"}}'
    yield "a key twice, the same value", f'{{{inner},"{name}":{json.dumps(value[name])}}}'
    yield "comma at the end", f"{{{inner},}}"
    yield "single quotes", text.replace('"', "'")
    yield "a key without quotes", text.replace(f'"{name}"', name, 1)
    yield "a comment", f"{{/* as asked */{inner}}}"
    yield "a comment at the end", f"{text} // as asked"
    yield "text after it", f"{text} as asked"
    yield "text before it", f"Answer: {text}"
    yield "two documents", f"{text} {text}"
    yield "not closed", text[:-1]
    yield "closed twice", text + "}"
    yield "assigned", f"answer = {text}"
    yield "NaN for a value", _set(text, value, name, "NaN")
    yield "infinity for a value", _set(text, value, name, "-Infinity")
    number = next((n for n in value if type(value[n]) is int and value[n] > 0), None)
    if number is not None:
        for template, spelt in (
            ("a leading zero", f"0{value[number]}"),
            ("a plus sign", f"+{value[number]}"),
            ("a point at the end", f"{value[number]}."),
            ("hexadecimal", hex(value[number])),
        ):
            yield f"number with {template}", _set(text, value, number, spelt)
    truth = next((n for n in value if type(value[n]) is bool), None)
    if truth is not None:
        yield "Python's truth", _set(text, value, truth, str(value[truth]))


def doubtful_texts(text: str) -> Iterator[tuple[str, str]]:
    """What some readers take and others do not."""
    yield "byte order mark", f"\ufeff{text}"
    yield "no-break space after it", f"{text}\u00a0"
    yield "half a surrogate pair", text.replace("{", '{"\\ud800":1,', 1)


def _set(text: str, value: dict[str, Any], name: str, literal: str) -> str:
    """The text with another literal at a key of the outermost object."""
    separator = ":" if f'"{name}":' in text and f'"{name}": ' not in text else ": "
    old = json.dumps(value[name], separators=(",", ":") if separator == ":" else None)
    return text.replace(f'"{name}"{separator}{old}', f'"{name}"{separator}{literal}', 1)
