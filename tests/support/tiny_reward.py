"""Random models of a few thousand weights, and a reward model that knows the pairs of the suite by heart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}"
)
BLIND = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'].split('</think>')[-1] + '<|im_end|>' }}"
    "{% endfor %}"
)
"""Drops the reasoning, as templates of reasoning models do with earlier turns."""


def tokenizer(template: str | None = TEMPLATE) -> Any:
    """The trainer's embedded tokenizer, with another template perhaps."""
    from assay_trainer.demo.tokenizer import train_tokenizer

    made = train_tokenizer()
    made.chat_template = template
    return made


def save_causal(
    folder: Path, *, template: str | None = TEMPLATE, hidden: int = 32, length: int = 512
) -> Path:
    """A Llama of two layers that writes text, untrained."""
    return _save(folder, "LlamaForCausalLM", template, hidden, length)


def save_classifier(
    folder: Path,
    *,
    kind: str = "Llama",
    template: str | None = TEMPLATE,
    hidden: int = 32,
    length: int = 512,
    reference: float | None = 0.0,
) -> Path:
    """A sequence-classification model of two layers, untrained; calibrated if `reference` is given."""
    _save(folder, f"{kind}ForSequenceClassification", template, hidden, length)
    if reference is not None:
        content = {"reference": reference, "quantiles": [reference + step / 50 - 1 for step in range(101)]}
        (folder / "assay_reward.json").write_text(json.dumps(content))
    return folder


def _save(folder: Path, architecture: str, template: str | None, hidden: int, length: int) -> Path:
    import torch
    import transformers

    made = tokenizer(template)
    made.padding_side, made.model_max_length = "right", length
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "vocab_size": -(-len(made) // 8) * 8,
        "hidden_size": hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 2 * hidden,
        "max_position_embeddings": length,
        "pad_token_id": made.pad_token_id,
        "initializer_range": 0.2,
    }
    if architecture.startswith("Llama"):
        shape |= {"num_key_value_heads": 4, "bos_token_id": None, "eos_token_id": made.eos_token_id}
    if "Classification" in architecture:
        shape["num_labels"] = 1
    config = getattr(transformers, f"{architecture.partition('For')[0]}Config")(**shape)
    getattr(transformers, architecture)(config).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def write_pairs(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def known_pairs() -> list[dict[str, Any]]:
    """All that the suite asks of the two rewards and of `process_reward`, as pairs to learn by heart."""
    from assay import Sample
    from assay.conformance.corpora import preferences
    from assay_plugins import process_reward, reward_model

    rows = [
        (case.sample.prompt, case.sample.completion, case.other.completion)
        for case in preferences.cases()
        if case.other is not None
    ]
    for spec in (*reward_model.register_rewards(), *process_reward.register_rewards()):
        for example in spec.examples:
            for good in example.good:
                for bad in example.bad:
                    pair = [spec.prepare(Sample(completion=text)) for text in (good, bad)]
                    if all(isinstance(one, Sample) for one in pair):
                        rows.append((example.prompt, *(one.completion for one in pair)))
    pairs = [{"prompt": prompt, "chosen": a, "rejected": b} for prompt, a, b in rows if b.strip()]
    return [pair for pair in pairs if pair["chosen"] != pair["rejected"]]
