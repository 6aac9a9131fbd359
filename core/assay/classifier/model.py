"""A sequence-classification model with one label: token ids in, one number each out."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from assay.classifier.encoder import Encoder
from assay.classifier.options import ClassifierOptions, model_of
from assay.errors import MissingDependencyError, ModelError


class Classifier:
    """A loaded model and its encoder. Not thread-safe."""

    def __init__(self, options: ClassifierOptions) -> None:
        """Load the model and its tokenizer.

        Raises:
            ModelError: there is no such model, its head was never trained, or its tokenizer has no template.
            MissingDependencyError: torch or transformers is not installed.
        """
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            package = error.name or "transformers"
            raise MissingDependencyError.of("a reward model", package, "train") from None
        name, given = model_of(options), {"revision": options.revision or "main"}
        try:
            with torch.random.fork_rng(devices=[]), _quiet():
                tokenizer: Any = AutoTokenizer.from_pretrained(name, padding_side="right", **given)
                loaded: Any = AutoModelForSequenceClassification.from_pretrained(
                    name, num_labels=1, dtype=options.dtype, output_loading_info=True, **given
                )
            device = _device(options.device)
            model = loaded[0].eval().requires_grad_(False).to(device)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{name}: cannot be loaded: {_line(error)}") from error
        untrained = sorted({*loaded[1]["missing_keys"], *map(str, loaded[1].get("mismatched_keys", ()))})
        if untrained:
            raise ModelError(
                f"{name} is no reward model with one label: no weights for {', '.join(untrained[:3])}. "
                "`assay train reward-model` makes one."
            )
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        if tokenizer.pad_token_id is None:
            raise ModelError(f"{name}: its tokenizer has neither a padding nor an end-of-sequence token")
        config = model.config.get_text_config()
        config.pad_token_id = tokenizer.pad_token_id  # by which the model finds the last token of a text
        self.model, self.device = model, device
        self.encode = Encoder(tokenizer, name)
        limits = (
            options.max_tokens,
            getattr(config, "max_position_embeddings", None),
            tokenizer.model_max_length,
        )
        self.limit = min(int(limit) for limit in limits if limit)
        """Most tokens of one text."""
        self.pad = int(tokenizer.pad_token_id)
        self.batch_tokens = options.batch_tokens
        self._process = os.getpid()

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """Score N encoded texts of at most `limit` tokens; N scores, in order.

        Texts of like length share a batch, padded on the right to the longest of it.
        """
        import torch

        if (
            os.getpid() != self._process
        ):  # a forked child has none of the threads that its parent computes with
            torch.set_num_threads(1)
            self._process = os.getpid()
        scores = [0.0] * len(rows)
        with torch.inference_mode():
            for batch in self.batches(rows):
                ids, mask = self.padded([rows[index] for index in batch])
                logits = self.model(input_ids=ids, attention_mask=mask).logits[:, 0]
                for index, score in zip(batch, logits.float().tolist(), strict=True):
                    scores[index] = score
        return scores

    def batches(self, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        """Indices of rows that are scored together, shortest first; a row that fills a batch is alone."""
        groups: list[list[int]] = []
        for index in sorted(range(len(rows)), key=lambda index: len(rows[index])):
            if groups and (len(groups[-1]) + 1) * len(rows[index]) <= self.batch_tokens:
                groups[-1].append(index)
            else:
                groups.append([index])
        return groups

    def padded(self, rows: Sequence[Sequence[int]], width: int | None = None) -> tuple[Any, Any]:
        """Token ids and attention mask, N × `width` (default: the longest row), on the model's device."""
        import torch

        width = width or max(map(len, rows))
        ids = torch.tensor([[*row, *[self.pad] * (width - len(row))] for row in rows], device=self.device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=self.device)
        return ids, mask


@contextmanager
def _quiet() -> Generator[None]:
    """Loading takes a second: no progress bar for it."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _device(name: str) -> Any:
    import torch

    if name != "auto":
        return torch.device(name)
    return (
        torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    )


def _line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
