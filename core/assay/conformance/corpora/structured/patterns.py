"""Texts of a pattern: runs of characters whose classes do not meet, so that membership is counting.

The reference is the pattern, which the whole answer has to match.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.cases import Case, Expect
from assay.conformance.corpora.drafts import Draft, finish
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.structured.places import right_places, wrong_places

_CLASSES = {"[a-f]": "abcdef", "[0-9]": "0123456789", "[G-K]": "GHIJK", "-": "-", "#": "#", "[xyz]": "xyz"}


@dataclass(frozen=True, slots=True)
class Run:
    """From `low` to `high` characters of one class."""

    name: str
    low: int
    high: int


def cases(render: Callable[[str], str], seed: int, items: int) -> tuple[Case, ...]:
    """Generate `items` patterns of three to five runs, with about 35 cases each."""
    frame = Frame.of(render)
    found: list[Case] = []
    for number in range(items):
        rng = random.Random(f"regex {seed} {number}")
        runs = [
            Run(name, low, low + rng.randrange(3))
            for name in rng.sample(list(_CLASSES), rng.randrange(3, 6))
            for low in (rng.randrange(1, 5),)
        ]
        pattern = "".join(f"{run.name}{{{run.low},{run.high}}}" for run in runs)
        prompt = f"Problem {number}: write a code of the form that is described there."
        drafts = _drafts(runs, prompt, frame, rng)
        found.extend(finish(drafts, f"regex-{seed}-{len(runs)}-{number:05d}", prompt, pattern))
    return tuple(found)


def matches(runs: list[Run], text: str) -> bool:
    """Whether a text is of a pattern: neighbouring classes share no character, so its runs are counted."""
    of = {character: name for name, characters in _CLASSES.items() for character in characters}
    found = [(name, len(list(group))) for name, group in itertools.groupby(text, lambda c: of.get(c, ""))]
    return len(found) == len(runs) and all(
        name == run.name and run.low <= count <= run.high
        for (name, count), run in zip(found, runs, strict=True)
    )


def _drafts(runs: list[Run], prompt: str, frame: Frame, rng: random.Random) -> Iterator[Draft]:
    def text(sizes: list[int]) -> str:
        pairs = zip(runs, sizes, strict=True)
        return "".join(rng.choice(_CLASSES[run.name]) for run, size in pairs for _ in range(size))

    right = text([run.low for run in runs])
    yield from right_places(right, "shortest", frame)
    counted = "runs are counted"
    yield Draft("", "longest", frame.whole(text([r.high for r in runs])), counted, Expect.ACCEPT)
    for _ in range(4):
        some = text([rng.randint(run.low, run.high) for run in runs])
        yield Draft("", "some length", frame.whole(some), counted, Expect.ACCEPT)
    wrong = [(t, bad) for t, bad in _faults(right, runs, text, rng) if not matches(runs, bad)]
    for template, bad in wrong:
        yield Draft("RVH-M13", template, frame.whole(bad), counted)
    yield from wrong_places(right, wrong[0][1], prompt, frame)


def _faults(
    right: str, runs: list[Run], text: Callable[[list[int]], str], rng: random.Random
) -> Iterator[tuple[str, str]]:
    lows = [run.low for run in runs]
    for place, run in enumerate(runs):
        yield "a run too long", text([run.high + 1 if at == place else low for at, low in enumerate(lows)])
        yield "a run too short", text([run.low - 1 if at == place else low for at, low in enumerate(lows)])
    at = rng.randrange(len(right))
    yield "a character of no class", f"{right[:at]}?{right[at + 1 :]}"
    yield "other capitals", right.swapcase()
    yield "backwards", right[::-1]
    yield "twice", right + right
    yield "text before it", f"It is {right}"
    yield "text after it", f"{right}."
    yield "a blank inside", f"{right[:1]} {right[1:]}"
    yield "a line after it", f"{right}\nq"
    yield "a look-alike character", right.replace(right[0], {"-": "‐", "#": "＃"}.get(right[0], "а"), 1)
