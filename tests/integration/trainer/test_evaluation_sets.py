"""`assay eval --set` and `assay compare` from end to end, on the random model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_trainer.evalsets import find_set, load_set
from assay_trainer.plugin import register_commands

ROWS = [{"question": f"What is {n} + 1?", "answer": f"{n} + 1\n#### {n + 1}"} for n in range(3)]


def invoke(*words: str) -> Any:
    cli = click.Group()
    register_commands(cli)
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def test_a_set_needs_no_registry(tmp_path: Path, random_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set brings prompts, verifier and sampling; what is given wins; two models are compared after it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gsm8k.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    common = ("--model", str(random_model), "--set", "gsm8k", "--data", "gsm8k.jsonl", "--device", "cpu")
    for out, seed in (("a.jsonl", "0"), ("b.jsonl", "1")):
        done = invoke(
            "eval",
            *common,
            "--out",
            out,
            "--max-new-tokens",
            "8",
            "--seed",
            seed,
            "--pass-at",
            "1,2",
            "--json",
        )
        row = json.loads(done.stdout)
        assert (row["k"], row["n"], row["pass@2"]) == (4, 3, 0.0)
    header, *lines = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert header["settings"]["set"] == "gsm8k" and header["settings"]["temperature"] == 0.6
    assert lines[0]["prompt"].endswith("within \\boxed{}.") and len(lines) == 12
    (told,) = json.loads(invoke("compare", "a.jsonl", "b.jsonl", "--json").stdout)
    assert (told["n"], told["difference"], told["p"], told["ties"]) == (3, 0.0, 1.0, 3)


def test_pass_at_needs_as_many_completions(tmp_path: Path, random_model: Path) -> None:
    """It is told before anything is loaded; and so is what is no number."""
    words = ("eval", "--model", str(random_model), "--data", "nowhere.jsonl", "--k", "2", "--pass-at")
    with pytest.raises(Exception, match="pass@4 needs 4 completions of each question, and k is 2"):
        invoke(*words, "4")
    assert "not a list of whole numbers" in invoke(*words, "4,x").output


def test_livecodebench_runs_programs(tmp_path: Path) -> None:
    """A program is right when it passes public and private tests, of standard input or of a method."""
    stdin = {
        "question_content": "Print the sum of two numbers.",
        "public_test_cases": json.dumps([{"input": "1 2", "output": "3", "testtype": "stdin"}]),
        "private_test_cases": json.dumps([{"input": "5 5", "output": "10", "testtype": "stdin"}]),
    }
    calls = {
        "question_content": "Add.", "starter_code": "class Solution:\n    def add(self, a, b):",
        "public_test_cases": json.dumps([{"input": "1\n2", "output": "3", "testtype": "functional"}]),
        "metadata": json.dumps({"func_name": "add"}),
    }  # fmt: skip
    path = tmp_path / "code.jsonl"
    path.write_text(json.dumps(stdin) + "\n" + json.dumps(calls) + "\n")
    rows = load_set("livecodebench", str(path))
    method = "class Solution:\n    def add(self, a, b):\n        return a {} b"
    programs = [
        (rows[0], "print(sum(map(int, input().split())))"), (rows[0], "print(3)"),
        (rows[1], method.format("+")), (rows[1], method.format("-")),
    ]  # fmt: skip
    registry = load_registry(find_set("livecodebench").registry)
    with Stack.build(registry, Host.load(only=registry.plugins), "evaluation") as stack:
        common: Any = {"group": "0", "truncated": False, "tokens": 1}
        samples = [
            stack.router.sample(row, f"```python\n{program}\n```", id=str(n), **common)
            for n, (row, program) in enumerate(programs)
        ]
        verdicts = stack.verify(samples)
        assert [stack.router.is_right(verdict) for verdict in verdicts] == [True, False, True, False], (
            verdicts
        )
