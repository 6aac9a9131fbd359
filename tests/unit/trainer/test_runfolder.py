"""The run folder's files."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from assay_trainer.runfolder import RunError, RunFolder, disk_is_full, read_jsonl, write_atomically
from assay_trainer.settings import TrainSettings

LOCK = {"assay": 1}


def settings(output: Path) -> TrainSettings:
    return TrainSettings(model="m", data="d", output=output, registry=output / "none.yaml")


def prepare(folder: RunFolder, *, resume: bool = True) -> int:
    return folder.prepare(settings(folder.path), LOCK, resume=resume, accept_lock_change=False)


def checkpoint(folder: RunFolder, step: int) -> None:
    (folder.partial / f"checkpoint-{step}").mkdir(parents=True)
    folder.commit_checkpoint(step, keep=2)


def test_lines_are_json(tmp_path: Path) -> None:
    """NaN and infinities become null; Chinese stays legible."""
    folder = RunFolder(tmp_path)
    folder.append(folder.metrics, {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": "等等"}})
    assert folder.metrics.read_text(encoding="utf-8") == '{"a": null, "b": [null, 1.5], "c": {"d": "等等"}}\n'


def test_a_cut_line_is_left_out(tmp_path: Path) -> None:
    """What a crash left of the last line does not spoil the others."""
    (tmp_path / "x.jsonl").write_text('{"step": 1}\n{"ste')
    assert read_jsonl(tmp_path / "x.jsonl") == [{"step": 1}]
    assert read_jsonl(tmp_path / "missing.jsonl") == []


def test_resuming_forgets_steps_after_the_checkpoint(tmp_path: Path) -> None:
    """Steps that will be taken again are removed from the logs, those before the checkpoint stay."""
    folder = RunFolder(tmp_path / "run")
    assert prepare(folder) == 0
    for step in range(1, 6):
        folder.append(folder.metrics, {"step": step})
    checkpoint(folder, 2)
    checkpoint(folder, 4)
    assert prepare(folder) == 4
    assert [row["step"] for row in read_jsonl(folder.metrics)] == [1, 2, 3, 4]


def test_fresh_starts_over(tmp_path: Path) -> None:
    """`resume=False` removes what the run wrote, and nothing else."""
    folder = RunFolder(tmp_path / "run")
    prepare(folder)
    checkpoint(folder, 2)
    folder.append(folder.metrics, {"step": 1})
    (folder.path / "notes.txt").write_text("mine")
    assert prepare(folder, resume=False) == 0
    assert folder.checkpoints() == []
    assert not folder.metrics.exists()
    assert (folder.path / "notes.txt").read_text() == "mine"


def test_someone_elses_folder(tmp_path: Path) -> None:
    """A folder with checkpoints of another program is not touched."""
    (tmp_path / "checkpoints" / "checkpoint-1").mkdir(parents=True)
    with pytest.raises(RunError, match=r"no settings\.json"):
        prepare(RunFolder(tmp_path), resume=False)


def test_checkpoints_sort_by_step(tmp_path: Path) -> None:
    """Step 10 comes after step 9; stray names are passed over; only the latest are kept."""
    folder = RunFolder(tmp_path)
    for step in (8, 9, 10):
        checkpoint(folder, step)
    (tmp_path / "checkpoints" / "checkpoint-old").mkdir()
    assert [step for step, _ in folder.checkpoints()] == [9, 10]


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be: the path and the reason, in one line."""
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError, match="run: the run folder could not be written") as caught:
        prepare(RunFolder(tmp_path / "run"))
    assert "\n" not in str(caught.value)


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way leaves the old text."""
    path = tmp_path / "settings.json"
    write_atomically(path, "old")

    def full(self: Path, text: str, encoding: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            write_atomically(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (
            RuntimeError("[enforce fail at inline_container.cc:664] . PytorchStreamWriter failed writing"),
            True,
        ),
        (Exception("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (RuntimeError("a bug"), False),
    ],
)
def test_full_disks_are_recognised(error: Exception, full: bool) -> None:
    """Python, torch and safetensors say it in their own ways; a bug is not a full disk."""
    assert disk_is_full(error) is full


def test_bugs_stay_bugs(tmp_path: Path) -> None:
    """Only failed writes become a `RunError`; around training, only a full disk does."""
    folder = RunFolder(tmp_path)
    with pytest.raises(KeyError), folder.writing("x"):
        raise KeyError("bug")
    with pytest.raises(FileNotFoundError), folder.writing("x", only_full=True):
        raise FileNotFoundError(errno.ENOENT, "a plugin's file")


def test_settings_are_kept(tmp_path: Path) -> None:
    """settings.json is the run's settings, readable as such."""
    folder = RunFolder(tmp_path / "run")
    prepare(folder)
    kept = json.loads((folder.path / "settings.json").read_text())
    assert TrainSettings(**kept) == settings(folder.path)
