"""Scores that come in while the next batch is sampled: the same scores, bounded staleness, nothing lost."""

from __future__ import annotations

import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file

import assay
from assay.adapters.trl import StackReward
from assay_trainer.grpo import build_trainer, fit
from assay_trainer.models import load_model
from assay_trainer.progress import silent
from assay_trainer.recorder import Recorder, RolloutMetrics
from assay_trainer.runfolder import RunFolder, read_jsonl
from assay_trainer.settings import SettingsError

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

GROUP = 4


class Watched:
    """A run that remembers what it was trained on, and the policy that sampled it."""

    def __init__(
        self,
        kit: SimpleNamespace,
        output: Path,
        model: Path,
        *,
        reward: Any = None,
        rows: int = 16,
        **how: Any,
    ) -> None:
        settings = kit.make(output, model, **{"steps": 6, "learning_rate": 1e-2, "save_every": 99, **how})
        policy, self.tokenizer = load_model(str(model))
        self.model, _ = load_model(str(model))
        self.reward = reward or kit.spread
        self.asked: list[dict[str, Any]] = []
        self.batches: list[dict[str, Any]] = []
        self.samplers: list[dict[str, torch.Tensor]] = []
        self.learners: list[dict[str, torch.Tensor]] = []
        self.trainer = build_trainer(
            settings, RunFolder(output), policy, self.tokenizer, kit.rows(rows), self.scored
        )
        self._prepare = self.trainer._generate_and_score_completions
        self._draw = self.trainer._generate_single_turn
        self.trainer._generate_and_score_completions = self.prepare
        self.trainer._generate_single_turn = self.draw
        self.trainer.train()

    def weights(self) -> dict[str, torch.Tensor]:
        return {name: weight.clone() for name, weight in self.trainer.model.state_dict().items()}

    def logps(self, weights: dict[str, torch.Tensor], batch: dict[str, Any]) -> torch.Tensor:
        """Log-probabilities of the completions' tokens under a policy, 0 on padding."""
        self.model.load_state_dict(weights)
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        seen = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        with torch.no_grad():
            every = torch.log_softmax(self.model(input_ids=ids, attention_mask=seen).logits[:, :-1], dim=-1)
        chosen = every.gather(-1, ids[:, 1:, None])[..., 0][:, -batch["completion_ids"].size(1) :]
        return chosen * batch["completion_mask"]

    def scored(self, completions: list[str], **given: Any) -> Any:
        told = {"step": given["trainer_state"].global_step, "thread": threading.current_thread()}
        self.asked.append({"completions": completions, **told})
        return self.reward(completions=completions, **given)

    def draw(self, *given: Any) -> Any:
        self.samplers.append(self.weights())
        return self._draw(*given)

    def prepare(self, inputs: Any) -> Any:
        self.learners.append(self.weights())
        self.batches.append(self._prepare(inputs))
        return self.batches[-1]

    def texts(self, name: str) -> list[list[str]]:
        return [self.tokenizer.batch_decode(b[f"{name}_ids"], skip_special_tokens=True) for b in self.batches]

    def logged(self, name: str) -> list[float]:
        return [row[name] for row in self.trainer.state.log_history if "reward" in row]


def advantages(rewards: list[float | None]) -> torch.Tensor:
    """Equation (3); 0 for a row without a reward."""
    groups = torch.tensor([torch.nan if r is None else r for r in rewards]).view(-1, GROUP)
    mean = groups.nanmean(1, keepdim=True)
    count = (~groups.isnan()).sum(1, keepdim=True)
    std = (((groups - mean) ** 2).nansum(1, keepdim=True) / (count - 1)).sqrt()
    return ((groups - mean) / (std + 1e-4)).nan_to_num(0.0).flatten()


@pytest.fixture(scope="module")
def ahead(kit: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, random_model: Path) -> Watched:
    return Watched(kit, tmp_path_factory.mktemp("ahead"), random_model, overlap=2)


def test_every_reward_reaches_its_completion(ahead: Watched, kit: SimpleNamespace) -> None:
    """Each batch is trained on with the advantages of its own completions, in the order of sampling."""
    trained = ahead.texts("completion")
    assert [asked["completions"] for asked in ahead.asked] == trained
    assert len({tuple(batch) for batch in trained}) == 6
    for texts, batch in zip(trained, ahead.batches, strict=True):
        assert torch.allclose(batch["advantages"], advantages(kit.spread(texts)), atol=1e-5)
    assert ahead.logged("reward") == pytest.approx([sum(kit.spread(t)) / len(t) for t in trained], abs=1e-5)
    lengths = [batch["completion_mask"].sum(1).float().mean().item() for batch in ahead.batches]
    assert ahead.logged("completions/mean_length") == pytest.approx(lengths)


def test_one_thread_scores(ahead: Watched) -> None:
    """Not the trainer's; the reward function is told the step that learns from what it scores."""
    (thread,) = {asked["thread"] for asked in ahead.asked}
    assert thread is not threading.main_thread() and not thread.is_alive()
    assert [asked["step"] for asked in ahead.asked] == list(range(6))


def test_the_ratio_is_against_the_policy_that_sampled(ahead: Watched) -> None:
    """π_old is the policy of the sampling, and it is not the one that learns."""
    apart = list[float]()
    for sampler, learner, batch in zip(ahead.samplers, ahead.learners, ahead.batches, strict=True):
        old = batch["old_per_token_logps"] * batch["completion_mask"]
        assert torch.allclose(old, ahead.logps(sampler, batch), atol=1e-4)
        apart.append((old - ahead.logps(learner, batch)).abs().max().item())
    assert apart[0] < 1e-4 and min(apart[1:]) > 1e-2


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"overlap": 1}, [0, 1, 1, 1, 1, 1]),
        ({"overlap": 2, "save_every": 4}, [0, 1, 2, 2, 0, 1]),  # nothing crosses a checkpoint
        ({"overlap": 1, "rows": 6}, [0, 1, 1, 0, 1, 1]),  # nor an epoch
        ({"overlap": 1, "iterations": 2, "save_every": 5}, [0, 2, 2]),
        ({"overlap": 9, "micro_batch": 4}, [0, 1, 2, 3, 4, 5]),  # no more is sampled than is trained on
    ],
)
def test_staleness(
    kit: SimpleNamespace, tmp_path: Path, random_model: Path, how: dict[str, Any], expected: list[int]
) -> None:
    """It is bounded by `overlap` batches, and the prompts are those of a run without overlap."""
    run = Watched(kit, tmp_path / "run", random_model, **how)
    plain = Watched(kit, tmp_path / "plain", random_model, **{**how, "overlap": 0})
    each = run.trainer.num_iterations
    assert run.logged("async/staleness") == expected
    assert run.texts("prompt") == plain.texts("prompt")
    assert len(run.asked) == len(run.samplers) == 6 // each
    assert run.trainer.state.global_step == 6


def test_without_overlap_nothing_is_different(
    kit: SimpleNamespace, tmp_path: Path, random_model: Path
) -> None:
    """It is TRL's own trainer, and it scores where it trains."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    run = Watched(kit, tmp_path, random_model, steps=1)
    assert type(run.trainer) is GRPOTrainer
    assert run.asked[0]["thread"] is threading.main_thread()


def faulty() -> ModuleType:
    """A plugin whose check raises on some completions and hangs on others; workers get it by value."""

    def check(answer: str, reference: str) -> bool:
        import time

        match sum(map(ord, answer)) % 5:
            case 0:
                raise ValueError("oops")
            case 1:
                time.sleep(600)
        return sum(map(ord, answer)) % 2 == 0

    plugin = ModuleType("faulty")

    @assay.hookimpl
    def register_verifiers() -> Any:
        limits = assay.Limits(seconds=0.2)
        return [
            assay.VerifierSpec(name="v", summary="", factory=assay.from_predicate(check), limits=limits),
        ]

    plugin.register_verifiers = register_verifiers  # type: ignore[attr-defined]
    return plugin


def test_faults_are_masked(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """Checks that raise, and checks that are killed, leave their rows out; all steps are taken."""
    from assay.host import Host
    from assay.registry import parse_registry
    from assay.scoring import Stack

    host = Host()
    host.register(faulty(), "faulty")
    registry = parse_registry(
        "assay: 1\nplugins: [faulty]\nverifiers: {v: {use: faulty.v, reference: solution}}\nroute: v\n"
        "stacks: {s: {rewards: {right: {use: correct}}, compose: sum}}\n"
        "faults: {stop_above: 100%}\nworkers: {count: 2}\n",
        Path("registry.yaml"),
    )
    with Stack.build(registry, host, "s") as stack:
        reward = StackReward(stack, group_size=GROUP)
        run = Watched(kit, tmp_path, random_model, reward=reward, overlap=1, steps=2)
    kinds = [[sum(map(ord, text)) % 5 for text in texts] for texts in run.texts("completion")]
    assert {0, 1, 2} <= {kind for batch in kinds for kind in batch}
    for texts, batch, masked in zip(
        run.texts("completion"), run.batches, run.logged("assay/masked"), strict=True
    ):
        codes = [sum(map(ord, text)) for text in texts]
        rewards = [None if code % 5 < 2 else float(code % 2 == 0) for code in codes]
        assert torch.allclose(batch["advantages"], advantages(rewards), atol=1e-5)
        assert masked == rewards.count(None)
    assert run.trainer.state.global_step == 2


def test_an_error_ends_the_run(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """What the reward function raises (too many faults, say) is raised when its batch is due."""
    steps: list[int] = []

    def broken(completions: list[str], trainer_state: Any, **given: Any) -> list[float | None]:
        steps.append(trainer_state.global_step)
        if len(steps) == 3:
            raise assay.FaultLimitError("too many")
        return cast("list[float | None]", kit.spread(completions))

    with pytest.raises(assay.FaultLimitError, match="too many"):
        Watched(kit, tmp_path, random_model, reward=broken, overlap=2)
    assert steps[:3] == [0, 1, 2]
    assert not any(thread.name.startswith("scoring") for thread in threading.enumerate())


def test_steps_of_several_batches(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """A generation batch that is less than an optimizer step is refused."""
    trl = {"steps_per_generation": 1}
    with pytest.raises(SettingsError, match="overlap: 1 needs generation batches of whole optimizer steps"):
        Watched(kit, tmp_path, random_model, overlap=1, micro_batch=4, trl=trl)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def recorded(
    kit: SimpleNamespace, output: Path, model: Path, kill_at: int | None = None, *, rows: int, **how: Any
) -> RunFolder:
    settings = kit.make(output, model, **{"steps": 6, "save_every": 3, **how})
    folder = RunFolder(output)
    step = folder.prepare(settings, {"assay": 1}, resume=True, accept_lock_change=False)
    policy, tokenizer = load_model(str(model))

    def reward(completions: list[str], trainer_state: Any, log_metric: Any, **given: Any) -> Any:
        if trainer_state.global_step == kill_at:
            raise Killed
        log_metric("prompts", float("".join(given["solution"][::GROUP])))
        return kit.spread(completions)

    stack: Any = object()
    recorder = Recorder(settings, folder, stack, [], silent, RolloutMetrics())
    trainer = build_trainer(settings, folder, policy, tokenizer, kit.rows(rows), reward, recorder)
    fit(trainer, folder, dict(folder.checkpoints()).get(step))
    return folder


@pytest.mark.parametrize(
    ("how", "staleness"),
    [
        ({"overlap": 2, "rows": 16}, [0, 1, 2, 0, 1, 2]),
        ({"overlap": 1, "rows": 4, "save_every": 5}, [0, 1, 0, 1, 0, 0]),
        ({"overlap": 0, "rows": 4}, [None] * 6),
    ],
    ids=["in flight", "third epoch", "second epoch, no overlap"],
)
def test_resumes_to_the_same_end(
    kit: SimpleNamespace, tmp_path: Path, random_model: Path, how: dict[str, Any], staleness: list[Any]
) -> None:
    """Killed in any epoch, a run ends with the weights, prompts and log of an unbroken one."""

    def end(folder: RunFolder) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        weights = {n: w.tolist() for n, w in load_file(folder.final / "model.safetensors").items()}
        timed = ("seconds", "time")
        rows = [
            {key: value for key, value in row.items() if not any(word in key for word in timed)}
            for row in read_jsonl(folder.metrics)
        ]
        return weights, rows

    whole = recorded(kit, tmp_path / "whole", random_model, **how)
    with pytest.raises(Killed):
        recorded(kit, tmp_path / "run", random_model, kill_at=5, **how)
    checkpoint = how.get("save_every", 3)
    assert [step for step, _ in RunFolder(tmp_path / "run").checkpoints()] == [checkpoint]
    run = recorded(kit, tmp_path / "run", random_model, **how)
    assert end(run) == end(whole)
    assert [row.get("async/staleness") for row in read_jsonl(run.metrics)] == staleness
