"""What each verifier of structured answers pays for, and what it does not."""

from __future__ import annotations

import json

from assay import Example

_OPTIONS = {"answer": "C", "options": {"A": "Lyon", "B": "Nice", "C": "Paris", "D": "Lille"}}
CHOICE = (
    Example(
        prompt="Which city is the capital of France? (A) Lyon (B) Nice (C) Paris (D) Lille",
        reference=json.dumps(_OPTIONS),
        good=(
            r"It is \boxed{C}.",
            "<think>A? No.</think><answer>(C) Paris</answer>",
            r"\boxed{\text{Paris}}",
        ),
        bad=(r"\boxed{B}", r"\boxed{A or C}", r"\boxed{(C) Lyon}", r"The answer is not \boxed{C}.", "C"),
        note="A label, or the text of one option; text beside a label has to be that of the option.",
    ),
    Example(
        prompt="Which of these numbers are prime? (A) 2 (B) 4 (C) 9 (D) 13",
        reference="A, D",
        good=(r"\boxed{A, D}", r"\boxed{D and A}"),
        bad=(r"\boxed{A}", r"\boxed{A, C, D}", r"\boxed{A or D}"),
        note="Several right options are one set: each has to be named, and no other.",
    ),
    Example(
        prompt="Which option is right? (A) yes (B) no",
        reference="B",
        good=(r"\boxed{B}", "<answer>Option B</answer>", r"$\boxed{\textbf{(B)}}$"),
        bad=(r"\boxed{A}", r"\boxed{A} \boxed{B}", r"\boxed{}", r"\boxed{Bread}"),
    ),
)

_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
_ADA = {"name": "Ada", "age": 36}
JSON = (
    Example(
        prompt="Give the person as JSON with the keys name and age.",
        reference=json.dumps({"schema": _SCHEMA}),
        good=(
            '```json\n{"name": "Ada", "age": 36}\n```',
            '<think>Who?</think>{"age": 36.0, "name": "\\u0041da"}',
            '<answer>{"name": "Ada", "age": 36}</answer>',
        ),
        bad=(
            '{"name": "Ada"}',
            '{"name": "Ada", "age": "36"}',
            '{"name": "Ada", "age": 35, "age": 36}',
            '{"name": "Ada", "age": 36} That is all.',
            '{"name": "", "age": 36}',
        ),
        note="One document that keeps the schema; a key that stands twice is refused.",
    ),
    Example(
        prompt="Which person is meant? Answer with JSON.",
        reference=json.dumps({"schema": _SCHEMA, "value": _ADA}),
        good=('```json\n{"age": 36, "name": "Ada"}\n```',),
        bad=('```json\n{"age": 37, "name": "Ada"}\n```', "```json\nNaN\n```", "```json\n[]\n```"),
        note="Equal as values: the order of keys, white space and escapes do not matter.",
    ),
    Example(
        prompt="List the first three primes as JSON.",
        reference=json.dumps({"value": [2, 3, 5]}),
        good=("[2, 3, 5]", "```\n[2,3,5]\n```"),
        bad=("[5, 3, 2]", "[2, 3, 5, 7]", '["2", "3", "5"]', "[2, 3, 5.0000000000000000001]", "2, 3, 5"),
        note="The order of an array matters, and numbers are compared exactly.",
    ),
)

_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
                    "days": {"type": "integer"},
                },
                "required": ["city"],
            },
        },
    }
]
_ROME = {"name": "weather", "arguments": {"city": "Rome"}}
_OSLO = {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}
CALL = (
    Example(
        prompt="What is the weather in Rome?",
        reference=json.dumps({"tools": _TOOLS, "calls": [_ROME]}),
        good=(
            '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
            '```json\n[{"name": "weather", "arguments": {"unit": "C", "city": "Rome"}}]\n```',
            '{"type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}}',
        ),
        bad=(
            '{"name": "weather", "arguments": {"city": "Rome", "unit": "F"}}',
            '{"name": "weather", "arguments": {}}',
            '{"name": "weather", "arguments": {"city": "Rome", "days": 1}}',
            '{"name": "Weather", "arguments": {"city": "Rome"}}',
            '{"name": "weather", "arguments": {"city": "Rome", "country": "Italy"}}',
        ),
        note="The default of an argument may be written or left out.",
    ),
    Example(
        prompt="What is the weather in Rome, and in Oslo for two days?",
        reference=json.dumps({"tools": _TOOLS, "calls": [_ROME, _OSLO]}),
        good=(
            json.dumps([_OSLO, _ROME]),
            f"<tool_call>{json.dumps(_ROME)}</tool_call>\n<tool_call>{json.dumps(_OSLO)}</tool_call>",
        ),
        bad=(json.dumps([_ROME]), json.dumps([_ROME, _ROME]), json.dumps([_ROME, _OSLO, _OSLO])),
        note="Parallel calls may come in any order, each as often as it is asked for.",
    ),
    Example(
        prompt="Call the weather service, for whatever city.",
        reference=json.dumps({"tools": _TOOLS}),
        good=(json.dumps(_ROME), json.dumps([_OSLO])),
        bad=("[]", '{"name": "weather", "arguments": {"city": 7}}', '{"name": "f", "arguments": {}}'),
        note="Without calls in the reference, any calls that keep their signatures are right.",
    ),
)

REGEX = (
    Example(
        prompt="Write a date of May 2024 as year-month-day.",
        reference=r"2024-05-(0[1-9]|[12]\d|3[01])",
        good=("<answer>2024-05-17</answer>", "<think>2023?</think>```\n2024-05-01\n```"),
        bad=(
            "<answer>2024-05-32</answer>",
            "<answer>on 2024-05-17</answer>",
            "<answer></answer>",
            "2024-05-17",
        ),
        note="The whole answer has to match, not a part of it.",
    ),
    Example(
        prompt="Write a colour in hexadecimal.",
        reference=json.dumps({"pattern": "#[0-9a-f]{6}", "flags": "i"}),
        good=("<answer>#00FFcc</answer>",),
        bad=("<answer>#00FFc</answer>", "<answer>00FFcc</answer>"),
    ),
    Example(
        prompt="Write some a's and then a b.",
        reference="(a+)+b",
        good=("<answer>aaab</answer>",),
        bad=(f"<answer>{'a' * 3000}</answer>", "<answer>b</answer>"),
        note="A pattern on which other engines take for ever is no danger.",
    ),
)

_XY = {"x": "int", "y": "int"}
LOGIC = (
    Example(
        prompt="Negate: p and q.",
        reference=json.dumps({"variables": {"p": "bool", "q": "bool"}, "formula": "not (p and q)"}),
        good=("<answer>not p or not q</answer>", r"<answer>p \to \lnot q</answer>"),
        bad=(
            "<answer>not p and not q</answer>",
            "<answer>p</answer>",
            "<answer>r</answer>",
            "not p or not q",
        ),
        note="Any formula that means the same is right.",
    ),
    Example(
        prompt="Solve over the integers: 2x + 1 < 8 and x > 0.",
        reference=json.dumps({"variables": {"x": "int"}, "formula": "2*x + 1 < 8 and x > 0"}),
        good=("<answer>1 <= x <= 3</answer>", "<answer>x = 1 or x = 2 or x = 3</answer>"),
        bad=("<answer>0 <= x <= 3</answer>", "<answer>x < 4</answer>", "<answer>x</answer>"),
    ),
    Example(
        prompt="Find integers x and y with x + y = 10 and x > y > 3.",
        reference=json.dumps(
            {"variables": _XY, "formula": "x + y = 10 and x > y and y > 3", "task": "assignment"}
        ),
        good=("<answer>x = 6, y = 4</answer>", "<answer>y = 4 and x = 6</answer>"),
        bad=(
            "<answer>x = 5, y = 5</answer>",
            "<answer>x = 6</answer>",
            "<answer>x + y = 10 and x > y and y > 3</answer>",
        ),
        note="An assignment gives each variable one value; repeating the constraints is none.",
    ),
)
