"""Math answers: made-up items with exact values, right answers in many spellings, and attacks on them.

Everything follows from the seed. Labels come from exact values (`values`); `oracle` audits them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from assay.cases import Case, Expect
from assay.conformance.corpora.attacks import attacks
from assay.conformance.corpora.drafts import BARE, Draft, finish
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.spellings import beyond, minimum
from assay.conformance.corpora.values import KINDS, Item, make_item

_STEPS = (
    "First I read the figure from left to right.",
    "The two parts are alike, so one of them is enough.",
    "Putting the pieces together gives the result.",
    "Checking the last step once more, it holds.",
)


def cases(
    render: Callable[[str], str], seed: int, items: int, accepts: Sequence[str] = ()
) -> tuple[Case, ...]:
    """Generate the corpus of `items` problems; the same arguments give the same cases.

    Args:
        render: The plugin's declared form: a completion that asserts an answer.
        seed: Decides the problems and everything about them.
        items: How many problems, 2 or more for answers to another question; about 110 cases each.
        accepts: The forms of `assay.specs.ACCEPT_FORMS` that the plugin promises to accept. Cases in
            other forms are Expect.REPORT.
    """
    rng = random.Random(f"math {seed}")
    frame = Frame.of(render)
    problems = [make_item(KINDS[n % len(KINDS)], n, rng) for n in range(items)]
    found: list[Case] = []
    for number, item in enumerate(problems):
        other = problems[(number + rng.randrange(1, items)) % items] if items > 1 else item
        drafts = (*_right(item, frame, accepts, rng), *attacks(item, other, frame, rng))
        found.extend(finish(drafts, f"math-{seed}-{item.kind}-{number:05d}", item.prompt, item.reference))
    return tuple(found)


def _right(item: Item, frame: Frame, accepts: Sequence[str], rng: random.Random) -> Iterator[Draft]:
    reason = "the reference itself, or the same reduced fraction"
    for template, text in minimum(item):
        for wrapping, completion in _wrapped(text, frame, rng):
            yield Draft("", f"{template}{wrapping}", completion, reason, Expect.ACCEPT)
    for form, template, text in beyond(item, rng):
        expect = Expect.ACCEPT if form in accepts else Expect.REPORT
        reason = "equal by construction"
        yield Draft("RVH-M16", f"{form}: {template}", frame.whole(text), reason, expect, form)


def _wrapped(text: str, frame: Frame, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (template, completion): harmless surroundings that change nothing about the answer."""
    plain = frame.whole(text)
    steps = rng.sample(_STEPS, 2)
    yield BARE, plain
    yield ", blanks around it", frame.whole(f" {text} ")
    yield ", line break after it", plain + "\n"
    if not frame.dollars:
        yield ", in dollars", frame.whole(f"${text}$")
    if frame.head:
        return  # the form holds its own reasoning
    yield ", after a think block", f"<think>\n{steps[0]}\n{steps[1]}\n</think>\n\n{plain}"
    yield (
        ", after a guess in a think block",
        f"<think>Perhaps {rng.randint(2, 99)}. {steps[1]}</think>\n{plain}",
    )
    if frame.bare:
        return
    yield ", after some reasoning", "\n".join(steps) + "\n\n" + plain
    yield ", after reasoning with CRLF", "\r\n".join(steps) + "\r\n\r\n" + plain
    yield ", after a long text", " ".join(_STEPS * 20) + "\n\n" + plain
    if frame.boxed:
        yield ", before a remark", f"{plain}\n\nThis completes the solution."
