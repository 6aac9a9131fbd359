"""A random model of a few thousand weights, saved to disk, and a run on it that takes seconds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay_trainer.settings import TrainSettings

LETTERS = [chr(code) for code in range(33, 127)] + [" ", "\n"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads are slower than one at this size, and others use the machine."""
    import torch

    from assay_trainer.machine import quiet

    torch.set_num_threads(1)
    quiet()


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """The functions below: test folders are no packages that could be imported from."""
    return SimpleNamespace(rows=rows, spread=spread, make=make)


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2 of hidden size 16 with a character tokenizer; `beta` above 0 needs it on disk."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    vocabulary = {token: i for i, token in enumerate(["<pad>", "<eos>", *LETTERS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['content'] + '|' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'A:' }}{% endif %}"
    )
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    folder = tmp_path_factory.mktemp("model")
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def rows(count: int = 16) -> list[dict[str, Any]]:
    return [{"prompt": f"{a}+1=", "solution": str(a + 1)} for a in range(count)]


def spread(completions: list[str], **_: Any) -> list[float | None]:
    """A reward that differs inside every group: a hash of the text."""
    return [sum(map(ord, text)) % 7 / 7 for text in completions]


def make(output: Path, model: Path, **changes: Any) -> TrainSettings:
    return TrainSettings(
        **{
            "model": str(model),
            "data": "unused.jsonl",
            "output": output,
            "device": "cpu",
            "steps": 2,
            "prompts_per_step": 2,
            "group_size": 4,
            "max_completion_length": 8,
            "learning_rate": 1e-3,
            **changes,
        }
    )
