"""GRPO on a stack that routes proof rows to real Lean, and the others to `math_answer`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from assay_trainer.grpo import train
from assay_trainer.runfolder import read_jsonl
from assay_verifiers.lean.install.artefact import installed

pytestmark = [pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning"), pytest.mark.slow]

REGISTRY = """\
assay: 1
plugins: [lean, math_answer]
verifiers:
  proofs: {use: lean, timeout: 400s, options: {spare: false}}
  math: {use: math_answer}
route: {column: domain, lean: proofs, math: math}
stacks:
  prover: {gate: correct}
workers: {count: 1}
"""
PROOF = "```lean\nby omega\n```"
ROWS = [
    {"prompt": "x + 0 = x", "domain": "lean", "reference": "theorem t (x : Nat) : x + 0 = x := by sorry"},
    {"prompt": "1 = 2", "domain": "lean", "reference": "theorem t : 1 = 2 := by sorry"},
    {"prompt": "1+1=", "domain": "math", "reference": "2"},
]


@pytest.fixture(scope="module")
def prover(random_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model that has learned one proof by heart, which it offers for everything."""
    import torch
    from tokenizers import decoders
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    # Under a Qwen2 configuration the saved tokenizer would lose white space.
    tokenizer = PreTrainedTokenizerFast.from_pretrained(random_model)
    tokenizer.backend_tokenizer.decoder = decoders.Fuse()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(240):
        text = ROWS[step % len(ROWS)]["prompt"] + PROOF + tokenizer.eos_token
        tokens = tokenizer(text, return_tensors="pt").input_ids
        model(input_ids=tokens, labels=tokens).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("prover")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_proof_rows_are_routed_to_lean(kit: SimpleNamespace, prover: Path, tmp_path: Path) -> None:
    """The kernel pays the proof where the statement is true, and nowhere else; the run goes on."""
    if not installed():
        assert os.environ.get("ASSAY_TEST_LEAN") != "required", "Lean is not installed"
        pytest.skip("Lean is not installed: `assay lean install`, or `make test`")
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    run = tmp_path / "run"
    changes = {
        "max_completion_length": 32,
        "prompts_per_step": 3,
        "group_size": 4,
        "show_prompts": 3,
        "eval_k": 2,
    }
    settings = kit.make(
        run, prover, data=str(data), eval_data=str(data), registry=tmp_path / "registry.yaml", **changes
    )
    train(settings)

    metrics = read_jsonl(run / "metrics.jsonl")
    assert len(metrics) == 2 and all(row["assay/faults/infra_fault"] == 0 for row in metrics)
    before = [row for row in read_jsonl(run / "samples.jsonl") if row["stage"] == "before"]
    asked = {row["prompt"]: row["scorecard"] for row in before}
    verifiers = [card["verifier"] for card in asked.values()]
    assert sorted(verifiers) == ["math", "proofs", "proofs"]
    judged = [
        card["verdict"]["evidence"].get("audited_by")
        for card in asked.values()
        if card["verifier"] == "proofs"
    ]
    assert any(judged), asked
    assert 0 < sum(row["assay/right/mean"] for row in metrics) < 2 * 2 / 3
