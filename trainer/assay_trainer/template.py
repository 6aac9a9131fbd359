"""What a prompt is wrapped in before the model sees it.

========= ===================================================================================
r1-zero   The template of DeepSeek-R1-Zero (R1 paper, Table 1): plain text for a *base* model, structure
          only, no hint about content or strategy. The result is text.
chat      One user message for the tokenizer's own chat template. The result is messages; the
          tokenizer must have a template.
none      The prompt as the dataset has it: text stays text, messages stay messages.
========= ===================================================================================

The same template wraps training and evaluation prompts: a policy that is judged in another form than it
was trained in looks worse than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from assay import DataError, ModelError
from assay_trainer.settings import Template

Prompt = str | list[dict[str, Any]]
"""Text, or chat messages in order."""

R1_ZERO = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. "
    "The assistant first thinks about the reasoning process in the mind and then provides the user with "
    "the answer. The reasoning process and answer are enclosed within <think> </think> and "
    "<answer> </answer> tags, respectively, i.e., <think> reasoning process here </think> "
    "<answer> answer here </answer>. User: {prompt} Assistant:"
)
"""Table 1. The paper closes the prompt with a full stop, which `wrap` adds where none stands."""

_ENDINGS = ".?!。？！…"


def wrap(prompt: str | Sequence[Mapping[str, Any]], template: Template) -> Prompt:
    """Apply `template` to one prompt.

    Raises:
        DataError: `r1-zero` meets messages other than one user message, or a message without text.
    """
    if template == "r1-zero":
        text = prompt.strip() if isinstance(prompt, str) else _only_user_text(prompt)
        return R1_ZERO.replace("{prompt}", text if text.endswith(tuple(_ENDINGS)) else f"{text}.")
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}] if template == "chat" else prompt
    return [dict(message) for message in prompt]


def encode(tokenizer: Any, prompt: str | Sequence[Mapping[str, Any]]) -> list[int]:
    """Tokenize one wrapped prompt as TRL's GRPO does: messages with the chat template, text as it stands.

    Raises:
        ModelError: Messages, and the tokenizer has no chat template.
    """
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    if not tokenizer.chat_template:
        raise ModelError(
            "prompts are messages, and the tokenizer has no chat template; use template: r1-zero"
        )
    messages = [dict(message) for message in prompt]
    encoded = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True
    )
    return list(encoded["input_ids"])


def _only_user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    roles = [message.get("role") for message in messages]
    if roles != ["user"] or not isinstance(messages[0].get("content"), str):
        raise DataError(
            f"template r1-zero needs prompts that are text or one user message; found the roles {roles}. "
            "Use template: none, or reduce the prompt to its question."
        )
    return cast("str", messages[0]["content"]).strip()
