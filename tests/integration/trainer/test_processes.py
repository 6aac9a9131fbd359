"""Two processes on a CPU train as one: the same rewards, whole groups, and an end for both."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import two_processes

from assay.adapters.trl import StackReward

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(random_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes has to tell."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, two_processes.__file__, str(random_model), str(folder)],
            env={**os.environ, **common, "RANK": rank, "LOCAL_RANK": rank},
        )
        for rank in "01"
    ]
    try:
        assert [process.wait(timeout=300) for process in running] == [0, 0]
    finally:
        for process in running:
            process.kill()
            process.wait()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in "01"]


def test_rewards_are_those_of_one_process(told: list[dict[str, Any]], tmp_path: Path) -> None:
    """One process that scores the completions of both pays them the same; a group is never parted.

    Rows whose check broke in their process are masked there, and are no zeros.
    """
    masked = 0
    with two_processes.build_stack(tmp_path, 1.0) as stack:
        alone = StackReward(stack, group_size=two_processes.GROUP)
        for step in range(two_processes.STEPS):
            calls = [process["calls"][step] for process in told]
            paid = [reward for call in calls for reward in call["paid"]]
            prompts = [prompt for call in calls for prompt in call["prompts"]]
            assert len(paid) == two_processes.PROMPTS * two_processes.GROUP
            assert len({prompt for prompt, _ in itertools.groupby(prompts)}) == two_processes.PROMPTS
            texts = [text for call in calls for text in call["completions"]]
            expected = alone(prompts, texts, solution=["-"] * len(texts))
            assert None not in expected
            for place, (text, reward, wanted) in enumerate(zip(texts, paid, expected, strict=True)):
                broken = place >= len(calls[0]["paid"]) and sum(map(ord, text)) % 3 == 0
                assert reward == (None if broken else wanted)
                masked += broken
            scored = [reward for reward in paid if reward is not None]
            for process in told:
                assert process["rewards"][step] == pytest.approx(sum(scored) / len(scored), rel=1e-5)
    assert masked > 0


def test_a_fault_in_one_process_leaves_all_with_the_same_weights(told: list[dict[str, Any]]) -> None:
    """Rows masked in process 1 only: both have learnt the same."""
    assert told[0]["weights"] == told[1]["weights"]


def test_too_many_faults_in_one_process_stop_all(told: list[dict[str, Any]]) -> None:
    """The fault limit is reached in process 1; process 0 does not wait for it, and says whose it was."""
    (name, message), (other, others) = (process["stopped"] for process in told)
    assert name == other == "FaultLimitError"
    assert two_processes.BROKEN in others and message == f"process 1: {others}"
