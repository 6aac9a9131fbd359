"""The templates."""

from __future__ import annotations

import pytest

from assay import DataError
from assay_trainer.template import R1_ZERO, wrap

MESSAGES = [{"role": "user", "content": "1+1?"}]


def test_r1_zero_is_table_1() -> None:
    """The whole text of Table 1 surrounds the question, and ends where the assistant begins."""
    text = wrap("What is 1+1?", "r1-zero")
    assert isinstance(text, str)
    assert text.startswith("A conversation between User and Assistant. The user asks a question, and")
    assert "<think> reasoning process here </think> <answer> answer here </answer>" in text
    assert text.endswith("User: What is 1+1? Assistant:")


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [("Add 1 and 1", "Add 1 and 1."), ("Add.", "Add."), ("计算 1+1。", "计算 1+1。"), (" x ", "x.")],
)
def test_r1_zero_closes_the_question(prompt: str, asked: str) -> None:
    """A question without a closing mark gets the paper's full stop; others keep their own."""
    assert wrap(prompt, "r1-zero") == R1_ZERO.replace("{prompt}", asked)


def test_r1_zero_takes_braces_as_they_are() -> None:
    """LaTeX in a question is not a format field."""
    assert r"User: \frac{1}{2} {prompt}. Assistant:" in wrap(r"\frac{1}{2} {prompt}", "r1-zero")


def test_r1_zero_takes_one_user_message() -> None:
    """A single user message is its text; anything more cannot be put into the template."""
    assert wrap(MESSAGES, "r1-zero") == wrap("1+1?", "r1-zero")
    with pytest.raises(DataError, match="system"):
        wrap([{"role": "system", "content": "s"}, *MESSAGES], "r1-zero")
    with pytest.raises(DataError, match="user"):
        wrap([{"role": "user", "content": [{"type": "image"}]}], "r1-zero")


def test_chat_makes_messages() -> None:
    """Text becomes one user message; messages stay."""
    assert wrap("1+1?", "chat") == MESSAGES
    assert wrap(MESSAGES, "chat") == MESSAGES


def test_none_changes_nothing() -> None:
    """The prompt is passed on as it is."""
    assert wrap("1+1?", "none") == "1+1?"
    assert wrap(MESSAGES, "none") == MESSAGES
