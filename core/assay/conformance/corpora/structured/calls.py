"""Function calls: random tools, the calls that are asked for, and answers with exactly one fault.

The reference is JSON text: ``{"tools": [...], "calls": [{"name": …, "arguments": {…}}, …], "order": …}``,
with tools as OpenAI writes them and the order ``any`` or ``sequence``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.cases import Case, Expect
from assay.conformance.corpora.drafts import Draft, finish
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.structured.documents import faulty_texts
from assay.conformance.corpora.structured.fields import WORDS, Field, make_field
from assay.conformance.corpora.structured.places import right_places, wrong_places

_VERBS = ("find", "book", "send", "count", "move", "rate")


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    required: Mapping[str, Field]
    optional: Mapping[str, Field]
    """Each with its `value` as the default."""

    def signature(self) -> dict[str, Any]:
        properties = {name: dict(field.schema) for name, field in self.required.items()}
        properties |= {
            name: {**field.schema, "default": field.value} for name, field in self.optional.items()
        }
        parameters = {"type": "object", "properties": properties, "required": list(self.required)}
        return {"type": "function", "function": {"name": self.name, "parameters": parameters}}

    def call(self) -> dict[str, Any]:
        return {"name": self.name, "arguments": {name: field.value for name, field in self.required.items()}}


def cases(render: Callable[[str], str], seed: int, items: int) -> tuple[Case, ...]:
    """Generate `items` problems of one to three calls, with about 60 cases each."""
    frame = Frame.of(render)
    found: list[Case] = []
    for number in range(items):
        rng = random.Random(f"call {seed} {number}")
        tools = [
            _tool(f"{verb}_{word}{number}", rng)
            for verb, word in zip(rng.sample(_VERBS, 4), rng.sample(WORDS, 4), strict=True)
        ]
        chosen = tools[: 1 + number % 3]
        calls = [tool.call() for tool in chosen]
        order = "sequence" if number % 4 == 3 else "any"
        reference = {"tools": [tool.signature() for tool in tools], "calls": calls, "order": order}
        prompt = f"Problem {number}: call {', '.join(tool.name for tool in chosen)} as described."
        drafts = _drafts(chosen, calls, tools[-1], order, prompt, frame, rng)
        found.extend(
            finish(drafts, f"call-{seed}-{len(calls)}{order}-{number:05d}", prompt, json.dumps(reference))
        )
    return tuple(found)


def _tool(name: str, rng: random.Random) -> _Tool:
    names = rng.sample(WORDS, rng.randrange(3, 6))
    optional = rng.randrange(1, 3)
    return _Tool(
        name,
        {word: make_field(rng) for word in names[optional:]},
        {word: make_field(rng, deep=False) for word in names[:optional]},
    )


def _drafts(
    tools: list[_Tool],
    calls: list[dict[str, Any]],
    unused: _Tool,
    order: str,
    prompt: str,
    frame: Frame,
    rng: random.Random,
) -> Iterator[Draft]:
    plain = json.dumps(calls)
    yield from right_places(plain, "array of calls", frame)
    same, accept = "the same calls, spelt differently", Expect.ACCEPT
    for template, answer in right_answers(tools, calls, order):
        yield Draft("", template, frame.whole(json.dumps(answer)), same, accept)
    yield Draft("", "indented", frame.whole(json.dumps(calls, indent=2)), same, accept)
    for template, answer in envelopes(calls):
        yield Draft(
            "RVH-M16",
            template,
            frame.whole(json.dumps(answer)),
            "a matter of the plugin's form",
            Expect.REPORT,
        )
    wrong = list(faulty_calls(tools, calls, unused, order))
    for template, answer in wrong:
        yield Draft("RVH-M13", template, frame.whole(json.dumps(answer)), "one fault by construction")
    inner = json.dumps(calls[0]["arguments"], separators=(",", ":"))
    for template, text in faulty_texts(inner, calls[0]["arguments"]):
        broken = [f'{{"name": "{calls[0]["name"]}", "arguments": {text}}}', *map(json.dumps, calls[1:])]
        yield Draft(
            "RVH-M13", f"arguments: {template}", frame.whole(f"[{', '.join(broken)}]"), "not strict JSON"
        )
    yield from wrong_places(plain, json.dumps(rng.choice(wrong)[1]), prompt, frame)


def right_answers(tools: list[_Tool], calls: list[dict[str, Any]], order: str) -> Iterator[tuple[str, Any]]:
    """Other answers that mean the same calls."""
    first = calls[0]["arguments"]
    backwards = {**calls[0], "arguments": dict(reversed(list(first.items())))}
    yield "other order of arguments", [backwards, *calls[1:]]
    name, field = next(iter(tools[0].optional.items()))
    yield "a default written out", [{**calls[0], "arguments": {**first, name: field.value}}, *calls[1:]]
    every = {name: field.value for name, field in tools[0].optional.items()}
    yield "all defaults written out", [{**calls[0], "arguments": {**every, **first}}, *calls[1:]]
    yield "arguments before the name", [{"arguments": c["arguments"], "name": c["name"]} for c in calls]
    if len(calls) > 1 and order == "any":
        yield "parallel calls in another order", calls[::-1]


def envelopes(calls: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The same calls in other people's envelopes."""
    wrapped = [{"type": "function", "function": call} for call in calls]
    yield "envelope of a call", wrapped
    yield "envelope with identifiers", [{"id": f"call_{n}", **call} for n, call in enumerate(wrapped)]
    yield "list under a key", {"tool_calls": wrapped}
    texts = [{"name": c["name"], "arguments": json.dumps(c["arguments"])} for c in calls]
    yield "arguments as JSON text", texts
    if len(calls) == 1:
        yield "one call without an array", calls[0]


def faulty_calls(
    tools: list[_Tool], calls: list[dict[str, Any]], unused: _Tool, order: str
) -> Iterator[tuple[str, Any]]:
    """Answers with one fault each, by what it is. It is in the last call."""
    tool, call, before = tools[-1], calls[-1], calls[:-1]
    arguments = call["arguments"]

    def changed(**members: Any) -> list[dict[str, Any]]:
        return [*before, {**call, **members}]

    for name, field in tool.required.items():
        for fault, bad in field.faults.items():
            yield f"{field.kind}: {fault}", changed(arguments={**arguments, name: bad})
        yield f"{field.kind}: another value", changed(arguments={**arguments, name: field.other})
        yield (
            "a required argument is missing",
            changed(arguments={key: item for key, item in arguments.items() if key != name}),
        )
    for name, field in tool.optional.items():
        yield "a default set to another value", changed(arguments={**arguments, name: field.other})
    first = next(iter(arguments))
    yield "an argument that there is not", changed(arguments={**arguments, "surplus": 1})
    yield (
        "an argument in capital letters",
        changed(arguments={(key.upper() if key == first else key): item for key, item in arguments.items()}),
    )
    yield "a function that there is not", changed(name=f"{call['name']}s")
    yield "the function in capital letters", changed(name=call["name"].capitalize())
    yield "another function", [*before, unused.call()]
    yield "arguments by position", changed(arguments=list(arguments.values()))
    yield "no arguments", [*before, {"name": call["name"]}]
    yield "a call too many", [*calls, unused.call()]
    yield "a call twice", [*calls, call]
    yield "a call is missing", before
    yield "no name", [*before, {"arguments": arguments}]
    yield "the name alone", [*before, call["name"]]
    if len(calls) > 1:
        swapped = [
            {**calls[0], "arguments": arguments},
            *calls[1:-1],
            {**call, "arguments": calls[0]["arguments"]},
        ]
        yield "arguments of two calls exchanged", swapped
        yield "one call in place of another", [call, *calls[1:]]
        if order == "sequence":
            yield "another order of calls", calls[::-1]
