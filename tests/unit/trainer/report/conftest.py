"""A run folder like those that training writes, from a fixed seed."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

STEPS = 120


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def card(right: bool, accuracy: float, formatted: float, reason: str) -> dict[str, Any]:
    return {
        "reward": accuracy + 0.1 * formatted,
        "right": right,
        "dropped": None,
        "components": {
            "accuracy": {
                "score": accuracy,
                "status": "scored",
                "reason": reason,
                "weight": 1.0,
                "paid": accuracy,
            },
            "format": {
                "score": formatted,
                "status": "scored",
                "reason": "" if formatted else "the answer tags are missing",
                "weight": 0.1,
                "paid": 0.1 * formatted,
            },
            "language": {
                "score": None,
                "status": "abstained",
                "reason": "the prompt names no language",
                "weight": 0.05,
                "paid": None,
            },
        },
    }


def metric_rows() -> list[dict[str, Any]]:
    rng = random.Random(7)
    rows: list[dict[str, Any]] = []
    for step in range(1, STEPS + 1):
        way = 1 / (1 + math.exp(-(step - 55) / 14))
        right = min(1, max(0, 0.1 + 0.5 * way + rng.gauss(0, 0.05)))
        form = min(1, max(0, 0.05 + 0.93 * (1 - math.exp(-step / 18)) + rng.gauss(0, 0.02)))
        rows.append(
            {
                "step": step,
                "seconds": 9.5 * step,
                "reward": right + 0.1 * form,
                "reward_std": max(0.01, 0.42 - 0.2 * way + rng.gauss(0, 0.03)),
                "completions/mean_length": 110 + 220 * way + rng.gauss(0, 16),
                "completions/clipped_ratio": max(0, 0.3 - 0.25 * way + rng.gauss(0, 0.03)),
                "kl": 0.0004 * step + abs(rng.gauss(0, 0.004)),
                "loss": rng.gauss(0.01, 0.02),
                "entropy": 1.4 - 0.8 * way + rng.gauss(0, 0.04),
                "grad_norm": abs(rng.gauss(0.6, 0.15)),
                "assay/accuracy/mean": right,
                "assay/format/mean": form,
                "assay/language/mean": min(1, 0.8 + 0.1 * way + rng.gauss(0, 0.02)),
                "assay/repetition/mean": -max(0, 0.2 - 0.18 * way + rng.gauss(0, 0.02)),
                "assay/right/mean": right,
                "assay/faults/policy_fault": rng.randint(0, 6),
                "assay/faults/abstained": rng.randint(0, 3),
                "assay/faults/checker_fault": 1 if step == 41 else 0,
                "assay/faults/infra_fault": 0,
                "assay/cache_hits": rng.randint(0, 20),
                "assay/checks": 64,
                "assay/seconds": 0.2 + abs(rng.gauss(0, 0.05)),
                "reflection/share": min(1, max(0, 0.02 + 0.3 * way + rng.gauss(0, 0.03))),
                "reflection/right_share": min(1, max(0, 0.15 + 0.5 * way + rng.gauss(0, 0.07))),
                "reflection/plain_right_share": min(1, max(0, 0.1 + 0.45 * way + rng.gauss(0, 0.05))),
            }
        )
    return rows


def eval_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for i, step in enumerate(range(0, STEPS + 1, 20)):
        one = (0.125, 0.161, 0.239, 0.352, 0.431, 0.467, 0.4884)[i]
        cons = (0.19, 0.26, 0.37, 0.51, 0.58, 0.61, 0.6262)[i]
        rows.append(
            {
                "step": step,
                "pass@1": one,
                "pass@1_ci": [one - 0.045, one + 0.045],
                "cons@16": cons,
                "cons@16_ci": [cons - 0.065, cons + 0.065],
                "k": 16,
                "n": 198,
                "mean_tokens": 120 + 35.25 * i,
                "reflection/share": 0.05 + 0.05 * i,
                "reflection/right_share": 0.1 + 0.1 * i,
                "reflection/plain_right_share": 0.13 + 0.05 * i,
                "language/mixing": 0.4 - 0.05 * i,
                "language/completions": 3000,
                "domains": {
                    "algebra": {"pass@1": one + 0.05, "cons@16": cons + 0.04},
                    "number theory": {"pass@1": one - 0.06, "cons@16": cons - 0.07},
                },
            }
        )
    return rows


def sample_rows() -> list[dict[str, Any]]:
    question = [
        {
            "role": "system",
            "content": "Think inside <think></think>, then answer inside <answer></answer>.",
        },
        {"role": "user", "content": "What is the remainder when 7^2026 is divided by 10?"},
    ]
    second = "How many primes lie below 30?"
    wrong = card(False, 0.0, 0.0, "no answer was found")
    return [
        {
            "stage": "before",
            "step": 0,
            "prompt": second,
            "completion": "There are 10 <script>alert('pay me')</script> below 30 & that is <b>all</b>.",
            "reference": "10",
            "scorecard": card(True, 1.0, 0.0, "10 equals 10"),
        },
        {
            "stage": "before",
            "step": 0,
            "prompt": question,
            "completion": "7^2026 is a big number. The last digit of 7 is 7 so the remainder is 7. " * 3
            + "\n\n<think>Is it 7? Or 1?",
            "reference": "9",
            "scorecard": wrong,
        },
        {
            "stage": "after",
            "step": STEPS,
            "prompt": question,
            "completion": "<think>Powers of 7 modulo 10 go 7, 9, 3, 1 and repeat with period 4.\n"
            "2026 = 4·506 + 2, so I need the second entry.\n"
            "Wait, let me check: 7^1 → 7, 7^2 = 49 → 9. Yes, the second entry is 9.</think>\n"
            "<answer>9</answer>",
            "reference": "9",
            "scorecard": card(True, 1.0, 1.0, "9 equals 9"),
        },
        {
            "stage": "after",
            "step": STEPS,
            "prompt": second,
            "completion": "2, 3, 5, 7, 11, 13, 17, 19, 23, 29.</think>\n<answer>\\boxed{10}</answer>",
            "reference": "10",
            "scorecard": card(True, 1.0, 1.0, "10 equals 10"),
        },
        {
            "stage": "aha",
            "step": 84,
            "prompt": "Solve x² − 5x + 6 = 0 for the larger root.",
            "completion": "<think>For x = 2, 4 − 10 + 6 = 0, so x = 2. Wait. The question wants the larger; "
            "the product of the roots is 6, so the other is 3.</think><answer>3</answer>",
            "reference": "3",
            "scorecard": card(True, 1.0, 1.0, "3 equals 3"),
        },
    ]


SUMMARY: dict[str, Any] = {
    "before": {"pass@1": 0.125, "cons@16": 0.19},
    "after": {"pass@1": 0.4884, "cons@16": 0.6262},
    "seconds": 4324.0,
    "peak_rss_mb": 3174.4,
    "seed": 1729,
    "phases": {"load": 21.3, "evaluate before": 402.0, "train": 3391.0, "evaluate after": 509.7},
}
SETTINGS: dict[str, Any] = {
    "model": "SmolLM2-135M-Instruct",
    "learning_rate": 1e-6,
    "num_generations": 16,
    "beta": 0.001,
    "generation": {"temperature": 1.0, "max_completion_length": 512},
    "stop_words": ["</answer>"],
    "output": "a-very-long-name-without-any-place-to-break-" * 4,
}
REGISTRY = "assay: 1\nplugins: [math_answer, format]\nstacks:\n  r1-zero: {compose: sum}  # <the paper's>\n"
LOCK = {"plugins": {"math_answer": {"version": "0.1.0", "sha256": "ab" * 32}}, "options": {}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "r1-zero-smol-2026"
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    (folder / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    (folder / "registry.lock").write_text(json.dumps(LOCK), encoding="utf-8")
    write_lines(folder / "metrics.jsonl", metric_rows())
    write_lines(folder / "evals.jsonl", eval_rows())
    write_lines(folder / "samples.jsonl", sample_rows())
    return folder


STAGES: dict[str, tuple[str, list[str]]] = {
    "r1-zero": ("grpo", []),
    "cold-start-data": ("sample", ["r1-zero"]),
    "cold-start": ("sft", ["cold-start-data"]),
    "r1": ("grpo", ["cold-start"]),
    "eval-base": ("eval", []),
    "eval-r1-zero": ("eval", ["r1-zero"]),
    "eval-r1": ("eval", ["r1"]),
}
"""Stage: method, and what it needs."""
RIGHT = {"eval-base": 0.1, "eval-r1-zero": 0.6, "eval-r1": 0.65}
LANGUAGE = {"eval-base": 0.05, "eval-r1-zero": 0.6, "eval-r1": 0.96}
QUESTIONS, K = 40, 4


def evaluation(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What `assay eval` prints, and its file."""
    rng = random.Random(name)
    lines: list[dict[str, Any]] = [{"settings": {"model": name, "k": K}}]
    for question in range(QUESTIONS):
        for attempt in range(K):
            right = rng.random() < RIGHT[name]
            answer = f"<answer>{question if right else question + 1}</answer>"
            lines.append(
                {
                    "question": question,
                    "attempt": attempt,
                    "prompt": [{"role": "user", "content": f"Compute {question}+0."}],
                    "reference": str(question),
                    "domain": "sums" if question % 2 else "logic",
                    "completion": answer if name == "eval-base" else f"<think>Wait, 等等.</think>{answer}",
                    "tokens": 12,
                    "truncated": False,
                    "status": "scored",
                    "right": right,
                    "extracted": str(question if right else question + 1),
                    "reason": "",
                }
            )
    share = sum(bool(line["right"]) for line in lines[1:]) / (QUESTIONS * K)
    printed: dict[str, Any] = {
        "n": QUESTIONS, "k": K, "pass@1": share, "pass@1_ci": [share - 0.05, share + 0.05], "cons@k": share,
        "cons@k_ci": [share - 0.1, min(1.0, share + 0.1)], "mean_tokens": 12.5, "truncated": 0.0,
        "rewards": {"accuracy": share, "language": LANGUAGE[name]},
        "domains": {"logic": {"pass@1": share}, "sums": {"pass@1": share}},
    }  # fmt: skip
    return printed, lines


@pytest.fixture
def pipeline(tmp_path: Path, run: Path) -> Path:
    """The folder of a pipeline that came to its end."""
    folder = tmp_path / "r1"
    stages: dict[str, Any] = {}
    results: dict[str, Any] = {
        "r1-zero": {"steps": 120, "before": {"pass@1": 0.12}, "after": {"pass@1": 0.6}},
        "r1": {"steps": 60, "before": None, "after": None},
        "cold-start-data": {
            "prompts": 100, "drawn": 400, "kept": 100, "right_share": 0.5,
            "left_out": {"wrong": 200, "language.mixed: mixed languages": 100},
        },
        "cold-start": {"rows": 100, "steps": 32, "first_loss": 1.5, "last_loss": 0.25},
    }  # fmt: skip
    for name, (method, needs) in STAGES.items():
        stage = folder / "stages" / f"{name}-abc"
        stage.mkdir(parents=True)
        (stage / "log.txt").write_text("", encoding="utf-8")
        if method == "grpo":
            for file in ("metrics.jsonl", "evals.jsonl", "samples.jsonl"):
                (stage / file).write_bytes((run / file).read_bytes())
        if method == "eval":
            results[name], lines = evaluation(name)
            write_lines(stage / "completions.jsonl", lines)
            rewards = "{accuracy: {use: correct}, language: {use: language.consistency}}"
            (stage / "registry.yaml").write_text(f"stacks:\n  s: {{rewards: {rewards}}}\n", encoding="utf-8")
        if method == "sft":
            write_lines(stage / "metrics.jsonl", [{"step": s, "loss": 2 / s} for s in range(1, 33)])
        stages[name] = {"method": method, "key": "abc", "folder": f"stages/{name}-abc", "needs": needs}
        stages[name] |= {"done": True, "seconds": 60.0, "result": results[name]}
    models = {"eval-base": "tiny:${seed}", "eval-r1-zero": "stage:r1-zero", "eval-r1": "stage:r1"}
    recipe = {"name": "my-r1", "summary": "all of <R1>", "seed": 7, "defaults": {"eval": {"k": K}}}
    recipe["stages"] = {name: {"model": models.get(name, "tiny")} for name in STAGES}
    manifest = {"recipe": recipe, "stages": stages}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_lines(folder / "events.jsonl", [{"stage": "r1", "key": "abc", "state": "running"}])
    return folder
