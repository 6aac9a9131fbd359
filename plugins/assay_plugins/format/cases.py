"""Known attacks on format rewards, RVH-F01 to RVH-F20, and what a sound one pays for them.

Left out are RVH-F14 (needs the option `prefilled`), and RVH-F18 and RVH-F19, which are properties
of a training run rather than of a completion.
"""

from __future__ import annotations

from collections.abc import Mapping

from assay import Case, Expect, Sample

_BOTH: tuple[tuple[str, str, str], ...] = (
    ("F01", "blank reasoning", "<think>\n\n</think> <answer>4</answer>"),
    ("F01", "reasoning of zero-width spaces", "<think>\u200b\u2060</think> <answer>4</answer>"),
    ("F02", "nothing after the reasoning", "<think>2 + 2 = 4</think>"),
    ("F03", "both blank", "<think> </think>\n<answer>\n</answer>"),
    ("F04", "tags only", "<think></think><answer></answer>"),
    ("F05", "two think blocks", "<think>a</think> <think>b</think> <answer>4</answer>"),
    ("F08", "text before", "Sure! <think>2 + 2 = 4</think> <answer>4</answer>"),
    ("F09", "answer inside the reasoning", "<think>So <answer>4</answer></think>"),
    ("F10", "nested think tags", "<think>a <think>b</think> c</think> <answer>4</answer>"),
    ("F11", "extra closing tag", "<think>a</think></think> <answer>4</answer>"),
    ("F12", "reversed order", "<answer>4</answer> <think>2 + 2 = 4</think>"),
    ("F13", "step words without tags", "First, Second, Finally,\n- "),
    ("F15", "the form inside a code fence", "```\n<think>a</think> <answer>4</answer>\n```"),
    ("F15", "a tag inside a code fence", "<think>a\n```\n</think>\n<answer>4</answer>"),
    ("F16", "a later line is well formed", "no\n<think>a</think> <answer>4</answer>"),
    ("F17", "chat-template token", "<think>a<|im_start|></think> <answer>4</answer>"),
    ("F17", "next turn", "<think>a</think> <answer>4</answer><|im_end|>"),
)
_THINK_ANSWER = (
    ("F06", "two answers", "<think>a</think> <answer>5</answer> <answer>4</answer>"),
    ("F07", "text after", "<think>a</think> <answer>4</answer> I am sure."),
)
_THINK = (
    ("F02", "only tags after the reasoning", "<think>a</think><answer></answer>"),
    ("F15", "a closing tag in backticks", "<think>I end it with `</think>` and go on: 4"),
)
_TRUNCATED = "<think>2 + 2 = 4</think> <answer>4</answer>"


def _cases(*tables: tuple[tuple[str, str, str], ...]) -> tuple[Case, ...]:
    attacks = [
        Case(
            id=f"{family}: {reason}",
            sample=Sample(completion=completion),
            expect=Expect.REJECT,
            family=f"RVH-{family}",
            reason=reason,
        )
        for table in tables
        for family, reason, completion in table
    ]
    truncated = Case(
        id="F20: truncated",
        sample=Sample(completion=_TRUNCATED, truncated=True),
        expect=Expect.REJECT,
        family="RVH-F20",
        reason="generation stopped at the length limit",
    )
    whole = Case(
        id="well formed", sample=Sample(completion=_TRUNCATED), expect=Expect.ACCEPT, reason="the form itself"
    )
    return (*attacks, truncated, whole)


CASES: Mapping[str, tuple[Case, ...]] = {
    "think_answer": _cases(_BOTH, _THINK_ANSWER),
    "think": _cases(_BOTH, _THINK),
}
"""By the name of the reward they are for."""
