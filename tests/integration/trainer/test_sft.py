"""`train_sft` on real TRL: what is trained on, what is left behind, and that a killed run ends the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from assay import DataError, ModelError
from assay_trainer.grpo import build_trainer as build_grpo
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunFolder, read_jsonl
from assay_trainer.settings import SettingsError, SFTSettings
from assay_trainer.sft import IGNORED, build_trainer, encode_rows, train_sft

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face' }}"
    "{{ '<|im_end|>\n' }}"
    "{% endif %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHAT = [{"role": "user", "content": "1+1="}]


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve rows; the completion of the last one does not fit into the 128 tokens of the model."""
    rows = [{"prompt": f"{a}+1=", "completion": str(a + 1), "domain": "math"} for a in range(11)]
    rows.append({"prompt": "?", "completion": "!" * 127, "domain": "noise"})
    return write(tmp_path_factory.mktemp("data") / "sft.jsonl", rows)


def settings(model: Path, data: Any, output: Path, **changes: Any) -> SFTSettings:
    given = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "save_every": 2, "device": "cpu"}
    return SFTSettings(**{"model": str(model), "data": data, "output": output, **given, **changes})


def weights(folder: Path) -> torch.Tensor:
    return torch.cat([w.flatten() for _, w in sorted(load_file(folder / "model.safetensors").items())])


def test_a_run(random_model: Path, data: str, tmp_path: Path) -> None:
    """A run leaves its settings, the loss of each step, a model that has learnt, and a summary at last.

    Run again, it is read and not trained; with other settings it is refused.
    """
    how, steps = settings(random_model, data, tmp_path / "run", epochs=4), list[tuple[int, int]]()
    result = train_sft(how, on_step=lambda step, total: steps.append((step, total)))

    assert (result.rows, result.too_long, result.steps) == (11, 1, 12)
    assert steps == [(step, 12) for step in range(1, 13)]
    log = read_jsonl(how.output / "metrics.jsonl")
    assert [row["step"] for row in log] == list(range(1, 13))
    assert result.last_loss is not None and result.first_loss is not None
    assert result.last_loss < result.first_loss / 2
    assert json.loads((how.output / "summary.json").read_text()) == result.to_dict()
    assert not (how.output / "checkpoints").exists()
    assert {path.name for path in result.model.iterdir()} >= {"model.safetensors", "tokenizer.json"}
    assert not (result.model / "training_args.bin").exists()
    load_model(str(result.model))

    before = (result.model / "model.safetensors").stat().st_mtime_ns
    assert train_sft(how).to_dict() == result.to_dict()
    assert (result.model / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(SettingsError, match=r"learning_rate: 0\.01 then, 0\.1 now"):
        train_sft(settings(random_model, data, how.output, epochs=4, learning_rate=0.1))


@pytest.mark.parametrize(
    "changes", [{}, {"lora": {"rank": 2, "alpha": 4, "dropout": 0.1}}], ids=["full", "lora"]
)
def test_a_killed_run_ends_the_same(
    random_model: Path, data: str, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Killed in step 4 of 6, and once more before the final model was written: the very same weights."""
    whole = settings(random_model, data, tmp_path / "whole", **changes)
    train_sft(whole)

    def kill(step: int, total: int) -> None:
        if step == 4:
            raise Killed

    broken = settings(random_model, data, tmp_path / "broken", **changes)
    with pytest.raises(Killed):
        train_sft(broken, on_step=kill)
    assert RunFolder(broken.output).last_step() == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assay_trainer.loop._finish", _killed)
        with pytest.raises(Killed):
            train_sft(broken)
    assert RunFolder(broken.output).last_step() == 6
    result = train_sft(broken)

    assert result.resumed_from == 6
    assert torch.equal(weights(broken.output / "final"), weights(whole.output / "final"))
    told = [[row["loss"] for row in read_jsonl(how.output / "metrics.jsonl")] for how in (whole, broken)]
    assert told[0] == told[1] and len(told[0]) == 6
    assert (broken.output / "adapter").exists() is bool(changes)
    assert not torch.equal(weights(broken.output / "final"), weights(random_model))


def _killed(*_: Any) -> None:
    raise Killed


@pytest.mark.parametrize("template", [None, SMOLLM2], ids=["demo", "smollm2"])
@pytest.mark.parametrize("prompt", ["1+1=", CHAT], ids=["text", "chat"])
def test_trained_on_what_grpo_prompts_with(
    kit: SimpleNamespace, tmp_path: Path, prompt: Any, template: str | None
) -> None:
    """A row is GRPO's tokens of the prompt, the completion's, and the end token; these two are learnt."""
    from assay_trainer.demo.model import build_model
    from assay_trainer.demo.tokenizer import END, train_tokenizer

    tokenizer = train_tokenizer()
    tokenizer.chat_template = template or tokenizer.chat_template
    model = build_model(tokenizer, 0)
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    completion = "<think>1 and 1</think>\n<answer>2</answer>"
    data = write(tmp_path / "sft.jsonl", [{"prompt": prompt, "completion": completion}])
    how = settings(tmp_path / "model", data, tmp_path / "run")

    rows = encode_rows(how, tokenizer, 512).rows
    trainer = build_trainer(how, RunFolder(how.output), model, tokenizer, rows)
    (batch,) = trainer.get_train_dataloader()
    grpo = build_grpo(
        kit.make(tmp_path / "grpo", tmp_path / "model", beta=0),
        RunFolder(tmp_path / "grpo"), model, tokenizer, [{"prompt": prompt}], kit.spread,
    )  # fmt: skip
    asked: list[int] = grpo._tokenize_prompts([prompt])[0][0]
    answer = [*tokenizer(completion)["input_ids"], tokenizer.convert_tokens_to_ids(END)]
    assert batch["input_ids"].tolist() == [asked + answer]
    assert batch["labels"].tolist() == [[IGNORED] * len(asked) + answer]
    assert tokenizer.decode(answer) == completion + END


def test_the_loss_is_of_the_completions(random_model: Path, data: str, tmp_path: Path) -> None:
    """TRL's loss over two micro batches is the mean negative log-likelihood of all completion tokens."""
    how = settings(random_model, data, tmp_path / "run", batch_size=11, micro_batch=11, epochs=1)
    model, tokenizer = load_model(str(random_model))
    rows = encode_rows(how, tokenizer, 128).rows
    total, count = 0.0, 0
    with torch.no_grad():
        for row in rows:
            logits = model(torch.tensor([row["input_ids"]])).logits[0].log_softmax(-1)
            for place, label in enumerate(row["labels"]):
                if label != IGNORED:
                    total, count = total - float(logits[place - 1, label]), count + 1
    result = train_sft(how)
    assert result.learnt == count
    assert result.first_loss == pytest.approx(total / count, rel=1e-5)


def test_sources_are_mixed(random_model: Path, data: str, tmp_path: Path) -> None:
    """`limit` takes first rows, `repeat` takes them several times; what does not fit is counted once."""
    other = write(tmp_path / "other.jsonl", [{"prompt": CHAT, "completion": "2"}])
    sources = [{"path": data, "limit": 3}, {"path": other, "repeat": 2}]
    _, tokenizer = load_model(str(random_model))
    encoded = encode_rows(settings(random_model, sources, tmp_path / "run"), tokenizer, 128)
    texts = [tokenizer.decode(row["input_ids"]) for row in encoded.rows]
    assert texts == ["0+1=1<eos>", "1+1=2<eos>", "2+1=3<eos>", "1+1=|A:2<eos>", "1+1=|A:2<eos>"]
    repeated = settings(random_model, {"path": data, "repeat": 2}, tmp_path / "run")
    encoded = encode_rows(repeated, tokenizer, 128)
    assert (len(encoded.rows), encoded.too_long) == (22, 1)
    assert encoded.learnt == sum(2 * (len(str(a + 1)) + 1) for a in range(11))


def test_another_end_token(random_model: Path, data: str, tmp_path: Path) -> None:
    """`end_token` closes completions, and the final model and tokenizer end with it; so after LoRA."""
    for name, lora in (("full", None), ("lora", {"rank": 1})):
        how = settings(random_model, data, tmp_path / name, end_token="~", epochs=1, lora=lora)
        model, tokenizer = load_model(str(train_sft(how).model))
        assert tokenizer.eos_token == "~"
        assert model.generation_config.eos_token_id == [1, tokenizer.convert_tokens_to_ids("~")]
    with pytest.raises(SettingsError, match=r"end_token '<end>' is no token"):
        train_sft(settings(random_model, data, tmp_path / "x", end_token="<end>"))


def test_what_cannot_be_trained_on(random_model: Path, data: str, tmp_path: Path) -> None:
    """No completion, none that fits, messages without a template: each is said with its row or file."""
    _, tokenizer = load_model(str(random_model))
    for rows, message in (
        ([{"prompt": "a"}], "row 1 lacks 'completion'"),
        (
            [{"prompt": "a", "completion": "b"}, {"prompt": "a", "completion": None}],
            "row 2, column 'completion'",
        ),
    ):
        path = write(tmp_path / "bad.jsonl", rows)
        with pytest.raises(DataError, match=message):
            encode_rows(settings(random_model, path, tmp_path / "run"), tokenizer, 128)
    with pytest.raises(DataError, match="none of 12 rows fits into 3 tokens"):
        encode_rows(settings(random_model, data, tmp_path / "run"), tokenizer, 3)
    tokenizer.chat_template = None
    with pytest.raises(ModelError, match="no chat template"):
        encode_rows(settings(random_model, data, tmp_path / "run", template="chat"), tokenizer, 128)


def test_packing(random_model: Path, data: str, tmp_path: Path) -> None:
    """`trl: {packing: true}` puts several rows into one of `max_length`: there are fewer steps than rows."""
    changes = {"trl": {"packing": True, "packing_strategy": "wrapped"}, "max_length": 16, "epochs": 1}
    how = settings(random_model, data, tmp_path / "run", batch_size=1, **changes)
    result = train_sft(how)
    assert result.steps < result.rows
