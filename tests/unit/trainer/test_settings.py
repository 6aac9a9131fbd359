"""Recipes and overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay_trainer.settings import (
    METHODS,
    RECIPES,
    RewardModelSettings,
    SettingsError,
    SFTSettings,
    TrainSettings,
    load_settings,
    make_settings,
    parse_overrides,
    read_recipe,
    validated,
)

LEAST: dict[str, Any] = {"model": "tiny", "data": "train.jsonl", "output": "runs/x"}


def recipe(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


TRAINING = [
    path
    for path in RECIPES.glob("*.yaml")
    if read_recipe(path)[0].get("method", "grpo") in METHODS and "model" in read_recipe(path)[0]
]


@pytest.mark.parametrize("path", sorted(TRAINING), ids=lambda path: path.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    """Every recipe of the package for training loads, by its path and by its name."""
    assert load_settings(path) == load_settings(path.stem)


def test_a_recipe_says_its_method(tmp_path: Path) -> None:
    """`method: reward-model` has settings of its own; without one it is GRPO, and others are refused."""
    settings = load_settings("reward-model", {"data": "d", "batch_size": 8})
    assert isinstance(settings, RewardModelSettings) and settings.batch_size == 8
    path = recipe(tmp_path, "method: grpo\nmodel: a\ndata: d\noutput: o\n")
    assert isinstance(load_settings(path), TrainSettings)
    for change, message in (
        ({"method": "dpo"}, "method: one of grpo, sft, reward-model"),
        ({"steps": 3}, "unknown setting"),
    ):
        with pytest.raises(SettingsError, match=message):
            load_settings("reward-model", change)
    with pytest.raises(SettingsError, match="micro_batch 3 does not divide batch_size 32"):
        load_settings("reward-model", {"micro_batch": 3})
    for text, command in (("method: sample\n", "sample"), ("stages: []\n", "run")):
        with pytest.raises(SettingsError, match=f"for assay {command}"):
            load_settings(recipe(tmp_path, text))


def test_sources_of_sft(tmp_path: Path) -> None:
    """`data` is a path, a mapping, or a list of either; nothing else, and not nothing."""
    least = {"method": "sft", "model": "m", "output": "o"}
    for given, expected in (
        ("a", [("a", 1, None)]),
        ({"path": "a", "repeat": 2}, [("a", 2, None)]),
        (["a", {"path": "b", "limit": 3}], [("a", 1, None), ("b", 1, 3)]),
    ):
        settings = validated(SFTSettings, {**least, "data": given}, "recipe")
        assert [(source.path, source.repeat, source.limit) for source in settings.data] == expected
        again = SFTSettings.model_validate_json(settings.model_dump_json())
        assert again == settings
    for wrong, message in (([], "data"), ([1], "data"), ({"path": "a", "times": 2}, "'data.0.times'")):
        with pytest.raises(SettingsError, match=message):
            validated(SFTSettings, {**least, "data": wrong}, "recipe")


def test_overrides_win(tmp_path: Path) -> None:
    """A value given on the command line replaces the recipe's; dotted keys reach into `trl`."""
    path = recipe(tmp_path, "model: a\ndata: d\noutput: o\nsteps: 5\ntrl: {adam_beta2: 0.9, x: 1}\n")
    settings = load_settings(path, parse_overrides(["steps=7", "model=b", "trl.adam_beta2=0.95"]))
    assert (settings.steps, settings.model) == (7, "b")
    assert settings.trl == {"adam_beta2": 0.95, "x": 1}


def test_override_values_are_yaml() -> None:
    """Numbers, null, lists and texts mean what they mean in the recipe."""
    pairs = ["a=1", "b=1.0e-6", "c=null", "d=[1, 2]", "e=x=y"]
    assert parse_overrides(pairs) == {"a": 1, "b": 1e-6, "c": None, "d": [1, 2], "e": "x=y"}


@pytest.mark.parametrize("pair", ["steps", "=3", "a=[1"])
def test_bad_override(pair: str) -> None:
    """What is not key=value is refused by name."""
    with pytest.raises(SettingsError, match="--set"):
        parse_overrides([pair])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stepz": 3}, "unknown setting 'stepz'"),
        ({"group_size": 1}, "group_size: .*greater than or equal to 2.* \\(found 1\\)"),
        ({"temperature": 0}, "temperature"),
        ({"template": "r1"}, "template"),
        ({"micro_batch": 7}, "micro_batch 7 does not divide .* 64"),
    ],
)
def test_bad_settings_name_the_key(change: dict[str, Any], message: str) -> None:
    """A setting that is unknown or out of range is named together with what was found."""
    with pytest.raises(SettingsError, match=message):
        make_settings({**LEAST, **change}, "recipe.yaml")


def test_every_problem_is_named() -> None:
    """Two mistakes are reported at once, with the file."""
    with pytest.raises(SettingsError, match=r"^recipe\.yaml: .*'data' is missing.*'y'") as caught:
        make_settings({"model": "m", "output": "o", "y": 1}, "recipe.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["- a\n", "model: [\n", "\tmodel: x\n", ""])
def test_bad_recipe(tmp_path: Path, text: str) -> None:
    """A file that is not YAML, or no mapping, is one line with its name."""
    with pytest.raises(SettingsError, match=r"recipe\.yaml") as caught:
        load_settings(recipe(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_missing_recipe() -> None:
    """A recipe that is nowhere names those that there are."""
    with pytest.raises(SettingsError, match="tiny"):
        load_settings("nowhere")


def test_settings_are_frozen() -> None:
    """Nothing changes a run's settings after they were validated."""
    with pytest.raises(ValueError, match="frozen"):
        make_settings(LEAST).steps = 3  # type: ignore[misc]


@pytest.mark.parametrize(("every", "iterations", "expected"), [(50, 1, 50), (3, 2, 4), (4, 2, 4), (1, 5, 5)])
def test_checkpoints_fall_on_generation_boundaries(every: int, iterations: int, expected: int) -> None:
    """`save_every` is rounded up to a multiple of the iterations on one batch."""
    settings = TrainSettings(**LEAST, save_every=every, iterations=iterations)
    assert settings.checkpoint_steps == expected
