"""`filters.unreadable`: completions that no person would want to read (R1.md section 5.1)."""

from __future__ import annotations

import re
import string
import zlib
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from assay import Cost, Example, RolloutFilterSpec, Sample
from assay_plugins.filters.each import Each, Options

SHORTEST = 200
"""Characters below which shares mean nothing, and only broken characters count."""

_ODD = re.compile("[^\t-\r -~\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff]")
"""Beyond ASCII, what is no letter or digit: most texts have few, and only they are looked at twice."""
_BROKEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd]")
"""Control characters, lone surrogates, private use, and U+FFFD."""
_MOJIBAKE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bf\u00bd")
"""UTF-8 that was read as Latin-1 or as Windows's."""
_MOJIBAKE_MARKS = ("\u00c3", "\u00c2", "\u00e2\u20ac", "\u00ef\u00bf\u00bd")
_SIGN = re.compile("[\u00a1-\u00bf\u2000-\u2bff\u3000-\u303f\uff00-\uff0f\U0001f000-\U0001faff]")
_PUNCTUATION = string.punctuation.encode()
_BLANK = string.whitespace.encode()


class UnreadableOptions(Options):
    """Options of `filters.unreadable`. The share of repeated lines is the Gopher rule (arXiv 2112.11446)."""

    max_broken: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Largest share of characters that are control codes or mojibake.",
    )
    max_symbols: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Largest share of punctuation and symbols among what is not blank.",
    )
    max_repeated_lines: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Largest share of lines, blank ones aside, that repeat an earlier one.",
    )
    max_compression: float = Field(
        default=8.0, ge=1, description="How many times smaller zlib may make it; looping text shrinks more."
    )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Finds the first rule that a completion breaks."""

    options: UnreadableOptions

    def __call__(self, sample: Sample) -> str | None:
        """Name the rule; None: it is readable, or blank, which is not this filter's business."""
        text, options = sample.completion, self.options
        odd = "".join(_ODD.findall(text))
        broken = len(_BROKEN.findall(odd))
        if not text.isascii() and any(mark in text for mark in _MOJIBAKE_MARKS):
            broken += len(_MOJIBAKE.findall(text))
        if broken > options.max_broken * len(text):
            return "broken characters"
        if len(text) < SHORTEST:
            return None
        data = text.encode(errors="replace")
        symbols = len(data) - len(data.translate(None, _PUNCTUATION)) + len(_SIGN.findall(odd))
        blank = len(data) - len(data.translate(None, _BLANK))
        if symbols > options.max_symbols * (len(text) - blank):
            return "mostly symbols"
        lines = [line for line in map(str.strip, text.splitlines()) if line]
        if len(lines) - len(set(lines)) > options.max_repeated_lines * len(lines):
            return "repeated lines"
        if len(data) > options.max_compression * len(zlib.compress(data, 1)):
            return "repeats itself"
        return None


def build_unreadable(**options: Any) -> Each:
    """Build `filters.unreadable`."""
    return Each(Unreadable(UnreadableOptions(**options)))


_PROSE = (
    "First we look at the two numbers that are given. Then we add the second one to the first: "
    "$\\frac{4}{2} + 2 = 4$. Wait, let me check that by counting on: one, two, three, four. "
    "So the sum of both numbers is four, which is what we wanted to know."
)
_CHINESE = (
    "首先看题目给出的两个数字，然后把第二个数字加到第一个数字上。等一下，让我数一数来检查结果：一、二、三、四。"
    "所以这两个数字的和是四，这就是我们想知道的答案。另外也可以用数轴来看：从二出发，向右走两步，就到了四的位置。"
    "如果把顺序换过来，结果也是一样的，因为加法满足交换律。最后再用减法验算一次：四减去二等于二，没有问题。"
    "因此无论用哪一种方法，我们都得到同样的结果，可以放心地写下答案：四。"
)

UNREADABLE = RolloutFilterSpec(
    name="unreadable",
    summary="drops broken characters, walls of symbols, and text that goes round in circles",
    factory=build_unreadable,
    options=UnreadableOptions,
    reads=("completion",),
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="2 + 2?",
            good=(_PROSE, "4", ""),
            bad=(
                _PROSE.replace("e", "\ufffd"),
                _PROSE + "\x00\x07\x1b" * 5,
                "DÃ©jÃ\xa0 vu, câ€™est Ã§a",
            ),
            note="broken characters; UTF-8 that was read as Latin-1",
        ),
        Example(
            prompt="2 + 2?",
            good=(f"<think>{_PROSE}</think>4",),
            bad=("}{)(*&^ $%# )(__++ ]][[ a " * 12, "→ ✓✓✓ ≈≈ ∑∑ ★ ** " * 20),
            note="symbols",
        ),
        Example(
            prompt="2 + 2?",
            good=("\n".join(f"{n} + {n} = {2 * n}" for n in range(40)),),
            bad=("Wait, let me check.\nTwo and two make four.\n" * 10, "no wait, " * 100),
            note="going round in circles, by lines or within one",
        ),
        Example(prompt="二加二等于几？", good=(_CHINESE,), bad=("等一下，让我再想一想。" * 60,)),
    ),
)
