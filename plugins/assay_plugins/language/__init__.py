"""A reward for reasoning in one language: the share of its words (DeepSeek-R1).

R1 adds it to the accuracy reward, and reports a slight loss of accuracy for it. It is made against
RVH-G01 to RVH-G16; what it pays for, and what it cannot see, stands in docs/explanation/language.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assay import Case, Check, Cost, Example, Isolation, RewardSpec, RolloutFilterSpec, hookimpl
from assay.specs import AnySpec
from assay_plugins.language.cases import cases
from assay_plugins.language.consistency import (
    COLUMN,
    ColumnOptions,
    Consistency,
    ConsistencyOptions,
    by_column,
    by_prompt,
    fixed,
)
from assay_plugins.language.mixed import MIXED


def build_consistency(**options: Any) -> Check:
    """Build `language.consistency`. Reads the word lists of the Latin script: a few seconds."""
    from assay_plugins.language.lexicon import lexicon

    lexicon("latin")
    settings = ConsistencyOptions(**options)
    return Consistency(
        by_prompt(settings) if settings.target == "prompt" else fixed(settings.target), settings
    )


def build_column_consistency(**options: Any) -> Check:
    """Build `language.column_consistency`. Reads the word lists of the Latin script: a few seconds."""
    from assay_plugins.language.lexicon import lexicon

    lexicon("latin")
    return Consistency(by_column, ColumnOptions(**options))


_ENGLISH = "First I add the two numbers, and then I check whether the sum is even."
_CHINESE = "我先把这两个数加起来，然后检查它们的和是不是偶数。"
_GERMAN = "Zuerst addiere ich die beiden Zahlen, und dann prüfe ich, ob die Summe gerade ist."

CONSISTENCY = RewardSpec(
    name="consistency",
    summary="share of the words of the reasoning that are in the language of the prompt, or in a given one",
    factory=build_consistency,
    options=ConsistencyOptions,
    reads=("completion", "prompt"),
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    extra="language",
    examples=(
        Example(
            prompt="Is the sum of these two numbers even?",
            good=(
                f"<think>{_ENGLISH}</think> Yes.",
                f"<think>{_ENGLISH} $x + y = 4$</think> <answer>4</answer>",
            ),
            bad=(
                f"<think>{_CHINESE}</think> Yes.",
                f"<think>{_ENGLISH} {_CHINESE}</think> Yes.",
                f"<think>{_GERMAN}</think> Yes.",
            ),
        ),
        Example(
            prompt="这两个数的和是偶数吗？",
            good=(f"<think>{_CHINESE}</think> 是。",),
            bad=(f"<think>{_ENGLISH}</think> 是。", f"<think>{_CHINESE} {_ENGLISH}</think> 是。"),
            note="a script without spaces",
        ),
        Example(
            prompt="Is the sum of these two numbers even?",
            good=(f"<think>{_ENGLISH}</think> Yes.",),
            bad=("", "<think></think> Yes.", f"<think></think> {_ENGLISH}", _ENGLISH),
            note="no reasoning, and reasoning outside the tags",
        ),
    ),
)

COLUMN_CONSISTENCY = RewardSpec(
    name="column_consistency",
    summary=f"the same, with the language from the dataset's column `{COLUMN}`",
    factory=build_column_consistency,
    options=ColumnOptions,
    reads=("completion",),
    columns=(COLUMN,),
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    extra="language",
    examples=(
        Example(
            prompt="4 + 4 = ?",
            good=(f"<think>{_GERMAN}</think> 8",),
            bad=(f"<think>{_ENGLISH}</think> 8", "8", "<think></think> 8"),
            columns={COLUMN: "de"},
        ),
        Example(
            prompt="4 + 4 = ?",
            good=(f"<think>{_CHINESE}</think> 8",),
            bad=(f"<think>{_GERMAN}</think> 8", f"<think>{_CHINESE} {_GERMAN}</think> 8"),
            columns={COLUMN: "zh"},
        ),
        Example(
            prompt="4 + 4 = ?",
            good=(f"<think>{_ENGLISH}</think> 8",),
            bad=(f"<think>{_CHINESE}</think> 8", _ENGLISH),
            columns={COLUMN: "en-GB"},
        ),
    ),
)


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the share, against the prompt's language and against a column."""
    return (CONSISTENCY, COLUMN_CONSISTENCY)


@hookimpl
def register_rollout_filters() -> Iterable[RolloutFilterSpec]:
    """Offer the filter of mixed chains of thought."""
    return (MIXED,)


@hookimpl
def register_cases(spec: AnySpec) -> Iterable[Case]:
    """Bring spliced texts, neutral insertions and the known attacks."""
    return tuple(cases()) if spec is CONSISTENCY else ()
