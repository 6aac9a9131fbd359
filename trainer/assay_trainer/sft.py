"""Supervised fine-tuning on prompts and completions, on TRL's SFTTrainer.

    loss = − 1/T Σ_t log π_θ(o_t | q, o_<t)

over the T tokens of the completions of one optimizer step; prompts are read and not learnt. What is trained
on is, token for token, what GRPO and `assay eval` put and draw: the prompt as they encode it, the completion,
and the end token. A row that does not fit is left out and counted, never cut: a chain of thought without its
end teaches never to end.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay import DataError, MissingDependencyError
from assay.files import write_atomically
from assay_trainer.data import Row, load_rows
from assay_trainer.loop import batching, callback, finish, fit, make_config, processes
from assay_trainer.lora import adapter_config
from assay_trainer.machine import on_cpu, quiet
from assay_trainer.models import ends_with, load_model, longest, resolve_model
from assay_trainer.progress import OnStep
from assay_trainer.runfolder import RunFolder, read_jsonl
from assay_trainer.settings import SettingsError, SFTSettings
from assay_trainer.template import encode

IGNORED = -100
"""Label of a token that is read and not learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What is trained on."""

    rows: list[dict[str, list[int]]]
    """``input_ids`` and ``labels`` of each row, `IGNORED` on the prompt; a repeated row stands repeatedly."""
    too_long: int
    """Rows left out, each counted once."""
    tokens: int
    """Tokens of `rows`."""
    learnt: int
    """Those of them that the loss is over: completions and end tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTResult:
    """How a run ended."""

    model: Path
    rows: int
    """Rows of one epoch."""
    too_long: int
    """Rows left out."""
    tokens: int
    """Tokens of one epoch, prompts included."""
    learnt: int
    """Tokens of one epoch that the loss is over."""
    steps: int
    """Optimizer steps in all."""
    resumed_from: int
    """Step of the checkpoint that the run went on from; 0 when it started anew."""
    seconds: float
    """Wall-clock seconds of this call."""
    first_loss: float | None
    """Mean over the first tenth of the steps, in nats a token; None when nothing was logged."""
    last_loss: float | None
    """Mean over the last tenth."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names."""
        return {**asdict(self), "model": str(self.model)}


def train_sft(settings: SFTSettings, *, resume: bool = True, on_step: OnStep | None = None) -> SFTResult:
    """Train, from the start or from the last checkpoint in the output folder.

    A run that is complete is not run again: its result is read.

    Raises:
        SettingsError: The folder holds a run with other settings, or TRL refuses an option.
        DataError: No usable rows.
        ModelError: The model cannot be loaded, or rows have messages and its tokenizer no chat template.
        RunError: The output folder cannot be written.
        MissingDependencyError: trl is not installed, or with `lora` peft.
    """
    from accelerate import PartialState

    start = time.perf_counter()
    quiet()
    state = PartialState(cpu=on_cpu(settings.device))
    with state.main_process_first():
        base = resolve_model(settings.model, settings.seed)
    folder = RunFolder(settings.output)
    if state.is_main_process:
        folder.prepare(settings, resume=resume)
    state.wait_for_everyone()
    if folder.summary.is_file():
        told: dict[str, Any] = json.loads(folder.summary.read_text(encoding="utf-8"))
        told["model"] = folder.final
        return SFTResult(**told)
    step = folder.last_step()
    checkpoint = dict(folder.checkpoints()).get(step)

    model, tokenizer = load_model(base, settings.dtype, settings.attention)
    _end(settings, model, tokenizer)
    encoded = encode_rows(settings, tokenizer, longest(model, tokenizer, settings.max_length))
    if checkpoint is None or not _came_to_its_end(checkpoint):
        trainer = build_trainer(settings, folder, model, tokenizer, encoded.rows, on_step)
        fit(trainer, folder, checkpoint, settings.dtype)
    elif state.is_main_process and not folder.final.is_dir():
        finish(folder, checkpoint, settings.dtype)
    state.wait_for_everyone()

    losses = [float(row["loss"]) for row in read_jsonl(folder.metrics)]
    tenth = -(-len(losses) // 10)
    result = SFTResult(
        model=folder.final,
        rows=len(encoded.rows),
        too_long=encoded.too_long,
        tokens=encoded.tokens,
        learnt=encoded.learnt,
        steps=len(losses),
        resumed_from=step,
        seconds=time.perf_counter() - start,
        first_loss=_mean(losses[:tenth]),
        last_loss=_mean(losses[-tenth:]),
    )
    if state.is_main_process:
        with folder.writing("summary.json"):
            write_atomically(folder.summary, json.dumps(result.to_dict(), indent=1) + "\n")
            shutil.rmtree(folder.path / "checkpoints", ignore_errors=True)
    state.wait_for_everyone()
    return result


def encode_rows(settings: SFTSettings, tokenizer: Any, limit: int) -> Encoded:
    """Read all sources and tokenize their rows.

    Args:
        settings: The run.
        tokenizer: The model's; its end token closes each completion.
        limit: Tokens that a row may have; longer ones are left out.

    Raises:
        DataError: A row without a completion, or no row fits.
        ModelError: A prompt is messages, and the tokenizer has no chat template.
    """
    rows: list[dict[str, list[int]]] = []
    too_long = 0
    for source in settings.data:
        loaded = load_rows(
            source.path,
            template=settings.template,
            prompt_column=settings.prompt_column,
            needs=[settings.completion_column],
            limit=source.limit,
        )
        fitting = list[dict[str, list[int]]]()
        for number, row in enumerate(loaded, start=1):
            where = f"{source.path}: row {number}, column {settings.completion_column!r}"
            prompt = encode(tokenizer, row["prompt"])
            completion = _completion(row, settings, tokenizer, where)
            if len(prompt) + len(completion) > limit:
                too_long += 1
                continue
            labels = [IGNORED] * len(prompt) + completion
            fitting.append({"input_ids": prompt + completion, "labels": labels})
        rows += fitting * source.repeat
    if not rows:
        raise DataError(
            f"{', '.join(source.path for source in settings.data)}: none of {too_long} rows fits into "
            f"{limit} tokens. Raise max_length as far as the model goes, or bring shorter rows"
        )
    return Encoded(
        rows=rows,
        too_long=too_long,
        tokens=sum(len(row["input_ids"]) for row in rows),
        learnt=sum(label != IGNORED for row in rows for label in row["labels"]),
    )


def build_trainer(
    settings: SFTSettings,
    folder: RunFolder,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Mapping[str, Sequence[int]]],
    on_step: OnStep | None = None,
) -> Any:
    """Put model and rows together; returns a `trl.SFTTrainer`.

    Args:
        settings: The run.
        folder: Where checkpoints and the log go.
        model: As `load_model` returns it. With `lora` it is changed in place.
        tokenizer: Its tokenizer.
        rows: ``input_ids`` and ``labels``.
        on_step: Called after each optimizer step.
    """
    config = build_config(settings, folder.partial)
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl.trainer.sft_trainer import SFTTrainer

    trainer: Any = SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list([dict(row) for row in rows]),
        processing_class=tokenizer,
        callbacks=[],
        peft_config=adapter_config(settings.lora),
    )
    trainer.remove_callback(PrinterCallback)

    def stepped(step: int) -> None:
        if on_step is not None:
            on_step(step, int(trainer.state.max_steps))

    trainer.add_callback(callback(_Log(folder, settings.keep_checkpoints, stepped)))
    return trainer


def build_config(settings: SFTSettings, output: Path) -> Any:
    """Say the settings in TRL's words; returns a `trl.SFTConfig`.

    Raises:
        SettingsError: TRL refuses them, or `trl:` has an option that it does not know.
        MissingDependencyError: trl is not installed.
    """
    try:
        from trl.trainer.sft_config import SFTConfig
    except ImportError as error:
        raise MissingDependencyError.of("training", error.name or "trl", "train") from None
    rows, rest = divmod(settings.batch_size, processes())
    try:
        batch = batching(0 if rest else rows, settings.micro_batch)
    except ValueError:
        raise SettingsError(
            f"batch_size {settings.batch_size} does not divide into {processes()} processes and micro "
            f"batches of {settings.micro_batch}"
        ) from None
    options: dict[str, Any] = {
        **batch,
        "loss_type": "nll",
        "num_train_epochs": settings.epochs,
        # Rows that are too long were left out; packing cuts, and needs to know at what length
        "max_length": settings.max_length if settings.trl.get("packing") else None,
        "output_dir": str(output),
        "save_steps": settings.save_every,
    }
    return make_config(SFTConfig, settings, options)


@dataclass(frozen=True, slots=True)
class _Log:
    """Writes metrics.jsonl, and moves checkpoints into their places."""

    folder: RunFolder
    keep: int
    stepped: Callable[[int], None]

    def begin(self, step: int, model: Any, tokenizer: Any) -> None:
        """Nothing is done before the first step."""

    def log(self, step: int, logs: Mapping[str, Any]) -> None:
        if "loss" in logs:
            self.folder.append(self.folder.metrics, {"step": step, **logs})

    def step_end(self, step: int, model: Any, tokenizer: Any) -> None:
        self.stepped(step)

    def saved(self, step: int) -> None:
        self.folder.commit_checkpoint(step, self.keep)


def _end(settings: SFTSettings, model: Any, tokenizer: Any) -> None:
    """Have completions end with `end_token`, now and when the final model is asked."""
    if settings.end_token is not None:
        if settings.end_token not in tokenizer.get_vocab():
            raise SettingsError(f"end_token {settings.end_token!r} is no token of {settings.model}")
        tokenizer.eos_token = settings.end_token
    if tokenizer.eos_token_id is None:
        raise SettingsError(f"the tokenizer of {settings.model} has no end token; name one in end_token")
    ends_with(model, tokenizer)


def _completion(row: Row, settings: SFTSettings, tokenizer: Any, where: str) -> list[int]:
    text = row[settings.completion_column]
    if not isinstance(text, str) or not text:
        raise DataError(f"{where}: a completion is text; found {str(text)[:60]!r}")
    return [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]


def _came_to_its_end(checkpoint: Path) -> bool:
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return int(state["global_step"]) >= int(state["max_steps"])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
