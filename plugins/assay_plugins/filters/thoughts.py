"""Filters by the form of the chain of thought: R1 left long paragraphs and code blocks out of its samples."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from assay import Cost, Example, RolloutFilterSpec, Sample
from assay.sections import thoughts
from assay_plugins.filters.each import Each, Options

_CODE = re.compile(r"^[ \t>*+\-\d.)]*(?:```|~~~)|<pre\b|\\begin\{(?:lstlisting|minted|verbatim)\}", re.M)
"""A fence, also in a quotation or a list, closed or not; and the same in HTML and LaTeX."""
_MARKS = ("```", "~~~", "<pre", "\\begin{")


def has_code(text: str) -> bool:
    """Tell whether a text contains a code block; code inside a line is none."""
    return any(mark in text for mark in _MARKS) and _CODE.search(text) is not None


class LongParagraphsOptions(Options):
    """Options of `filters.long_paragraphs`."""

    max_characters: int = Field(
        default=2000, gt=0, description="Longest paragraph that is kept. One ends at a line break."
    )


def build_code_blocks() -> Each:
    """Build `filters.code_blocks`."""

    def reason(sample: Sample) -> str | None:
        return "code block" if has_code(thoughts(sample.completion)) else None

    return Each(reason)


def build_long_paragraphs(**options: Any) -> Each:
    """Build `filters.long_paragraphs`."""
    limit = LongParagraphsOptions(**options).max_characters

    def reason(sample: Sample) -> str | None:
        text = thoughts(sample.completion)
        if len(text) <= limit:
            return None
        return "long paragraph" if any(len(line.strip()) > limit for line in text.splitlines()) else None

    return Each(reason)


_WALL = "We add the two numbers and look at what comes out, and then we do it again to be sure of it. "
_LINES = "We add the two numbers and look at what comes out.\nThen we do it again to be sure of it.\n"

LONG_PARAGRAPHS = RolloutFilterSpec(
    name="long_paragraphs",
    summary="drops chains of thought that contain a long paragraph",
    factory=build_long_paragraphs,
    options=LongParagraphsOptions,
    reads=("completion",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="2 + 2?",
            good=(f"<think>{_LINES * 30}</think>4", "4"),
            bad=(f"<think>{_WALL * 30}</think>4", f"<think>\n\n{_WALL * 30}"),
            note="lines are paragraphs; the think block need not be closed",
        ),
        Example(
            prompt="Tell me a story.",
            good=(f"<think>A story.</think>{_WALL * 30}",),
            bad=(_WALL * 30,),
            note="the answer may be long; without tags everything is thought",
        ),
        Example(
            prompt="二加二等于几？",
            good=("<think>" + "我们把两个数相加。\n" * 300 + "</think>四",),
            bad=("<think>" + "我们把两个数相加。" * 300 + "</think>四",),
        ),
    ),
)

CODE_BLOCKS = RolloutFilterSpec(
    name="code_blocks",
    summary="drops chains of thought that contain a code block",
    factory=build_code_blocks,
    reads=("completion",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="Write a function that doubles.",
            good=(
                "<think>It returns `2 * x`.</think>\n```python\ndef f(x):\n    return 2 * x\n```",
                "<think>Three marks, ```, begin a block.</think>`lambda x: 2 * x`",
            ),
            bad=(
                "<think>Try\n```python\nf = lambda x: 2 * x\n```\n</think>It doubles.",
                "<think>\n- ~~~\n  f = lambda x: 2 * x\n  ~~~</think>It doubles.",
            ),
            note="an answer may be code",
        ),
        Example(
            prompt="2 + 2?",
            good=("<think>2 + 2 = 4</think>4",),
            bad=("<think>> ```\n> 2 + 2\n", "```\n2 + 2\n```\n4"),
            note="a block that is never closed, and no tags at all",
        ),
        Example(
            prompt="2 + 2?",
            good=("<think>\\begin{align}2 + 2 &= 4\\end{align}</think>4",),
            bad=(
                "<think>\\begin{verbatim}2 + 2\\end{verbatim}</think>4",
                "<think><pre>print(4)</pre></think>4",
            ),
            note="in LaTeX and HTML",
        ),
    ),
)
