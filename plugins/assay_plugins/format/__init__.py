"""Rewards for the form of a completion: 1 for well formed, 0 for anything else.

They judge with a grammar rather than a pattern, so that repeated, nested, reversed or empty blocks
are not paid. What they cannot see: whether the reasoning is any good. On some base models paying
the form alone raises benchmark scores, so a gain under it proves nothing about a verifier
(RVH-F19), and once nearly every completion is well formed it only adds noise (RVH-F18).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assay import (
    Case,
    Check,
    Cost,
    Example,
    Isolation,
    RewardSpec,
    Sample,
    Verdict,
    hookimpl,
)
from assay import Grammar as Declared
from assay.specs import AnySpec
from assay_plugins.format import forms
from assay_plugins.format.cases import CASES
from assay_plugins.format.grammar import Grammar

_READS = ("completion", "truncated")
_TAGS = {"o": "<think>", "c": "</think>", "O": "<answer>", "C": "</answer>"}


@dataclass(frozen=True, slots=True)
class WellFormed:
    """Pays 1 to completions without a violation, 0 to the others and to every truncated one."""

    grammar: Grammar

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge each sample by itself; same length and order."""
        return [self._judge(sample) for sample in samples]

    def _judge(self, sample: Sample) -> Verdict:
        # A cut-off completion may happen to end well; the policy did not end it (RVH-F20).
        violation = "truncated" if sample.truncated else self.grammar.violation(sample.completion)
        return Verdict.scored(1.0, "well formed") if violation is None else Verdict.scored(0.0, violation)


def build_think_answer(**options: Any) -> Check:
    """Build `format.think_answer`."""
    return WellFormed(forms.think_answer(forms.FormOptions(**options)))


def build_think(**options: Any) -> Check:
    """Build `format.think`."""
    return WellFormed(forms.think(forms.FormOptions(**options)))


def build_special_tokens(**options: Any) -> Check:
    """Build `format.special_tokens`."""
    return WellFormed(forms.special_tokens(forms.SpecialTokenOptions(**options)))


THINK_ANSWER = RewardSpec(
    name="think_answer",
    summary="1 when the completion is <think>…</think> <answer>…</answer> and nothing else",
    factory=build_think_answer,
    options=forms.FormOptions,
    judges="format",
    grammar=Declared(tags=_TAGS, pattern="b?oxcb?OxCb?"),
    reads=_READS,
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="What is 2 + 2?",
            good=(
                "<think>Two and two make four.</think> <answer>4</answer>",
                "<think>\nLet me count: 1, 2, 3, 4.\n</think>\n<answer>\n4\n</answer>\n",
            ),
            bad=("4", "<answer>4</answer>", "<think>Two and two make four.</think> 4"),
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("<think>2 + 2 = 4</think><answer>4</answer>",),
            bad=(
                "<think>\n\n</think> <answer>4</answer>",
                "<think>2 + 2 = 4</think> <answer> </answer>",
                "<think></think><answer></answer>",
            ),
            note="empty blocks",
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("<think>Is it 5? No, 4.</think>\n\n<answer>4</answer>",),
            bad=(
                "<think>5?</think><think>No, 4.</think> <answer>4</answer>",
                "<think>Is it 5? No, 4.</think> <answer>5</answer> <answer>4</answer>",
                "<think>Is it 5? <answer>4</answer></think>",
                "<answer>4</answer> <think>Is it 5? No, 4.</think>",
                "<think>Is it 5? No, 4.</think> <answer>4</answer> I am sure.",
            ),
            note="repeated, nested and reversed blocks, text outside",
        ),
    ),
)

THINK = RewardSpec(
    name="think",
    summary="1 when the completion is <think>…</think> followed by visible text",
    factory=build_think,
    options=forms.FormOptions,
    judges="format",
    grammar=Declared(tags=_TAGS, pattern="b?oxc[bOC]*x[xbOC]*"),
    reads=_READS,
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="What is 2 + 2?",
            good=(
                "<think>Two and two make four.</think>\n4",
                "<think>Easy.</think> The answer is \\boxed{4}.",
                "<think>Easy.</think> <answer>4</answer>",
            ),
            bad=("4", "Sure! <think>Easy.</think> 4", "<think>Easy. 4"),
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("<think>2 + 2 = 4</think> 4",),
            bad=("<think> </think> 4", "<think>2 + 2 = 4</think>\n", "<think></think>", "</think> 4"),
            note="empty blocks",
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("<think>5? No.</think> 4",),
            bad=(
                "<think>5?</think> <think>No.</think> 4",
                "<think><think>5? No.</think></think> 4",
                "<think>5? No.</think></think> 4",
                "<think>5? No. <answer>4</answer></think> done",
            ),
            note="repeated and nested tags, the answer inside the reasoning",
        ),
    ),
)

SPECIAL_TOKENS = RewardSpec(
    name="special_tokens",
    summary="1 when the completion is |special_token|reasoning|special_token|summary (R1's cold start)",
    factory=build_special_tokens,
    options=forms.SpecialTokenOptions,
    judges="format",
    grammar=Declared(tags={"t": "|special_token|"}, pattern="b?txtx"),
    reads=_READS,
    isolation=Isolation.INLINE,
    cost=Cost.MICROSECONDS,
    examples=(
        Example(
            prompt="What is 2 + 2?",
            good=("|special_token|Two and two make four.|special_token|The answer is 4.",),
            bad=(
                "The answer is 4.",
                "|special_token|The answer is 4.",
                "First: |special_token|Easy.|special_token|4",
            ),
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("|special_token|2 + 2 = 4|special_token|4",),
            bad=(
                "|special_token||special_token|4",
                "|special_token|2 + 2 = 4|special_token|",
                "|special_token|2 + 2 = 4|special_token| \n",
            ),
            note="empty blocks",
        ),
        Example(
            prompt="What is 2 + 2?",
            good=("|special_token|5? No.|special_token|4",),
            bad=(
                "|special_token|5? No.|special_token|4|special_token|",
                "|special_token|5?|special_token|No.|special_token|4",
            ),
            note="a third delimiter",
        ),
    ),
)


@hookimpl
def register_rewards() -> Iterable[RewardSpec]:
    """Offer the three forms."""
    return (THINK_ANSWER, THINK, SPECIAL_TOKENS)


@hookimpl
def register_cases(spec: AnySpec) -> Iterable[Case]:
    """Bring the known attacks on format rewards."""
    return CASES[spec.name] if spec in (THINK_ANSWER, THINK) else ()
