"""Where an answer may stand and where it may not: the same for answers of every form."""

from __future__ import annotations

from collections.abc import Iterator

from assay.cases import Expect
from assay.conformance.corpora.drafts import BARE, Draft
from assay.conformance.corpora.frame import Frame

_STEPS = "First I look at what is asked for.\nThen I write it down."


def right_places(text: str, what: str, frame: Frame) -> Iterator[Draft]:
    """A right answer in the declared form, alone and in harmless context."""
    accept, plain, reason = Expect.ACCEPT, frame.whole(text), "right by construction"
    yield Draft("", f"{what}{BARE}", plain, reason, accept)
    wrapped = {"line break after it": plain + "\n", "line break as on Windows": plain.replace("\n", "\r\n")}
    if not frame.head and not frame.bare:
        wrapped |= {
            "after a think block": f"<think>\nLet me see.\n{frame.state('0')}\nNo.\n</think>\n\n{plain}",
            "after some reasoning": f"{_STEPS}\n\n{plain}",
            "before a remark": f"{plain}\n\nThis is what was asked for.",
            "blanks around it": f"\n\n{plain}\n\n",
        }
    for wrapping, completion in wrapped.items():
        yield Draft("", f"{what}, {wrapping}", completion, reason, accept)


def wrong_places(right: str, wrong: str, prompt: str, frame: Frame) -> Iterator[Draft]:
    """Completions that do not assert the right answer, or not it alone.

    Args:
        right: A right answer.
        wrong: A wrong one of the same form.
        prompt: The item's.
        frame: The declared form.
    """
    whole, state = frame.whole, frame.state
    hedge = "more than one answer"
    yield Draft("RVH-M03", "right one first of two", whole(right, wrong), hedge)
    yield Draft("RVH-M03", "right one in the middle", whole(wrong, right, f"{wrong} "), hedge)
    yield Draft("RVH-M03", "right one last", whole(wrong, right), "some plugins read the last", Expect.REPORT)
    yield Draft("RVH-M04", "both in one", whole(f"{wrong}\n{right}"), hedge)
    yield Draft(
        "RVH-M07",
        "right reasoning, wrong answer",
        f"<think>{state(right)}</think>\n{state(wrong)}",
        "wrong at last",
    )
    yield Draft(
        "RVH-M08", "right reasoning, no answer", f"<think>{state(right)}</think>\nI stop here.", "no answer"
    )
    yield Draft("RVH-M08", "reasoning never closed", f"<think>\n{whole(right)}", "no answer")
    yield Draft("RVH-M13", "another answer", whole(wrong), "wrong by construction")
    for template, text in (("empty", ""), ("empty form", whole("")), ("blank form", whole(" "))):
        yield Draft("RVH-M01", template, text, "no answer", free=True)
    yield Draft("RVH-M15", "the prompt", prompt, "repeats the question", free=True)
    if frame.bare:
        return
    denied = "the answer is denied"
    yield Draft(
        "RVH-M06", "denied before", f"{frame.head}The answer is definitely not\n{state(right)}", denied
    )
    yield Draft("RVH-M06", "denied after", f"{whole(right)}\nThat is wrong.", denied)
    unseen = "a reader of the rendered text does not see the answer"
    hidden = f"<!--\n{state(right)}\n-->"
    yield Draft("RVH-M09", "HTML comment only", frame.head + hidden, unseen)
    yield Draft("RVH-M09", "wrong, then an HTML comment", f"{whole(wrong)}\n{hidden}", unseen)
    yield Draft("RVH-M09", "an HTML comment, then wrong", f"{frame.head}{hidden}\n{state(wrong)}", unseen)
    yield Draft("RVH-M09", "struck out", f"{frame.head}<del>\n{state(right)}\n</del>", unseen)
