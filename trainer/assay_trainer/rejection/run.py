"""``assay sample``: draw, score, select; a killed run goes on where it was.

    settings.json  registry.lock     what was asked for
    drawn.jsonl                      every completion, with verdict and reward; grows batch by batch
    kept.jsonl                       rows for SFT: the dataset's own prompt, a completion, the other columns
    summary.json                     what was kept and why the rest was not; written last

`keep` and `form` only read drawn.jsonl: a run with others selects anew from what is drawn.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay import RegistryError
from assay.files import write_atomically
from assay.registry.lock import differences, read_lock, write_lock
from assay_trainer.data import Row
from assay_trainer.evaluate import Progress
from assay_trainer.generate import Generated, Sampler, open_sampler
from assay_trainer.jsonl import changes, digest, encoded
from assay_trainer.rejection.asking import Asker
from assay_trainer.rejection.draws import Draw, Drawn, draw_of
from assay_trainer.rejection.prompts import check_keep, load_prompts
from assay_trainer.rejection.selection import Selector, Tally, shares
from assay_trainer.rejection.settings import SampleSettings
from assay_trainer.runfolder import RunError
from assay_trainer.settings import SettingsError

if TYPE_CHECKING:
    from assay.scoring import Stack

MAY_CHANGE = frozenset(
    {"output", "registry", "device", "attention", "batch_tokens", "base_url", "engine", "keep", "form"}
)
"""Settings that a run that goes on may have otherwise. The registry is compared by its lock instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a run came to."""

    output: Path
    total: Tally
    domains: Mapping[str, Tally]
    """By the column that the route decides by; empty without one."""
    seconds: float
    """Of this call; less than all where it went on from another."""

    @property
    def kept(self) -> Path:
        """The rows."""
        return self.output / "kept.jsonl"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "output": str(self.output),
            "kept_rows": str(self.kept),
            **self.total.to_dict(),
            "domains": shares(self.domains),
            "seconds": self.seconds,
        }


def run(
    settings: SampleSettings,
    *,
    resume: bool = True,
    accept_lock_change: bool = False,
    on_progress: Progress | None = None,
) -> Collection:
    """Collect completions, from the start or from what is drawn already.

    Args:
        settings: What to do.
        resume: False deletes what an earlier run has drawn here.
        accept_lock_change: Go on although the stack has changed since the run began.
        on_progress: Called with prompts done and in all.

    Raises:
        SettingsError: The folder is of a run with other settings, or the stack cannot say what is right.
        RegistryError: As its message says, or the stack has changed.
        DataError, ModelError, MissingDependencyError: As their messages say.
        FaultLimitError: Too many checks failed or were lost; what is drawn remains.
        RunError: The folder cannot be written.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack
    from assay_trainer.machine import quiet

    start = time.perf_counter()
    quiet()
    registry = load_registry(settings.registry)
    name = settings.stack or _only(list(registry.config.stacks), settings.registry)
    with Stack.build(registry, Host.load(only=registry.plugins), name) as stack:
        check_keep(settings.keep, stack)
        rows = load_prompts(settings, stack)
        asker = Asker.open(settings.ask, settings.template, settings.seed)
        facts = {"rows_sha256": digest([rows, asker.examples])}
        _prepare(settings, facts, stack.lock(), resume, accept_lock_change)
        drawn = Drawn(settings.output / "drawn.jsonl", settings.k)
        done = drawn.repair()
        if len(done) < len(rows):
            stack.warm_up()
            with open_sampler(
                settings.model,
                settings.sampling,
                device=settings.device,
                attention=settings.attention,
                backend=settings.backend,
                base_url=settings.base_url,
                engine=settings.engine,
            ) as sampler:
                for draws in draw(sampler, asker, rows, stack, done):
                    drawn.append(draws)
                    done |= {one.row for one in draws}
                    if on_progress:
                        on_progress(len(done), len(rows))
    return _select(settings, rows, drawn, start)


def draw(
    sampler: Sampler, asker: Asker, rows: Sequence[Row], stack: Stack, done: set[int]
) -> Iterator[list[Draw]]:
    """Yield scored batches, k completions a prompt, shortest prompts first; rows in `done` are not scored.

    A batch is scored while the next one is drawn. It draws with a seed of its own, and whole even if part
    of it is done: a run that goes on draws what an unbroken one would have.
    """
    done = set(done)
    ids = asker.encode(sampler, [row["prompt"] for row in rows])
    with ThreadPoolExecutor(1, thread_name_prefix="scoring") as pool:
        waiting: Future[list[Draw]] | None = None
        for number, chunk in enumerate(sampler.chunks(ids)):
            if done.issuperset(chunk):
                continue
            drawn = sampler.sample([ids[row] for row in chunk], seed=sampler.sampling.seed + number)
            groups = {
                row: [asker.read(sampler, one) for one in group]
                for row, group in zip(chunk, drawn, strict=True)
                if row not in done
            }
            if waiting is not None:
                yield waiting.result()
            waiting = pool.submit(scored, groups, rows, stack)
        if waiting is not None:
            yield waiting.result()


def scored(groups: Mapping[int, Sequence[Generated]], rows: Sequence[Row], stack: Stack) -> list[Draw]:
    """Score the completions of some rows, as one batch of the stack.

    Raises:
        FaultLimitError: too many faults lately.
    """
    places = [(row, attempt) for row, group in groups.items() for attempt in range(len(group))]
    samples = [
        stack.router.sample(
            rows[row],
            groups[row][attempt].text,
            id=f"{row}/{attempt}",
            group=str(row),
            truncated=groups[row][attempt].truncated,
            tokens=groups[row][attempt].tokens,
        )
        for row, attempt in places
    ]
    cards = stack.score(samples)
    return [
        draw_of(sample, card, row, attempt, rows[row]["prompt"])
        for (row, attempt), sample, card in zip(places, samples, cards, strict=True)
    ]


def _prepare(
    settings: SampleSettings, facts: Mapping[str, Any], lock: Mapping[str, Any], resume: bool, accept: bool
) -> None:
    """Make the folder ready; what an earlier run drew remains only where it belongs to this one."""
    folder = settings.output
    told, locked = folder / "settings.json", folder / "registry.lock"
    now = {**settings.model_dump(mode="json"), **facts}
    if told.is_file() and resume:
        before = cast("dict[str, Any]", json.loads(told.read_text(encoding="utf-8")))
        changed = changes(before, {key: value for key, value in now.items() if key not in MAY_CHANGE})
        if changed:
            raise SettingsError(
                f"{folder} is of a run with other settings: {', '.join(changed)}. "
                "Name another output folder, or start over with --fresh."
            )
        moved = differences(read_lock(locked), lock) if locked.is_file() and not accept else []
        if moved:
            raise RegistryError(
                f"the stack has changed since {folder} began: {'; '.join(moved)}. "
                "Restore it, start over with --fresh, or go on with --accept-lock-change."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stale = ["summary.json", *([] if resume and told.is_file() else ["drawn.jsonl", "kept.jsonl"])]
        for name in stale:
            (folder / name).unlink(missing_ok=True)
        write_atomically(told, json.dumps(now, indent=2, ensure_ascii=False) + "\n")
        write_lock(lock, locked)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror or error}") from error


def _select(settings: SampleSettings, rows: Sequence[Row], drawn: Drawn, start: float) -> Collection:
    """Write kept.jsonl, whole or not at all, and then the summary."""
    folder = settings.output
    selector = Selector(settings.keep, settings.form, rows)
    aside = folder / ".kept.jsonl.partial"
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.writelines(encoded(row) for group in drawn.read() for row in selector(group))
        os.replace(aside, folder / "kept.jsonl")
        result = Collection(
            output=folder,
            total=selector.tally,
            domains=selector.domains,
            seconds=time.perf_counter() - start,
        )
        write_atomically(folder / "summary.json", json.dumps(result.to_dict(), indent=1) + "\n")
    except OSError as error:
        raise RunError(
            f"{folder}: the rows cannot be written: {error.strerror or error}. All that is drawn is kept: "
            "free some space and run the same command to go on."
        ) from error
    return result


def _only(stacks: Sequence[str], registry: Path) -> str:
    if len(stacks) != 1:
        raise SettingsError(f"{registry} has the stacks {', '.join(stacks)}; say which: stack: {stacks[0]}")
    return stacks[0]
