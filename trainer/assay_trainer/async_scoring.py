"""Score while the model goes on: later batches are sampled before this one's scores are in.

    overlap 0   sample t │ score t │ train t │ sample t+1 │ score t+1 │ train t+1 …
    overlap 1   … sample t │ train t-1 │ sample t+1 │ train t │ sample t+2 …
                           └─ score t ──────────────┘

With `overlap` N, at most N generation batches wait for their scores while an earlier one is trained on. A
batch is then up to N batches older than the policy that learns from it, so π_old of equation (1) is the
policy that sampled it: its log-probabilities are kept from then, and ratio and clip are against them.

Nothing is paid by guess: a batch is trained on when all its scores are in, and a row that could not be
scored is masked as it is without overlap. The queue is empty at every checkpoint and at the end of every
epoch, so a resumed run is the same run, and no prompt is skipped or trained on twice.

TRL samples, scores and normalises in one method. `AsyncScoring` runs that method twice over each batch: the
first pass ends where TRL asks for the rewards, which a thread then computes; in the second, completions and
log-probabilities are those of the first, and the reward function waits for the thread. So advantages,
metrics and what other processes are asked are TRL's own code, in TRL's order.

`trl.experimental.async_grpo` is another thing: it samples without a pause on a vLLM server of its own, which
needs a GPU beside the trainer's, and it discards what has become too old.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUntypedBaseClass=false, reportUnknownParameterType=false

from __future__ import annotations

import copy
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from assay_trainer.settings import SettingsError

_Trainer: Any = object  # at runtime `async_trainer` puts TRL's, which is heavy, behind AsyncScoring

Reward = Callable[..., Sequence[float | None]]


def async_trainer(reward: Background, overlap: int) -> Callable[..., Any]:
    """Return what makes a `trl.GRPOTrainer` that samples `overlap` generation batches ahead of `reward`."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    made = type("AsyncScoringGRPOTrainer", (AsyncScoring, GRPOTrainer), {})
    return partial(made, background=reward, overlap=overlap)


@dataclass(frozen=True, slots=True)
class Scored:
    """What a reward function answered about one batch."""

    rewards: Sequence[float | None]
    metrics: Sequence[tuple[str, float]]
    """What it gave to ``log_metric``, in order."""
    extras: Sequence[tuple[str, list[Any]]]
    """What it gave to ``log_extra``, in order."""
    seconds: float
    """Wall-clock seconds of the call."""


@dataclass(slots=True)
class Batch:
    """A generation batch between its two passes."""

    rows: Any
    """Dataset rows as the data loader gave them, one per completion."""
    sampled: int
    """Optimizer steps that the policy had taken when it sampled the completions."""
    due: int
    """Optimizer steps that it will have taken when it learns from them."""
    results: deque[Any] = field(default_factory=deque[Any])
    """Completions and log-probabilities of the first pass, in the order in which TRL asked for them."""
    metrics: Mapping[str, list[float]] = field(default_factory=dict[str, list[float]])
    """What TRL measured in the first pass (lengths); logged with the step that learns from the batch."""
    scores: Future[Scored] | None = None
    """None during the first pass."""


class FirstPassEndsError(Exception):
    """Leaves TRL's method where it asks for the rewards: they are being computed."""


class Background:
    """A reward function that scores in a thread: the first call for a batch begins it, the second waits.

    Without a batch (in an evaluation) it is the plain function. The function sees one batch at a time, in the
    order of training, and what it logs is logged by the second call.
    """

    def __init__(self, reward: Reward) -> None:
        """Wrap a TRL reward function."""
        self.__name__: str = getattr(reward, "__name__", "reward")
        self.batch: Batch | None = None
        """What TRL works on."""
        self._reward = reward
        self._thread: ThreadPoolExecutor | None = None

    def __enter__(self) -> Background:
        """Start the thread."""
        self._thread = ThreadPoolExecutor(1, "scoring")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the thread; the batch that it is scoring is waited for, later ones are given up."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def __call__(self, **told: Any) -> Sequence[float | None]:
        """Score, or begin to, or wait for the N rewards.

        Raises:
            FirstPassEndsError: The scores are being computed.
        """
        batch = self.batch
        if batch is None:
            return self._reward(**told)
        if batch.scores is None:
            assert self._thread is not None
            state = copy.copy(told["trainer_state"])
            state.global_step = batch.due
            batch.scores = self._thread.submit(_score, self._reward, {**told, "trainer_state": state})
            raise FirstPassEndsError
        start = time.perf_counter()
        scored = batch.scores.result()
        waited = time.perf_counter() - start
        for name, value in (
            *scored.metrics,
            ("async/staleness", float(batch.due - batch.sampled)),
            ("async/waited_seconds", waited),
            ("async/hidden_seconds", max(0.0, scored.seconds - waited)),
        ):
            told["log_metric"](name, value)
        for column, values in scored.extras:
            told["log_extra"](column, values)
        return scored.rewards


class AsyncScoring(_Trainer):
    """A GRPO trainer that samples `overlap` generation batches before the one that it trains on.

    The reward function's ``trainer_state`` has the step that will learn from the batch. Further metrics:
    ``async/staleness`` (optimizer steps between sampling and learning, at most `overlap` times the
    iterations), ``async/waited_seconds`` (training stood still for the scores) and ``async/hidden_seconds``
    (the scores took so much longer than that).
    """

    def __init__(self, *, background: Background, overlap: int, **given: Any) -> None:
        """Set up.

        Args:
            background: The reward function, or what the reward function of `given` calls.
            overlap: Generation batches that may wait for their scores; at least 1.
            given: What `GRPOTrainer` takes.

        Raises:
            SettingsError: Several generation batches make one optimizer step.
        """
        super().__init__(**given)
        self._background = background
        self._overlap = overlap
        self._queue: deque[Batch] = deque()
        self._epoch: Iterator[Any] | None = None
        self._ahead: deque[Any] = deque()
        self._window: int = self.args.steps_per_generation * self.num_iterations
        if self._window % self.args.gradient_accumulation_steps:
            raise SettingsError(
                f"overlap: {overlap} needs generation batches of whole optimizer steps; a batch has "
                f"{self._window} forward passes, and a step {self.args.gradient_accumulation_steps}"
            )

    def train(self, *args: Any, **given: Any) -> Any:
        """Train as `Trainer.train` does."""
        self._queue.clear()
        self._epoch = None
        with self._background:
            return super().train(*args, **given)

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: Any) -> Any:
        """Read the rows of one optimizer step, and `overlap` generation batches more."""
        if epoch_iterator is not self._epoch:
            self._epoch = epoch_iterator
            self._ahead.clear()
        wanted = num_batches + self._overlap * self._window
        self._ahead.extend(islice(epoch_iterator, max(0, wanted - len(self._ahead))))
        now = [self._ahead.popleft() for _ in range(min(num_batches, len(self._ahead)))]
        return super().get_batch_samples(iter(now), num_batches, device)

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        if not self.model.training:
            return super()._generate_and_score_completions(inputs)
        step, steps = self.state.global_step, self._window // self.args.gradient_accumulation_steps
        for index, rows in enumerate([inputs, *self._upcoming(steps)]):
            if index >= len(self._queue):
                self._queue.append(self._sampled(Batch(rows, step, step + index * steps)))
        batch = self._queue.popleft()
        if batch.rows is not inputs or batch.due != step:
            raise RuntimeError(f"step {step} was given the batch of step {batch.due}")
        output = self._passed(batch)
        for name, values in batch.metrics.items():
            self._metrics["train"][name].extend(values)
        return output

    def _upcoming(self, steps: int) -> Iterator[Any]:
        """Rows of the generation batches after this one, of `steps` optimizer steps each, as far as due."""
        step, end = self.state.global_step, self.state.max_steps
        if self.args.save_strategy == "steps":
            end = min(end, (step // self.state.save_steps + 1) * self.state.save_steps)
        for number in range(1, self._overlap + 1):
            place = number * self._window - self.args.gradient_accumulation_steps
            if step + number * steps >= end or place >= len(self._ahead):
                return
            yield self._ahead[place]

    def _sampled(self, batch: Batch) -> Batch:
        """Take the first pass."""
        logged, self._metrics["train"] = self._metrics["train"], defaultdict(list)
        try:
            self._passed(batch)
            batch.metrics = self._metrics["train"]
        finally:
            self._metrics["train"] = logged
        return batch

    def _passed(self, batch: Batch) -> Any:
        """Run TRL's method over the batch; None when that was the first pass."""
        # TRL computes log π_old only for a batch that outlives an optimizer step; each of ours may
        iterations, self.num_iterations = self.num_iterations, self.args.gradient_accumulation_steps + 1
        self._background.batch = batch
        try:
            return super()._generate_and_score_completions(batch.rows)
        except FirstPassEndsError:
            return None
        finally:
            self._background.batch = None
            self.num_iterations = iterations

    def _generate(self, *args: Any, **given: Any) -> Any:
        return self._once(super()._generate, *args, **given)

    def _get_per_token_logps_and_entropies(self, *args: Any, **given: Any) -> Any:
        return self._once(super()._get_per_token_logps_and_entropies, *args, **given)

    def _once(self, function: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Call, and keep the result, in the first pass; give it back in the second."""
        batch = self._background.batch
        if batch is None:  # the loss
            return function(*args, **given)
        if batch.scores is not None:
            return batch.results.popleft()
        batch.results.append(function(*args, **given))
        return batch.results[-1]


def _score(reward: Reward, told: Mapping[str, Any]) -> Scored:
    metrics, extras = list[tuple[str, float]](), list[tuple[str, list[Any]]]()

    def log_metric(name: str, value: float) -> None:
        metrics.append((name, value))

    def log_extra(column: str, values: list[Any]) -> None:
        extras.append((column, values))

    start = time.perf_counter()
    rewards = reward(**{**told, "log_metric": log_metric, "log_extra": log_extra})
    return Scored(rewards, metrics, extras, time.perf_counter() - start)
