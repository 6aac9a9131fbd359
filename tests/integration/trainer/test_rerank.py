"""`assay eval --rerank`: the completion that a reward of the stack likes best."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from assay import RewardSpec, hookimpl
from assay.adapters.functions import from_score
from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_plugins import process_reward, reward_model
from assay_trainer.evalrun import EvalSettings, rank_by, run_eval
from assay_trainer.generate import Sampling
from assay_trainer.runfolder import read_jsonl
from assay_trainer.settings import SettingsError

REGISTRY = """\
assay: 1
plugins: [math_answer, repetition]
verifiers:
  math: {use: math_answer}
route: math
stacks:
  s:
    rewards:
      accuracy: {use: correct}
      varied: {use: repetition.ngram, options: {n: 1}}
"""


@pytest.fixture
def settings(tmp_path: Path, kit: SimpleNamespace, random_model: Path) -> EvalSettings:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kit.rows(5)))
    return EvalSettings(
        model=str(random_model),
        data=str(tmp_path / "test.jsonl"),
        registry=tmp_path / "registry.yaml",
        sampling=Sampling(k=4, max_new_tokens=12, batch_tokens=150),
        rerank="varied",
        device="cpu",
    )


def test_each_completion_is_rated(settings: EvalSettings, tmp_path: Path) -> None:
    """Every completion of the file has its rating, and rerank@k is the share of best ones that are right.

    A broken evaluation goes on with them, and one without a re-ranking is another evaluation.
    """
    out = tmp_path / "out.jsonl"
    result = run_eval(settings, out)
    attempts = [attempt for question in result.questions for attempt in question.attempts]
    assert len({attempt.rating for attempt in attempts}) > 1 and None not in {a.rating for a in attempts}
    best = [max(q.attempts, key=lambda a: a.rating or -9).right for q in result.questions]
    assert result.rerank_at_k == sum(map(bool, best)) / 5
    assert [line["rating"] for line in read_jsonl(out)[1:]].count(None) == 0
    out.write_text("".join(out.read_text().splitlines(keepends=True)[:10]))
    assert run_eval(settings, out).questions == result.questions
    with pytest.raises(SettingsError, match=r"rerank \('varied' then, None now\)"):
        run_eval(EvalSettings(**{**_fields(settings), "rerank": None}), out)


def test_unknown_names_are_told(settings: EvalSettings) -> None:
    """Neither a name that is not there, nor the verifier: the message says what there is."""
    for name in ("nobody", "accuracy"):
        with pytest.raises(
            SettingsError, match=f"--rerank {name}: stack s has no such reward. There are: varied"
        ):
            run_eval(EvalSettings(**{**_fields(settings), "rerank": name}))


def test_nobody_ranks_by_the_truth(tmp_path: Path) -> None:
    """A reward that reads the reference, or what is right, is no ranker: no policy has that."""

    class Oracle:
        @hookimpl
        def register_rewards(self) -> list[RewardSpec]:
            common = {"summary": "knows", "factory": from_score(lambda completion, **_: 0.5)}
            return [
                RewardSpec(name="told", reads=("completion", "reference"), **common),
                RewardSpec(name="right", reads=("completion", "right"), **common),
            ]

    path = tmp_path / "registry.yaml"
    uses = ("oracle.told", "oracle.right", "reward_model.helpfulness", "process_reward")
    rewards = "".join(f"      r{n}: {{use: {use}}}\n" for n, use in enumerate(uses))
    path.write_text(
        f"assay: 1\nplugins: [oracle, process_reward, reward_model]\nstacks:\n  s:\n    rewards:\n{rewards}"
    )
    host = Host()
    own = {"reward_model": reward_model, "process_reward": process_reward}
    for name, plugin in {"oracle": Oracle(), **own}.items():
        host.register(plugin, name)
    with Stack.build(load_registry(path), host, "s") as stack:
        for name in ("r0", "r1"):
            with pytest.raises(SettingsError, match="rank by the truth"):
                rank_by(stack, name)
        for name in ("r2", "r3"):
            assert rank_by(stack, name).runner is stack.rewards[name]


def _fields(settings: EvalSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in EvalSettings.__dataclass_fields__}
