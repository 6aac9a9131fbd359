"""`assay export` on a random model: what is written loads again, and the card is one that the hub reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from huggingface_hub import ModelCard

from assay import ModelError
from assay_trainer.commands.export import export as command
from assay_trainer.export import weights
from assay_trainer.export.run import export
from assay_trainer.models import load_model, load_tokenizer
from assay_trainer.settings import SettingsError
from assay_trainer.template import encode, wrap

REGISTRY = """\
assay: 1
plugins: [math_answer]
verifiers: {math: {use: math_answer}}
route: math
stacks: {plain: {rewards: {accuracy: {use: correct}}}}
"""


def a_run(folder: Path, model: Path, kit: SimpleNamespace, **changes: Any) -> Path:
    """A run folder whose final model is the random one."""
    from assay.host import Host
    from assay.registry import load_registry
    from assay.registry.lock import make_lock, write_lock

    shutil.copytree(model, folder / "final")
    settings = kit.make(folder, model, data=str(folder / "rows.jsonl"), stack="plain", **changes)
    (folder / "settings.json").write_text(settings.model_dump_json())
    (folder / "registry.yaml").write_text(REGISTRY)
    loaded = load_registry(folder / "registry.yaml")
    write_lock(make_lock(loaded, Host.load(only=loaded.plugins)), folder / "registry.lock")
    header = {
        "model": str(folder / "final"),
        "data": str(folder / "test.jsonl"),
        "set": None,
        "k": 1,
        "rows": 1,
    }
    answer = {
        "question": 0, "attempt": 0, "prompt": "1+1", "reference": "2", "domain": None, "completion": "2",
        "tokens": 3, "truncated": False, "status": "scored", "right": True, "extracted": "2", "reason": "",
    }  # fmt: skip
    lines = [{"settings": header}, answer]
    (folder / "evaluation.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_bare_model_comes_back(random_model: Path, tmp_path: Path) -> None:
    """Weights bit by bit, in R1's sampling and its own template; the card knows no more than there is."""
    out = tmp_path / "out"
    told = export(str(random_model), out)
    assert told.written.difference == 0 and told.written.template == "tokenizer"
    before, after = (load_model(str(path))[0].state_dict() for path in (random_model, out))
    assert before.keys() == after.keys()
    assert all(before[key].equal(after[key]) for key in before)
    sampling = json.loads((out / "generation_config.json").read_text())
    assert (sampling["temperature"], sampling["top_p"], sampling["eos_token_id"]) == (0.6, 0.95, 1)
    card = ModelCard.load(out / "README.md")
    assert (card.data.license, card.data.library_name, card.data.eval_results) == (
        "unknown",
        "transformers",
        None,
    )
    assert not (out / "registry.yaml").exists()


def test_a_run_is_exported_with_its_evidence(
    random_model: Path, kit: SimpleNamespace, tmp_path: Path
) -> None:
    """Registry, lock, evaluation and history go along; nothing names this machine; a rerun replaces it."""
    run, out = a_run(tmp_path / "run", random_model, kit), tmp_path / "out"
    for _ in range(2):
        result = CliRunner().invoke(command, [str(run), str(out), "--name", "mine", "--json"])
        assert result.exit_code == 0, result.output
    assert json.loads(result.output)["stack"] == "plain"
    card = ModelCard.load(out / "README.md")
    (found,) = [each for each in card.data.eval_results or [] if each.metric_type == "pass@1"]
    assert (found.metric_value, found.dataset_name, card.data.model_name) == (1.0, "test.jsonl", "mine")
    assert "| accuracy | correct | 1 | all |" in card.text and "rows.jsonl" in card.text
    assert (out / "registry.yaml").read_text() == REGISTRY
    texts = [path for path in out.iterdir() if path.suffix != ".safetensors"]
    assert len(texts) >= 7
    assert not [path.name for path in texts if str(tmp_path) in path.read_text(encoding="utf-8")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]


def test_r1_zero_goes_out_in_its_template(random_model: Path, kit: SimpleNamespace, tmp_path: Path) -> None:
    """A model trained with `template: r1-zero` is asked in the very tokens of training."""
    run, out = a_run(tmp_path / "run", random_model, kit, template="r1-zero"), tmp_path / "out"
    assert export(str(run), out).written.template == "r1-zero"
    tokenizer = load_tokenizer(str(out))
    chat = encode(tokenizer, [{"role": "user", "content": "What is 6*7?"}])
    assert chat == encode(tokenizer, wrap("What is 6*7?", "r1-zero"))


def test_dtype_and_shards(random_model: Path, tmp_path: Path) -> None:
    """Weights are rounded to bfloat16 and spread over files, and are found again."""
    out = tmp_path / "out"
    told = export(str(random_model), out, dtype="bfloat16", max_shard_size="5KB")
    assert told.written.dtype == "bfloat16" and told.written.difference == 0
    assert len(list(out.glob("model-*.safetensors"))) > 1 and (out / "model.safetensors.index.json").is_file()
    with pytest.raises(SettingsError, match="--max-shard-size lots"):
        export(str(random_model), tmp_path / "other", max_shard_size="lots")


def test_scaled_positions_survive(random_model: Path, tmp_path: Path) -> None:
    """The older words for rotary positions, which are written beside, change nothing for transformers 5."""
    source, out = tmp_path / "source", tmp_path / "out"
    shutil.copytree(random_model, source)
    config = json.loads((source / "config.json").read_text())
    rope = {"rope_type": "yarn", "factor": 4.0, "rope_theta": 500.0, "original_max_position_embeddings": 32}
    (source / "config.json").write_text(json.dumps({**config, "rope_parameters": rope}))
    assert export(str(source), out).written.difference == 0
    written = json.loads((out / "config.json").read_text())
    assert (written["rope_theta"], written["rope_scaling"]["rope_type"]) == (500.0, "yarn")
    assert load_model(str(out))[0].config.rope_parameters["rope_theta"] == 500.0


def test_what_does_not_come_back_is_not_published(
    random_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config that makes another model of the weights is noticed; neither folder nor draft remains."""

    def spoil(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config["rope_parameters"]["rope_theta"] = 2.0
        (folder / "config.json").write_text(json.dumps(config))

    monkeypatch.setattr(weights, "portable", spoil)
    with pytest.raises(ModelError, match="the logits differ by"):
        export(str(random_model), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_reward_model_is_no_language_model(random_model: Path, tmp_path: Path) -> None:
    """Loading one as a language model would invent a head for it."""
    from transformers import AutoModelForSequenceClassification

    source = tmp_path / "source"
    model: Any = AutoModelForSequenceClassification.from_pretrained(random_model, num_labels=1)
    model.save_pretrained(source)
    load_tokenizer(str(random_model)).save_pretrained(source)
    with pytest.raises(ModelError, match="Qwen2ForSequenceClassification and not a language model"):
        export(str(source), tmp_path / "out")


def test_nothing_of_anybody_else_is_deleted(random_model: Path, tmp_path: Path) -> None:
    """A folder that holds anything but an export is left alone, and so is an export that became a clone."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError, match="something other than an export"):
        export(str(random_model), tmp_path)
    out = tmp_path / "out"
    export(str(random_model), out, check=False)
    (out / ".git").mkdir()
    with pytest.raises(SettingsError, match="something other than an export"):
        export(str(random_model), out)
    assert (out / "model.safetensors").is_file() and (tmp_path / "notes.txt").is_file()


def test_a_chat_template_of_ones_own(random_model: Path, tmp_path: Path) -> None:
    """It is taken as given; one that cannot be read or rendered is an error of ours."""
    file = tmp_path / "mine.jinja"
    file.write_text("{% for m in messages %}[{{ m['content'] }}]{% endfor %}")
    assert export(str(random_model), tmp_path / "out", chat_template=file).written.template == "mine.jinja"
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == file.read_text()
    file.write_text("{% for %}")
    with pytest.raises(SettingsError, match="cannot be rendered"):
        export(str(random_model), tmp_path / "other", chat_template=file)
    with pytest.raises(SettingsError, match="--chat-template"):
        export(str(random_model), tmp_path / "other", chat_template=tmp_path / "none.jinja")
