"""Recipes, accelerate's configurations and the pages about them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from pages import section, table

from assay_trainer.settings import RECIPES, SFTSettings, TrainSettings, load_settings
from assay_trainer.sft import SFTResult

DOCS = Path(__file__).parents[3] / "docs"
CONFIGS = sorted((RECIPES / "accelerate").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_accelerate_reads_the_configurations(path: Path) -> None:
    """accelerate's own parser takes each and knows all of its keys; eight processes compute in bfloat16."""
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(path))
    assert (config.num_processes, config.mixed_precision) == (8, "bf16")
    types = {"ddp": "MULTI_GPU", "fsdp2": "FSDP", "zero2": "DEEPSPEED", "zero3": "DEEPSPEED"}
    assert config.distributed_type.value == types[path.stem]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_launcher_takes_the_configurations(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `accelerate launch` tells its processes by them is what `shards` and TRL read."""
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser
    from accelerate.utils.launch import prepare_multi_gpu_env

    from assay_trainer.machine import shards

    parser = launch_command_parser()
    args = parser.parse_args(["--config_file", str(path), "-m", "assay", "train", "tiny"])
    monkeypatch.setattr("accelerate.commands.launch.is_deepspeed_available", lambda: True, raising=False)
    args, _, _ = _validate_launch_command(args)
    told = prepare_multi_gpu_env(args) if path.stem in ("ddp", "fsdp2") else {}
    if path.stem.startswith("zero"):
        told = {"ACCELERATE_DEEPSPEED_ZERO_STAGE": str(args.zero_stage)}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert args.num_processes == 8
    assert shards() is (path.stem in ("fsdp2", "zero3"))


@pytest.mark.parametrize("name", ["r1-zero", "r1-zero-7b"])
def test_the_page_reckons_with_the_recipes(name: str) -> None:
    """The settings that scale.md takes for its arithmetic are those of the recipes."""
    settings = load_settings(name)
    assert isinstance(settings, TrainSettings)
    text = (DOCS / "how-to" / "scale.md").read_text(encoding="utf-8")
    assert settings.completions_per_step == 512 and settings.max_completion_length == 3072
    assert "COMPLETIONS, MEAN, LONGEST = 512, 1500, 3072" in text
    share = settings.trl["vllm_gpu_memory_utilization"]
    (call,) = [line for line in text.splitlines() if line.startswith(f'show("{name}",')]
    assert f"rows={settings.micro_batch}, vllm={share}" in call
    assert ("dtype=2" in call) is (settings.dtype == "bfloat16")


def test_sft_is_documented() -> None:
    """sft.md names every setting with its default, and every field of the summary."""
    page = DOCS / "reference" / "sft.md"
    rows = table(section(page, "## Settings"))
    assert set(rows) == set(SFTSettings.model_fields) - {"method"}
    for key, field in SFTSettings.model_fields.items():
        if key != "method":
            default = field.get_default(call_default_factory=True, validated_data={})
            shown = "required" if field.is_required() else "–" if default is None else json.dumps(default)
            assert rows[key][0] == shown, key
    assert set(table(section(page, "## What is left behind"))) == {field.name for field in fields(SFTResult)}
