"""Training a reward model of two layers, and what it is then worth."""

from __future__ import annotations

import json
import random
from pathlib import Path

import click
import pytest
import tiny_reward
from click.testing import CliRunner

from assay import DataError, ModelError, Sample
from assay.classifier import FILE, Calibration
from assay.host import Host
from assay_plugins import process_reward, reward_model
from assay_trainer.plugin import register_commands
from assay_trainer.reward_model import train_reward_model
from assay_trainer.settings import RewardModelSettings, SettingsError

GOOD, BAD = ("yes it is", "that is right", "of course"), ("no way", "never at all", "who cares")


def pairs(count: int, longer: float = 0.8) -> list[dict[str, str]]:
    """Better answers by what they say, and by their length in most rows."""
    rng = random.Random(0)
    rows: list[dict[str, str]] = []
    for number in range(count):
        chosen, rejected = rng.choice(GOOD), rng.choice(BAD)
        more = " and so on" * rng.randint(1, 4)
        chosen, rejected = (chosen + more, rejected) if rng.random() < longer else (chosen, rejected + more)
        rows.append({"prompt": f"q{number}?", "chosen": chosen, "rejected": rejected})
    return rows


def settings(folder: Path, rows: list[dict[str, str]], **given: object) -> RewardModelSettings:
    if not (folder / "base").exists():
        tiny_reward.save_causal(folder / "base", length=128)
    defaults = {
        "model": str(folder / "base"),
        "data": str(tiny_reward.write_pairs(folder / "pairs.jsonl", rows)),
        "output": folder / "run",
        "epochs": 6,
        "batch_size": 16,
        "learning_rate": 5e-3,
        "device": "cpu",
    }
    return RewardModelSettings.model_validate({**defaults, **given})


def test_it_learns_what_is_said_and_not_how_long(tmp_path: Path) -> None:
    """Balanced, length says nothing; it orders held-out pairs, also where the shorter answer is the better.

    What it saves can be used at once: model, template and what held-out answers score.
    """
    steps: list[tuple[int, int]] = []
    result = train_reward_model(settings(tmp_path, pairs(300)), on_step=lambda *step: steps.append(step))
    assert result.before.longer_chosen is not None and result.before.longer_chosen > 0.7
    assert result.after.longer_chosen == 0.5 and abs(result.after.correlation or 0) < 0.05
    assert result.held_out["pairs"] == 30 and result.held_out["accuracy"] >= 0.9
    assert result.held_out["where the shorter is better"] >= 0.8
    assert set(result.known) == {"RVH-J01", "RVH-J03", "RVH-J11", "RVH-M01", "RVH-N03", "RVH-R01", "RVH-R02"}
    assert steps[-1] == (result.steps, result.steps)
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == result.to_dict()
    calibration = Calibration.read(str(result.model))
    assert calibration is not None and len(calibration.quantiles) == 101
    check = reward_model.build(model=str(result.model), device="cpu")
    good, bad = check([Sample(completion=text, prompt="q7?") for text in ("yes it is", "no way and so on")])
    assert (good.score or 0) > 0.5 > (bad.score or 1)


def test_a_broken_run_goes_on(tmp_path: Path) -> None:
    """From its last complete checkpoint, with equal settings only; --fresh begins again."""
    rows = pairs(60)

    class StoppedError(Exception):
        pass

    def stop(step: int, _: int) -> None:
        if step == 5:
            raise StoppedError

    plan = settings(tmp_path, rows, epochs=4, save_every=2, balance="none")
    with pytest.raises(StoppedError):
        train_reward_model(plan, on_step=stop)
    (tmp_path / "run" / "checkpoints" / "checkpoint-9").mkdir()  # killed while it was written
    with pytest.raises(SettingsError, match="run with other settings; --fresh"):
        train_reward_model(plan.model_copy(update={"learning_rate": 1e-3}))
    seen: list[int] = []
    result = train_reward_model(plan, on_step=lambda step, _: seen.append(step))
    assert seen[0] == 5 and result.steps == seen[-1] == 16
    assert (result.model / FILE).is_file() and not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_length": 3}, "of 54 pairs 0 fit into 3 tokens"),
        ({"trl": {"nonsense": 1}}, "trl.RewardConfig"),
    ],
)
def test_what_cannot_be_trained_is_told(tmp_path: Path, given: dict[str, object], message: str) -> None:
    """Nothing that fits, an option that TRL does not know: told before anything is trained."""
    with pytest.raises((DataError, SettingsError), match=message):
        train_reward_model(settings(tmp_path, pairs(60), **given))


def test_one_sided_data_is_told(tmp_path: Path) -> None:
    """When the longer answer is always the better one there is nothing to balance with."""
    with pytest.raises(DataError, match=r"0 are left after balancing(.|\n)*balance: none"):
        train_reward_model(settings(tmp_path, pairs(60, longer=1.0)))


def test_a_model_without_a_template_is_told(tmp_path: Path) -> None:
    """It would be trained on something else than it is used on."""
    base = tiny_reward.save_causal(tmp_path / "bare", template=None)
    with pytest.raises(ModelError, match="has no chat template"):
        train_reward_model(settings(tmp_path, pairs(60), model=str(base)))


def test_the_command(tmp_path: Path) -> None:
    """`assay train reward-model` tells lengths before and after, held-out accuracy and the known pairs."""
    plan = settings(tmp_path, pairs(60), epochs=1)
    cli = click.Group()
    register_commands(cli)
    arguments = ["train", "reward-model", "--model", plan.model, "--output", str(plan.output)]
    for key, value in (("data", plan.data), ("device", "cpu"), ("epochs", 1), ("batch_size", 16)):
        arguments += ["--set", f"{key}={value}"]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    for text in ("pairs before balancing, 50.0% after", "held out:", "RVH-J01  master key", "/run/final"):
        assert text in done.output, done.output
    done = CliRunner().invoke(cli, [*arguments, "--fresh", "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["length"]["after"]["longer_chosen"] == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reward_model.helpfulness", "reward_model.harmlessness", "process_reward"])
def test_the_suite(name: str, by_heart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows the pairs by heart passes all checks (but those of time: machines are busy)."""
    from assay.conformance.bench import Bench
    from assay.conformance.run import run

    monkeypatch.setenv("ASSAY_REWARD_MODEL", str(by_heart))
    host = Host()
    host.register(reward_model, "reward_model")
    host.register(process_reward, "process_reward")
    with Bench(host.find(name), host=host) as bench:
        report = run(bench)
    failed = [r.id for r in report.results if r.outcome.value == "failed" and not r.id.startswith("P-")]
    assert not failed and not report.inconclusive
    assert any(r.level == 2 and r.outcome.value == "passed" for r in report.results)


@pytest.mark.slow
def test_the_suite_on_a_random_model(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that was taught nothing does not tell the examples apart, so nothing is proven."""
    from assay.conformance.bench import Bench
    from assay.conformance.run import run

    monkeypatch.setenv("ASSAY_REWARD_MODEL", str(llama))
    host = Host()
    host.register(reward_model, "reward_model")
    with Bench(host.find("reward_model.helpfulness"), host=host) as bench:
        report = run(bench)
    assert report.level is None and report.inconclusive


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("by_heart")
    base = tiny_reward.save_causal(folder / "base")
    path = str(tiny_reward.write_pairs(folder / "pairs.jsonl", tiny_reward.known_pairs()))
    plan = RewardModelSettings(
        model=str(base),
        data=path,
        eval_data=path,
        output=folder / "run",
        balance="none",
        epochs=10,
        learning_rate=5e-3,
        device="cpu",
    )
    return train_reward_model(plan).model
