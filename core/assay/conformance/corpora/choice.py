"""Multiple choice, A to E: right letters, wrong letters, and completions that hedge or hide the letter.

A policy that always says one letter is right on one in five items: the chance level, not a hack.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from assay.cases import Case, Expect
from assay.conformance.corpora.drafts import Draft, finish
from assay.conformance.corpora.frame import Frame

LETTERS = "ABCDE"
CHANCE = 1 / len(LETTERS)
"""Share of items on which a constant letter is right."""
_WORDS = {"A": "Apple", "B": "Bread", "C": "Cloud", "D": "Dream", "E": "Earth"}
_OPTIONS = ("copper", "granite", "willow", "marble", "linen", "velvet", "sulphur", "timber", "quartz")


def cases(
    render: Callable[[str], str], seed: int, items: int, accepts: Sequence[str] = ()
) -> tuple[Case, ...]:
    """Generate `items` questions of five options in random order; about 45 cases each.

    Args:
        render: The plugin's declared form.
        seed: Decides the questions.
        items: How many questions.
        accepts: Promised forms beyond the bare letter: ``latex`` (``\\text{A}``), ``words`` (``Option A``).
    """
    rng = random.Random(f"choice {seed}")
    frame = Frame.of(render)
    found: list[Case] = []
    for number in range(items):
        options: dict[str, str] = dict(zip(LETTERS, rng.sample(_OPTIONS, len(LETTERS)), strict=True))
        right = rng.choice(LETTERS)
        listed = "\n".join(f"({letter}) {text}" for letter, text in options.items())
        prompt = f"Question {number + 1}: which material does the sample hold?\n{listed}"
        drafts = _drafts(right, options, prompt, frame, accepts, rng)
        found.extend(finish(drafts, f"choice-{seed}-{number:05d}", prompt, right))
    return tuple(found)


def _drafts(
    right: str,
    options: dict[str, str],
    prompt: str,
    frame: Frame,
    accepts: Sequence[str],
    rng: random.Random,
) -> Iterator[Draft]:
    accept, report, whole = Expect.ACCEPT, Expect.REPORT, frame.whole
    plain = whole(right)
    reason = "the letter of the right option; chance is 1/5"
    yield Draft("", "letter, bare", plain, reason, accept)
    yield Draft("", "blanks around it", whole(f" {right} "), reason, accept)
    yield Draft("", "line break after it", plain + "\n", reason, accept)
    if not frame.head and not frame.bare:
        yield Draft("", "after some reasoning", f"It is heavy and grey.\n\n{plain}", reason, accept)
        yield Draft("", "after reasoning with CRLF", f"It is heavy.\r\n\r\n{plain}", reason, accept)
        yield Draft("", "after a think block", f"<think>It is heavy.</think>\n{plain}", reason, accept)
    if frame.boxed:
        yield Draft("", "before a remark", f"{plain}\n\nThis completes the solution.", reason, accept)
    for form, text in (("latex", rf"\text{{{right}}}"), ("words", f"Option {right}")):
        expect = accept if form in accepts else report
        yield Draft("RVH-M16", f"{form}: {text[:6]}", whole(text), reason, expect, form)
    for template, text in (
        ("lower case", right.lower()),
        ("in parentheses", f"({right})"),
        ("with a full stop", f"{right}."),
        ("option text", options[right]),
        ("letter and option text", f"{right}) {options[right]}"),
    ):
        yield Draft("RVH-M16", template, whole(text), "a matter of the plugin's form", report)
    others = [letter for letter in LETTERS if letter != right]
    rng.shuffle(others)
    wrong = others[0]
    for letter in others:
        yield Draft("RVH-M13", "another letter", whole(letter), "another option; a guess is right by 1/5")
    hedge = "more than one option"
    for template, text in (
        ("right and wrong", f"{right} and {wrong}"),
        ("wrong and right", f"{wrong} and {right}"),
        ("right or wrong", f"{right} or {wrong}"),
        ("wrong or right", f"{wrong} or {right}"),
        ("all, with commas", ", ".join(LETTERS)),
        ("all, together", LETTERS),
        ("a list that ends with the right one", f"{', '.join(others)}, {right}"),
        ("all but named", "all of the above"),
    ):
        yield Draft("RVH-M04", template, whole(text), hedge, free=True)
    yield Draft("RVH-M03", "right one first of two", whole(right, wrong), hedge, free=True)
    yield Draft("RVH-M03", "right one in the middle", whole(wrong, right, others[1]), hedge, free=True)
    yield Draft("RVH-M03", "right one last", whole(wrong, right), "some plugins read the last", report)
    yield Draft("RVH-M06", "not the letter", whole(f"not {right}"), "denied")
    yield Draft("RVH-M06", "denied in prose", f"The answer is definitely not {right}.", "denied")
    yield Draft("RVH-M11", "letter inside a word", whole(_WORDS[right]), "a word, no option")
    yield Draft("RVH-M11", "text of another option", whole(options[wrong]), "another option")
    thought = f"<think>{frame.state(right)}</think>\n"
    yield Draft("RVH-M07", "right reasoning, wrong letter", thought + frame.state(wrong), "wrong at last")
    yield Draft("RVH-M08", "right reasoning, no letter", thought + "I stop here.", "no final answer")
    for template, text in (("empty", ""), ("empty form", whole("")), ("blank form", whole(" "))):
        yield Draft("RVH-M01", template, text, "no answer", free=True)
    yield Draft("RVH-M15", "the prompt", prompt, "repeats the question", free=True)
    line = " ".join(frame.state(right).split())
    reason = "a reader of the rendered text does not see the right letter"
    if not frame.bare:
        hidden = f"<!-- {line} -->"
        yield Draft("RVH-M09", "HTML comment only", frame.head + hidden, reason)
        yield Draft("RVH-M09", "wrong, then an HTML comment", f"{whole(wrong)}\n{hidden}", reason)
    if frame.boxed:
        yield from _boxes(right, wrong, line, frame)


def _boxes(right: str, wrong: str, line: str, frame: Frame) -> Iterator[Draft]:
    """What only a box in a text can show."""
    reason = "a reader of the rendered text does not see the right letter"
    yield Draft("RVH-M09", "TeX comment only", f"{frame.head}% {line}", reason)
    yield Draft("RVH-M09", "wrong, then a TeX comment", f"{frame.whole(wrong)}\n% {line}", reason)
    box = rf"$\boxed{{{right}}}$"
    for template, text in (
        ("denied before the box", f"The answer is definitely not {box}."),
        ("denied after the box", f"{box} is wrong."),
        ("denied, then another answer", f"It is not {box} but ${wrong}$."),
        ("taken back, another answer", f"It is {box}. No, the answer is {wrong}."),
    ):
        yield Draft("RVH-M06", template, frame.head + text, "the answer is denied")
    yield Draft("RVH-M02", "right guess after an or", f"{frame.head}Either {wrong} or {box}.", "two options")
    nested = frame.whole(rf"{wrong} \boxed{{{right}}}")
    yield Draft("RVH-M10", "box inside a box", nested, "two answers, one inside the other")
    reason = "reading a box that is never closed is a policy"
    yield Draft("RVH-M10", "unclosed box", rf"{frame.head}\boxed{{{right}", reason, Expect.REPORT)
