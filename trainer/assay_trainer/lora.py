"""Low-rank adapters, by peft.

With an adapter, GRPO's reference model is the base with the adapter switched off: it costs no memory.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingImports=false

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay import MissingDependencyError
from assay_trainer.models import ends_with, load_model
from assay_trainer.settings import LoRA


def adapter_config(lora: LoRA | None) -> Any:
    """The settings in peft's words, a `peft.LoraConfig`; None: train all weights.

    Raises:
        MissingDependencyError: peft is not installed.
    """
    if lora is None:
        return None
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise MissingDependencyError.of("lora", error.name or "peft", "lora") from None
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # pyright: ignore[reportArgumentType]
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        task_type="CAUSAL_LM",
    )


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter rather than a model."""
    return (folder / "adapter_config.json").is_file()


def merged(adapter: Path, dtype: str) -> tuple[Any, Any]:
    """Load what an adapter adapts, add the adapter to its weights, and return model and tokenizer.

    Args:
        adapter: A folder with the adapter and its tokenizer.
        dtype: Of the weights.
    """
    from peft import PeftConfig, PeftModel
    from transformers import AutoTokenizer

    # Not by AutoPeftModelForCausalLM: it cuts the vocabulary to the tokenizer's, and padding rows are lost
    base, _ = load_model(str(PeftConfig.from_pretrained(str(adapter)).base_model_name_or_path), dtype)
    model: Any = PeftModel.from_pretrained(base, str(adapter))
    model = model.merge_and_unload()
    tokenizer: Any = AutoTokenizer.from_pretrained(adapter, padding_side="left")
    ends_with(model, tokenizer)
    return model, tokenizer
