"""Declared examples: completions that must score apart."""

from __future__ import annotations

from typing import Any

from assay import Example


def _python(code: str) -> str:
    return f"```python\n{code}\n```"


_SUM_PROMPT = "Read two integers from standard input and print their sum."
_SUM_TESTS: dict[str, Any] = {"inputs": ["1 2\n", "-5 5\n", "10 20\n"], "outputs": ["3\n", "0\n", "30\n"]}
_SUM = "a, b = map(int, input().split())\nprint(a + b)"
_SORTED: dict[str, Any] = {
    "fn_name": "ordered",
    "inputs": [[[3, 1, 2]], [[]], [[2, 2]]],
    "outputs": [[1, 2, 3], [], [2, 2]],
}
_ASSERTS = ["assert double(2) == 4", 'assert double("ab") == "abab"', "assert double([]) == []"]

TESTS = (
    Example(
        prompt=_SUM_PROMPT,
        reference=_SUM_TESTS,
        good=(_python(_SUM), f"<think>Easy.</think>\nHere it is:\n\n{_python(_SUM)}\n\nIt reads one line."),
        bad=(
            _python("a, b = map(int, input().split())\nprint(a - b)"),
            _python("print(3)"),
            _python("import os\nos._exit(0)"),
            _python("print('ALL TESTS PASSED')\nraise SystemExit(0)"),
            _python("print(sum(map(int, input().split()))"),
            _SUM,
        ),
        note="Standard input and output. Leaving early and claiming success are not right.",
    ),
    Example(
        prompt="Write a function ordered(numbers) that returns them in ascending order.",
        reference=_SORTED,
        good=(_python("def ordered(numbers):\n    return sorted(numbers)"),),
        bad=(
            _python("def ordered(numbers):\n    return numbers"),
            _python(
                "class Any_(list):\n    def __eq__(self, other):\n        return True\n\n"
                "def ordered(numbers):\n    return Any_()"
            ),
            _python("def ordered(numbers):\n    import sys\n    sys.exit(0)"),
            _python("def sort(numbers):\n    return sorted(numbers)"),
        ),
        note="Function calls. A list that claims to equal everything is the empty list that it is.",
    ),
    Example(
        prompt="Write a function double(x) that returns x twice over.",
        reference=_ASSERTS,
        good=(_python("def double(x):\n    return x + x"), _python("def double(x):\n    return 2 * x")),
        bad=(
            _python("def double(x):\n    return 4"),
            _python("def double(x):\n    raise AssertionError"),
            _python("import unittest\ndef double(x):\n    raise unittest.SkipTest('later')"),
            _python("class Yes:\n    def __eq__(self, other): return True\ndef double(x): return Yes()"),
        ),
        note="Asserts, as MBPP has them, run in a process that the program cannot reach.",
    ),
    Example(
        prompt="Write a shell script that reads two integers and prints their sum.",
        reference=_SUM_TESTS | {"language": "bash"},
        good=("```bash\nread a b\necho $((a + b))\n```",),
        bad=(
            "```bash\nread a b\necho $((a - b))\n```",
            "```bash\nread a b\nif\n```",
            _python(_SUM),
        ),
        note="The tests name a language; a program in another one is not asserted.",
    ),
)

BLOCK = (
    Example(
        prompt=_SUM_PROMPT,
        good=(_python(_SUM), f"Install nothing:\n```text\n$ python main.py\n```\n{_python(_SUM)}"),
        bad=("", _SUM, _python(""), f"{_python(_SUM)}\n{_python('print(3)')}"),
        note="Blocks in something that is no programming language do not count.",
    ),
    Example(
        prompt=_SUM_PROMPT,
        good=(f"<think>\n{_python('print(3)')}\n</think>\n{_python(_SUM)}",),
        bad=(f"<think>\n{_python(_SUM)}\n</think>\nDone.", f"<think>\n{_python(_SUM)}"),
        note="A program in the reasoning is not an answer.",
    ),
    Example(
        prompt=_SUM_PROMPT,
        good=(f"<answer>\n{_python(_SUM)}\n</answer>",),
        bad=(f"```python\n{_SUM}", "<answer></answer>"),
        note="A fence has to be closed.",
    ),
)

PARSES = (
    Example(
        prompt=_SUM_PROMPT,
        good=(_python(_SUM),),
        bad=(_python("print(sum(map(int, input().split()))"), _python("def f(:"), "no program"),
        note="Python.",
    ),
    Example(
        prompt="Count.",
        good=("```bash\nfor i in 1 2 3; do echo $i; done\n```",),
        bad=("```bash\nfor i in 1 2 3; do echo $i\n```",),
        note="Another language: its own tools decide.",
    ),
    Example(
        prompt=_SUM_PROMPT,
        good=(_python("raise ValueError"),),
        bad=("", _python("return = 3")),
        note="It is not run.",
    ),
)

TYPES = (
    Example(
        prompt="Write a function that returns the length of a text.",
        good=(_python("def length(text: str) -> int:\n    return len(text)"),),
        bad=(_python("def length(text: str) -> int:\n    return text"), _python("def length(text:")),
        note="A wrong type is found without running anything.",
    ),
    Example(
        prompt="Write a function that returns the length of a text.",
        good=(_python("def length(text: str) -> int:\n    return sum(1 for _ in text)"),),
        bad=(_python("def length(text: str) -> int:\n    return text  # type: ignore"),),
        note="Comments do not silence it.",
    ),
    Example(
        prompt="Print the sum of 1 and 2.",
        good=(_python("print(1 + 2)"),),
        bad=(_python('print(1 + "2")'), _python("print(one + 2)")),
        note="Undefined names and operators between types that have none.",
    ),
)

RUNS = (
    Example(
        prompt=_SUM_PROMPT,
        reference=_SUM_TESTS,
        good=(_python(_SUM), _python("print('wrong, and it runs')")),
        bad=(_python("print(one)"), _python("raise SystemExit(3)"), _python("def f(:")),
        note="Right or wrong is not asked.",
    ),
    Example(
        prompt="Write a function ordered(numbers).",
        reference=_SORTED,
        good=(_python("def ordered(numbers):\n    return numbers"),),
        bad=(
            _python("def ordered(numbers):\n    return one"),
            _python("def sort(numbers):\n    return numbers"),
        ),
        note="A function is called once.",
    ),
    Example(
        prompt="Write a function double(x) that returns x twice over.",
        reference=_ASSERTS,
        good=(_python("def double(x):\n    return x"),),
        bad=(_python("import nothing_like_this\ndef double(x):\n    return x"), "no program"),
        note="Where test code calls the program, loading it is enough.",
    ),
)

LADDER = (
    Example(
        prompt=_SUM_PROMPT,
        reference=_SUM_TESTS,
        good=(_python(_SUM),),
        bad=(
            _python("a, b = map(int, input().split())\nprint(abs(a) + b)"),
            _python("print(3)"),
            "no program",
        ),
        note="All tests before some.",
    ),
    Example(
        prompt=_SUM_PROMPT,
        reference=_SUM_TESTS,
        good=(_python("print('nothing right')"),),
        bad=(_python("print(one)"), _python("def f(:")),
        note="It runs before it does not.",
    ),
    Example(
        prompt="Write a function ordered(numbers).",
        reference=_SORTED,
        good=(_python("def ordered(numbers: list[int]) -> list[int]:\n    return [1 / 0 for _ in numbers]"),),
        bad=(_python("def ordered(numbers: list[int]:\n    return numbers"), ""),
        note="It parses before it does not.",
    ),
)

_SLOW = f"for _ in range(2_000_000):\n    pass\n{_SUM}"
_SLOWER = f"for _ in range(8_000_000):\n    pass\n{_SUM}"

SPEED = tuple(
    Example(
        prompt=_SUM_PROMPT,
        reference=_SUM_TESTS,
        good=(_python(good),),
        bad=(_python(bad),),
        fields={"right": True, "group": f"example {number}"},
        note=note,
    )
    for number, (good, bad, note) in enumerate(
        (
            (_SUM, _SLOW, "at once before some loops"),
            (_SUM, _SLOWER, "at once before many loops"),
            (_SLOW, _SLOWER, "some loops before many"),
        ),
        1,
    )
)
