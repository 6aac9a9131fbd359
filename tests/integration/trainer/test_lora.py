"""LoRA in GRPO: the base is the reference, and what an adapter has learnt ends up in the final model."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors.torch import load_file

from assay import MissingDependencyError
from assay_trainer.grpo import build_trainer
from assay_trainer.loop import fit
from assay_trainer.lora import adapter_config
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunFolder
from assay_trainer.settings import LoRA

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")


def test_grpo_with_an_adapter(kit: SimpleNamespace, random_model: Path, tmp_path: Path) -> None:
    """At the first step the policy is the reference, exactly; then it moves, by alpha / rank * B A."""
    settings = kit.make(
        tmp_path / "run", random_model, steps=3, beta=0.1, learning_rate=1e-2, lora=LoRA(rank=2, alpha=6)
    )
    folder = RunFolder(settings.output)
    policy, tokenizer = load_model(str(random_model))
    trainer = build_trainer(settings, folder, policy, tokenizer, kit.rows(), kit.spread)
    trainable = [name for name, weight in trainer.model.named_parameters() if weight.requires_grad]
    assert trainable and all("lora_" in name for name in trainable)
    fit(trainer, folder, None)

    kl = [row["kl"] for row in trainer.state.log_history if "kl" in row]
    assert kl[0] == 0 and kl[-1] > 0
    base = load_file(random_model / "model.safetensors")
    final = load_file(folder.final / "model.safetensors")
    adapter = load_file(folder.adapter / "adapter_model.safetensors")
    assert base.keys() == final.keys()
    moved = 0
    for name, weight in base.items():
        module = f"base_model.model.{name.removesuffix('.weight')}"
        if f"{module}.lora_A.weight" in adapter:
            product = adapter[f"{module}.lora_B.weight"] @ adapter[f"{module}.lora_A.weight"]
            assert final[name].allclose(weight + 6 / 2 * product, atol=1e-6)
            moved += not final[name].equal(weight)
        else:
            assert final[name].equal(weight)
    assert moved == len(adapter) // 2 > 0


def test_without_peft(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what to install."""
    monkeypatch.setitem(sys.modules, "peft", None)
    assert adapter_config(None) is None
    with pytest.raises(MissingDependencyError, match=r"assay\[lora\]"):
        adapter_config(LoRA())
