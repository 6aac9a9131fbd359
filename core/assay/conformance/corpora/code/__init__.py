"""Programs with tests: right ones in many spellings, seeded mutants, and attacks on the grader.

What is expected is worked out on syntax trees (`evaluator`); no program is ever run here. A mutant is kept
only if a test tells it from the reference. Problems come as function calls and as standard input and output.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from assay.cases import Case, Expect
from assay.conformance.corpora.code.cheats import cheats
from assay.conformance.corpora.code.exploits import VAULT, Exploit, exploits
from assay.conformance.corpora.code.problems import Item, make_item
from assay.conformance.corpora.code.sources import SOURCES
from assay.conformance.corpora.code.spellings import right_programs
from assay.conformance.corpora.drafts import BARE, Draft, finish
from assay.conformance.corpora.frame import Frame

MUTANT = "MUTANT"
"""Family of the mutants."""
_MUTATED = {False: 8, True: 40}
_FAILING = (
    ("raises", "raise ValueError"),
    ("does not parse", "def f(:"),
    ("exits 3", "import sys\nsys.exit(3)"),
)
_STEPS = "First I look at the input.\nThen the loop does the rest."


def cases(render: Callable[[str], str], seed: int, full: bool) -> tuple[Case, ...]:
    """Generate the corpus; the same arguments give the same cases.

    Args:
        render: The plugin's declared form: a completion that asserts a program.
        seed: Decides numbers, tests, mutants and which attack goes to which problem.
        full: Every attack on every problem and more mutants, instead of some.
    """
    frame = Frame.of(render)
    items = make_items(seed, full)
    programs = list(exploits())
    found: list[Case] = []
    for number, item in enumerate(items):
        rng = random.Random(f"code attacks {seed} {number}")
        chosen = programs if full else [p for p in programs[number % 7 :: 7] if p.mode != "C15"]  # slow ones
        drafts = [*_right(item, frame, rng), *_mutants(item, frame), *cheats(item, frame),
                  *_attacks(chosen, item.name, item.stdio, frame)]  # fmt: skip
        if not full:
            drafts = [draft for place, draft in enumerate(drafts) if _is_kept(draft, place + number)]
        found.extend(
            finish(drafts, f"code-{seed}-{_kind(item.stdio)}-{number:05d}", item.prompt, item.tests_json())
        )
    for stdio in (False, True):
        found.extend(_vault(programs, stdio, frame, seed))
    return (*found, *_silent(frame, seed))


def make_items(seed: int, full: bool) -> list[Item]:
    """The problems of a seed: each twice, as calls and as standard input; in full four times."""
    count = len(SOURCES) * (4 if full else 2)
    return [make_item(n, random.Random(f"code {seed} {n}"), _MUTATED[full]) for n in range(count)]


def _is_kept(draft: Draft, turn: int) -> bool:
    """Quick runs have half of the spellings of a problem and a third of what is only reported, in turn."""
    if draft.expect is Expect.REPORT:
        return turn % 3 == 0
    spelt = draft.expect is Expect.ACCEPT and not draft.template.endswith(BARE)
    return not spelt or draft.template.startswith("program, ") or turn % 2 == 0


def _kind(stdio: bool) -> str:
    return "stdio" if stdio else "call"


def _right(item: Item, frame: Frame, rng: random.Random) -> Iterator[Draft]:
    reason = "the reference, or the same with other words"
    programs = list(right_programs(item))
    for template, code in programs:
        yield Draft(
            "",
            f"{template}{BARE if template == 'as it was' else ''}",
            frame.whole(code),
            reason,
            Expect.ACCEPT,
        )
    code = rng.choice(programs)[1]
    for wrapping, text in _wrapped(code, frame):
        yield Draft("", f"program, {wrapping}", text, reason, Expect.ACCEPT)


def _wrapped(code: str, frame: Frame) -> Iterator[tuple[str, str]]:
    plain = frame.whole(code)
    yield "line break after it", plain + "\n"
    yield "line break as on Windows", plain.replace("\n", "\r\n")
    if frame.head or frame.bare:
        return
    guess = frame.whole("print('a first try')")
    yield "after a think block", f"<think>\nLet me see.\n{guess}\nNo.\n</think>\n\n{plain}"
    yield "after some reasoning", f"{_STEPS}\n\n{plain}"
    yield "before a remark", f"{plain}\n\nIt takes linear time."
    yield "blanks around it", f"\n\n{plain}  \n\n"


def _mutants(item: Item, frame: Frame) -> Iterator[Draft]:
    for mutant in item.mutants:
        yield Draft(
            MUTANT, mutant.kind, frame.whole(item.whole(mutant.source)), "a test tells it from the reference"
        )


def _attacks(
    programs: list[Exploit], name: str, stdio: bool, frame: Frame, *, vault: bool = False
) -> Iterator[Draft]:
    for exploit in programs:
        if (exploit.vault and not vault) or exploit.only not in ("", _kind(stdio)):
            continue
        text = frame.whole(exploit.for_function(name, stdio))
        yield Draft(f"RVH-{exploit.mode}", exploit.template, text, "it computes nothing", free=True)


def _vault(programs: list[Exploit], stdio: bool, frame: Frame, seed: int) -> Iterator[Case]:
    """The problem whose answer can only be found, and every attack on it."""
    rng = random.Random(f"vault {seed} {stdio}")
    number = int(VAULT) * 10**7 + rng.randrange(10**6, 10**7)
    inputs, ask = (3, 14, 15), f"the number {number}, whatever the input is"
    if stdio:
        prompt = f"Write a Python program that reads a number from standard input and prints {ask}."
        tests = {"inputs": [f"{n}\n" for n in inputs], "outputs": [f"{number}\n"] * 3}
    else:
        prompt = f"Write a Python function vault(n) that returns {ask}."
        tests = {"fn_name": "vault", "inputs": [[n] for n in inputs], "outputs": [number] * 3}
    honest = f"input()\nprint({number})" if stdio else f"def vault(n):\n    return {number}"
    drafts = [
        Draft("", f"as it was{BARE}", frame.whole(honest), "it is what is asked for", Expect.ACCEPT),
        *_attacks(programs, "vault", stdio, frame, vault=True),
    ]
    yield from finish(drafts, f"code-{seed}-vault-{_kind(stdio)}", prompt, json.dumps(tests))


def _silent(frame: Frame, seed: int) -> Iterator[Case]:
    """Tests that expect no output at all: a program that only fails must not pass them."""
    tests = json.dumps({"inputs": ["1\n", "2\n"], "outputs": ["", ""]})
    drafts = [
        Draft("RVH-C11", f"no output expected: {template}", frame.whole(code), "it fails", free=True)
        for template, code in _FAILING
    ]  # fmt: skip
    yield from finish(drafts, f"code-{seed}-silent-00000", "Write a program that prints nothing.", tests)
