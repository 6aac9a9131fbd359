"""The base model's texts."""

import itertools
import re
from collections import Counter

import pytest

from assay_trainer.demo.corpus import Document, documents
from assay_trainer.demo.problems import is_held_out

EXPRESSION = re.compile(r"\d+(?:[+-]\d)+")
ANSWER_FORM = re.compile(r"<think>[^<]+</think><answer>[^<]*\\boxed\{-?\d+\}</answer>")


def value(expression: str) -> int:
    return sum(int(term) for term in re.findall(r"[+-]?\d+", expression))


@pytest.fixture(scope="module")
def texts() -> list[Document]:
    return list(itertools.islice(documents(seed=0), 20_000))


def test_no_text_contains_a_held_out_expression(texts):
    """No question asks, and no answer quotes, a four-operand expression of the test split."""
    for document in texts:
        assert not is_held_out(document.expression)
        for found in EXPRESSION.findall(f"{document.question} {document.lead} {document.answer}"):
            assert len(re.findall(r"\d+", found)) < 4 or not is_held_out(found)


def test_the_same_seed_gives_the_same_texts():
    """The corpus is a function of its seed."""
    first, again, other = (list(itertools.islice(documents(seed), 50)) for seed in (1, 1, 2))
    assert first == again != other


def test_thinking_uses_the_answer_form_of_r1_zero(texts):
    """A text with a think tag is exactly <think>…</think><answer>… \\boxed{n}</answer>."""
    thinking = [document.answer for document in texts if "<think>" in document.answer]
    assert len(thinking) > 2_000
    assert all(ANSWER_FORM.fullmatch(answer) for answer in thinking)


def test_chat_seldom_thinks_and_seldom_is_right(texts):
    """Of the answers to the very question asked later, under a quarter think and under a third are right."""
    chat = [text for text in texts if text.question and text.question.startswith(("Compute", "计算"))]
    right = [text for text in chat if f"\\boxed{{{value(text.expression)}}}" in text.answer]
    assert len(chat) > 2_000
    assert sum("<think>" in text.answer for text in chat) < len(chat) / 4
    assert len(right) < len(chat) / 3


def test_the_texts_hold_rereads_and_both_languages(texts):
    """Writers re-read in both languages, and some mix the two in one text."""
    seen = Counter[str]()
    for document in texts:
        english, chinese = re.search("First|Then", document.answer), re.search("首先|然后", document.answer)
        seen["mixed"] += bool(english and chinese)
        seen["Wait, no"] += "Wait, no" in document.answer
        seen["等等, 不对"] += "等等, 不对" in document.answer
    assert min(seen.values()) > 20 and len(seen) == 3
