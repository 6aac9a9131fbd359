"""The three forms that R1 uses, as grammars built from their options."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.sections import TAGS
from assay_plugins.format.grammar import Grammar, Section

CHAT_TOKENS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>"),  # Qwen, SmolLM
    *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    *("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>"),  # Gemma
    *("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),  # Phi
    *("[INST]", "[/INST]"),  # Mistral
    *("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"),  # DeepSeek
)
"""Tokens of common chat templates. ``<s>`` is missing on purpose: in HTML it is ordinary text."""

_THINK, _END_THINK, _ANSWER, _END_ANSWER = TAGS


class FormOptions(BaseModel):
    """What the forms have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefilled: bool = Field(
        default=False,
        description="The prompt's template already ends with the opening tag. The completion then "
        "starts inside the reasoning and must not open it again.",
    )
    min_reasoning_chars: int = Field(
        default=1,
        ge=1,
        description="Fewest visible characters of reasoning. 1 only refuses blank reasoning; a form "
        "cannot tell thoughts from filler, so raise it with care.",
    )
    forbidden: tuple[str, ...] = Field(
        default=CHAT_TOKENS,
        description="Strings that may stand nowhere in the completion. The default holds the tokens "
        "of common chat templates.",
    )
    tags_in_code: bool = Field(
        default=False,
        description="Whether a tag inside a Markdown code fence or backticks may end a section.",
    )

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the form."""
        return TAGS

    @model_validator(mode="after")
    def _tags_are_distinct(self) -> Self:
        if any(not text.strip() for text in (*self.tags, *self.forbidden)):
            raise ValueError("a tag or forbidden string is blank")
        both = sorted(set(self.tags) & set(self.forbidden))
        if both:
            raise ValueError(f"{', '.join(both)} is a tag of the form and forbidden as well")
        return self

    def grammar(self, opener: str, *sections: Section) -> Grammar:
        """Put what may stand before the opening tag in front, unless the prompt has it already."""
        lead = () if self.prefilled else (Section(f"before {opener}", opener),)
        return Grammar(
            sections=(*lead, *sections),
            tags=self.tags,
            opened=(opener,) if self.prefilled else (),
            forbidden=self.forbidden,
            tags_in_code=self.tags_in_code,
        )


class SpecialTokenOptions(FormOptions):
    """Options of the cold-start form."""

    token: str = Field(
        default="|special_token|",
        description="The delimiter, to the letter; it stands before the reasoning and before the summary.",
    )

    @property
    def tags(self) -> tuple[str, ...]:
        """The one delimiter."""
        return (self.token,)


def think_answer(options: FormOptions) -> Grammar:
    """``<think>TEXT</think> <answer>TEXT</answer>`` (the template of R1-Zero, table 1)."""
    return options.grammar(
        _THINK,
        Section("inside the reasoning", _END_THINK, options.min_reasoning_chars),
        Section(f"between {_END_THINK} and {_ANSWER}", _ANSWER),
        Section("inside the answer", _END_ANSWER, 1),
        Section(f"after {_END_ANSWER}", None),
    )


def think(options: FormOptions) -> Grammar:
    """``<think>TEXT</think>TEXT``.

    After the reasoning anything may stand but think tags, as long as something is visible. Answer
    tags there are passed over unjudged, balanced or not, and do not count as text.
    """
    return options.grammar(
        _THINK,
        Section("inside the reasoning", _END_THINK, options.min_reasoning_chars),
        Section(f"after {_END_THINK}", None, 1, frozenset({_ANSWER, _END_ANSWER})),
    )


def special_tokens(options: SpecialTokenOptions) -> Grammar:
    """``|special_token|TEXT|special_token|TEXT`` (the cold-start form, R1 section 2.3.1)."""
    return options.grammar(
        options.token,
        Section("inside the reasoning", options.token, options.min_reasoning_chars),
        Section("inside the summary", None, 1),
    )
