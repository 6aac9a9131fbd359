"""How a kept completion is written: R1's ``|special_token|<reasoning_process>|special_token|<summary>``."""

from __future__ import annotations

from assay.sections import after_reasoning, reasoning
from assay_trainer.rejection.settings import SUMMARY, THOUGHT, Form
from assay_trainer.template import Prompt

NO_THOUGHT, NO_SUMMARY = "no thought", "no summary"
"""Why a completion cannot be written in the form."""


def formed(completion: str, form: Form, *, simple: bool) -> tuple[str, None] | tuple[None, str]:
    """Write a completion in its form.

    The thought is what stands before the last ``</think>``, the summary what stands after it, both without
    the white space around them; a completion without such a tag is a summary.

    Args:
        completion: As drawn.
        form: The form.
        simple: Whether ``thought: auto`` drops the thought.

    Returns:
        The text and None; or None and why it cannot be written: it lacks a part that the form asks for.
    """
    drops = form.thought == "drop" or (form.thought == "auto" and simple)
    if not drops and form.pattern is None:
        return completion, None
    thought, summary = reasoning(completion), (after_reasoning(completion) or "").strip()
    if not summary:
        return None, NO_SUMMARY
    if drops or form.pattern is None:
        return summary, None
    if not thought:
        return None, NO_THOUGHT
    before, _, rest = form.pattern.partition(THOUGHT)
    if SUMMARY in before:  # the summary may come first
        return before.replace(SUMMARY, summary) + thought + rest, None
    return before + thought + rest.replace(SUMMARY, summary), None


def is_simple(prompt: Prompt, limit: int) -> bool:
    """Whether all that the user says has `limit` characters or fewer, blanks around it aside."""
    if isinstance(prompt, str):
        return len(prompt.strip()) <= limit
    said = [str(message["content"]).strip() for message in prompt if message["role"] == "user"]
    return sum(map(len, said)) <= limit
