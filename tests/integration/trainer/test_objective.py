"""TRL computes equations (1) to (3) of R1 with `grpo.OBJECTIVE`, and something else by default."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from assay_trainer.grpo import OBJECTIVE, build_trainer
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunFolder

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:FutureWarning")

EPSILON, BETA, TOLERANCE = 0.2, 0.3, 1e-5


class Watched:
    """A trainer whose losses, KL terms and advantages are recomputed from the equations."""

    def __init__(
        self, kit: SimpleNamespace, output: Path, model: Path, reward: Any = None, **changes: Any
    ) -> None:
        options = {
            "beta": BETA,
            "epsilon": EPSILON,
            "iterations": 2,
            "steps": 4,
            "learning_rate": 3e-2,
            "max_completion_length": 32,
        }
        settings = kit.make(output, model, **{**options, **changes})
        self.rewards: list[list[float | None]] = []
        self.advantages: list[torch.Tensor] = []
        self.losses: list[tuple[float, float]] = []
        self.kls: list[tuple[float, float]] = []
        self.ratio = 1.0
        self.lengths: set[float] = set()
        policy, tokenizer = load_model(str(model))

        def scored(completions: list[str], **given: Any) -> list[float | None]:
            self.rewards.append((reward or kit.spread)(completions, **given))
            return self.rewards[-1]

        self.trainer = build_trainer(settings, RunFolder(output), policy, tokenizer, kit.rows(), scored)
        self._loss = self.trainer._compute_loss
        self._score = self.trainer._generate_and_score_completions
        self.trainer._compute_loss = self.compute_loss
        self.trainer._generate_and_score_completions = self.score
        self.trainer.train()

    def score(self, inputs: Any) -> Any:
        scored = self._score(inputs)
        self.advantages.append(scored["advantages"].clone())
        return scored

    def compute_loss(self, model: Any, inputs: Any) -> torch.Tensor:
        loss = self._loss(model, inputs)
        with torch.no_grad():
            mine, kl = self.equations(model, inputs)
        self.losses.append((loss.item(), mine.item()))
        self.kls.append((self.trainer._metrics["train"]["kl"][-1], kl.item()))
        return loss

    def equations(self, model: Any, inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """−J of equation (1), and the token mean of equation (2)."""
        ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], dim=1)  # B, P+C
        seen = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
        logits = model(input_ids=ids, attention_mask=seen).logits[:, :-1]
        logps = torch.log_softmax(logits, dim=-1).gather(-1, ids[:, 1:, None])[..., 0]
        new = logps[:, -inputs["completion_ids"].size(1) :]  # B, C
        old, ref = inputs["old_per_token_logps"], inputs["ref_per_token_logps"]
        tokens = inputs["completion_mask"].float()
        a = inputs["advantages"][:, None]
        r = (new - old).exp()
        self.lengths |= set(tokens.sum(1).tolist())
        self.ratio = max(self.ratio, (r * tokens).max().item())
        kl = (ref - new).exp() - (ref - new) - 1
        j = torch.minimum(r * a, r.clamp(1 - EPSILON, 1 + EPSILON) * a) - BETA * kl
        return -((j * tokens).sum(1) / tokens.sum(1)).mean(), (kl * tokens).sum() / tokens.sum()

    @property
    def error(self) -> float:
        return max(abs(theirs - mine) for theirs, mine in self.losses)


@pytest.fixture(scope="module")
def ours(kit: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, random_model: Path) -> Watched:
    return Watched(kit, tmp_path_factory.mktemp("ours"), random_model)


def test_loss(ours: Watched) -> None:
    """The loss is −J of equation (1), also where the policy has moved away from π_old and is clipped."""
    assert ours.ratio > 1 + EPSILON
    assert len(ours.lengths) > 1
    assert max(abs(mine) for _, mine in ours.losses) > 100 * TOLERANCE
    assert ours.error < TOLERANCE


def test_kl(ours: Watched) -> None:
    """The KL that is logged is equation (2), and it is not 0 once the policy has moved."""
    assert all(theirs == pytest.approx(mine, abs=TOLERANCE) for theirs, mine in ours.kls)
    assert ours.kls[-1][1] > 100 * TOLERANCE


def test_advantages(ours: Watched) -> None:
    """Advantages are equation (3): TRL's deviation is the sample's, plus 1e-4."""
    for rewards, advantages in zip(ours.rewards, ours.advantages, strict=True):
        groups = torch.tensor(rewards).view(-1, 4)
        mean, std = groups.mean(1, keepdim=True), groups.std(1, keepdim=True)
        mine = ((groups - mean) / (std + 1e-4)).flatten()
        assert torch.allclose(advantages, mine, atol=TOLERANCE)


@pytest.mark.parametrize("option", ["loss_type", "use_bias_correction_kl"])
def test_defaults_differ(kit: SimpleNamespace, option: str, tmp_path: Path, random_model: Path) -> None:
    """TRL's own defaults are another objective: each of these options is needed."""
    from trl.trainer.grpo_config import GRPOConfig

    default = GRPOConfig.__dataclass_fields__[option].default
    assert default != OBJECTIVE[option]
    assert Watched(kit, tmp_path, random_model, trl={option: default}).error > 10 * TOLERANCE


def test_masked_row(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """A row without a reward has advantage 0 and does not move its group's mean or deviation."""

    def masked(completions: list[str], **given: Any) -> list[float | None]:
        return [None, 1.0, 0.0, 0.0, *kit.spread(completions[4:])]

    watched = Watched(kit, tmp_path, random_model, reward=masked, steps=1, iterations=2)
    first = watched.advantages[0][:4]
    rest = torch.tensor([1.0, 0.0, 0.0])
    assert first[0] == 0
    assert torch.allclose(first[1:], (rest - rest.mean()) / (rest.std() + 1e-4), atol=TOLERANCE)


def test_masked_group(kit: SimpleNamespace, tmp_path: Path, random_model: Path) -> None:
    """A group without any reward has advantage 0 throughout, and training goes on."""

    def masked(completions: list[str], **given: Any) -> list[float | None]:
        return [None, None, None, None, *kit.spread(completions[4:])]

    watched = Watched(kit, tmp_path, random_model, reward=masked, steps=2)
    assert watched.advantages[0][:4].tolist() == [0, 0, 0, 0]
    assert watched.advantages[0][4:].abs().max() > 0
    assert watched.trainer.state.global_step == 2
