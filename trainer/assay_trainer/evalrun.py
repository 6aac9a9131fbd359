"""``assay eval``: evaluate a model, write every completion down, and go on where a killed one stopped.

The file is JSON lines: a first line with the settings, then one line per completion. A question whose k
completions are all there is not asked again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from assay import Sample, Status
from assay.scoring.compose import worth
from assay_trainer.data import Row, load_rows
from assay_trainer.evalsets import find_set, load_set
from assay_trainer.evaluate import Attempt, Evaluation, Progress, Question, StackJudge, ask, summarise
from assay_trainer.generate import Backend, Generated, Sampling, open_sampler
from assay_trainer.jsonl import changes, digest, write_lines
from assay_trainer.runfolder import read_jsonl
from assay_trainer.settings import SettingsError, Template

if TYPE_CHECKING:
    from assay.scoring import Stack
    from assay.scoring.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSettings:
    """What is evaluated, on what, and how."""

    model: str
    data: str
    registry: Path | None = None
    """None: that of `set`, else registry.yaml of the working folder."""
    set: str | None = None
    """Name of a public evaluation set (`assay_trainer.evalsets`) of which the rows are; None: of none."""
    stack: str | None = None
    """Any stack of the registry will do: its route judges, nothing is paid. None: the first."""
    template: Template = "none"
    prompt_column: str = "prompt"
    """Of rows that are of no set."""
    split: str = "test"
    """Of a hub dataset that names none."""
    limit: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    rerank: str | None = None
    """A reward of the stack: how right is the completion that it likes best? None: nobody ranks."""
    rewards: bool = False
    """Whether to measure what the rewards of the stack make of the completions, too."""
    device: str = "auto"
    attention: str | None = None
    """Implementation, as `load_model` takes it."""
    backend: Backend = "transformers"
    """What draws the completions; see `open_sampler`."""
    base_url: str | None = None
    """Of the server, for ``vllm-server``."""
    pass_at: tuple[int, ...] = ()
    """The j of further pass@j, each 2 to `sampling.k`."""


def run_eval(settings: EvalSettings, out: Path | None = None, progress: Progress | None = None) -> Evaluation:
    """Evaluate, and write or continue `out`.

    Args:
        settings: What to do.
        out: JSON lines of every completion; None keeps nothing.
        progress: Called with questions done and in all.

    Raises:
        SettingsError: `out` is of an evaluation with other settings, or is something else; the stack has
            no such reward to rank by; or a pass@j is asked for with fewer than j completions.
        RegistryError, DataError, ModelError: As their messages say.
        RunError: `out` cannot be written.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack
    from assay_trainer.grpo import required_columns
    from assay_trainer.machine import quiet

    quiet()
    most = max(settings.pass_at, default=1)
    if most > settings.sampling.k:
        raise SettingsError(
            f"pass@{most} needs {most} completions of each question, and k is {settings.sampling.k}"
        )
    given = settings.registry or (find_set(settings.set).registry if settings.set else "registry.yaml")
    registry = load_registry(given)
    host = Host.load(only=registry.plugins)
    start = time.perf_counter()
    with Stack.build(registry, host, settings.stack or next(iter(registry.config.stacks))) as stack:
        ranker = None if settings.rerank is None else rank_by(stack, settings.rerank)
        for runner in (*stack.router.verifiers.values(), *([ranker.runner] if ranker else [])):
            runner.build()
        needs = [*required_columns(stack, rewards=False), *(ranker.runner.spec.columns if ranker else ())]
        rows = _rows(settings, needs)
        header = _header(settings, rows, stack.lock())
        questions = {} if out is None else _finished(out, header)
        if out is not None:
            _rewrite(out, header, questions)
        judge = StackJudge(stack)
        with open_sampler(
            settings.model,
            settings.sampling,
            device=settings.device,
            attention=settings.attention,
            backend=settings.backend,
            base_url=settings.base_url,
        ) as sampler:
            for question in ask(sampler, rows, judge, done=questions.keys(), progress=progress, rate=ranker):
                questions[question.index] = question
                if out is not None:
                    write_lines(out, [_line(question, number) for number in range(len(question.attempts))])
        result = summarise(questions.values(), settings.sampling.k, at=settings.pass_at)
        rewards = mean_rewards(stack, rows, result.questions) if settings.rewards else {}
    return replace(result, rewards=rewards, seconds=time.perf_counter() - start)


def mean_rewards(stack: Stack, rows: Sequence[Row], questions: Sequence[Question]) -> dict[str, float | None]:
    """Mean worth of each reward of the stack over the completions that it scores; None: it scores none."""
    judge = StackJudge(stack)
    samples = [
        judge.sample(
            rows[question.index],
            Generated(attempt.completion, attempt.tokens, attempt.truncated),
            f"{question.index}/{number}",
            str(question.index),
        )
        for question in questions
        for number, attempt in enumerate(question.attempts)
    ]
    cards = stack.score(samples)
    found: dict[str, float | None] = {}
    for name in stack.config.rewards:
        parts = [card.components[name].worth for card in cards if name in card.components]
        known = [value for value in parts if value is not None]
        found[name] = sum(known) / len(known) if known else None
    return found


def _rows(settings: EvalSettings, needs: Sequence[str]) -> list[Row]:
    if settings.set:
        return load_set(
            settings.set,
            settings.data,
            template=settings.template,
            split=settings.split,
            limit=settings.limit,
        )
    return load_rows(
        settings.data,
        template=settings.template,
        prompt_column=settings.prompt_column,
        needs=needs,
        split=settings.split,
        limit=settings.limit,
    )


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
        "set": settings.set,
        "template": settings.template,
        "rerank": settings.rerank,
        **{name: value for name, value in asdict(settings.sampling).items() if name != "batch_tokens"},
        "rows": len(rows),
        "rows_sha256": digest(rows),
        "lock_sha256": digest(lock),
    }


def read_evaluation(path: Path) -> tuple[dict[str, Any], dict[int, Question]]:
    """Read what `run_eval` wrote: settings, and the questions whose k completions are all there, by index.

    Raises:
        SettingsError: the file is missing or is something else.
    """
    lines = read_jsonl(path)
    settings: Any = lines[0].get("settings") if lines else None
    asked = all("question" in line for line in lines[1:])
    if not isinstance(settings, dict) or "k" not in settings or not asked:
        problem = "exists and is no" if path.exists() else "is not there: no"
        raise SettingsError(f"{path} {problem} evaluation of assay eval; name another file")
    header = cast("dict[str, Any]", settings)
    found: dict[int, list[dict[str, Any]]] = {}
    for line in lines[1:]:
        found.setdefault(line["question"], []).append(line)
    return header, {index: _question(group) for index, group in found.items() if len(group) == header["k"]}


def keep_evaluation(
    out: Path, settings: EvalSettings, rows: Sequence[Row], lock: Mapping[str, Any], result: Evaluation
) -> None:
    """Write an evaluation that was made elsewhere as `run_eval` would have, for `assay compare`.

    Raises:
        RunError: `out` cannot be written.
    """
    _rewrite(out, _header(settings, rows, lock), {question.index: question for question in result.questions})


def _finished(out: Path, header: Mapping[str, Any]) -> dict[int, Question]:
    """Questions of `out` that are complete, by index."""
    if not out.exists():
        return {}
    before, questions = read_evaluation(out)
    changed = changes(before, header)
    if changed:
        raise SettingsError(
            f"{out} is of another evaluation: {', '.join(changed)}; name another file, or delete it"
        )
    return questions


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
    write_lines(aside, [{"settings": header}, *lines], "w")
    aside.replace(out)
