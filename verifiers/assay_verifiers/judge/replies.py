"""Replies of a judge, read strictly: one of the choices, or no verdict at all."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from assay import InfraError

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.S)


class UnreadableError(InfraError):
    """A reply without a verdict. It blames nobody's completion, and is never a pass."""


def schema(choices: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of a reply, as `response_format` takes it."""
    verdict = {"type": "string", "enum": list(choices)}
    form = {
        "type": "object",
        "properties": {"verdict": verdict},
        "required": ["verdict"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": form}}


def wanted(choices: Sequence[str]) -> str:
    """The last line of a request: in what form to reply."""
    forms = " or ".join(json.dumps({"verdict": choice}) for choice in choices)
    return f"Reply with this JSON and nothing else: {forms}"


def content_of(data: bytes) -> tuple[str, int]:
    """Return the message of a chat completion, and the tokens that it cost (0: the server does not say).

    Raises:
        UnreadableError: cut off, refused, or no chat completion.
    """
    try:
        reply: Any = json.loads(data)
        choice: Any = reply["choices"][0]
        content, ended = choice["message"]["content"], choice.get("finish_reason")
        usage: Any = reply.get("usage") or {}
        tokens: Any = usage.get("total_tokens")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise UnreadableError(f"the judge's server sent no chat completion: {brief(data)}") from None
    if not isinstance(content, str):
        raise UnreadableError("the judge's reply has no text")
    if ended == "content_filter":
        raise UnreadableError("the judge's reply was withheld by its server")
    return content, tokens if isinstance(tokens, int) else 0


def choice_in(text: str, choices: Sequence[str]) -> str:
    """Return the verdict of a reply.

    Reasoning up to the last ``</think>`` and one code fence around everything are passed over. What is left
    must be a choice to the letter, or a JSON object whose only key is ``verdict``.

    Raises:
        UnreadableError: it is anything else.
    """
    body = text.rpartition("</think>")[2].strip()
    fence = _FENCE.fullmatch(body)
    body = fence[1].strip() if fence else body
    if body in choices:
        return body
    try:
        value: object = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list) and len(cast("list[object]", value)) == 1:
        pair = cast("list[object]", value)[0]
        if isinstance(pair, tuple) and pair[0] == "verdict":
            verdict = cast("tuple[object, object]", pair)[1]
            told = str(verdict) if type(verdict) is int else verdict
            if isinstance(told, str) and told in choices:
                return told
    raise UnreadableError(f"the judge's reply is no verdict: {brief(text.encode('utf-8', 'replace'))}")


def brief(data: bytes) -> str:
    """The beginning of what came, for a message."""
    text = data[:400].decode("utf-8", "replace")
    return repr(text[:200] + ("…" if len(text) > 200 else ""))
