"""Carry out a plan: each stage in a process of its own, which gives its memory back and may crash alone.

    OUTPUT/stages/NAME-KEY/     stage.yaml, registry.yaml, log.txt, what the stage itself writes, done.json
    OUTPUT/NAME                 a link to the stage's present folder
    OUTPUT/manifest.json        the recipe and its stages: folders, states, results
    OUTPUT/events.jsonl         what happened when

``done.json`` is written last. A stage without it is begun again in its folder, where its command goes on from
its own checkpoints. A process that outlived a killed pipeline is ended first.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from assay import AssayError
from assay.files import write_atomically
from assay_trainer.pipeline.plan import DONE, Step
from assay_trainer.pipeline.recipe import Recipe
from assay_trainer.runfolder import RunError

POLL = 0.1
"""Seconds between looks at the running stages."""
PATIENCE = 20.0
"""Seconds that an ended process may take to go away."""

State = Literal["done", "running", "waiting", "failed"]
OnEvent = Callable[[Step, State, float], None]
"""A stage, its state, and seconds since it began; called at each change, and often while it runs."""


class StageError(AssayError, RuntimeError):
    """A stage's command failed; the message has the end of its log."""


@dataclass(slots=True)
class _Running:
    step: Step
    process: subprocess.Popen[bytes]
    lock: int
    """Descriptor of the folder's lock, which the process has too."""
    start: float = field(default_factory=time.monotonic)


def run(recipe: Recipe, plan: Sequence[Step], *, jobs: int = 1, on_event: OnEvent) -> None:
    """Do what of the plan is not done, `jobs` stages at a time.

    Raises:
        StageError: A stage failed. Stages that were running beside it are brought to their end.
        RunError: Another run is at work in the folder, or it cannot be written.
        KeyboardInterrupt: Passed on after the running stages have been interrupted, too.
    """
    with _only_one(recipe.output):
        done: set[str] = set()
        for step in plan:
            _link(recipe.output, step)
            if step.outcome is not None:
                done.add(step.name)
                on_event(step, "done", 0.0)
        _write_manifest(recipe, plan)
        running: list[_Running] = []
        failed: list[_Running] = []
        try:
            while True:
                if not failed:
                    for step in _ready(plan, done, running)[: jobs - len(running)]:
                        running.append(_start(recipe, step))
                        _record(recipe, step, "running")
                if not running:
                    break
                time.sleep(POLL)
                for each in list(running):
                    seconds = time.monotonic() - each.start
                    code = each.process.poll()
                    if code is None:
                        on_event(each.step, "running", seconds)
                        continue
                    running.remove(each)
                    os.close(each.lock)
                    state: State = "done" if code == 0 and _finish(each.step, seconds) else "failed"
                    if state == "done":
                        done.add(each.step.name)
                    else:
                        failed.append(each)
                    _record(recipe, each.step, state)
                    _write_manifest(recipe, plan)
                    on_event(each.step, state, seconds)
        except BaseException:
            _interrupt(running)
            raise
    if failed:
        raise StageError("\n".join(_told(each) for each in failed))


def command(recipe: Recipe, step: Step) -> list[str]:
    """What starts the stage."""
    arguments = ["-m", "assay", *step.kind.command(step.settings, step.folder)]
    if recipe.launch and step.kind.distributed:
        return [*recipe.launch, *arguments]
    return [sys.executable, *arguments]


def _ready(plan: Sequence[Step], done: set[str], running: Sequence[_Running]) -> list[Step]:
    begun = done | {each.step.name for each in running}
    return [step for step in plan if step.name not in begun and done.issuperset(step.needs)]


def _start(recipe: Recipe, step: Step) -> _Running:
    step.folder.mkdir(parents=True, exist_ok=True)
    lock = _claim(step.folder)
    try:
        step.write()
        with _output(step).open("wb") as printed, (step.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                command(recipe, step),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock],
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(process.pid).encode(), 0)
    except OSError as error:
        os.close(lock)
        raise RunError(f"stage {step.name} cannot be started: {error}") from error
    return _Running(step, process, lock)


def _finish(step: Step, seconds: float) -> bool:
    """Note the result; False when the command's output cannot be read."""
    text = _output(step).read_text(encoding="utf-8", errors="replace")
    try:
        result: Any = json.loads(text[text.index("{") :])
    except ValueError:
        return False
    told = {"seconds": round(seconds, 1), "result": result}
    write_atomically(step.folder / DONE, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return True


def _output(step: Step) -> Path:
    return step.folder / "printed.txt"


def _told(failed: _Running) -> str:
    log = failed.step.folder / "log.txt"
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    code = failed.process.returncode
    how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    last = "\n".join(f"  {line}" for line in lines[-5:])
    return f"stage {failed.step.name} {how}; its log: {log}\n{last}"


def _claim(folder: Path) -> int:
    """Lock a stage's folder; who holds it from an earlier, killed run is ended."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            # Its group still has the lock, so that its number cannot be another's by now
            holder = os.pread(descriptor, 32, 0).decode()
            if holder.isdecimal():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(int(holder), signal.SIGKILL)
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise RunError(f"{folder} is in use by process {holder or '?'}; end it first") from None
            time.sleep(POLL)


@contextmanager
def _only_one(output: Path) -> Generator[None]:
    try:
        output.mkdir(parents=True, exist_ok=True)
        with (output / ".lock").open("w") as lock:
            _only(lock, output)
            yield
    except OSError as error:
        if isinstance(error, AssayError):
            raise
        raise RunError(f"{output} cannot be written: {error.strerror or error}") from error


def _only(lock: IO[str], output: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(f"{output}: another assay run is at work here") from None


def _interrupt(running: Sequence[_Running]) -> None:
    """Ctrl-C for the stages, too; who does not listen is killed."""
    for each in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(each.process.pid, signal.SIGINT)
    for each in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            each.process.wait(timeout=PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(each.process.pid, signal.SIGKILL)
        os.close(each.lock)


def _link(output: Path, step: Step) -> None:
    link, target = output / step.name, Path("stages") / step.folder.name
    if link.is_symlink() and link.readlink() == target:
        return
    aside = output / f".{step.name}.link"
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    os.replace(aside, link)


def _record(recipe: Recipe, step: Step, state: State) -> None:
    row = {"time": round(time.time(), 1), "stage": step.name, "key": step.key, "state": state}
    with (recipe.output / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _write_manifest(recipe: Recipe, plan: Sequence[Step]) -> None:
    outcomes = {step.name: step.outcome for step in plan}
    stages = {
        step.name: {
            "method": step.method,
            "key": step.key,
            "folder": str(step.folder.relative_to(recipe.output)),
            "needs": list(step.needs),
            "done": outcomes[step.name] is not None,
            **(outcomes[step.name] or {}),
        }
        for step in plan
    }
    manifest = {"recipe": recipe.model_dump(mode="json"), "stages": stages}
    write_atomically(
        recipe.output / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    )
