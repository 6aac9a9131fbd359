"""From a prompt and an answer to token ids, through the tokenizer's own chat template."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import ModelError

Prompt = str | Sequence[Mapping[str, Any]]
"""Text, which stands for one user message, or chat messages in order."""
Conversation = tuple[Prompt, str]
"""A prompt and the text that answers it."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_REASONING = ("<think>", "</think>")
_PROBE = "<think>alpha-7</think>beta-7"


class Encoder:
    """Encodes conversations; the same for training and for scoring. Not thread-safe.

    A text cannot end its own turn: tokens of the template in it are broken up by a blank. Templates that drop
    the reasoning get its tags broken up as well, so that nothing of a text is hidden from the model.
    """

    def __init__(self, tokenizer: Any, name: str) -> None:
        """Bind a tokenizer of transformers.

        Args:
            tokenizer: Any `PreTrainedTokenizerBase`.
            name: Of the model, for messages.

        Raises:
            ModelError: it has no chat template, or one that drops what the assistant says.
        """
        if not getattr(tokenizer, "chat_template", None):
            raise ModelError(
                f"{name}: its tokenizer has no chat template, so it is unknown how the model was shown "
                "prompt and answer. Set tokenizer.chat_template to the one it was trained with, and save it."
            )
        self.tokenizer = tokenizer
        special = [t.content for t in tokenizer.added_tokens_decoder.values() if t.special]
        self._marks = _pattern({*special, *tokenizer.all_special_tokens})
        if not self._keeps_all():
            self._marks = _pattern({*special, *tokenizer.all_special_tokens, *_REASONING})
            if not self._keeps_all():
                raise ModelError(f"{name}: its chat template drops part of what the assistant says")

    def __call__(self, conversations: Sequence[Conversation]) -> list[list[int]]:
        """Encode N conversations; N lists of token ids, without padding, never cut."""
        if not conversations:
            return []
        texts = [self.render(prompt, answer) for prompt, answer in conversations]
        return [
            list(ids) for ids in self.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        ]

    def render(self, prompt: Prompt, answer: str) -> str:
        """The text that the model reads."""
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
        shown = [{**message, "content": self._plain(message.get("content"))} for message in messages]
        return self.tokenizer.apply_chat_template(
            [*shown, {"role": "assistant", "content": self._plain(answer)}], tokenize=False
        )

    def _plain(self, content: Any) -> Any:
        if not isinstance(content, str):
            return "" if content is None else content
        return self._marks.sub(
            lambda found: f"{found[0][:1]} {found[0][1:]}", _SURROGATES.sub("\ufffd", content)
        )

    def _keeps_all(self) -> bool:
        text = self.render("?", _PROBE)
        return "alpha-7" in text and "beta-7" in text


def _pattern(marks: set[str]) -> re.Pattern[str]:
    ordered = sorted((mark for mark in marks if mark), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)) or "(?!)")
