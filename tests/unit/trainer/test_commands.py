"""The commands, as far as they go without a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from assay_trainer.display import TrainDisplay, figures
from assay_trainer.plugin import register_commands
from assay_trainer.progress import Progress
from assay_trainer.settings import SettingsError

ROW = {
    "step": 40, "n": 200, "k": 4, "pass@1": 0.75, "pass@1_ci": [0.7, 0.8], "cons@k": None, "cons@k_ci": None,
    "mean_tokens": 24.6, "truncated": 0.0, "abstained": 0, "reference_faults": 3, "faulted": 0,
}  # fmt: skip


@pytest.fixture
def cli() -> click.Group:
    group = click.Group()
    register_commands(group)
    return group


def test_commands_are_registered(cli: click.Group) -> None:
    """`assay train`, `assay eval` and `assay demo` exist and explain every option."""
    assert set(cli.commands) == {"train", "run", "sample", "eval", "compare", "report", "export", "demo"}
    for name in cli.commands:
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0, result.output


def test_the_plugin_is_light() -> None:
    """Loading the plugin and its commands imports no numerical library: `assay --help` stays quick."""
    heavy = ("torch", "transformers", "trl", "datasets", "numpy", "accelerate")
    code = (
        "import sys, click\nfrom assay_trainer.plugin import register_commands\n"
        f"register_commands(click.Group())\nprint([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_bad_settings_come_before_anything_heavy(cli: click.Group, tmp_path: Path) -> None:
    """A mistake on the command line is an error of ours, not a traceback from a library."""
    result = CliRunner().invoke(cli, ["train", "tiny", "--set", "stepz=3"])
    assert isinstance(result.exception, SettingsError)
    assert "unknown setting 'stepz'" in str(result.exception)


def test_figures() -> None:
    """One line: what is known, and what was left out."""
    assert figures(ROW) == (
        "pass@1 0.750 [0.700, 0.800]  200 questions  25 tokens  3 without a usable reference"
    )
    assert "cons@4 0.500 [0.400, 0.600]" in figures({**ROW, "cons@k": 0.5, "cons@k_ci": [0.4, 0.6]})


def test_display_prints_evaluations(capsys: pytest.CaptureFixture[str]) -> None:
    """Not on a terminal there is no bar, but each evaluation is one line on stderr."""
    with TrainDisplay() as display:
        display.show(Progress(stage="model", step=1, total=2, metrics={"loss": 1.0}))
        display.show(Progress(stage="model", step=2, total=2, metrics={"loss": 0.5}))
        display.show(Progress(stage="train", step=40, total=80, metrics={"reward": 1.0, "kl": None}))
        display.show(Progress(stage="evaluate", step=200, total=200))
        display.show(Progress(stage="evaluate", step=200, total=200, metrics=ROW))
        display.show(Progress(stage="save", step=40, total=80))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [f"step    40  {figures(ROW)}"]


def test_an_interrupted_run_says_how_to_go_on(
    cli: click.Group, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C ends with one line and 130, not with a traceback."""
    from assay_trainer import grpo

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grpo, "train", interrupted)
    result = CliRunner().invoke(cli, ["train", "tiny", "--output", str(tmp_path / "run")])
    assert result.exit_code == 130 and "goes on from the last checkpoint" in result.output
