"""Replies: one of the choices to the letter, or a fault. Nothing in between."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_server import completion

from assay import InfraError
from assay_verifiers.judge.replies import UnreadableError, choice_in, content_of, schema, wanted

AB = ("A", "B")


@pytest.mark.parametrize(
    "text",
    [
        "A",
        " A\n",
        '{"verdict": "A"}',
        '{\n  "verdict":"A"\n}\n',
        '```json\n{"verdict": "A"}\n```',
        "```\nA\n```",
        "<think>B? No.</think>\nA",
        '<think>{"verdict": "B"}</think>{"verdict": "A"}',
    ],
)
def test_what_is_read(text: str) -> None:
    """The choice, or the object with it, after reasoning and in a fence."""
    assert choice_in(text, AB) == "A"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "AB",
        "A.",
        "A or B",
        "The verdict is A",
        "C",
        '{"verdict": "C"}',
        '{"verdict": "A"',
        "null",
        "[]",
        '{"verdict": "A", "verdict": "B"}',
        '{"verdict": "A", "reason": "same"}',
        '{"verdict": ["A"]}',
        '{"verdict": true}',
        '{"Verdict": "A"}',
        '{"verdict": "A"} {"verdict": "B"}',
        '["verdict", "A"]',
        "<think>A",
        "```json\nA",
        "[[A]]",
        '{"verdict": null}',
        "[" * 100000,
        '[["verdict", "A"]]',
    ],
)
def test_what_is_no_verdict(text: str) -> None:
    """Prose, other choices, two verdicts, further keys, cut-off JSON and reasoning: all are faults."""
    with pytest.raises(UnreadableError, match="no verdict"):
        choice_in(text, AB)


@given(st.text())
def test_no_text_is_read_as_something_else(text: str) -> None:
    """Any text is one of the choices or a fault, and no other exception gets out."""
    with contextlib.suppress(InfraError):
        assert choice_in(text, AB) in AB


def test_grades_may_be_numbers() -> None:
    """A 4 is the choice ``4``; a 4.0 and a true are not."""
    marks = ("1", "2", "3", "4", "5")
    assert choice_in('{"verdict": 4}', marks) == choice_in('{"verdict": "4"}', marks) == "4"
    for text in ('{"verdict": 4.0}', '{"verdict": true}', '{"verdict": 6}'):
        with pytest.raises(UnreadableError):
            choice_in(text, marks)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b"[" * 100000,
        completion(None).encode(),
        completion("A", "content_filter").encode(),
        b'{"choices": 5}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_completion(data: bytes) -> None:
    """Other JSON, no JSON, a refusal and a withheld reply are faults."""
    with pytest.raises(UnreadableError):
        content_of(data)


def test_the_schema_is_what_is_read() -> None:
    """Every reply that the schema and the last line of the request allow is read."""
    (form,) = (schema(AB)["json_schema"]["schema"],)
    assert form["properties"]["verdict"]["enum"] == ["A", "B"] and form["additionalProperties"] is False
    for choice in AB:
        assert json.dumps({"verdict": choice}) in wanted(AB)
        assert choice_in(json.dumps({"verdict": choice}), AB) == choice
