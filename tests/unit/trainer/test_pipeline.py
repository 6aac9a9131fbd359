"""The pipeline's recipe, plan and run; its stages are small scripts here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import AssayError
from assay_trainer.commands.run import run as run_command
from assay_trainer.pipeline import plan as planning
from assay_trainer.pipeline import run as running
from assay_trainer.pipeline.cost import parameters_of
from assay_trainer.pipeline.plan import Step, make_plan
from assay_trainer.pipeline.recipe import Recipe, load_recipe, references, resolved
from assay_trainer.pipeline.run import StageError, run
from assay_trainer.runfolder import RunError
from assay_trainer.settings import SettingsError, validated

REGISTRY = """
assay: 1
plugins: [math_answer, format, length]
verifiers: {math: {use: math_answer}}
route: {column: domain, math: math}
stacks:
  plain: {rewards: {accuracy: {use: correct}}}
  other: {rewards: {format: {use: format.think_answer}}}
"""
STAGES: dict[str, Any] = {
    "zero": {"method": "grpo", "model": "tiny", "data": "train.jsonl", "stack": "plain", "steps": 4},
    "kept": {"method": "sample", "model": "stage:zero", "data": "train.jsonl", "stack": "plain"},
    "tuned": {"method": "sft", "model": "tiny", "data": "stage:kept"},
    "apart": {"method": "sft", "model": "tiny", "data": "train.jsonl"},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("train.jsonl").write_text('{"prompt": "1+1", "solution": "2", "domain": "math"}\n')
    Path("registry.yaml").write_text(REGISTRY)
    return tmp_path


def recipe(stages: dict[str, Any], **more: Any) -> Recipe:
    return validated(Recipe, {"name": "test", "output": "runs/test", "stages": stages, **more}, "recipe")


def keys(stages: dict[str, Any] = STAGES, **more: Any) -> dict[str, str]:
    return {step.name: step.key for step in make_plan(recipe(stages, **more))}


def changed(name: str, **settings: Any) -> dict[str, Any]:
    return {**STAGES, name: {**STAGES[name], **settings}}


# The recipe


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ({"a": {"method": "sft", "model": "tiny", "data": "stage:b"}, "b": STAGES["zero"]}, "a later stage"),
        ({"a": {"method": "sft", "model": "tiny", "data": "stage:nobody"}}, "stage:nobody is no stage"),
        ({"a": {"model": "tiny"}}, "stage a: it has no method"),
        ({"A b": STAGES["zero"]}, "a name is lower-case"),
    ],
)
def test_a_recipe_that_cannot_work_is_refused(stages: dict[str, Any], told: str) -> None:
    """References to later or unknown stages, missing methods and odd names are told before anything runs."""
    with pytest.raises(SettingsError, match=told):
        recipe(stages)


def test_stages_inherit_seed_and_the_defaults_of_their_method() -> None:
    """A stage's own settings win over the method's defaults, and those over the recipe's seed."""
    made = recipe(
        {"a": {"method": "sft", "model": "tiny:${seed}"}, "b": {"method": "sft", "model": "x", "epochs": 3}},
        seed=7,
        defaults={"sft": {"epochs": 2}},
    )
    assert made.settings("a") == {"method": "sft", "model": "tiny:7", "epochs": 2, "seed": 7}
    assert made.settings("b")["epochs"] == 3


@given(st.recursive(st.sampled_from(["stage:a", "stage:b", "x", 1, None]), lambda v: st.lists(v, max_size=3)))
def test_what_is_resolved_refers_to_nothing(value: Any) -> None:
    """After resolution no reference is left, and what was no reference is as it was."""
    after = resolved(value, {"a": "A", "b": "B"})
    assert references(after) == []
    assert resolved(after, {}) == after
    if not references(value):
        assert after == value


def test_a_setting_that_is_wrong_names_the_stage(here: Path) -> None:
    """An unknown setting, method or stack is an error that says in which stage."""
    for stages, told in (
        (changed("zero", stepz=1), "stage zero: unknown setting 'stepz'"),
        (changed("zero", stack="nope"), "stage zero: .*has no stack nope"),
        (changed("apart", method="dpo"), "stage apart: method: one of .*'dpo'"),
    ):
        with pytest.raises(SettingsError, match=told):
            make_plan(recipe(stages))


# The plan


def test_a_stage_is_done_again_exactly_when_its_outcome_may_differ(here: Path) -> None:
    """What goes into a stage and those before it decides its key; how it is carried out does not."""
    before = keys()
    assert keys() == before
    assert keys(output="elsewhere") == before
    assert keys(changed("zero", save_every=1, device="cpu")) == before
    after = keys(changed("zero", learning_rate=1e-3))
    assert {name for name in after if after[name] != before[name]} == {"zero", "kept", "tuned"}
    assert {n for n, key in keys(seed=1).items() if key != before[n]} == set(before)
    Path("registry.yaml").write_text(
        REGISTRY.replace("format: {use: format.think_answer}", "l: {use: correct}")
    )
    assert keys() == before, "another stack of the registry does not matter"
    Path("registry.yaml").write_text(
        REGISTRY.replace("{use: math_answer}", "{use: math_answer, timeout: 9s}")
    )
    assert {n for n, key in keys().items() if key != before[n]} == {"zero", "kept", "tuned"}
    Path("registry.yaml").write_text(REGISTRY)
    Path("train.jsonl").write_text('{"prompt": "1+2", "solution": "3", "domain": "math"}\n')
    assert {n for n, key in keys().items() if key != before[n]} == set(before)


def test_a_registry_may_pay_by_a_model_of_an_earlier_stage(here: Path) -> None:
    """``stage:NAME`` in a stack is what the stage needs; stages with another stack do not need it."""
    Path("registry.yaml").write_text(
        REGISTRY.replace("[math_answer", "[reward_model, math_answer")
        + "  judged: {rewards: {helpful: {use: reward_model.helpfulness, options: {model: 'stage:rm'}}}}\n"
    )
    rm = {"rm": {"method": "reward-model", "model": "tiny", "data": "train.jsonl"}}
    steps = {s.name: s for s in make_plan(recipe({**rm, **changed("zero", stack="judged")}))}
    assert steps["zero"].needs == ("rm",)
    assert str(steps["rm"].product) in json.dumps(steps["zero"].registry)
    assert "rm" not in steps["apart"].needs
    with pytest.raises(SettingsError, match="refers to rm, which stands later"):
        make_plan(recipe({**changed("zero", stack="judged"), **rm}))


def test_what_is_written_is_what_commands_read(here: Path) -> None:
    """A stage's files, read by the loaders of its command, are its settings and its registry."""
    from assay.registry import load_registry
    from assay_trainer.settings import load_settings

    step = make_plan(recipe(STAGES))[0]
    step.write()
    assert load_settings(step.folder / "stage.yaml").model_dump(mode="json") == step.settings
    assert list(load_registry(step.settings["registry"]).config.stacks) == ["plain"]


def test_the_packaged_recipe_can_be_planned(tmp_path: Path) -> None:
    """`assay run r1-tiny --dry-run` names every stage, each after what it needs."""
    arguments = ["r1-tiny", "--output", str(tmp_path), "--dry-run", "--tflops", "1", "--json"]
    shown = CliRunner().invoke(run_command, arguments, catch_exceptions=False)
    stages = json.loads(shown.stdout)["stages"]
    names = [stage["stage"] for stage in stages]
    assert names == list(load_recipe("r1-tiny").stages)
    assert all(set(stage["needs"]) <= set(names[:place]) for place, stage in enumerate(stages))
    assert all(stage["operations"] > 0 for stage in stages if stage["method"] != "export")
    assert "pure arithmetic" in CliRunner().invoke(run_command, arguments[:-1]).stdout


@pytest.mark.parametrize(
    ("model", "size"),
    [("Qwen/Qwen2.5-Math-1.5B", 1_500_000_000), ("org/SmolLM2-135M-Instruct", 135_000_000), ("gpt2", None)],
)
def test_parameters_by_name(model: str, size: int | None) -> None:
    """The size in a hub name counts; a version number in it does not."""
    assert parameters_of(model) == size


# The run

WORK = "import sys; open(sys.argv[1] + '/runs.txt', 'a').write('x'); print('{{\"n\": 1}}'); {}"


def steps(tmp_path: Path, needs: dict[str, tuple[str, ...]]) -> list[Step]:
    return [
        Step(
            name=name, method="sft", needs=needed, settings={}, registry=None, records=None, key=name,
            folder=tmp_path / "out" / "stages" / name,
        )
        for name, needed in needs.items()
    ]  # fmt: skip


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each stage does, as Python; every stage also counts its runs."""
    found: dict[str, str] = {}

    def command(recipe: Recipe, step: Step) -> list[str]:
        return [sys.executable, "-c", WORK.format(found.get(step.name, "pass")), str(step.folder)]

    monkeypatch.setattr(running, "command", command)
    monkeypatch.setattr(running, "POLL", 0.01)
    return found


def plan_of(tmp_path: Path, needs: dict[str, tuple[str, ...]]) -> tuple[Recipe, list[Step]]:
    return recipe({"a": STAGES["apart"]}, output=str(tmp_path / "out")), steps(tmp_path, needs)


def runs(step: Step) -> int:
    file = step.folder / "runs.txt"
    return len(file.read_text()) if file.exists() else 0


def silent(*_: object) -> None:
    pass


def test_done_stages_are_not_run_again(tmp_path: Path, scripts: dict[str, str]) -> None:
    """A second run does nothing; when one outcome is gone, only that stage runs."""
    made, plan = plan_of(tmp_path, {"a": (), "b": ("a",), "c": ("b",)})
    for _ in range(2):
        run(made, plan, on_event=silent)
    assert [runs(step) for step in plan] == [1, 1, 1]
    assert plan[2].outcome is not None and plan[2].outcome["result"] == {"n": 1}
    (plan[1].folder / planning.DONE).unlink()
    run(made, plan, on_event=silent)
    assert [runs(step) for step in plan] == [1, 2, 1]
    assert (tmp_path / "out" / "b").resolve() == plan[1].folder.resolve()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert all(stage["done"] for stage in manifest["stages"].values())


def test_a_failed_stage_says_why_and_is_begun_again(tmp_path: Path, scripts: dict[str, str]) -> None:
    """The error has the end of the log; what needs the stage does not run; the next run goes on with it."""
    made, plan = plan_of(tmp_path, {"a": (), "b": ("a",), "c": ("b",)})
    scripts["b"] = "sys.exit('no such luck')"
    with pytest.raises(StageError, match=r"stage b failed with code 1(?s:.*)no such luck"):
        run(made, plan, on_event=silent)
    assert [runs(step) for step in plan] == [1, 1, 0]
    scripts["b"] = "pass"
    run(made, plan, on_event=silent)
    assert [runs(step) for step in plan] == [1, 2, 1]


def test_a_stage_that_prints_no_result_has_failed(tmp_path: Path, scripts: dict[str, str]) -> None:
    """Exit code 0 alone does not make a stage done."""
    made, plan = plan_of(tmp_path, {"a": ()})
    scripts["a"] = "print('{')"
    with pytest.raises(StageError):
        run(made, plan, on_event=silent)
    assert plan[0].outcome is None


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_stages_run_after_what_they_need(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """For any needs and any number of jobs: each stage after its needs, at most so many at a time."""
    names = "abcd"[: data.draw(st.integers(1, 4))]
    needs = {
        name: tuple(data.draw(st.sets(st.sampled_from(names[:place])))) if place else ()
        for place, name in enumerate(names)
    }
    jobs = data.draw(st.integers(1, 3))
    made, plan = plan_of(tmp_path_factory.mktemp("run"), needs)
    began: list[str] = []
    ended: set[str] = set()
    most = 0

    def watch(step: Step, state: str, seconds: float) -> None:
        nonlocal most
        if state == "running" and step.name not in began:
            assert ended.issuperset(step.needs)
            began.append(step.name)
        if state == "done":
            began.extend([step.name] if step.name not in began else [])
            ended.add(step.name)
        most = max(most, len(set(began) - ended))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "POLL", 0.005)
        patch.setattr(running, "command", lambda recipe, step: [sys.executable, "-S", "-c", "print('{}')"])
        run(made, plan, jobs=jobs, on_event=watch)
    assert ended == set(names)
    assert most <= jobs


PIPELINE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_pipeline as t
from assay_trainer.pipeline import run as running
running.command = lambda recipe, step: [sys.executable, "-c", sys.argv[3], str(step.folder), sys.argv[1]]
made, plan = t.plan_of(Path(sys.argv[1]), {"a": ()})
running.run(made, plan, on_event=t.silent)
"""
BLOCKS = """
import os, sys
open(sys.argv[2] + "/ready", "w").write(str(os.getpid()))
open(sys.argv[2] + "/gate").read()
print("{}")
"""


def test_a_process_that_outlived_its_pipeline_is_ended_first(tmp_path: Path) -> None:
    """kill -9 leaves a stage at work; the next run ends it before it begins the stage again."""
    for name in ("ready", "gate"):
        os.mkfifo(tmp_path / name)
    arguments = [sys.executable, "-c", PIPELINE, str(tmp_path), str(Path(__file__).parent), BLOCKS]
    first = subprocess.Popen(arguments)
    orphan = (tmp_path / "ready").read_text()  # returns when the stage is at work
    first.kill()
    first.wait()
    assert _lives(orphan)
    second = subprocess.Popen(arguments)
    stage = (tmp_path / "ready").read_text()
    assert stage != orphan and not _lives(orphan)
    (tmp_path / "gate").write_text("")  # and the stage may end
    assert second.wait(timeout=60) == 0
    assert (tmp_path / "out" / "stages" / "a" / "done.json").exists()


def _lives(pid: str) -> bool:
    """A process that was killed may still be in the table until somebody asks how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path, scripts: dict[str, str]) -> None:
    """The second is refused, and says so; the first is not disturbed."""
    made, plan = plan_of(tmp_path, {"a": ()})
    refused: list[AssayError] = []

    def meanwhile(step: Step, state: str, seconds: float) -> None:
        if not refused:
            with pytest.raises(RunError, match="another assay run is at work") as error:
                run(made, plan, on_event=silent)
            refused.append(error.value)

    run(made, plan, on_event=meanwhile)
    assert refused and runs(plan[0]) == 1
