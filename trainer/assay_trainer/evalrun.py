"""``assay eval``: evaluate a model, write every completion down, and go on where a killed one stopped.

The file is JSON lines: a first line with the settings, then one line per completion. A question whose k
completions are all there is not asked again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay import Sample, Status
from assay.scoring.compose import worth
from assay_trainer.data import Row, load_rows
from assay_trainer.evaluate import Attempt, Evaluation, Progress, Question, StackJudge, ask, summarise
from assay_trainer.generate import Sampling, open_sampler
from assay_trainer.runfolder import RunError, read_jsonl
from assay_trainer.settings import SettingsError, Template

if TYPE_CHECKING:
    from assay.scoring import Stack
    from assay.scoring.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSettings:
    """What is evaluated, on what, and how."""

    model: str
    data: str
    registry: Path
    stack: str | None = None
    """Any stack of the registry will do: its route judges, nothing is paid. None: the first."""
    template: Template = "none"
    prompt_column: str = "prompt"
    split: str = "test"
    """Of a hub dataset that names none."""
    limit: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    rerank: str | None = None
    """A reward of the stack: how right is the completion that it likes best? None: nobody ranks."""
    device: str = "auto"


def run_eval(settings: EvalSettings, out: Path | None = None, progress: Progress | None = None) -> Evaluation:
    """Evaluate, and write or continue `out`.

    Args:
        settings: What to do.
        out: JSON lines of every completion; None keeps nothing.
        progress: Called with questions done and in all.

    Raises:
        SettingsError: `out` is of an evaluation with other settings, or is something else; or the stack has
            no such reward to rank by.
        RegistryError, DataError, ModelError: As their messages say.
        RunError: `out` cannot be written.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack
    from assay_trainer.grpo import required_columns
    from assay_trainer.machine import quiet

    quiet()
    registry = load_registry(settings.registry)
    host = Host.load(only=registry.plugins)
    start = time.perf_counter()
    with Stack.build(registry, host, settings.stack or next(iter(registry.config.stacks))) as stack:
        ranker = None if settings.rerank is None else rank_by(stack, settings.rerank)
        for runner in (*stack.router.verifiers.values(), *([ranker.runner] if ranker else [])):
            runner.build()
        rows = load_rows(
            settings.data,
            template=settings.template,
            prompt_column=settings.prompt_column,
            needs=[*required_columns(stack, rewards=False), *(ranker.runner.spec.columns if ranker else ())],
            split=settings.split,
            limit=settings.limit,
        )
        header = _header(settings, rows, stack.lock())
        questions = {} if out is None else _finished(out, header, settings.sampling.k)
        if out is not None:
            _rewrite(out, header, questions)
        judge = StackJudge(stack)
        with open_sampler(settings.model, settings.sampling, device=settings.device) as sampler:
            for question in ask(sampler, rows, judge, done=questions.keys(), progress=progress, rate=ranker):
                questions[question.index] = question
                if out is not None:
                    _write(out, [_line(question, number) for number in range(len(question.attempts))], "a")
    return summarise(questions.values(), settings.sampling.k, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class Ranker:
    """A reward as a `Rate`: what a completion is worth by it alone."""

    runner: Runner

    def __call__(self, samples: Sequence[Sample]) -> list[float | None]:
        """Rate N samples; N numbers, None for what it leaves out or fails on."""
        verdicts, _ = self.runner(samples)
        return [worth(verdict, self.runner.spec.range) for verdict in verdicts]


def rank_by(stack: Stack, name: str) -> Ranker:
    """Find the reward by which completions are re-ranked.

    Raises:
        SettingsError: the stack has none of that name, or it knows the truth, by which no policy is ranked.
    """
    runner = stack.rewards.get(name)
    if runner is None:
        known = ", ".join(stack.rewards) or "none but the verifier's"
        raise SettingsError(f"--rerank {name}: stack {stack.name} has no such reward. There are: {known}")
    truth = [field for field in ("reference", "right") if field in runner.spec.reads]
    if truth:
        raise SettingsError(f"--rerank {name}: it reads {truth[0]!r}, so it would rank by the truth")
    return Ranker(runner)


def _header(settings: EvalSettings, rows: Sequence[Row], lock: Mapping[str, Any]) -> dict[str, Any]:
    """What must be equal for two halves of a file to belong together."""
    return {
        "model": settings.model,
        "data": settings.data,
        "template": settings.template,
        "rerank": settings.rerank,
        **{name: value for name, value in asdict(settings.sampling).items() if name != "batch_tokens"},
        "rows": len(rows),
        "rows_sha256": _digest(rows),
        "lock_sha256": _digest(lock),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _finished(out: Path, header: Mapping[str, Any], k: int) -> dict[int, Question]:
    """Questions of `out` that are complete, by index."""
    if not out.exists():
        return {}
    lines = read_jsonl(out)
    before: Any = lines[0].get("settings") if lines else None
    if not isinstance(before, dict):
        raise SettingsError(f"{out} exists and is no evaluation of assay eval; name another file")
    old = cast("dict[str, Any]", before)
    changed = [
        f"{key} ({old.get(key)!r} then, {now!r} now)" for key, now in header.items() if old.get(key) != now
    ]
    if changed:
        raise SettingsError(
            f"{out} is of another evaluation: {', '.join(changed)}; name another file, or delete it"
        )
    found: dict[int, list[dict[str, Any]]] = {}
    for line in lines[1:]:
        found.setdefault(line["question"], []).append(line)
    return {index: _question(group) for index, group in found.items() if len(group) == k}


def _question(lines: Sequence[Mapping[str, Any]]) -> Question:
    first = lines[0]
    return Question(
        index=first["question"],
        prompt=first["prompt"],
        reference=first["reference"],
        domain=first["domain"],
        attempts=tuple(
            Attempt(
                completion=line["completion"],
                tokens=line["tokens"],
                truncated=line["truncated"],
                status=Status(line["status"]),
                right=line["right"],
                extracted=line["extracted"],
                reason=line["reason"],
                rating=line.get("rating"),
            )
            for line in lines
        ),
    )


def _line(question: Question, number: int) -> dict[str, Any]:
    attempt = question.attempts[number]
    return {
        "question": question.index,
        "attempt": number,
        "prompt": question.prompt,
        "reference": question.reference,
        "domain": question.domain,
        **asdict(attempt),
        "status": attempt.status.value,
    }


def _rewrite(out: Path, header: Mapping[str, Any], questions: Mapping[int, Question]) -> None:
    """Drop what a killed run left unfinished."""
    lines = [_line(question, n) for question in questions.values() for n in range(len(question.attempts))]
    aside = out.with_name(f".{out.name}.partial")
    _write(aside, [{"settings": header}, *lines], "w")
    aside.replace(out)


def _write(path: Path, lines: Sequence[Mapping[str, Any]], mode: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write("".join(json.dumps(line, ensure_ascii=False, default=str) + "\n" for line in lines))
    except OSError as error:
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}. What it holds is kept: "
            "free some space and run the same command to go on."
        ) from error
