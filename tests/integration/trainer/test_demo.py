"""`assay demo` end to end on a random model: the files it leaves and what it prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assay.cli import cli

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

SMALL = {
    "steps": 2,
    "prompts_per_step": 2,
    "group_size": 2,
    "max_completion_length": 8,
    "eval_k": 16,
    "eval_limit": 3,
    "eval_every": 0,
    "save_every": 1,
}


def demo(folder: Path, model: Path, *more: str, **settings: Any) -> Any:
    pairs = [f"--set={key}={value}" for key, value in {**SMALL, **settings}.items()]
    arguments = ["demo", "--output", str(folder), "--model", str(model), *pairs, *more]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, random_model: Path) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "run"
    result = demo(folder, random_model)
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_summary_has_what_is_promised(finished: tuple[Path, str]) -> None:
    """before and after with pass@1 and cons@16, seconds, peak memory and seed."""
    summary = json.loads((finished[0] / "summary.json").read_text())
    assert {"before", "after", "seconds", "peak_rss_mb", "seed", "phases"} <= summary.keys()
    for stage in ("before", "after"):
        assert {"pass@1", "cons@16", "pass@1_ci", "cons@16_ci"} <= summary[stage].keys()
        assert 0 <= summary[stage]["pass@1"] <= 1
    assert summary["seconds"] > 0 and summary["peak_rss_mb"] > 100 and summary["seed"] == 0


def test_the_last_line_is_the_folder(finished: tuple[Path, str]) -> None:
    """A script can take the folder from the last line."""
    assert finished[1].strip().splitlines()[-1] == str(finished[0])


def test_the_report_and_the_lock_are_there(finished: tuple[Path, str]) -> None:
    """The run folder holds report, registry, lock, metrics, evaluations and the trained model."""
    folder = finished[0]
    for name in (
        "report.html",
        "registry.yaml",
        "registry.lock",
        "metrics.jsonl",
        "evals.jsonl",
        "final/config.json",
    ):
        assert (folder / name).is_file(), name
    assert "pass@1" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_broken_run_goes_on_and_a_complete_one_is_done_again(
    finished: tuple[Path, str], random_model: Path
) -> None:
    """Without summary.json the run is taken up at its last checkpoint; with it, it starts over."""
    folder = finished[0]
    (folder / "summary.json").unlink()
    assert json.loads(demo(folder, random_model, "--json").stdout)["resumed_from"] == 2
    assert json.loads(demo(folder, random_model, "--json").stdout)["resumed_from"] == 0


def test_bad_input_is_one_line(tmp_path: Path, random_model: Path) -> None:
    """A registry without the stack, a missing model, an unknown setting: all stop before any training."""
    (tmp_path / "registry.yaml").write_text(
        "assay: 1\nplugins: [format]\nstacks: {s: {rewards: {f: {use: format.think}}}}\n"
    )
    for result, words in [
        (
            demo(tmp_path / "a", random_model, "--registry", str(tmp_path / "registry.yaml")),
            "no stack 'r1-zero'",
        ),
        (demo(tmp_path / "b", tmp_path / "nowhere"), "nowhere"),
        (demo(tmp_path / "c", random_model, speed=9), "unknown setting 'speed'"),
    ]:
        assert result.exit_code != 0 and words in result.output and "Traceback" not in result.output
