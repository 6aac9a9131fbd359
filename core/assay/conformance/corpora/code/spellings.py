"""Right programs, written in other ways."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from assay.conformance.corpora.code.problems import Item
from assay.conformance.corpora.code.sources import INT, INTS

_UNICODE = ("größe", "число", "数", "δ", "año", "値", "naïf", "ß", "χ", "wert_ä")
_TYPES = {INT: "int", INTS: "list[int]"}


def right_programs(item: Item) -> Iterator[tuple[str, str]]:
    """Yield template and whole program."""
    code, name = item.reference, item.name
    yield "as it was", item.whole(code)
    for other in item.others:
        yield "another way", item.whole(other)
    yield "other names", item.whole(_renamed(item, [f"value_{n}" for n in range(20)]))
    yield "names beyond ASCII", item.whole(_renamed(item, _UNICODE))
    yield "comments", item.whole(_commented(code, name))
    yield "type hints", item.whole(_hinted(item))
    yield "tabs", item.whole(_tabbed(code))
    inner = _called(item, "inner")
    params = ", ".join(n for n, _ in item.source.params)
    yield "a helper", item.whole(f"{inner}\n\ndef {name}({params}):\n    return inner({params})")
    yield (
        "a helper in a class",
        item.whole(
            f"class Solver:\n    def __init__(self, *args):\n        self.args = args\n\n"
            f"    def solve(self):\n        return inner(*self.args)\n\n{inner}\n\n"
            f"def {name}(*args):\n    return Solver(*args).solve()"
        ),
    )
    yield "a nested function", item.whole(
        f"def {name}(*args):\n" + "\n".join("    " + line for line in inner.split("\n") if line)
        + "\n    return inner(*args)"
    )  # fmt: skip
    yield "a lambda", item.whole(f"{inner}\n\n{name} = lambda *args: inner(*args)")
    yield "talk on standard error", item.whole(f"import sys\nprint('1 2 3', file=sys.stderr)\n\n{code}")
    yield "imports", item.whole(f"import collections, functools, itertools, math, re, sys\n\n{code}")
    yield (
        "cached",
        item.whole(
            f"import functools\n\n{inner}\n\n@functools.lru_cache(None)\ndef kept(key):\n"
            f"    return inner(*map(list_of, key))\n\ndef list_of(v):\n"
            f"    return list(v) if isinstance(v, tuple) else v\n\ndef {name}(*args):\n"
            f"    found = kept(tuple(tuple(a) if isinstance(a, list) else a for a in args))\n"
            f"    return list(found) if isinstance(found, list) else found"
        ),
    )
    if item.stdio:
        main = "\n".join("    " + line for line in item.main().split("\n"))
        yield "a main function", f'{code}\n\ndef main():\n{main}\n\nif __name__ == "__main__":\n    main()'
        yield "leaves by sys.exit(0)", f"import sys\n\n{item.whole(code)}\nsys.exit(0)"
        yield (
            "reads all at once",
            (
                f"import sys\n\n{code}\n\ngiven = iter(sys.stdin.read().split('\\n'))\n"
                + item.main().replace("input()", "next(given)")
            ),
        )
        yield (
            "writes by itself",
            f"import sys\n\n{code}\n\nprint = lambda *a: sys.stdout.write("
            + (f"' '.join(map(str, a)) + '\\n')\n{item.main()}"),
        )
    else:
        yield "prints beside", f"print('hello')\n\n{code}"
        yield "a guarded example", f'{code}\n\nif __name__ == "__main__":\n    print("{name}")'


def _renamed(item: Item, fresh: Sequence[str]) -> str:
    """The reference with other names for everything but the function that is called."""
    tree = ast.parse(item.reference)
    known = {item.name, *dir(builtins)}
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        for field in ("id", "arg", "name"):
            old = getattr(node, field, None)
            if isinstance(old, str) and old not in known:
                names.setdefault(old, fresh[len(names)])
                setattr(node, field, names[old])
    return ast.unparse(tree)


def _called(item: Item, name: str) -> str:
    """The reference under another name."""
    tree = ast.parse(item.reference)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == item.name:
            node.name = name
    return ast.unparse(tree)


def _commented(code: str, name: str) -> str:
    lines = [f"{line}  # step {number}" if line else line for number, line in enumerate(code.split("\n"))]
    return '"""A program."""\n# Of one function.\n' + "\n".join(lines) + f"\n# def {name}(): return None"


def _hinted(item: Item) -> str:
    tree = ast.parse(item.reference)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == item.name:
            for argument, (_, kind) in zip(node.args.args, item.source.params, strict=True):
                argument.annotation = ast.parse(_TYPES.get(kind, "str"), mode="eval").body
            node.returns = ast.parse(_TYPES.get(item.source.returns, "str"), mode="eval").body
    return "from typing import Any\n\n" + ast.unparse(ast.fix_missing_locations(tree))


def _tabbed(code: str) -> str:
    lines: list[str] = []
    for line in code.split("\n"):
        body = line.lstrip(" ")
        lines.append("\t" * ((len(line) - len(body)) // 4) + body)
    return "\n".join(lines)
