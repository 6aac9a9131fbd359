"""The machine that a run is on, and how much its libraries say."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
from typing import Any, cast


def on_cpu(device: str) -> bool:
    """Whether to leave accelerators alone: asked for, or none is there."""
    import torch

    return device == "cpu" or (device == "auto" and not torch.accelerator.is_available())


def shards() -> bool:
    """Whether accelerate was launched to spread the weights over processes: FSDP, or DeepSpeed's ZeRO-3."""
    return (
        os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"
        or os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE") == "3"
    )


def quiet() -> None:
    """Silence what transformers, TRL and datasets say about themselves; their errors remain."""
    import logging
    import warnings

    # TRL 1.16 uses names that transformers has deprecated; its user can do nothing about it
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers|trl")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    for name in ("transformers", "trl", "datasets", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    import datasets
    import transformers

    cast("Any", transformers).logging.set_verbosity_error()
    cast("Any", transformers).logging.disable_progress_bar()
    cast("Any", datasets).disable_progress_bars()
