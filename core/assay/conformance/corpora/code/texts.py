"""Programs and data in all encodings and sizes, with their verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Text:
    """A program with tests; `right` says whether it passes them."""

    template: str
    program: str
    reference: str
    right: bool = True


def texts() -> Iterator[Text]:
    """All of them; the wrong ones are a character away from the right ones."""
    word = "größe 数 😀 é"
    echo = "print(input())"
    yield Text("letters of the world in and out", echo, _io(f"{word}\n", f"{word}\n"))
    yield Text("a letter in another normal form", echo, _io("e\u0301\n", "\u00e9\n"), False)
    yield Text("a look-alike letter", echo, _io("\u0430\n", "a\n"), False)
    yield Text("letters of the world in a program", f"print({word!r})", _io("\n", f"{word}\n"))
    yield Text(
        "letters of the world as arguments",
        "def f(t):\n    return t + '\\U0001d54f'",
        _call(word, word + "\U0001d54f"),
    )
    yield Text(
        "control characters as arguments",
        "def f(t):\n    return t[::-1]",
        _call("a\t\x00\x1bb", "b\x1b\x00\ta"),
    )
    yield Text(
        "line ends as on Windows",
        "def f(n):\r\n    if n:\r\n        return 5\r\n    return 6\r\n",
        _call(1, 5),
    )
    yield Text("a byte order mark", "\ufeffdef f(n):\n    return 5", _call(1, 5))
    yield Text("a declared encoding", "# -*- coding: utf-8 -*-\ndef f(n):\n    return 'ü'", _call(1, "ü"))
    yield Text("form feeds and blank lines", "\n\n\x0c\ndef f(n):\n\x0c\n    return 5\n\n\n", _call(1, 5))
    numbers = list(range(1, 160_000))
    line = " ".join(map(str, numbers)) + "\n"
    total = "print(sum(map(int, input().split())))"
    yield Text("a megabyte in", total, _io(line, f"{sum(numbers)}\n"))
    yield Text("a megabyte in, wrong", total, _io(line, f"{sum(numbers) + 1}\n"), False)
    lines = "\n".join(map(str, numbers)) + "\n"
    count = "for n in range(1, int(input())): print(n)"
    yield Text("a megabyte out", count, _io("160000\n", lines))
    yield Text("a megabyte out, the last line wrong", count, _io("160000\n", lines[:-2] + "8\n"), False)
    text = "x" * MEGABYTE
    yield Text("a megabyte as an argument", "def f(t):\n    return t + 'y'", _call(text, text + "y"))
    yield Text(
        "a megabyte as an argument, wrong", "def f(t):\n    return t + 'y'", _call(text, text + "z"), False
    )
    yield Text(
        "a hundred thousand numbers returned",
        "def f(n):\n    return list(range(n))",
        _call(100_000, list(range(100_000))),
    )


def _io(given: str, expected: str) -> str:
    return json.dumps({"inputs": [given], "outputs": [expected]})


def _call(given: object, expected: object) -> str:
    return json.dumps({"fn_name": "f", "inputs": [[given]], "outputs": [expected]})
