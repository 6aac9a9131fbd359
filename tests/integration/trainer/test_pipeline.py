"""A pipeline of real stages: drawn, learnt and measured, each from what the one before made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

REGISTRY = """
assay: 1
plugins: [math_answer, format]
verifiers: {math: {use: math_answer}}
route: {column: domain, math: math}
stacks:
  plain: {rewards: {accuracy: {use: correct}}}
"""
RECIPE = """
name: small
output: out
defaults:
  sample: {device: cpu, k: 4, max_new_tokens: 8, keep: {right: false, per_prompt: 2}}
  sft: {device: cpu, epochs: 2, batch_size: 4, save_every: 2}
stages:
  drawn: {method: sample, model: %(model)s, data: train.jsonl, stack: plain}
  tuned: {method: sft, model: %(model)s, data: "stage:drawn"}
  eval-tuned: {method: eval, model: "stage:tuned", data: train.jsonl, stack: plain, k: 4, max_new_tokens: 8}
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "assay", "run", "recipe.yaml", "--json"]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def finished(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    return json.loads(out)["stages"]


@pytest.mark.slow
def test_a_killed_pipeline_ends_as_an_unbroken_one(tmp_path: Path, random_model: Path) -> None:
    """kill -9 during the second stage: nothing is lost or drawn twice, and the evaluation is the same."""
    rows = [{"prompt": f"{n}+1=", "solution": str(n + 1), "domain": "math"} for n in range(12)]
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (tmp_path / name / "registry.yaml").write_text(REGISTRY)
        (tmp_path / name / "recipe.yaml").write_text(RECIPE % {"model": random_model})
    whole = finished(start(tmp_path / "whole"))

    process = start(tmp_path / "killed")
    log = tmp_path / "killed" / "out" / "events.jsonl"
    while not (log.exists() and '"stage": "tuned"' in log.read_text()):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    again = finished(start(tmp_path / "killed"))

    assert set(again) == {"drawn", "tuned", "eval-tuned"}
    for name, stage in whole.items():
        assert stage["done"] and again[name]["key"] == stage["key"]
    measured = {key: value for key, value in whole["eval-tuned"]["result"].items() if key != "seconds"}
    assert measured.items() <= again["eval-tuned"]["result"].items()
    drawn = tmp_path / "killed" / "out" / "drawn" / "drawn.jsonl"
    found = [json.loads(line) for line in drawn.read_text().splitlines()]
    often = Counter((row["row"], row["attempt"]) for row in found if "completion" in row)
    assert len(often) == 12 * 4 and set(often.values()) == {1}
    states = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["state"] for row in states if row["stage"] == "drawn"] == ["running", "done"]
    assert (tmp_path / "killed" / "out" / "report.html").stat().st_size > 10_000
