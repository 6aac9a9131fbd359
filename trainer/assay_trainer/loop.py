"""What training with GRPO and with SFT share: TRL's options, the loop, and the model that it ends with."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from assay_trainer.lora import is_adapter, merged
from assay_trainer.machine import on_cpu
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunFolder
from assay_trainer.settings import SettingsError, Training


class Recording(Protocol):
    """What is told of a run, on its main process only."""

    def begin(self, step: int, model: Any, tokenizer: Any) -> None:
        """The loop starts; `step` steps have been taken before."""
        ...

    def log(self, step: int, logs: Mapping[str, Any]) -> None:
        """What TRL logs after a step, and once more its totals at the end."""
        ...

    def step_end(self, step: int, model: Any, tokenizer: Any) -> None:
        """A step was taken; its checkpoint, if there will be one, is yet to come."""
        ...

    def saved(self, step: int) -> None:
        """The checkpoint of a step is complete in `RunFolder.partial`."""
        ...


def processes() -> int:
    """Processes of this run, as its launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def batching(rows: int, micro_batch: int | None) -> dict[str, int]:
    """Options for a step of `rows` rows on one process; a `micro_batch` of None is all of them.

    Raises:
        ValueError: The micro batch does not divide the rows.
    """
    micro = min(micro_batch or rows, rows)
    if not micro or rows % micro:
        raise ValueError(f"{rows} rows do not divide into micro batches of {micro_batch}")
    return {"per_device_train_batch_size": micro, "gradient_accumulation_steps": rows // micro}


def make_config(kind: Callable[..., Any], settings: Training, options: Mapping[str, Any]) -> Any:
    """Say the settings in TRL's words.

    Args:
        kind: A config class of TRL.
        settings: What all runs are told is taken from it; its `trl` wins over everything.
        options: What is particular to this kind of run.

    Raises:
        SettingsError: TRL refuses them, or `trl:` has an option that it does not know.
    """
    cpu = on_cpu(settings.device)
    fields: Mapping[str, Any] = getattr(kind, "__dataclass_fields__", {})
    # transformers has renamed the option: the old name warns, and TRL still uses it
    renamed = "activation_checkpointing" in fields
    common: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.schedule,
        "warmup_steps": settings.warmup_steps,
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "seed": settings.seed,
        "data_seed": settings.seed,
        # The machine. TRL switches both on by default; on a CPU they only cost
        "use_cpu": cpu,
        "bf16": not cpu and settings.device != "mps",
        "activation_checkpointing" if renamed else "gradient_checkpointing": settings.gradient_checkpointing,
        "dataloader_pin_memory": not cpu,
        "ddp_find_unused_parameters": False,  # each is used; looking costs a walk through the graph
        # We log, evaluate and delete old checkpoints
        "save_strategy": "steps",
        "logging_steps": 1,
        "report_to": [],
        "disable_tqdm": True,
    }
    try:
        return kind(**{**common, **options, **settings.trl})
    except (TypeError, ValueError) as error:
        name = getattr(kind, "__name__", "config")
        raise SettingsError(f"trl.{name}: {str(error).strip().splitlines()[0]}") from error


def callback(recorder: Recording) -> Any:
    """Hook a recorder into the training loop; in a distributed run, on the main process."""
    from accelerate import PartialState
    from transformers import TrainerCallback

    class Callback(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if state.is_world_process_zero:
                recorder.begin(state.global_step, given["model"], given["processing_class"])

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **given: Any) -> None:
            if state.is_world_process_zero:
                recorder.log(state.global_step, logs or {})

        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if state.is_world_process_zero:
                recorder.step_end(state.global_step, given["model"], given["processing_class"])

        def on_save(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            # Every process writes its random state into the checkpoint; it is whole when all have
            PartialState().wait_for_everyone()
            if state.is_world_process_zero:
                recorder.saved(state.global_step)

    return Callback()


def fit(trainer: Any, folder: RunFolder, checkpoint: Path | None, dtype: str = "float32") -> None:
    """Run the loop from `checkpoint` (None: from the start) to the end, and save the final model.

    Args:
        trainer: A trainer of TRL.
        folder: Where the model goes.
        checkpoint: As said.
        dtype: Of the weights that an adapter is merged into.

    Raises:
        RunError: The disk is full; the last complete checkpoint remains.
    """
    with folder.writing("the checkpoint", only_full=True):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    aside = folder.path / ".final.partial"
    with folder.writing("the final model"):
        if trainer.is_world_process_zero():
            shutil.rmtree(aside, ignore_errors=True)
        trainer.accelerator.wait_for_everyone()
        if trainer.is_fsdp_enabled:
            trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
        trainer.save_model(str(aside))  # gathers weights that are spread over processes
        if trainer.is_world_process_zero():
            (aside / "training_args.bin").unlink(missing_ok=True)
            _finish(folder, aside, dtype)
    trainer.accelerator.wait_for_everyone()


def finish(folder: RunFolder, checkpoint: Path, dtype: str) -> None:
    """Make the final model of a run that was killed after its last checkpoint, on the main process."""
    aside = folder.path / ".final.partial"
    with folder.writing("the final model"):
        shutil.rmtree(aside, ignore_errors=True)
        if is_adapter(checkpoint):
            aside.mkdir()
            for path in checkpoint.iterdir():
                if path.name.startswith(("adapter_", "tokenizer", "chat_template", "special_tokens")):
                    shutil.copy2(path, aside)
        else:
            for part in load_model(str(checkpoint), dtype):
                part.save_pretrained(aside)
        _finish(folder, aside, dtype)


def _finish(folder: RunFolder, aside: Path, dtype: str) -> None:
    """Put a saved model into its place; an adapter is kept, and merged into what it adapts."""
    if is_adapter(aside):
        adapter, aside = aside, folder.path / ".merged.partial"
        shutil.rmtree(aside, ignore_errors=True)
        for part in merged(adapter, dtype):
            part.save_pretrained(aside)
        shutil.rmtree(folder.adapter, ignore_errors=True)
        os.replace(adapter, folder.adapter)
    shutil.rmtree(folder.final, ignore_errors=True)
    os.replace(aside, folder.final)
    shutil.rmtree(folder.partial, ignore_errors=True)
