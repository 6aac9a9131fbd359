"""The folder that a run leaves behind, and the rules that let a killed run go on from it.

    settings.json  registry.yaml  registry.lock      what was asked for
    metrics.jsonl  evals.jsonl  samples.jsonl         what happened, one JSON object a line
    evaluation.jsonl                                  every completion of the last evaluation
    checkpoints/checkpoint-N/                         complete, or not there: written aside, then renamed
    final/  adapter/                                  model and tokenizer; with LoRA, what was merged into it
    summary.json                                      the result; written last

A checkpoint is written into ``checkpoints/.partial`` and renamed when it is whole, and only then are
older ones deleted; whatever stands in the folder after a crash or on a full disk can be resumed from.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assay import AssayError, RegistryError
from assay.files import write_atomically
from assay.registry.lock import differences, read_lock, write_lock
from assay_trainer.settings import SettingsError, Training, TrainSettings

MAY_CHANGE = frozenset(
    {
        "output", "steps", "save_every", "keep_checkpoints", "device",
        "micro_batch", "registry", "show_prompts", "eval_data", "eval_every",
        "eval_k", "eval_limit", "eval_temperature", "eval_top_p", "eval_batch_tokens",
    }
)  # fmt: skip
"""Settings that a resumed run may have otherwise. The registry is compared by its lock instead."""


class RunError(AssayError, OSError):
    """The run folder cannot be written (full disk, permissions), or is not one."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths and file formats of one run."""

    path: Path

    @property
    def metrics(self) -> Path:
        """One line per logged optimizer step."""
        return self.path / "metrics.jsonl"

    @property
    def evals(self) -> Path:
        """One line per evaluation."""
        return self.path / "evals.jsonl"

    @property
    def evaluation(self) -> Path:
        """Every completion of the last evaluation, as `assay eval --out` writes them."""
        return self.path / "evaluation.jsonl"

    @property
    def samples(self) -> Path:
        """Completions worth reading: before, after, aha."""
        return self.path / "samples.jsonl"

    @property
    def partial(self) -> Path:
        """Where a checkpoint is written before it is complete."""
        return self.path / "checkpoints" / ".partial"

    @property
    def final(self) -> Path:
        """Trained model and tokenizer; exists exactly when the run came to its end."""
        return self.path / "final"

    @property
    def adapter(self) -> Path:
        """With LoRA, the adapter that is merged into `final`."""
        return self.path / "adapter"

    @property
    def summary(self) -> Path:
        """What the run came to; exists exactly when nothing of it is left to do."""
        return self.path / "summary.json"

    def checkpoints(self) -> list[tuple[int, Path]]:
        """Complete checkpoints as (step, folder), oldest first."""
        found = (self.path / "checkpoints").glob("checkpoint-*")
        return sorted((int(p.name.partition("-")[2]), p) for p in found if p.name.partition("-")[2].isdigit())

    def last_step(self) -> int:
        """Step of the latest complete checkpoint; 0 when there is none."""
        return max((step for step, _ in self.checkpoints()), default=0)

    def prepare(
        self,
        settings: Training,
        lock: Mapping[str, Any] | None = None,
        *,
        resume: bool,
        accept_lock_change: bool = False,
    ) -> int:
        """Make the folder ready, and return the step to go on from (0: from the start).

        Lines of the logs beyond that step are removed: those steps will be taken again.

        Args:
            settings: The run.
            lock: Its reward stack; None: it has none.
            resume: False deletes what an earlier run left here.
            accept_lock_change: Go on although the stack has changed.

        Raises:
            SettingsError: `resume`, and the folder is of a run with other settings.
            RegistryError: `resume`, and the reward stack's lock differs; the message names where.
            RunError: The folder holds something else, or cannot be written.
        """
        with self.writing("the run folder"):
            known = (self.path / "settings.json").is_file()
            if self.path.exists() and not known and any(self.path.glob("checkpoints/checkpoint-*")):
                raise RunError(f"{self.path} has checkpoints but no settings.json: not a run of assay train")
            self.path.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.partial, ignore_errors=True)
            if known and resume:
                self._compare(settings, lock, accept_lock_change)
            else:
                self._clear()
            step = self.last_step()
            for log in (self.metrics, self.evals, self.samples):
                _keep_until(log, step)
            write_atomically(self.path / "settings.json", settings.model_dump_json(indent=2) + "\n")
            if lock is not None:
                write_lock(lock, self.path / "registry.lock")
            if isinstance(settings, TrainSettings) and settings.registry.is_file():
                write_atomically(self.path / "registry.yaml", settings.registry.read_text(encoding="utf-8"))
            return step

    def commit_checkpoint(self, step: int, keep: int) -> None:
        """Rename the checkpoint of `step` into place, then delete all but the `keep` latest."""
        with self.writing(f"checkpoint-{step}"):
            whole = self.path / "checkpoints" / f"checkpoint-{step}"
            shutil.rmtree(whole, ignore_errors=True)
            os.replace(self.partial / whole.name, whole)
            for _, old in self.checkpoints()[:-keep]:
                shutil.rmtree(old)

    def append(self, log: Path, row: Mapping[str, Any]) -> None:
        """Append one JSON line; NaN and infinities become null."""
        with self.writing(log.name), log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_finite(row), ensure_ascii=False) + "\n")

    @contextmanager
    def writing(self, what: str, *, only_full: bool = False) -> Generator[None]:
        """Turn a failed write into one `RunError` that says what is safe.

        Args:
            what: What is being written.
            only_full: Other code runs inside too: take only what a full disk raises for a failed write.
        """
        try:
            yield
        except AssayError:
            raise
        except Exception as error:
            if not (disk_is_full(error) or (isinstance(error, OSError) and not only_full)):
                raise
            done = self.checkpoints()
            safe = (
                f"{done[-1][1].name} is complete: free some space and run the same command to go on from it"
                if done
                else "no checkpoint is complete yet: free some space and start again"
            )
            reason = (
                error.strerror if isinstance(error, OSError) and error.strerror else "No space left on device"
            )
            shutil.rmtree(self.partial, ignore_errors=True)
            raise RunError(f"{self.path}: {what} could not be written: {reason}. {safe}.") from error

    def _compare(self, settings: Training, lock: Mapping[str, Any] | None, accept: bool) -> None:
        # A setting that was added since has its default in older runs
        before: dict[str, Any] = {
            name: field.get_default(call_default_factory=True, validated_data={})
            for name, field in type(settings).model_fields.items()
            if not field.is_required()
        }
        written = (self.path / "settings.json").read_text(encoding="utf-8")
        before |= cast("dict[str, Any]", json.loads(written))
        now = settings.model_dump(mode="json")
        changed = [
            f"{key}: {before.get(key)!r} then, {now.get(key)!r} now"
            for key in sorted(before.keys() | now.keys())
            if key not in MAY_CHANGE and before.get(key) != now.get(key)
        ]
        if changed:
            raise SettingsError(
                f"{self.path} is of a run with other settings ({'; '.join(changed)}). "
                "Name another output folder, or start over with --fresh."
            )
        locked = self.path / "registry.lock"
        if lock is not None and not accept and locked.is_file():
            changed = differences(read_lock(locked), lock)
            if changed:
                raise RegistryError(
                    f"the reward stack has changed since {self.path} began: {'; '.join(changed)}. "
                    "Restore it, start over with --fresh, or go on with --accept-lock-change."
                )

    def _clear(self) -> None:
        """Delete what an earlier run wrote here, and nothing else."""
        for name in ("checkpoints", "final", "adapter"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        logs = (self.metrics, self.evals, self.samples, self.evaluation)
        for path in (*logs, self.path / "summary.json", self.path / "registry.lock"):
            path.unlink(missing_ok=True)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; a last line that was cut off by a crash is left out."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").split("\n"):  # U+2028 and the like stand inside texts
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def disk_is_full(error: BaseException) -> bool:
    """Whether `error` says that nothing more can be written.

    torch and safetensors raise types of their own, with the system's message or, from torch's zip
    writer, only the line of C++ that failed.
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return any(sign in str(error) for sign in ("No space left", "os error 28", "inline_container.cc"))


def _keep_until(log: Path, step: int) -> None:
    if log.is_file():
        rows: Iterable[dict[str, Any]] = (row for row in read_jsonl(log) if row.get("step", 0) <= step)
        write_atomically(log, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in cast("list[Any]", value)]
    return value
