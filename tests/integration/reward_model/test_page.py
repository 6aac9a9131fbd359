"""The pages about reward models are true."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import tiny_reward
from pages import blocks, section, table

from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_plugins import format as forms
from assay_plugins import process_reward, repetition, reward_model
from assay_trainer.settings import RewardModelSettings
from assay_verifiers import math_answer

DOCS = Path(__file__).parents[3] / "docs"


def test_the_stack_for_general_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's registry over the page's rows: problems earn their verdict, chats what the model says.

    A chat without a summary gets nothing for helpfulness, and the model is not asked about problems.
    """
    for _, file, text in blocks(DOCS / "how-to" / "general-data.md"):
        if file:
            (tmp_path / file).write_text(text)
    monkeypatch.chdir(tmp_path)
    tiny_reward.save_classifier(tmp_path / "runs" / "reward-model" / "final")
    host = Host()
    for name, plugin in {
        "math_answer": math_answer, "format": forms, "repetition": repetition, "reward_model": reward_model
    }.items():  # fmt: skip
        host.register(plugin, name)
    rows = [json.loads(line) for line in Path("rollouts.jsonl").read_text().splitlines()]
    with Stack.build(load_registry("registry.yaml"), host, "general") as stack:
        assert stack.bounds is not None and stack.bounds.proven, "wrong never outranks right"
        cards = stack.score([stack.router.sample(row, row["completion"]) for row in rows])
    right, wrong, chat, open_ended = cards
    assert (
        right.right and right.reward is not None and wrong.reward is not None and right.reward > wrong.reward
    )
    assert right.components["helpful"].paid is None and chat.components["accuracy"].paid is None
    assert chat.right is None and chat.reward is not None and chat.reward > 0
    assert open_ended.components["helpful"].worth == 0.0 and open_ended.components["harmless"].worth != 0.0


def test_the_pages_name_every_option() -> None:
    """Each option with its default, in the section of its spec; and that it pays 0 to 1, inline."""
    host = Host()
    host.register(reward_model, "reward_model")
    host.register(process_reward, "process_reward")
    for name, provided in host.specs.items():
        text = section(DOCS / "reference" / f"{name.partition('.')[0]}.md", f"## `{name}`")
        model = provided.spec.options
        assert model is not None and "Pays 0 to 1" in " ".join(text.split()) and "Runs inline" in text
        rows = table(text)
        assert set(rows) == set(model.model_fields)
        for key, field in model.model_fields.items():
            assert rows[key][1] == ("–" if field.default is None else json.dumps(field.default)), key


def test_the_page_names_every_setting() -> None:
    """The table of training has the settings with their defaults."""
    text = section(DOCS / "reference" / "reward_model.md", "## Training")
    rows = {key: row for key, row in table(text).items() if not key.startswith("RVH")}
    assert set(rows) == set(RewardModelSettings.model_fields) - {"method"}
    for key, field in RewardModelSettings.model_fields.items():
        if key != "method":
            default = field.get_default(call_default_factory=True)
            shown = "required" if field.is_required() else "–" if default is None else json.dumps(default)
            assert rows[key][0] == shown, key


def test_the_scorer_of_the_page_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's plugin registers, and likes short steps."""
    import importlib

    from assay import Sample

    ((_, _, text),) = [b for b in blocks(DOCS / "reference" / "process_reward.md") if b[0] == "python"]
    (tmp_path / "short_steps_of_the_page.py").write_text(text)
    monkeypatch.syspath_prepend(os.fspath(tmp_path))
    plugin = importlib.import_module("short_steps_of_the_page")
    host = Host()
    host.register(plugin, "page")
    check = host.find("page.short_steps").spec.factory()
    (verdict,) = check([Sample(completion="1. one\n2. two words")])
    assert verdict.score == pytest.approx((1 / 3 + 1 / 4) / 2)
