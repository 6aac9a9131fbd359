"""Sampling from a real (random) model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from assay import ModelError
from assay_trainer.generate import Sampling, TransformersSampler
from assay_trainer.logprobs import check_logprobs, compare_logprobs
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunError

Build = Callable[..., TransformersSampler]


@pytest.fixture(scope="module")
def build(random_model: Path) -> Build:
    model, tokenizer = load_model(str(random_model))
    return lambda **how: TransformersSampler(
        model, tokenizer, Sampling(**{"k": 3, "max_new_tokens": 40, **how})
    )


def test_same_seed_same_completions(build: Build) -> None:
    """A seed decides the completions; another seed gives others; k are drawn per prompt."""
    sampler = build()
    prompts = sampler.encode(["1+1=", "12+3="])
    first = sampler.sample(prompts, seed=1)
    assert [len(group) for group in first] == [3, 3]
    assert first == sampler.sample(prompts, seed=1)
    assert first != sampler.sample(prompts, seed=2)


def test_the_run_is_not_disturbed(build: Build) -> None:
    """Torch's random state and the model's mode are as before: a resumed run depends on it."""
    sampler = build()
    sampler.model.train()
    before = torch.random.get_rng_state()
    sampler.sample(sampler.encode(["1+1="]), seed=1)
    assert torch.equal(before, torch.random.get_rng_state())
    assert sampler.model.training
    sampler.model.eval()
    sampler.sample(sampler.encode(["1+1="]), seed=1)
    assert not sampler.model.training


def test_lengths_and_truncation(build: Build) -> None:
    """A completion is truncated exactly when it has no end token; its length counts that token."""
    sampler = build(k=64, temperature=1.0, top_p=1.0)
    (drawn,) = sampler.sample(sampler.encode(["1+1="]), seed=0)
    assert {g.truncated for g in drawn} == {True, False}
    for generated in drawn:
        visible = len(generated.text)  # one character is one token here; a sampled <pad> is not seen
        assert visible <= generated.tokens - (not generated.truncated) <= visible + 2
        assert generated.tokens == 40 if generated.truncated else generated.tokens <= 40


def test_greedy_is_what_the_model_likes_best(build: Build) -> None:
    """Temperature 0 takes the likeliest token, in any batch size."""
    whole, single = build(temperature=0), build(temperature=0, batch_tokens=1)
    prompts = whole.encode(["1+1=", "123+456="])
    drawn = whole.sample(prompts, seed=0)
    assert drawn == single.sample(prompts, seed=0)
    assert all(len(set(group)) == 1 for group in drawn)
    with torch.no_grad():
        logits = whole.model(input_ids=torch.tensor([prompts[0]])).logits[0, -1]
    assert whole.tokenizer.decode(logits.argmax()) == drawn[0][0].text[0]


def test_chunks_fit(build: Build) -> None:
    """Batches hold whole questions, short prompts first, within the token bound where one question fits."""
    sampler = build(batch_tokens=9 * 50)
    prompts = [[2] * length for length in (10, 1, 5, 10, 2)]
    assert sampler.chunks(prompts) == [[1, 4, 2], [0, 3]]
    assert build(batch_tokens=1).chunks(prompts) == [[1], [4], [2], [0], [3]]


def test_prompts_are_encoded_as_trl_does(build: Build) -> None:
    """Messages go through the chat template with the assistant's turn opened; text stays text."""
    sampler = build()
    messages = [{"role": "user", "content": "hi"}]
    assert sampler.tokenizer.decode(sampler.encode([messages])[0]) == "hi|A:"
    assert sampler.tokenizer.decode(sampler.encode(["hi"])[0]) == "hi"


def test_no_chat_template(random_model: Path) -> None:
    """Messages for a tokenizer without a template are an error that says what to do."""
    model, tokenizer = load_model(str(random_model))
    tokenizer.chat_template = None
    with pytest.raises(ModelError, match="r1-zero"):
        TransformersSampler(model, tokenizer, Sampling()).encode([[{"role": "user", "content": "hi"}]])


def test_end_tokens_of_the_model_count(random_model: Path) -> None:
    """A model that declares further end tokens stops at them."""
    model, tokenizer = load_model(str(random_model))
    plus: Any = tokenizer.convert_tokens_to_ids("+")
    model.generation_config.eos_token_id = [1, plus]
    sampler = TransformersSampler(
        model, tokenizer, Sampling(k=64, temperature=1.0, top_p=1.0, max_new_tokens=40)
    )
    (drawn,) = sampler.sample(sampler.encode(["1+1="]), seed=0)
    assert any(g.text.endswith("+") for g in drawn)
    assert not any("+" in g.text[:-1] for g in drawn)


def test_logprobs_are_the_models_own(build: Build) -> None:
    """Whatever temperature and top-p were, each drawn token carries what a forward pass gives it."""
    sampler = build(k=8, temperature=0.7, top_p=0.8, logprobs=True)
    prompts = sampler.encode(["1+1=", "12+3="])
    drawn = sampler.sample(prompts, seed=0)
    lengths = {one.tokens for group in drawn for one in group}
    assert len(lengths) > 1  # so that some were padded behind their end
    agreement = compare_logprobs(sampler.model, prompts, drawn, batch_tokens=100)
    assert agreement.tokens == sum(one.tokens for group in drawn for one in group)
    assert agreement.max < 1e-4
    check_logprobs(agreement)
    plain = build(k=8, temperature=0.7, top_p=0.8).sample(prompts, seed=0)
    assert [[one.text for one in group] for group in plain] == [
        [one.text for one in group] for group in drawn
    ]
    assert plain[0][0].ids is None and plain[0][0].logprobs is None


def test_another_policy_is_noticed(build: Build, random_model: Path) -> None:
    """Log-probabilities of other weights differ, and a run that would train on them is refused."""
    sampler = build(k=8, temperature=1.0, top_p=1.0, logprobs=True)
    prompts = sampler.encode(["1+1="])
    drawn = sampler.sample(prompts, seed=0)
    other, _ = load_model(str(random_model))
    with torch.no_grad():
        other.lm_head.weight.mul_(1.5)
    agreement = compare_logprobs(other, prompts, drawn)
    with pytest.raises(RunError, match="not the policy"):
        check_logprobs(agreement)
    with pytest.raises(ModelError, match="logprobs=True"):
        compare_logprobs(other, prompts, build().sample(prompts, seed=0))


def test_without_end_tokens_all_are_of_full_length(build: Build) -> None:
    """An empty set of end tokens draws to the limit."""
    sampler = build(k=64, temperature=1.0, top_p=1.0)
    sampler.ends = frozenset()
    (drawn,) = sampler.sample(sampler.encode(["1+1="]), seed=0)
    assert {(one.tokens, one.truncated) for one in drawn} == {(40, True)}
