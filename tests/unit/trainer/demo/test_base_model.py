"""The tokenizer and the pretraining of the embedded base model."""

import itertools
import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay_trainer.demo import pretrain
from assay_trainer.demo import tokenizer as tokenizer_module
from assay_trainer.demo.corpus import documents
from assay_trainer.demo.pretrain import make_base
from assay_trainer.demo.tokenizer import TAGS, render, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer()


@pytest.fixture(scope="module")
def base(tokenizer, tmp_path_factory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer_module, "train_tokenizer", lambda: tokenizer)
        return make_base(tmp_path_factory.mktemp("base"), seed=4, steps=3)


@pytest.fixture
def trained_once(tokenizer, monkeypatch):
    """Bases of the test share one tokenizer, which takes a second to train."""
    monkeypatch.setattr(tokenizer_module, "train_tokenizer", lambda: tokenizer)


def test_the_tokenizer_is_always_the_same(tokenizer):
    """Training it again gives the same file: it depends on nothing but the corpus."""
    again = train_tokenizer()
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_texts_survive_the_tokenizer(tokenizer):
    """Encoding and decoding gives back every corpus text, tags included, even without special tokens."""
    for document in itertools.islice(documents(seed=9), 200):
        ids = tokenizer(document.answer, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids, skip_special_tokens=True) == document.answer


def test_the_tags_are_single_ordinary_tokens(tokenizer):
    """Each tag is one token, and it is not a special one: rewards must see it."""
    for tag in TAGS:
        ids = tokenizer(tag, add_special_tokens=False)["input_ids"]
        assert len(ids) == 1
        assert tokenizer.decode(ids, skip_special_tokens=True) == tag


def test_numbers_are_single_tokens(tokenizer):
    """0 to 20 are one token each after a space, inside a box and alone."""
    for number in range(21):
        for text in (f" {number}", str(number)):
            assert len(tokenizer(text, add_special_tokens=False)["input_ids"]) == 1
        boxed = tokenizer(f"\\boxed{{{number}}}", add_special_tokens=False)["input_ids"]
        assert tokenizer.convert_tokens_to_ids(str(number)) in boxed


def test_the_chat_template_is_what_the_model_was_trained_on(tokenizer):
    """A templated question is, to the letter, the text that the corpus answers follow."""
    document = next(text for text in documents(seed=0) if text.question)
    messages = [{"role": "user", "content": document.question}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert prompt == render(document)[0]


def test_the_saved_tokenizer_is_the_trained_one(base, tokenizer):
    """AutoTokenizer splits texts as in training. (For some architectures, Qwen2 for one, transformers 5 puts
    its own splitting in the place of the saved one, and the model then reads tokens it has never seen.)
    """
    loaded = AutoTokenizer.from_pretrained(base)
    for document in itertools.islice(documents(seed=9), 200):
        text = "".join(render(document))
        assert loaded(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert loaded.chat_template == tokenizer.chat_template


def test_the_base_loads_like_any_model(base):
    """AutoModelForCausalLM and AutoTokenizer read the folder, and generation stops at the end of a turn."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    assert 500_000 < sum(weight.numel() for weight in model.parameters()) < 700_000
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert tokenizer.padding_side == "left"
    assert tokenizer.chat_template


def test_the_same_seed_gives_the_same_bits(base, tmp_path, trained_once):
    """A second base of the seed has bitwise equal weights; another seed has others."""
    weights = AutoModelForCausalLM.from_pretrained(base).state_dict()
    again = AutoModelForCausalLM.from_pretrained(make_base(tmp_path / "again", seed=4, steps=3)).state_dict()
    other = AutoModelForCausalLM.from_pretrained(make_base(tmp_path / "other", seed=5, steps=3)).state_dict()
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert not all(torch.equal(weights[name], other[name]) for name in weights)


def test_a_finished_base_of_the_same_recipe_is_reused(base, monkeypatch, trained_once):
    """The same call trains nothing; another seed, another length or an edited method trains again."""
    trained: list[int] = []

    def fake(network: object, words: object, seed: int, steps: int, progress: object) -> None:
        trained.append(steps)

    monkeypatch.setattr(pretrain, "pretrain", fake)
    make_base(base, seed=4, steps=3)
    assert trained == []
    make_base(base, seed=4, steps=2)
    make_base(base, seed=5, steps=2)
    monkeypatch.setattr(pretrain, "_method_hash", lambda: "edited")
    make_base(base, seed=5, steps=2)
    assert trained == [2, 2, 2]


def test_an_interrupted_base_is_made_again(tmp_path, monkeypatch, trained_once):
    """A folder whose training was cut short does not count as finished."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pretrain, "pretrain", interrupted)
        make_base(tmp_path, seed=0, steps=1)
    make_base(tmp_path, seed=0, steps=1)
    assert (tmp_path / "model.safetensors").is_file()


def test_progress_is_told_of_every_step(tmp_path, trained_once):
    """The callback gets the step from 1, the number of steps, and a loss."""
    told: list[tuple[int, int, float]] = []
    make_base(tmp_path, seed=0, steps=2, progress=lambda *each: told.append(each))
    assert [each[:2] for each in told] == [(1, 2), (2, 2)]
    assert all(loss > 0 for *_, loss in told)
