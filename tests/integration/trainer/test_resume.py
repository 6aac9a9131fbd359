"""A run that is killed goes on from its last complete checkpoint and ends where an unbroken one would."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from assay import RegistryError
from assay_trainer.evaluate import Judge
from assay_trainer.grpo import build_trainer
from assay_trainer.loop import fit
from assay_trainer.models import load_model
from assay_trainer.progress import silent
from assay_trainer.recorder import Recorder, RolloutMetrics
from assay_trainer.runfolder import RunError, RunFolder, read_jsonl
from assay_trainer.settings import SettingsError

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

LOCK = {"assay": 1, "plugins": {"format": {"version": "0.1.0"}}}
STEPS = 6


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class NoStack:
    """The recorder never scores without held-out prompts."""


def run(
    kit: SimpleNamespace,
    output: Path,
    model: Path,
    *,
    kill_at: int | None = None,
    lock: Any = LOCK,
    **changes: Any,
) -> RunFolder:
    settings = kit.make(output, model, **{"steps": STEPS, "save_every": 2, **changes})
    folder = RunFolder(output)
    step = folder.prepare(settings, lock, resume=True, accept_lock_change=False)
    calls = step

    def reward(completions: list[str], **given: Any) -> list[float | None]:
        nonlocal calls
        calls += 1
        if calls == kill_at:
            raise Killed
        return kit.spread(completions, **given)

    policy, tokenizer = load_model(str(model))
    recorder = Recorder(settings, folder, NoStack(), [], silent, RolloutMetrics())  # type: ignore[arg-type]
    trainer = build_trainer(settings, folder, policy, tokenizer, kit.rows(), reward, recorder)
    fit(trainer, folder, dict(folder.checkpoints()).get(step))
    return folder


def weights(folder: RunFolder) -> torch.Tensor:
    return torch.cat([w.flatten() for _, w in sorted(load_file(folder.final / "model.safetensors").items())])


def log(folder: RunFolder) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in row.items() if key not in ("seconds", "step_time")}
        for row in read_jsonl(folder.metrics)
    ]


@pytest.fixture(scope="module")
def unbroken(kit: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, random_model: Path) -> RunFolder:
    return run(kit, tmp_path_factory.mktemp("unbroken") / "run", random_model)


def test_resumes_to_the_same_end(
    kit: SimpleNamespace, tmp_path: Path, random_model: Path, unbroken: RunFolder
) -> None:
    """Killed in step 4, with half a checkpoint and half a line on the disk: same weights, same log."""
    with pytest.raises(Killed):
        run(kit, tmp_path / "run", random_model, kill_at=4)
    folder = RunFolder(tmp_path / "run")
    assert [step for step, _ in folder.checkpoints()] == [2]
    (folder.partial / "checkpoint-4").mkdir(parents=True)
    (folder.partial / "checkpoint-4" / "model.safetensors").write_bytes(b"half")
    with folder.metrics.open("a") as file:
        file.write('{"step": 4, "rew')

    run(kit, tmp_path / "run", random_model)

    assert torch.equal(weights(folder), weights(unbroken))
    assert [row["step"] for row in log(folder)] == list(range(1, STEPS + 1))
    assert log(folder) == log(unbroken)
    assert not (folder.partial / "checkpoint-4").exists()


def test_keeps_the_latest_checkpoints(unbroken: RunFolder) -> None:
    """Older checkpoints than `keep_checkpoints` go when a new one is complete."""
    assert [step for step, _ in unbroken.checkpoints()] == [4, 6]


def test_full_disk(
    kit: SimpleNamespace,
    tmp_path: Path,
    random_model: Path,
    unbroken: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk that fills up in the second checkpoint costs nothing but the steps since the first."""
    from transformers import Trainer

    save = Trainer._save_rng_state

    def full(self: Any, output: str) -> None:
        if output.endswith("checkpoint-4"):
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self, output)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_save_rng_state", full)
        with pytest.raises(RunError, match="checkpoint-2 is complete") as caught:
            run(kit, tmp_path / "run", random_model)
    assert "\n" not in str(caught.value)
    folder = RunFolder(tmp_path / "run")
    assert [step for step, _ in folder.checkpoints()] == [2]
    assert [row["step"] for row in log(folder)] == [1, 2, 3, 4]

    run(kit, tmp_path / "run", random_model)
    assert torch.equal(weights(folder), weights(unbroken))


def test_generation_boundary(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """With several iterations a batch, checkpoints fall between batches, and resuming is exact there too."""
    changes = {"iterations": 2, "save_every": 3}
    whole = run(kit, tmp_path / "whole", random_model, **changes)
    with pytest.raises(Killed):
        run(kit, tmp_path / "run", random_model, kill_at=3, **changes)  # the third batch: steps 5 and 6
    folder = RunFolder(tmp_path / "run")
    assert [step for step, _ in folder.checkpoints()] == [4]
    run(kit, tmp_path / "run", random_model, **changes)
    assert torch.equal(weights(folder), weights(whole))


def test_changed_lock(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """A resumed run names what has changed in the reward stack, unless told to accept it."""
    settings, folder = kit.make(tmp_path / "run", random_model), RunFolder(tmp_path / "run")
    folder.prepare(settings, LOCK, resume=True, accept_lock_change=False)
    newer = json.loads(json.dumps(LOCK).replace("0.1.0", "0.2.0"))
    with pytest.raises(RegistryError, match=r"plugins\.format\.version: 0\.1\.0 . 0\.2\.0"):
        folder.prepare(settings, newer, resume=True, accept_lock_change=False)
    assert folder.prepare(settings, newer, resume=True, accept_lock_change=True) == 0


def test_changed_settings(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """Other settings in the same folder are an error that names them; more steps are not."""
    folder = RunFolder(tmp_path / "run")
    folder.prepare(kit.make(tmp_path / "run", random_model), LOCK, resume=True, accept_lock_change=False)
    with pytest.raises(SettingsError, match=r"beta: 0\.04 then, 0\.5 now"):
        folder.prepare(
            kit.make(tmp_path / "run", random_model, beta=0.5), LOCK, resume=True, accept_lock_change=False
        )
    folder.prepare(
        kit.make(tmp_path / "run", random_model, steps=9), LOCK, resume=True, accept_lock_change=False
    )


def test_judge_protocol() -> None:
    """`StackJudge` is a `Judge`."""
    from assay_trainer.evaluate import StackJudge

    judge: Judge = StackJudge(NoStack())  # type: ignore[arg-type]
    assert judge
