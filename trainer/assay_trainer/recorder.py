"""What a run writes down while it trains: metrics, evaluations, completions worth reading.

Plain objects; `grpo.build_trainer` hooks a `Recorder` into TRL's callbacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay import Sample
from assay_trainer.data import Row
from assay_trainer.evalrun import EvalSettings, keep_evaluation
from assay_trainer.evaluate import Evaluation, StackJudge, evaluate
from assay_trainer.generate import Generated, Sampling
from assay_trainer.observations import Observer
from assay_trainer.progress import OnProgress, Progress
from assay_trainer.reflection import find_aha, reflection_metrics
from assay_trainer.runfolder import RunFolder, read_jsonl
from assay_trainer.settings import TrainSettings

if TYPE_CHECKING:
    from assay.scoring import Scorecard, Stack

AHAS = 10
"""At most about so many aha moments are kept of a run."""


@dataclass(slots=True)
class RolloutMetrics:
    """Looks at each scored batch of rollouts: counts reflections, remembers the latest aha moment."""

    aha: tuple[Sample, Scorecard] | None = None

    def __call__(self, samples: Sequence[Sample], scorecards: Sequence[Scorecard]) -> dict[str, float]:
        """Return metrics to log. Same length and order: N samples, N scorecards."""
        right = [card.right for card in scorecards]
        index = find_aha(samples, right)
        if index is not None:
            self.aha = samples[index], scorecards[index]
        return reflection_metrics(samples, right)


class Recorder:
    """Writes the logs of one run folder, on the main process only."""

    def __init__(
        self,
        settings: TrainSettings,
        folder: RunFolder,
        stack: Stack,
        held_out: Sequence[Row],
        on_progress: OnProgress,
        rollouts: RolloutMetrics,
    ) -> None:
        """Bind everything that is the same throughout a run."""
        self.settings = settings
        self.folder = folder
        self.stack = stack
        self.judge = StackJudge(stack)
        self.observe = Observer(stack, held_out) if held_out else None
        self.held_out = held_out
        self.on_progress = on_progress
        self.rollouts = rollouts

    def begin(self, step: int, model: Any, tokenizer: Any) -> None:
        """Evaluate the model as it comes; a resumed run has done so."""
        if step == 0:
            self._evaluate(0, model, tokenizer, "before")

    def log(self, step: int, logs: Mapping[str, Any]) -> None:
        """Write one line of metrics.jsonl; TRL's closing totals are left out."""
        if "reward" not in logs:
            return
        row = {"step": step, "seconds": logs.get("step_time"), **logs}
        self.folder.append(self.folder.metrics, row)
        every = max(1, self.settings.steps // AHAS)
        if self.rollouts.aha is not None and step % every == 0:
            sample, card = self.rollouts.aha
            self._keep_sample("aha", step, sample, card)
            self.rollouts.aha = None
        self.on_progress(Progress(stage="train", step=step, total=self.settings.steps, metrics=row))

    def step_end(self, step: int, model: Any, tokenizer: Any) -> None:
        """Evaluate when it is time, before the step's checkpoint: what precedes a checkpoint stays."""
        every, last = self.settings.eval_every, step >= self.settings.steps
        if last or (every and step % every == 0):
            self._evaluate(step, model, tokenizer, "after" if last else "during")

    def saved(self, step: int) -> None:
        """Move a checkpoint that is whole into its place."""
        self.folder.commit_checkpoint(step, self.settings.keep_checkpoints)
        self.on_progress(Progress(stage="save", step=step, total=self.settings.steps))

    def evaluations(self) -> list[dict[str, Any]]:
        """Lines of evals.jsonl, by step."""
        return sorted(read_jsonl(self.folder.evals), key=lambda row: row.get("step", 0))

    def _evaluate(self, step: int, model: Any, tokenizer: Any, stage: str) -> None:
        if self.observe is None:
            return
        settings = self.settings
        sampling = Sampling(
            k=settings.eval_k,
            temperature=settings.eval_temperature,
            top_p=settings.eval_top_p,
            max_new_tokens=settings.max_completion_length,
            batch_tokens=settings.eval_batch_tokens,
            seed=settings.seed,
        )
        result = evaluate(
            model,
            tokenizer,
            self.held_out,
            self.judge,
            sampling,
            progress=lambda done, total: self.on_progress(Progress(stage="evaluate", step=done, total=total)),
        )
        row = {"step": step, **result.to_dict(), **self.observe(result.questions)}
        self.folder.append(self.folder.evals, row)
        if stage in ("before", "after"):
            self._keep_shown(stage, step, result)
        if stage == "after":
            asked = EvalSettings(
                model=str(self.folder.final),
                data=str(settings.eval_data),
                template=settings.template,
                sampling=sampling,
            )
            keep_evaluation(self.folder.evaluation, asked, self.held_out, self.stack.lock(), result)
        self.on_progress(
            Progress(stage="evaluate", step=len(self.held_out), total=len(self.held_out), metrics=row)
        )

    def _keep_shown(self, stage: str, step: int, result: Evaluation) -> None:
        """Keep the first completion of the first few questions, the same ones each time."""
        shown: list[Sample] = []
        for question in result.questions[: self.settings.show_prompts]:
            first = question.attempts[0]
            generated = Generated(first.completion, first.tokens, first.truncated)
            name = f"shown/{question.index}"
            shown.append(self.judge.sample(self.held_out[question.index], generated, name, name))
        for sample, card in zip(shown, self.stack.score(shown), strict=True):
            self._keep_sample(stage, step, sample, card)

    def _keep_sample(self, stage: str, step: int, sample: Sample, card: Scorecard) -> None:
        prompt = (
            sample.prompt if isinstance(sample.prompt, str) else [dict(message) for message in sample.prompt]
        )
        row = {
            "stage": stage,
            "step": step,
            "prompt": prompt,
            "completion": sample.completion,
            "reference": sample.reference,
            "tokens": sample.tokens,
            "truncated": sample.truncated,
            "scorecard": card.to_dict(),
        }
        self.folder.append(self.folder.samples, row)
