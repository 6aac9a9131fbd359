"""GRPO as DeepSeek-R1-Zero has it, on TRL.

For each question q, sample a group o_1 … o_G from the old policy, score it, and maximise

    J(θ) = E[ 1/G Σ_i ( min( r_i A_i , clip(r_i, 1-ε, 1+ε) A_i ) − β D_KL(π_θ || π_ref) ) ]       (1)
    D_KL = π_ref(o_i|q)/π_θ(o_i|q) − log( π_ref(o_i|q)/π_θ(o_i|q) ) − 1                            (2)
    A_i  = ( R_i − mean(R_1 … R_G) ) / std(R_1 … R_G)                                              (3)

with r_i = π_θ(o_i|q) / π_old(o_i|q), per token, averaged over the tokens of each completion. R_i is what the
stack of registry.yaml pays for o_i; a rollout that it cannot score (a check broke, a filter dropped it)
is left out of (3) and has advantage 0.

    assay train tiny                                    # the embedded model, minutes on two cores
    accelerate launch -m assay train r1-zero.yaml       # several GPUs; vLLM through `trl:`

TRL computes exactly this only with `OBJECTIVE`; `tests/integration/trainer/test_objective.py` proves it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import AssayError, DataError, FaultLimitError, MissingDependencyError, RunEnd, RunStart
from assay_trainer.async_scoring import Background, async_trainer
from assay_trainer.data import Row, load_rows
from assay_trainer.epochs import keep_order
from assay_trainer.loop import batching, callback, finish, fit, make_config, processes
from assay_trainer.lora import adapter_config
from assay_trainer.machine import on_cpu, quiet, shards
from assay_trainer.models import end_tokens, load_model, resolve_model
from assay_trainer.progress import OnProgress, Progress, silent
from assay_trainer.recorder import Recorder, RolloutMetrics
from assay_trainer.runfolder import RunFolder
from assay_trainer.settings import SettingsError, TrainSettings
from assay_trainer.vllm_cpu import let_weights_reload

if TYPE_CHECKING:
    from assay.scoring import Stack

OBJECTIVE: Mapping[str, Any] = {
    "loss_type": "grpo",  # mean over a completion's tokens, then over completions; TRL's default is dapo
    "scale_rewards": "group",  # (3)
    "use_bias_correction_kl": False,  # TRL's default multiplies (2) by r_i
    "importance_sampling_level": "token",
}
"""Options of GRPOConfig under which TRL's loss is −J of equations (1) to (3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended."""

    folder: Path
    model: Path
    """Trained model and tokenizer."""
    steps: int
    """Optimizer steps the model has taken in all."""
    resumed_from: int
    """Step of the checkpoint that the run went on from; 0 when it started anew."""
    seconds: float
    """Wall-clock seconds of this call."""
    before: Mapping[str, Any] | None
    """First and last line of evals.jsonl; None without held-out prompts."""
    after: Mapping[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names."""
        return {**asdict(self), "folder": str(self.folder), "model": str(self.model)}


def train(
    settings: TrainSettings,
    *,
    resume: bool = True,
    accept_lock_change: bool = False,
    on_progress: OnProgress | None = None,
) -> RunResult:
    """Train, from the start or from the last complete checkpoint in the output folder.

    Args:
        settings: The run.
        resume: False deletes what an earlier run left in the output folder and starts over.
        accept_lock_change: Go on although the reward stack is no longer the one the run began with.
        on_progress: Called often, from the training thread; must not raise.

    Raises:
        SettingsError, RegistryError, DataError, ModelError: Before anything is trained.
        FaultLimitError: The stack met too many faults; checkpoints remain.
        RunError: The disk is full; the last complete checkpoint remains.
    """
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack

    registry = load_registry(settings.registry)
    host = Host.load(only=registry.plugins)
    with Stack.build(registry, host, _stack_name(settings, list(registry.config.stacks))) as stack:
        stack.warm_up()
        lock = stack.lock()
        error: BaseException | None = None
        host.on_run_start(RunStart(run=str(settings.output), lock=lock))
        try:
            return _train(settings, stack, lock, resume, accept_lock_change, on_progress or silent)
        except BaseException as raised:
            error = raised
            raise
        finally:
            host.on_run_end(RunEnd(run=str(settings.output), error=error))


def _train(
    settings: TrainSettings,
    stack: Stack,
    lock: Mapping[str, Any],
    resume: bool,
    accept_lock_change: bool,
    on_progress: OnProgress,
) -> RunResult:
    from accelerate import PartialState

    from assay.adapters.trl import StackReward

    start = time.perf_counter()
    quiet()

    # The prompts, and the base model π_ref
    needs = required_columns(stack)
    rows = load_rows(
        settings.data, template=settings.template, prompt_column=settings.prompt_column, needs=needs
    )
    held_out: list[Row] = []
    if settings.eval_data:
        held_out = load_rows(
            settings.eval_data,
            template=settings.template,
            prompt_column=settings.prompt_column,
            needs=needs,
            split="test",
            limit=settings.eval_limit,
        )
    if len(rows) < settings.prompts_per_step:
        raise DataError(f"{settings.data}: {len(rows)} rows; prompts_per_step is {settings.prompts_per_step}")
    state = PartialState(cpu=on_cpu(settings.device))
    if held_out and shards():
        raise SettingsError(
            "eval_data: one process evaluates, and here each has only a part of the weights. "
            "Leave eval_data out, and evaluate the final model with assay eval"
        )
    with state.main_process_first():
        base = resolve_model(
            settings.model,
            settings.seed,
            lambda step, total, loss: on_progress(
                Progress(stage="model", step=step, total=total, metrics={"loss": loss})
            ),
        )

    # The folder, and where to go on from; in a distributed run the main process decides
    folder = RunFolder(settings.output)
    if state.is_main_process:
        folder.prepare(settings, lock, resume=resume, accept_lock_change=accept_lock_change)
    state.wait_for_everyone()
    step = folder.last_step()
    checkpoint = dict(folder.checkpoints()).get(step)
    rollouts = RolloutMetrics()
    recorder = Recorder(settings, folder, stack, held_out, on_progress, rollouts)

    if checkpoint is None or step < settings.steps:
        # The reward R_i, the trainer, and the loop
        model, tokenizer = load_model(base, settings.dtype, settings.attention)
        reward = StackReward(
            stack,
            group_size=settings.group_size,
            max_completion_length=settings.max_completion_length,
            eos_token_ids=end_tokens(model, tokenizer),
            metrics=rollouts,
        )
        trainer = build_trainer(settings, folder, model, tokenizer, rows, reward, recorder)
        fit(trainer, folder, checkpoint, settings.dtype)
    elif not folder.final.is_dir():
        # Killed between the last checkpoint and the end
        if state.is_main_process:
            finish(folder, checkpoint, settings.dtype)
        state.wait_for_everyone()

    evals = recorder.evaluations()
    return RunResult(
        folder=folder.path,
        model=folder.final,
        steps=max(step, settings.steps),
        resumed_from=step,
        seconds=time.perf_counter() - start,
        before=evals[0] if evals else None,
        after=evals[-1] if evals else None,
    )


def build_config(settings: TrainSettings, output: Path) -> Any:
    """Say the settings in TRL's words; returns a `trl.GRPOConfig`.

    Raises:
        SettingsError: TRL refuses them, or `trl:` has an option that it does not know.
        MissingDependencyError: trl is not installed.
    """
    try:
        from trl.trainer.grpo_config import GRPOConfig
    except ImportError as error:
        raise MissingDependencyError.of("training", error.name or "trl", "train") from None
    # A process scores whole groups, so that group-scoped rewards see all completions of a prompt
    prompts, rest = divmod(settings.prompts_per_step, processes())
    try:
        batch = batching(0 if rest else prompts * settings.group_size, settings.micro_batch)
    except ValueError:
        raise SettingsError(
            f"prompts_per_step {settings.prompts_per_step} times group_size {settings.group_size} does not "
            f"divide into {processes()} processes of whole groups and micro batches of {settings.micro_batch}"
        ) from None
    options: dict[str, Any] = {
        **OBJECTIVE,
        **batch,
        "beta": settings.beta,
        "epsilon": settings.epsilon,
        "num_iterations": settings.iterations,
        # One generation batch is one optimizer step's batch, so that π_old is π_θ at its first step
        "num_generations": settings.group_size,
        "max_steps": settings.steps,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": 0,
        "max_completion_length": settings.max_completion_length,
        "output_dir": str(output),
        "save_steps": settings.checkpoint_steps,
    }
    return make_config(GRPOConfig, settings, options)


def build_trainer(
    settings: TrainSettings,
    folder: RunFolder,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    reward: Any,
    recorder: Recorder | None = None,
) -> Any:
    """Put model, prompts and reward together; returns a `trl.GRPOTrainer`.

    Args:
        settings: The run.
        folder: Where checkpoints go; see `RunFolder.partial`.
        model: Loaded from disk: with `beta` above 0, TRL loads the reference model by its name. With
            `lora` it is changed in place.
        tokenizer: Its tokenizer.
        rows: Prompts and the columns that the reward reads.
        reward: A TRL reward function; returns None for a row to be masked.
        recorder: Writes the run folder; None: nothing is recorded.
    """
    config = build_config(settings, folder.partial)
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl.trainer.grpo_trainer import GRPOTrainer

    # GRPOTrainer seeds torch itself; Python's own generator is what datasets and plugins may use.
    random.seed(settings.seed)
    trainer_class: Any = GRPOTrainer
    if config.use_vllm and config.use_cpu:
        let_weights_reload()
    if settings.overlap:
        reward = Background(reward)
        trainer_class = async_trainer(reward, settings.overlap)
    trainer: Any = trainer_class(
        model=model,
        reward_funcs=[alike(reward)],
        args=config,
        train_dataset=Dataset.from_list([dict(row) for row in rows]),
        processing_class=tokenizer,
        callbacks=[callback(recorder)] if recorder is not None else [],
        peft_config=adapter_config(settings.lora),
    )
    trainer.remove_callback(PrinterCallback)
    return keep_order(trainer)


def alike(reward: Any) -> Any:
    """Let all processes stop together: what one raises, for too many faults or else, each of them raises.

    Otherwise the others would wait for its rewards until their connection times out.
    """
    from accelerate import PartialState
    from accelerate.utils import gather_object

    if PartialState().num_processes == 1:
        return reward

    def together(**given: Any) -> list[float | None]:
        error: AssayError | None = None
        rewards: list[float | None] = []
        try:
            rewards = reward(**given)
        except AssayError as raised:
            error = raised
        told: list[str | None] = gather_object([str(error) if error else None])
        found = [(rank, message) for rank, message in enumerate(told) if message is not None]
        if error is not None:
            raise error
        if found:
            raise FaultLimitError(f"process {found[0][0]}: {found[0][1]}")
        return rewards

    together.__name__ = reward.__name__
    return together


def required_columns(stack: Stack, *, rewards: bool = True) -> list[str]:
    """Dataset columns without which the stack cannot score: the route's, and what its specs declare.

    Args:
        stack: The stack.
        rewards: False leaves out rewards and filters: evaluation only verifies.
    """
    columns = {
        column
        for place, component in stack.components.items()
        if rewards or place.startswith("verifiers.")
        for column in component.spec.columns
    }
    return sorted(columns | ({stack.router.column} if stack.router.column else set[str]()))


def _stack_name(settings: TrainSettings, known: Sequence[str]) -> str:
    if settings.stack is not None:
        return settings.stack
    if len(known) == 1:
        return known[0]
    raise SettingsError(f"{settings.registry} has several stacks ({', '.join(known)}); say which in `stack`")
