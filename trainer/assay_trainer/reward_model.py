"""Train a reward model on preference pairs with TRL's RewardTrainer.

    loss = -log sigmoid(r(x, y_chosen) - r(x, y_rejected)) + center * (r(x, y_chosen) + r(x, y_rejected))^2

The pairs are encoded as `assay.classifier` encodes what it scores, so training and use see the same text.
Beside the model goes what held-out answers score, by which its scores are bounded.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay import DataError, MissingDependencyError
from assay.classifier import Calibration, Classifier, ClassifierOptions, Encoder
from assay.files import write_atomically
from assay_trainer.loop import batching, make_config
from assay_trainer.machine import on_cpu, quiet
from assay_trainer.measures import wilson
from assay_trainer.models import load_model, longest, resolve_model
from assay_trainer.preferences import LengthBias, Pair, balanced, hold_out, length_bias, load_pairs
from assay_trainer.progress import OnStep
from assay_trainer.runfolder import RunError
from assay_trainer.settings import RewardModelSettings, SettingsError

FEWEST = 2
"""Pairs without which nothing is trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardModelResult:
    """A trained reward model, and what it is worth."""

    model: Path
    steps: int
    seconds: float
    too_long: int
    """Pairs left out because one answer does not fit."""
    before: LengthBias
    """Of the training pairs as they came."""
    after: LengthBias
    """Of those that were trained on."""
    held_out: Mapping[str, Any]
    """``pairs``, ``accuracy`` with its 95 % interval, and the accuracy where the better answer is the longer,
    and the shorter one; None where there is no such pair."""
    known: Mapping[str, Mapping[str, Any]]
    """By family: pairs whose order is known by construction (RVH ids), and the share it orders rightly."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names."""
        return {
            "model": str(self.model),
            "steps": self.steps,
            "seconds": self.seconds,
            "too_long": self.too_long,
            "length": {"before": self.before.to_dict(), "after": self.after.to_dict()},
            "held_out": dict(self.held_out),
            "known": {family: dict(row) for family, row in self.known.items()},
        }


def train_reward_model(
    settings: RewardModelSettings, *, resume: bool = True, on_step: OnStep | None = None
) -> RewardModelResult:
    """Train, from the start or from the last checkpoint in the output folder.

    Raises:
        SettingsError: the folder holds a run with other settings, or TRL refuses an option.
        DataError: no usable pairs, or too few of them after balancing.
        ModelError: the model cannot be loaded, or its tokenizer has no chat template.
        RunError: the output folder cannot be written.
        MissingDependencyError: trl is not installed.
    """
    start = time.perf_counter()
    quiet()
    pairs = load_pairs(settings.data)
    if settings.eval_data:
        held = load_pairs(settings.eval_data, "test")
    else:
        pairs, held = hold_out(pairs, settings.held_out, settings.seed)
    base = resolve_model(settings.model, settings.seed)
    model, tokenizer = _load(base, settings.seed)
    encoder, limit = Encoder(tokenizer, settings.model), longest(model, tokenizer, settings.max_length)
    rows, before, after, too_long = _rows(settings, pairs, encoder, limit)
    folder = settings.output
    _prepare(folder, settings, resume)
    trainer = _trainer(settings, model, tokenizer, rows, on_step)
    trainer.train(resume_from_checkpoint=_last(folder))
    final = folder / "final"
    if trainer.is_world_process_zero():
        _save(trainer, final)
    trainer.accelerator.wait_for_everyone()
    device = "cpu" if on_cpu(settings.device) else settings.device
    judge = Classifier(ClassifierOptions(model=str(final), device=device, max_tokens=limit))
    result = RewardModelResult(
        model=final,
        steps=int(trainer.state.global_step),
        too_long=too_long,
        before=before,
        after=after,
        held_out=_held_out(judge, held, final),
        known=_known(judge),
        seconds=time.perf_counter() - start,
    )
    if trainer.is_world_process_zero():
        write_atomically(folder / "summary.json", json.dumps(result.to_dict(), indent=1) + "\n")
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return result


def _save(trainer: Any, final: Path) -> None:
    try:
        shutil.rmtree(final, ignore_errors=True)
        trainer.accelerator.unwrap_model(trainer.model).save_pretrained(final)
        trainer.processing_class.save_pretrained(final)
    except OSError as error:
        raise RunError(f"{final} cannot be written: {error.strerror or error}") from error


def _load(base: str, seed: int) -> tuple[Any, Any]:
    """A causal model with a new head in the place of its last layer, and its tokenizer."""
    import torch
    from transformers import AutoModelForSequenceClassification

    _, tokenizer = load_model(base)  # tells in our words what is wrong with either
    any_tokenizer: Any = tokenizer
    any_tokenizer.padding_side = "right"
    torch.manual_seed(seed)  # the head is random
    model: Any = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype="float32")
    return model, any_tokenizer


def _rows(
    settings: RewardModelSettings, pairs: Sequence[Pair], encoder: Encoder, limit: int
) -> tuple[list[dict[str, list[int]]], LengthBias, LengthBias, int]:
    """Encode, leave out what does not fit, and balance."""
    chosen = encoder([(pair.prompt, pair.chosen) for pair in pairs])
    rejected = encoder([(pair.prompt, pair.rejected) for pair in pairs])
    both = [pair for pair in zip(chosen, rejected, strict=True) if max(map(len, pair)) <= limit]
    lengths = [(len(better), len(worse)) for better, worse in both]
    kept = list(range(len(both)))
    if settings.balance == "subsample":
        kept = balanced([better - worse for better, worse in lengths], settings.seed)
    if len(kept) < FEWEST:
        raise DataError(
            f"{settings.data}: of {len(pairs)} pairs {len(both)} fit into {limit} tokens, and {len(kept)} "
            "are left after balancing by length. Bring pairs whose better answer is the shorter one, or set "
            "balance: none."
        )
    rows = [{"chosen_ids": both[index][0], "rejected_ids": both[index][1]} for index in kept]
    after = length_bias([lengths[index] for index in kept])
    return rows, length_bias(lengths), after, len(pairs) - len(both)


def _trainer(
    settings: RewardModelSettings, model: Any, tokenizer: Any, rows: Sequence[Any], on_step: OnStep | None
) -> Any:
    try:
        from datasets import Dataset
        from transformers import PrinterCallback, TrainerCallback
        from trl.trainer.reward_config import RewardConfig
        from trl.trainer.reward_trainer import RewardTrainer
    except ImportError as error:
        raise MissingDependencyError.of("training", error.name or "trl", "train") from None

    class Steps(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if on_step is not None:
                on_step(state.global_step, state.max_steps)

    options: dict[str, Any] = {
        **batching(settings.batch_size, settings.micro_batch),
        "output_dir": str(settings.output / "checkpoints"),
        "num_train_epochs": settings.epochs,
        "center_rewards_coefficient": settings.center or None,
        "max_length": None,
        "save_steps": settings.save_every,
        "save_total_limit": 2,
    }
    config = make_config(RewardConfig, settings, options)
    trainer: Any = RewardTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=tokenizer,
        callbacks=[Steps()],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _prepare(folder: Path, settings: RewardModelSettings, resume: bool) -> None:
    """Make the folder; a run that goes on must be the same run."""
    path, told = folder / "settings.json", settings.model_dump_json(indent=1, exclude={"output", "device"})
    try:
        if not resume:
            for part in ("checkpoints", "final"):
                shutil.rmtree(folder / part, ignore_errors=True)
        elif (
            (folder / "checkpoints").is_dir() and path.is_file() and path.read_text(encoding="utf-8") != told
        ):
            raise SettingsError(
                f"{folder} holds checkpoints of a run with other settings; --fresh deletes them"
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, told)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror or error}") from error


def _last(folder: Path) -> str | None:
    """The newest checkpoint that is complete; its state is written last."""
    found = (folder / "checkpoints").glob("checkpoint-*/trainer_state.json")
    newest = max(found, key=lambda path: int(path.parent.name.partition("-")[2]), default=None)
    return None if newest is None else str(newest.parent)


def _held_out(judge: Classifier, pairs: Sequence[Pair], final: Path) -> dict[str, Any]:
    """Score the held-out pairs, write the calibration, and say how many are ordered rightly."""
    encoded = [judge.encode([(p.prompt, p.chosen), (p.prompt, p.rejected)]) for p in pairs]
    fit = [rows for rows in encoded if max(map(len, rows)) <= judge.limit]
    if len(fit) < FEWEST:
        raise DataError(f"{len(fit)} held-out pairs fit into {judge.limit} tokens; {FEWEST} are the least")
    scores = judge([row for rows in fit for row in rows])
    Calibration.of(scores).write(final)
    longer, shorter, right = list[bool](), list[bool](), list[bool]()
    for (better, worse), high, low in zip(fit, scores[::2], scores[1::2], strict=True):
        right.append(high > low)
        if len(better) != len(worse):
            (longer if len(better) > len(worse) else shorter).append(high > low)
    return {
        "pairs": len(right),
        "accuracy": sum(right) / len(right),
        "interval": list(wilson(sum(right), len(right))),
        "where the longer is better": sum(longer) / len(longer) if longer else None,
        "where the shorter is better": sum(shorter) / len(shorter) if shorter else None,
    }


def _known(judge: Classifier) -> dict[str, dict[str, Any]]:
    """Order the pairs that `assay test reward_model.helpfulness` orders; too long ones are left out."""
    from assay.conformance.corpora import preferences

    found: dict[str, dict[str, Any]] = {}
    for case in preferences.cases():
        assert case.other is not None
        sides = [(sample.prompt, sample.completion) for sample in (case.sample, case.other)]
        rows = judge.encode(sides)
        if max(map(len, rows)) > judge.limit:
            continue
        better, worse = judge(rows)
        row = found.setdefault(case.family, {"what": case.template.partition(":")[0], "pairs": 0, "right": 0})
        row["pairs"] += 1
        row["right"] += better > worse
    return {family: {**row, "accuracy": row["right"] / row["pairs"]} for family, row in sorted(found.items())}
