"""The harness that many start with: the solution and asserts in one file, and the exit code is the verdict.

It stands for what the attacks of the suite are about, and is forged by many of them. Here the file runs in a
sandbox: what is naive about it is the verdict.
"""

from __future__ import annotations

import json
import re
from functools import cache

from assay import Program, ProgramLimits, Sandbox, open_sandbox
from assay.sandbox import SandboxRequest

LIMITS = ProgramLimits(seconds=1.0, memory_mb=256, output_bytes=4 * 2**20)


@cache
def the_sandbox() -> Sandbox:
    """One for this process."""
    return open_sandbox(SandboxRequest())


def program_in(completion: str) -> str | None:
    """The last Python block after the reasoning."""
    blocks = re.findall(
        r"^```python\r?\n(.*?)^```\s*?$", completion.rpartition("</think>")[2], re.DOTALL | re.MULTILINE
    )
    return blocks[-1] if blocks else None


def harness(program: str, tests: dict) -> list[tuple[str, str]]:
    """The files to run: text and standard input of each."""
    name = tests.get("fn_name")
    if name:
        asserts = "\n".join(
            f"assert {name}(*{args!r}) == {expected!r}"
            for args, expected in zip(tests["inputs"], tests["outputs"], strict=True)
        )
        return [(f"{program}\n\n{asserts}\n", "")]
    return [
        (
            f"import io, sys\n_out = sys.stdout = io.StringIO()\n{program}\n"
            f"sys.stdout = sys.__stdout__\nassert _out.getvalue().split() == {expected!r}.split()\n",
            given,
        )
        for given, expected in zip(tests["inputs"], tests["outputs"], strict=True)
    ]


def accepts(completion: str, reference: str) -> bool:
    """Whether the file ends with exit code 0."""
    program = program_in(completion)
    if program is None:
        return False
    for text, given in harness(program, json.loads(reference)):
        files = {"main.py": text.encode("utf-8", "replace")}
        done = the_sandbox().run(
            Program(argv=("python", "main.py"), files=files, stdin=given.encode(), limits=LIMITS)
        )
        if done.exit_code != 0:
            return False
    return True
