"""Reward models of two layers, untrained, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_reward


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Two threads are slower than one at this size, and others use the machine."""
    import torch

    from assay_trainer.machine import quiet

    torch.set_num_threads(1)
    quiet()


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reward.save_classifier(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reward.save_classifier(tmp_path_factory.mktemp("bert"), kind="Bert")
