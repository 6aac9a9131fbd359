"""Public evaluation sets: a published row of each, what is made of it, and who judges it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from assay import DataError
from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_trainer.commands.evaluate import evaluate
from assay_trainer.evalsets import SETS, defaults, find_set, load_set
from assay_trainer.settings import SettingsError

AIME = {
    "id": 72, "answer": "025",
    "problem": "Find the largest possible real part of \\[(75+117i)z+\\frac{96+144i}{z}\\]",
}  # fmt: skip
MATH = {
    "problem": "Simplify $\\sqrt{242}$.", "answer": "11\\sqrt2", "subject": "Prealgebra", "level": 4,
    "unique_id": "test/prealgebra/1302.json",
}  # fmt: skip
GSM8K = {"question": "How many blocks?", "answer": "500 + 1500+ 125= <<500+1500+125=2125>>2125\n#### 2,125"}
GPQA = {
    "Question": "Which of these is a noble gas?", "Correct Answer": "Neon\n", "Incorrect Answer 1": "Oxygen",
    "Incorrect Answer 2": "Iron", "Incorrect Answer 3": "Iodine", "High-level domain": "Chemistry",
}  # fmt: skip
CODE = {
    "question_content": "Print the sum of two numbers.", "difficulty": "easy", "starter_code": "",
    "public_test_cases": json.dumps([{"input": "1 2", "output": "3", "testtype": "stdin"}]),
    "private_test_cases": json.dumps([{"input": "5 5", "output": "10", "testtype": "stdin"}]),
    "metadata": "{}",
}  # fmt: skip
IFEVAL = {
    "key": 1, "prompt": "Name the sea without commas.", "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{"num_words": None}],
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "aime24": AIME, "math500": MATH, "gsm8k": GSM8K, "gpqa": GPQA, "livecodebench": CODE, "ifeval": IFEVAL,
}  # fmt: skip


def load(folder: Path, name: str, *rows: Any, **how: Any) -> list[dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_set(name, str(path), **how)


@contextmanager
def stack_of(name: str) -> Iterator[Stack]:
    registry = load_registry(find_set(name).registry)
    with Stack.build(registry, Host.load(only=registry.plugins), "evaluation") as stack:
        yield stack


def is_right(stack: Stack, row: dict[str, Any], completion: str) -> bool | None:
    sample = stack.router.sample(row, completion, id="0", group="0", truncated=False, tokens=1)
    return stack.router.is_right(stack.verify([sample])[0])


@pytest.mark.parametrize("name", SETS)
def test_published_rows_are_read(name: str, tmp_path: Path) -> None:
    """Each set makes a prompt and a reference of its row, and its registry is valid and routes all rows."""
    (row,) = load(tmp_path, name, ROWS[name])
    assert row["prompt"].startswith(str(ROWS[name].get("problem") or ROWS[name][find_set(name).columns[0]]))
    assert row["solution"] and (name != "gsm8k" or row["solution"] == "2125")
    registry = load_registry(find_set(name).registry)
    assert list(registry.config.stacks) == ["evaluation"] and registry.config.route
    assert 4 <= defaults(name)["k"] <= 64 and defaults(name)["temperature"] == 0.6


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("aime24", r"So \boxed{25}.", r"\boxed{26}"),
        ("math500", r"<think>…</think>It is $\boxed{11\sqrt{2}}$.", r"\boxed{12\sqrt{2}}"),
        ("gsm8k", r"\boxed{2125}", r"\boxed{2}"),
        ("ifeval", "The sea of Japan", "The sea, of course"),
    ],
)
def test_the_registry_of_a_set_judges_it(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    """What the published row calls right is right, with nothing but what comes with the package."""
    (row,) = load(tmp_path, name, ROWS[name])
    with stack_of(name) as stack:
        assert is_right(stack, row, right) is True
        assert is_right(stack, row, wrong) is False


def test_gpqa(tmp_path: Path) -> None:
    """Exactly the letter of the right option is right; the order is each row's own, and stays."""
    rows = load(tmp_path, "gpqa", *({**GPQA, "Question": f"Question {n}?"} for n in range(40)))
    references = [json.loads(row["solution"]) for row in rows]
    assert rows == load(tmp_path, "gpqa", *({**GPQA, "Question": f"Question {n}?"} for n in range(40)))
    assert {reference["answer"] for reference in references} == set("ABCD")
    assert all(reference["options"][reference["answer"]] == "Neon" for reference in references)
    assert all(f"({one['answer']}) Neon" in row["prompt"] for row, one in zip(rows, references, strict=True))
    assert rows[0]["domain"] == "Chemistry"
    with stack_of("gpqa") as stack:
        judged = {letter: is_right(stack, rows[0], rf"\boxed{{{letter}}}") for letter in "ABCD"}
    assert judged == {letter: letter == references[0]["answer"] for letter in "ABCD"}


def test_livecodebench(tmp_path: Path) -> None:
    """Public and private tests, as published, are the reference; starter code is shown."""
    private = [{"input": "5 5", "output": "10", "testtype": "stdin"}]
    (plain,) = load(tmp_path, "livecodebench", CODE)
    (packed,) = load(tmp_path, "livecodebench", {**CODE, "private_test_cases": pack(json.dumps(private))})
    assert packed == plain and len(json.loads(plain["solution"])["tests"]) == 2
    assert "standard input" in plain["prompt"] and plain["domain"] == "easy"
    (started,) = load(tmp_path, "livecodebench", {**CODE, "starter_code": "class Solution:\n    pass\n"})
    assert "class Solution:" in started["prompt"] and "standard input" not in started["prompt"]


@pytest.mark.parametrize(
    "cases", ["x", "[", "{}", "AAAA", base64.b64encode(zlib.compress(b"cos\nsystem\n.")).decode()]
)
def test_private_tests_that_cannot_be_read(cases: str, tmp_path: Path) -> None:
    """They are an error with the row's number; nothing that a pickle names is ever called."""
    with pytest.raises(DataError, match="row 1 is none of livecodebench: its tests"):
        load(tmp_path, "livecodebench", {**CODE, "private_test_cases": cases})


def test_templates_and_limits(tmp_path: Path) -> None:
    """The question is wrapped as training wraps it; the first rows are taken."""
    (row,) = load(tmp_path, "gsm8k", GSM8K, GSM8K, template="chat", limit=1)
    assert row["prompt"][0]["role"] == "user" and "\\boxed{}" in row["prompt"][0]["content"]


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("gsm8k", {**GSM8K, "answer": "2125"}, "no answer stands behind ####"),
        ("gsm8k", {"problem": "x", "answer": "#### 1"}, "it lacks 'question'; it has answer, problem"),
        ("gpqa", {**GPQA, "Incorrect Answer 1": "Neon"}, "not four different ones"),
        ("livecodebench", {**CODE, "public_test_cases": [], "private_test_cases": None}, "it has no tests"),
    ],
)
def test_rows_of_something_else(name: str, row: dict[str, Any], problem: str, tmp_path: Path) -> None:
    """A row that is not the set's is an error that says which row and why."""
    with pytest.raises(DataError, match=rf"row 2 is none of {name}: .*{problem}"):
        load(tmp_path, name, ROWS[name], row)


def test_the_command_knows_the_sets() -> None:
    """`assay eval --set` offers exactly these."""
    (option,) = (one for one in evaluate.params if one.name == "set")
    assert isinstance(option.type, click.Choice) and list(option.type.choices) == list(SETS)


def test_unknown_sets_and_empty_files(tmp_path: Path) -> None:
    """The message names the sets there are; nothing to evaluate is an error."""
    with pytest.raises(SettingsError, match=r"no evaluation set 'gsm'.*aime24, math500, gsm8k"):
        load(tmp_path, "gsm", GSM8K)
    with pytest.raises(DataError, match="empty"):
        load(tmp_path, "gsm8k")


def pack(text: str) -> str:
    """As LiveCodeBench packs: a pickled text, zlib, base64."""
    data = text.encode()
    pickled = b"\x80\x04X" + len(data).to_bytes(4, "little") + data + b"\x94."
    return base64.b64encode(zlib.compress(pickled)).decode()
