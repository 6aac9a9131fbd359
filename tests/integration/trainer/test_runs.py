"""`train` and `run_eval` from a registry.yaml to the files that they leave, with first-party plugins."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay import DataError
from assay_trainer.compare import difference, load_result
from assay_trainer.evalrun import EvalSettings, run_eval
from assay_trainer.generate import Sampling
from assay_trainer.grpo import train
from assay_trainer.progress import Progress
from assay_trainer.runfolder import read_jsonl
from assay_trainer.settings import SettingsError, TrainSettings

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

REGISTRY = """\
assay: 1
plugins: [math_answer, format]
verifiers:
  math: {use: math_answer}
route: math
stacks:
  r1-zero:
    rewards:
      accuracy: {use: correct}
      format: {use: format.think, weight: 0.5}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, kit: SimpleNamespace) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "registry.yaml").write_text(REGISTRY)
    for name, count in (("train", 8), ("test", 5)):
        text = "".join(json.dumps(row) + "\n" for row in kit.rows(count))
        (folder / f"{name}.jsonl").write_text(text)
    return folder


def settings(kit: SimpleNamespace, files: Path, model: Path, output: Path, **changes: Any) -> TrainSettings:
    given = {
        "data": str(files / "train.jsonl"),
        "eval_data": str(files / "test.jsonl"),
        "registry": files / "registry.yaml",
        "steps": 3,
        "save_every": 2,
        "eval_every": 2,
        "eval_k": 2,
        "show_prompts": 2,
    }
    return kit.make(output, model, **{**given, **changes})


def test_a_run(kit: SimpleNamespace, files: Path, random_model: Path, tmp_path: Path) -> None:
    """A run leaves settings, registry, lock, metrics, evaluations, samples, checkpoints and a model."""
    run, seen = tmp_path / "run", list[Progress]()
    result = train(settings(kit, files, random_model, run), on_progress=seen.append)

    assert (result.steps, result.resumed_from) == (3, 0)
    assert (run / "registry.yaml").read_text() == REGISTRY
    assert json.loads((run / "registry.lock").read_text())["plugins"].keys() == {"math_answer", "format"}
    metrics = read_jsonl(run / "metrics.jsonl")
    assert [row["step"] for row in metrics] == [1, 2, 3]
    wanted = {"seconds", "reward", "reward_std", "loss", "kl", "entropy", "completions/mean_length"}
    assert wanted | {"assay/right/mean", "assay/format/mean", "reflection/share"} <= metrics[0].keys()
    evals = read_jsonl(run / "evals.jsonl")
    assert [row["step"] for row in evals] == [0, 2, 3]
    assert (evals[0]["n"], evals[0]["k"]) == (5, 2)
    assert all("reflection/share" in row for row in evals)
    assert (result.before, result.after) == (evals[0], evals[-1])
    kept = load_result(run)  # what assay compare reads
    assert difference([(question, question) for question in kept.questions.values()]).ties == 5
    samples = [row for row in read_jsonl(run / "samples.jsonl") if row["stage"] != "aha"]
    assert [row["stage"] for row in samples] == ["before"] * 2 + ["after"] * 2
    assert [row["prompt"] for row in samples[:2]] == [row["prompt"] for row in samples[2:]]
    assert samples[0]["scorecard"]["components"].keys() == {"accuracy", "format"}
    assert (run / "final" / "model.safetensors").is_file()
    assert {report.stage for report in seen} == {"train", "evaluate", "save"}

    again = train(settings(kit, files, random_model, run))
    assert (again.resumed_from, again.after) == (3, evals[-1])


def test_killed_before_the_end_was_saved(
    kit: SimpleNamespace, files: Path, random_model: Path, tmp_path: Path
) -> None:
    """With the last checkpoint there but no final model, only the model is written."""
    import shutil

    run = tmp_path / "run"
    train(settings(kit, files, random_model, run, eval_data=None))
    weights = (run / "final" / "model.safetensors").read_bytes()
    shutil.rmtree(run / "final")
    train(settings(kit, files, random_model, run, eval_data=None))
    assert (run / "final" / "model.safetensors").read_bytes() == weights


def test_too_few_rows(kit: SimpleNamespace, files: Path, random_model: Path, tmp_path: Path) -> None:
    """Fewer rows than one step needs is said before anything is trained."""
    with pytest.raises(DataError, match="8 rows; prompts_per_step is 9"):
        train(settings(kit, files, random_model, tmp_path / "run", prompts_per_step=9))


def evaluation(files: Path, model: Path, **changes: Any) -> EvalSettings:
    given = {"model": str(model), "data": str(files / "test.jsonl"), "registry": files / "registry.yaml"}
    how = Sampling(k=2, max_new_tokens=8, batch_tokens=50)
    return EvalSettings(**{**given, "sampling": how, "device": "cpu", **changes})


def test_eval_goes_on(files: Path, random_model: Path, tmp_path: Path) -> None:
    """Cut off in a question, an evaluation asks that one again and the rest, and ends the same."""
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    result = run_eval(evaluation(files, random_model), whole)
    assert result.n == 5
    lines = whole.read_text().splitlines(keepends=True)
    assert len(lines) == 1 + 5 * 2
    cut.write_text("".join(lines[:4]) + lines[4][:9])

    asked: list[int] = []
    resumed = run_eval(evaluation(files, random_model), cut, lambda done, total: asked.append(done))
    assert asked == [2, 4, 5]
    assert resumed.questions == result.questions
    assert sorted(cut.read_text().splitlines()) == sorted(whole.read_text().splitlines())


def test_eval_of_something_else(files: Path, random_model: Path, tmp_path: Path) -> None:
    """A file of another evaluation, or no evaluation at all, is not overwritten."""
    out = tmp_path / "out.jsonl"
    run_eval(evaluation(files, random_model, limit=1), out)
    other = evaluation(files, random_model, limit=1)
    other = dataclasses.replace(other, sampling=dataclasses.replace(other.sampling, temperature=1.0))
    with pytest.raises(SettingsError, match=r"temperature \(0\.6 then, 1\.0 now\)"):
        run_eval(other, out)
    out.write_text("a shopping list\n")
    with pytest.raises(SettingsError, match="no evaluation"):
        run_eval(other, out)
    assert out.read_text() == "a shopping list\n"
