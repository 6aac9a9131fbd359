"""The order of prompts in a run that goes on in a later epoch.

TRL's `RepeatSampler` draws the order of each epoch from one generator, which a resumed run starts anew: it
would go on with the first epoch's order, and train on some prompts twice in an epoch and on others not.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class EpochSampler:
    """A `RepeatSampler` that draws the order of the epoch that the run is in, also after it was resumed."""

    def __init__(self, sampler: Any, trainer: Any) -> None:
        """Stand in front of the sampler that `trainer` made."""
        self._sampler, self._trainer = sampler, trainer

    def __len__(self) -> int:
        """Rows of one epoch, repeats included."""
        return len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        """Yield the indices of the rows; the orders of earlier epochs are drawn and thrown away."""
        import torch

        sampler = self._sampler
        if sampler.shuffle:
            sampler.generator.manual_seed(sampler.seed)
            for _ in range(int(self._trainer.state.epoch or 0)):
                torch.randperm(sampler.num_samples, generator=sampler.generator)
        yield from sampler


def keep_order(trainer: Any) -> Any:
    """Let a `trl.GRPOTrainer` take up an epoch's order where it was broken off; returns the trainer."""
    drawn = trainer._get_train_sampler

    def ordered(dataset: Any = None) -> EpochSampler:
        return EpochSampler(drawn(dataset), trainer)

    trainer._get_train_sampler = ordered
    return trainer
