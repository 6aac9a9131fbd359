"""Texts as a judge gets to see them: without template tokens, between marks that cannot be forged."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_TEMPLATE = re.compile(
    r"(?<=<)(?=[|｜])|(?<=[|｜])(?=>)|(?<=<)(?=/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|think|tool_call)>)"
    r"|(?<=\[)(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS)\])|(?<=<)(?=</?SYS>>)"
)
"""Places inside of what a server may read as tokens of its chat template; a space there makes them text."""


def shown(text: str) -> str:
    """Return the text as it may stand in a request.

    Lone surrogates and control characters, which servers refuse, become U+FFFD; tokens of chat templates are
    broken up. What a person reads stays the same.
    """
    kept = "".join(
        "\ufffd" if unicodedata.category(char) in ("Cs", "Cc") and char not in "\n\t" else char
        for char in text
    )
    return _TEMPLATE.sub(" ", kept)


def spelling(text: str) -> str:
    """White space made one blank: what is equal then needs no judge."""
    return " ".join(text.split())


def says_something(text: str) -> bool:
    """Whether there is a letter, a digit or a symbol; punctuation alone is no answer."""
    return any(unicodedata.category(char)[0] in "LNS" for char in text)


def question_of(prompt: str | tuple[Mapping[str, Any], ...], most: int) -> str:
    """The prompt as one text, at most `most` characters from its end; empty when there is none."""
    if not isinstance(prompt, str):
        texts = [(str(message.get("role") or ""), message.get("content") or "") for message in prompt]
        only = len(texts) == 1
        prompt = "\n\n".join(str(text) if only else f"{role}: {text}" for role, text in texts)
    prompt = prompt.strip()
    return prompt if len(prompt) <= most else "[…]" + prompt[len(prompt) - most :] if most else ""


def fenced(texts: Mapping[str, str]) -> str:
    """Put each text between two lines that carry its name and a code.

    The code is made from the texts until none of them holds it, so nothing in a text can end it; and equal
    texts make equal requests.

    Args:
        texts: Name to text, in order. Names are ours.
    """
    clean = {name: shown(text) for name, text in texts.items()}
    together = "\x00".join(f"{name}\x00{text}" for name, text in clean.items())
    code, turn = "", 0
    while not code or code in together:
        code = hashlib.sha256(f"{turn}\x00{together}".encode()).hexdigest()[:6]
        turn += 1
    blocks = [f"[{name} {code}]\n{text}\n[end {code}]" for name, text in clean.items()]
    return "\n\n".join(blocks)
