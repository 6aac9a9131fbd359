"""`assay sample` with a real (random) model: the prefill makes what it says right for some prompts."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from judge_server import Trouble, judging

from assay import DataError, FaultLimitError, RegistryError, Sample
from assay.scoring import Stack
from assay_trainer.generate import TransformersSampler
from assay_trainer.plugin import register_commands
from assay_trainer.rejection.run import Collection, run
from assay_trainer.rejection.settings import SampleSettings
from assay_trainer.runfolder import read_jsonl
from assay_trainer.settings import SettingsError

REGISTRY = """\
assay: 1
plugins: [structured, filters, format]
verifiers:
  math: {use: structured.choice}
route: {column: domain, math: math, chat: null}
stacks:
  sampling:
    rewards:
      accuracy: {use: correct}
      format: {use: format.think_answer, weight: 0.1}
    filters:
      - {use: filters.near_duplicate}
workers: {count: 1}
"""
JUDGED = """\
assay: 1
plugins: [math_answer, judge]
verifiers:
  math: {use: math_answer}
  judged: {use: judge.answer, lifts: math, options: {url: "%s", model: stand-in, patience: 1, attempts: 1}}
route: judged
stacks:
  sampling:
    rewards: {accuracy: {use: correct}}
faults: {stop_above: %s}
workers: {count: 1}
"""
PREFILL = "<think>1</think> <answer>C</answer> "
"""Right for the prompt whose solution is C; the random letters behind it make the completions differ."""


@pytest.fixture
def settings(tmp_path: Path, kit: SimpleNamespace, random_model: Path) -> SampleSettings:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    rows = [
        {**row, "solution": answer, "domain": "math", "level": 1}
        for row, answer in zip(kit.rows(5), "ABCDE", strict=True)
    ]
    rows.append({"prompt": "hello, how are you?", "domain": "chat"})
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return SampleSettings(
        model=str(random_model),
        data=str(tmp_path / "data.jsonl"),
        registry=tmp_path / "registry.yaml",
        output=tmp_path / "out",
        k=4,
        max_new_tokens=8,
        batch_tokens=400,
        device="cpu",
        **dict[str, Any](ask={"prefill": PREFILL}, keep={"unverified": "keep"}),
    )


def changed(settings: SampleSettings, **values: Any) -> SampleSettings:
    return SampleSettings.model_validate({**settings.model_dump(), **values})


def same(one: Collection, other: Collection) -> None:
    for key in ("total", "domains"):
        assert getattr(one, key) == getattr(other, key)


def test_the_right_ones_become_rows(settings: SampleSettings) -> None:
    """Prompts as the dataset has them, what is right or nobody's to judge; all else is counted."""
    seen: list[tuple[int, int]] = []
    settings = changed(settings, ask={"prefill": PREFILL, "instruct": "say {prompt}"})
    result = run(settings, on_progress=lambda done, total: seen.append((done, total)))
    rows = read_jsonl(result.kept)
    assert [row["prompt"] for row in rows] == ["2+1="] * 4 + ["hello, how are you?"] * 4
    assert rows[0].keys() == {"prompt", "solution", "domain", "level", "completion"}
    assert all(row["completion"].startswith(PREFILL) for row in rows)
    assert result.total.left_out == {"wrong": 16} and result.total.drawn == 24
    assert (result.total.asked, result.total.solved, result.total.covered) == (5, 1, 2)
    assert result.domains["chat"].kept == 4 and result.domains["chat"].asked == 0
    drawn = read_jsonl(settings.output / "drawn.jsonl")
    assert len(drawn) == 24 and len({(line["row"], line["attempt"]) for line in drawn}) == 24
    assert json.loads((settings.output / "summary.json").read_text()) == result.to_dict()
    assert (settings.output / "registry.lock").is_file() and seen[-1] == (6, 6) and len(seen) > 2


def test_a_killed_run_goes_on(settings: SampleSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while it scores, and cut anywhere: in the end the same completions stand there."""
    whole = run(settings)
    kept, drawn = whole.kept.read_bytes(), (settings.output / "drawn.jsonl").read_bytes()
    broken = changed(settings, output=settings.output.with_name("broken"))
    score, calls = Stack.score, iter(range(9))

    def killed(stack: Stack, samples: Sequence[Sample]) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return score(stack, samples)

    monkeypatch.setattr(Stack, "score", killed)
    with pytest.raises(KeyboardInterrupt):
        run(broken)
    monkeypatch.undo()
    path = broken.output / "drawn.jsonl"
    assert 0 < path.stat().st_size < len(drawn) and not (broken.output / "summary.json").exists()
    three_prompts = len(b"".join(drawn.splitlines(keepends=True)[:12]))  # and half of a batch
    for cut in (path.stat().st_size, 10, three_prompts, three_prompts + 9, len(drawn) - 1):
        path.write_bytes(drawn[:cut])
        same(run(broken), whole)
        assert (path.read_bytes(), (broken.output / "kept.jsonl").read_bytes()) == (drawn, kept)


def test_what_is_drawn_can_be_selected_anew(
    settings: SampleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other `keep` and `form` need no model; other settings, data or stacks are another run."""
    run(settings)
    monkeypatch.setattr("assay_trainer.rejection.run.open_sampler", None)
    again = run(changed(settings, keep={"per_prompt": 1}, form={"pattern": "|{thought}|{summary}"}))
    (row,) = read_jsonl(again.kept)
    assert row["completion"].startswith("|1|<answer>C")
    assert again.total.left_out == {"wrong": 16, "unverified": 4, "over per_prompt": 3}
    with pytest.raises(SettingsError, match=r"other settings: k \(4 then, 5 now\)"):
        run(changed(settings, k=5))
    settings.registry.write_text(REGISTRY.replace("weight: 0.1", "weight: 0.2"))
    with pytest.raises(RegistryError, match="--accept-lock-change"):
        run(settings)
    run(settings, accept_lock_change=True)
    Path(str(settings.data)).write_text('{"prompt": "1+1=", "solution": "2", "domain": "math"}\n')
    with pytest.raises(SettingsError, match="rows_sha256"):
        run(settings)
    assert read_jsonl(settings.output / "drawn.jsonl")
    with pytest.raises(TypeError):  # it would draw again
        run(settings, resume=False)


def test_a_batch_is_scored_while_the_next_is_drawn(
    settings: SampleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scoring the first batch ends only after drawing the second has begun."""
    sample, score = TransformersSampler.sample, Stack.score
    second, calls = threading.Event(), iter(range(9))

    def drawing(sampler: TransformersSampler, prompts: Any, seed: int) -> Any:
        if next(calls) == 1:
            second.set()
        return sample(sampler, prompts, seed)

    def scoring(stack: Stack, samples: Sequence[Sample]) -> Any:
        assert second.wait(30)
        return score(stack, samples)

    monkeypatch.setattr(TransformersSampler, "sample", drawing)
    monkeypatch.setattr(Stack, "score", scoring)
    assert run(settings).total.drawn == 24


def test_a_judge_decides_what_rules_cannot(settings: SampleSettings) -> None:
    """Behind the rule it lifts wrong answers; where it fails there are faults, neither kept nor wrong."""
    rows = [
        {"prompt": "What is 1/2?", "solution": "an equal share for two"},
        {"prompt": "2?", "solution": "2"},
    ]
    Path(str(settings.data)).write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = changed(settings, k=2, ask={"prefill": "\\boxed{1/2} ", "stop": ["\\"]})
    with judging() as judge:
        settings.registry.write_text(JUDGED % (judge.url, "5%"))
        result = run(settings)
        assert [row["prompt"] for row in read_jsonl(result.kept)] == ["What is 1/2?"] * 2
        assert result.total.left_out == {"wrong": 2} and judge.asked
    alone = JUDGED.replace("lifts: math, ", "")
    with judging(troubles=[Trouble(status=403)] * 99) as judge:
        settings.registry.write_text(alone % (judge.url, "100%"))
        result = run(settings, resume=False)
        assert result.total.left_out == {"infra_fault": 4} and result.total.asked == 0
        settings.registry.write_text(alone % (judge.url, "0%"))
        with pytest.raises(FaultLimitError):
            run(settings, resume=False)
    assert not (settings.output / "summary.json").exists()


def test_mistakes_come_before_the_model(settings: SampleSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that cannot say what is right, rows without a route, and several stacks are told."""
    monkeypatch.setattr("assay_trainer.rejection.run.open_sampler", None)
    blind = REGISTRY.replace("accuracy: {use: correct}\n", "")
    settings.registry.write_text(blind)
    with pytest.raises(SettingsError, match="does not look at what is right"):
        run(settings)
    settings.registry.write_text(
        REGISTRY + "  ".join(["", "  other: {gate: correct}\n"]).replace("    ", "  ")
    )
    settings.registry.write_text(REGISTRY.replace("stacks:\n", "stacks:\n  other: {gate: correct}\n"))
    with pytest.raises(SettingsError, match="has the stacks other, sampling; say which"):
        run(settings)
    settings.registry.write_text(REGISTRY.replace(", chat: null", ""))
    with pytest.raises(DataError, match=r"data\.jsonl: row 6: 'domain' is 'chat'.* knows only: math"):
        run(settings)


def test_the_command(settings: SampleSettings, tmp_path: Path) -> None:
    """It prints why completions were left out, and JSON with the same figures."""
    cli = click.Group()
    register_commands(cli)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(settings.model_dump_json())
    shown = CliRunner().invoke(cli, ["sample", str(recipe), "--set", "keep.per_prompt=1"])
    assert shown.exit_code == 0, shown.output
    for line in ("wrong 16 66.7%", "over per_prompt 6 25.0%", "kept 2 8.3%", "math 5 1 20 1", "chat 1 0 4 1"):
        assert line in " ".join(shown.stdout.split()), line
    assert "6 prompts, 1 of 5 solved, 2 with a row" in shown.stdout
    told = CliRunner().invoke(cli, ["sample", str(recipe), "--json"])
    assert json.loads(told.stdout)["left_out"] == {"wrong": 16}
