"""Where an exported model comes from, what was paid, and what its card may say; no model is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assay.host import Host
from assay.registry import load_registry
from assay.registry.lock import make_lock, read_lock, write_lock
from assay_trainer.commands.export import export as export_command
from assay_trainer.export.card import read_measured
from assay_trainer.export.paid import find_paid, table
from assay_trainer.export.source import find_source, public
from assay_trainer.export.weights import portable, r1_zero_template
from assay_trainer.pipeline.method import METHODS, ExportSettings
from assay_trainer.pipeline.plan import to_yaml
from assay_trainer.runfolder import RunError
from assay_trainer.settings import SettingsError
from assay_trainer.template import wrap

REGISTRY = """\
assay: 1
plugins: [math_answer, format]   # nothing else
verifiers: {math: {use: math_answer}}
route: math
stacks:
  plain: {rewards: {accuracy: {use: correct}}}
  other: {gate: correct, rewards: {format: {use: format.think_answer, weight: 0.5}}}
"""
RECORD = {
    "level": 3, "suite": "1.0", "date": "2026-01-02",
    "figures": {"fpr_upper": 0.0021, "fnr": 0.25, "attacks": {"paid": 0, "tried": 52}, "p99_ms": 1.0},
}  # fmt: skip


def a_run(folder: Path, registry: str | None = REGISTRY, **settings: Any) -> Path:
    """A run folder as `assay train` leaves it, with an empty model."""
    (folder / "final").mkdir(parents=True)
    (folder / "final" / "config.json").write_text("{}")
    (folder / "settings.json").write_text(json.dumps({"method": "grpo", "model": "org/base", **settings}))
    if registry is not None:
        (folder / "registry.yaml").write_text(registry)
        loaded = load_registry(folder / "registry.yaml")
        write_lock(make_lock(loaded, Host.load(only=loaded.plugins)), folder / "registry.lock")
    return folder


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A pipeline's folder: `rm` trains a reward model, `one` is paid by rules, `two` also by the model."""
    stages = tmp_path / "pipeline" / "stages"
    full = {
        "assay": 1,
        "plugins": ["math_answer", "reward_model"],
        "verifiers": {"math": {"use": "math_answer"}},
        "route": "math",
    }
    rules: dict[str, Any] = {"rewards": {"accuracy": {"use": "correct"}}}
    helpful = {"use": "reward_model.helpfulness", "options": {"model": str(stages / "rm-2" / "final")}}
    a_run(stages / "rm-2", None, method="reward-model", model="org/base")
    a_run(stages / "one-1", to_yaml({**full, "stacks": {"rules": rules}}), model="org/base", stack="rules")
    a_run(
        stages / "two-3",
        to_yaml({**full, "stacks": {"both": {"rewards": {**rules["rewards"], "helpful": helpful}}}}),
        model=str(stages / "one-1" / "final"),
        stack="both",
    )
    recipe = {
        "name": "mine",
        "output": str(stages.parent),
        "stages": {
            "one": {"method": "grpo", "model": "org/base", "data": "/data/train.jsonl", "stack": "rules"},
            "rm": {"method": "reward-model", "model": "org/base", "data": "pairs.jsonl"},
            "apart": {"method": "sft", "model": "org/base", "data": "x.jsonl"},
            "two": {"method": "grpo", "model": "stage:one", "data": "train.jsonl", "stack": "both"},
            "eval-two": {"method": "eval", "model": "stage:two", "data": "test.jsonl"},
            "eval-one": {"method": "eval", "model": "stage:one", "data": "test.jsonl"},
        },
    }
    needs = {"two": ["one", "rm"], "eval-two": ["two"], "eval-one": ["one"]}
    folders = {
        "one": "one-1",
        "rm": "rm-2",
        "apart": "apart-0",
        "two": "two-3",
        "eval-two": "e-4",
        "eval-one": "e-5",
    }
    written = {
        name: {
            "method": recipe["stages"][name]["method"],
            "folder": f"stages/{folder}",
            "needs": needs.get(name, []),
            "done": True,
            "seconds": 61.0,
            "result": {"steps": 7},
        }
        for name, folder in folders.items()
    }
    (stages.parent / "manifest.json").write_text(json.dumps({"recipe": recipe, "stages": written}))
    return stages.parent


def evaluation(path: Path, model: str, rows: int = 1) -> Path:
    answer = {
        "question": 0, "attempt": 0, "prompt": "1+1", "reference": "2", "domain": None, "completion": "2",
        "tokens": 3, "truncated": False, "status": "scored", "right": True, "extracted": "2", "reason": "",
    }  # fmt: skip
    header = {"settings": {"model": model, "data": "/data/test.jsonl", "set": None, "k": 1, "rows": rows}}
    path.write_text(json.dumps(header) + "\n" + json.dumps(answer) + "\n")
    return path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Qwen/Qwen2.5-1.5B", "Qwen/Qwen2.5-1.5B"),
        ("tiny:0", "tiny:0"),
        ("/home/me/data/train.jsonl", "train.jsonl"),
        ("data/train.jsonl", "train.jsonl"),
        ("~/runs/r1/final", "r1"),
        ("./runs/r1", "r1"),
        ("stage:r1-zero", "r1-zero"),
        ("cosine", "cosine"),
        ("/", "/"),
    ],
)
def test_only_names_are_public(text: str, shown: str) -> None:
    """Of a path its last name that says something; hub ids, models and plain settings as they are."""
    assert public(text) == shown


@given(st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_the_template_is_the_one_it_was_trained_in(question: str) -> None:
    """A chat with one user message is, for every text, the prompt that `template: r1-zero` trains on."""
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
        r1_zero_template(False)
    )
    rendered = made.render(messages=[{"role": "user", "content": question}], add_generation_prompt=True)
    assert rendered == wrap(question, "r1-zero")


def test_the_template_goes_on_and_refuses() -> None:
    """Further turns follow in the same form; the first token stands once; no system message."""

    def refuse(text: str) -> None:
        raise TemplateError(text)

    made = ImmutableSandboxedEnvironment().from_string(r1_zero_template(True), {"raise_exception": refuse})
    chat = [{"role": r, "content": c} for r, c in (("user", "A?"), ("assistant", " B "), ("user", "C"))]
    rendered = made.render(messages=chat, add_generation_prompt=True, bos_token="<s>")
    assert rendered.startswith("<s>A conversation") and rendered.count("<s>") == 1
    assert rendered.endswith("User: A? Assistant: B User: C. Assistant:")
    with pytest.raises(TemplateError, match="user and assistant only"):
        made.render(messages=[{"role": "system", "content": "be brief"}], bos_token="<s>")


def test_a_run_is_found_by_its_folder_and_by_its_model(tmp_path: Path) -> None:
    """Run folder and final/ are the same source; the base is where its chain of runs began."""
    a_run(tmp_path / "first")
    a_run(tmp_path / "second", model=str(tmp_path / "first" / "final"))
    source = find_source(str(tmp_path / "second"))
    assert source == find_source(str(tmp_path / "second" / "final"))
    assert [stage.name for stage in source.stages] == ["first", "second"]
    assert source.base == "org/base"


def test_an_unfinished_run_is_told(tmp_path: Path) -> None:
    """Without final/ there is nothing to export, and the message says what to do."""
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(RunError, match="no final/ yet"):
        find_source(str(tmp_path))


def test_a_stage_knows_what_led_to_it(pipeline: Path) -> None:
    """Stages that the model depends on and no others, and the evaluations of this model and no others."""
    source = find_source(str(pipeline / "stages" / "two-3"))
    assert [stage.name for stage in source.stages] == ["one", "rm", "two"]
    assert [path.parent.name for path in source.evaluations] == ["e-4"]
    assert source.base == "org/base"


def test_a_folder_that_the_manifest_has_not_is_a_run(pipeline: Path) -> None:
    """A stage of an earlier version of the recipe is exported with what it says itself."""
    a_run(pipeline / "stages" / "two-0", model=str(pipeline / "stages" / "one-1" / "final"))
    source = find_source(str(pipeline / "stages" / "two-0"))
    assert source.pipeline is None
    assert [stage.name for stage in source.stages] == ["one-1", "two-0"]


def test_the_registry_of_a_pipeline_is_whole(pipeline: Path, tmp_path: Path) -> None:
    """The stacks of all stages stand in one registry without paths, which agrees with its lock."""
    paid = find_paid(find_source(str(pipeline / "stages" / "two-3")), None, None)
    assert paid is not None
    assert (paid.stack, paid.by) == ("both", "two")
    assert str(tmp_path) not in paid.registry + json.dumps(paid.lock)
    assert ("helpful", "reward_model.helpfulness", "1", "all", "model: stage:rm") in set(paid.rewards)
    (tmp_path / "registry.yaml").write_text(paid.registry)
    loaded = load_registry(tmp_path / "registry.yaml")
    assert set(loaded.config.stacks) == {"rules", "both"}
    assert make_lock(loaded, Host.load(only=loaded.plugins)) == paid.lock


def test_the_registry_of_a_run_stays_word_for_word(tmp_path: Path) -> None:
    """Comments included; the stack is the run's, and another one may be named."""
    source = find_source(str(a_run(tmp_path / "run", stack="plain")))
    paid = find_paid(source, None, None)
    assert paid is not None and paid.registry == REGISTRY and paid.stack == "plain"
    gated = find_paid(source, None, "other")
    assert gated is not None and gated.config["gate"] == "correct"
    with pytest.raises(SettingsError, match="has no stack third"):
        find_paid(source, None, "third")


def test_a_bare_model_may_be_given_a_registry(tmp_path: Path) -> None:
    """What was paid is then what the user says, locked now; a stack alone says nothing."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    source = find_source(str(tmp_path))
    assert find_paid(source, None, None) is None
    with pytest.raises(SettingsError, match="name one with --registry"):
        find_paid(source, None, "plain")
    paid = find_paid(source, tmp_path / "registry.yaml", None)
    assert paid is not None and (paid.stack, paid.by) == ("plain", None)


def test_records_of_what_paid_are_told_and_no_others(tmp_path: Path) -> None:
    """Error rates come from the lock, for plugins that the stack uses."""
    run = a_run(tmp_path / "run", stack="plain")
    records = {"math_answer": RECORD, "format.think_answer": RECORD}
    write_lock({**read_lock(run / "registry.lock"), "records": records}, run / "registry.lock")
    paid = find_paid(find_source(str(run)), None, None)
    assert paid is not None
    assert list(paid.records) == [("math_answer", "3", "1.0", "≤ 0.21%", "25.00%", "0 of 52", "2026-01-02")]


def test_evaluations_must_be_whole_and_of_this_model(tmp_path: Path) -> None:
    """Half an evaluation and one of another model are refused; where the model has gone, nobody can tell."""
    source, other = find_source(str(a_run(tmp_path / "run"))), a_run(tmp_path / "other")
    path = tmp_path / "e.jsonl"
    measured = read_measured(evaluation(path, str(tmp_path / "run" / "final")), source)
    assert (measured.data, measured.result.pass_at_1) == ("test.jsonl", 1.0)
    assert read_measured(evaluation(path, "/gone/model"), source).result.n == 1
    with pytest.raises(SettingsError, match="is an evaluation of"):
        read_measured(evaluation(path, str(other / "final")), source)
    with pytest.raises(SettingsError, match="1 of 2 questions are done"):
        read_measured(evaluation(path, "/gone/model", rows=2), source)


def test_older_readers_are_told_in_their_words(tmp_path: Path) -> None:
    """Transformers 4 needs theta by its own name, a class that it has, and special tokens by role."""
    rope = {"rope_theta": 500.0, "rope_type": "default"}
    tokens = {"tokenizer_class": "TokenizersBackend", "extra_special_tokens": ["<x>"], "is_local": True}
    (tmp_path / "config.json").write_text(json.dumps({"rope_parameters": rope}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(tokens))
    portable(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config == {"rope_parameters": rope, "rope_theta": 500.0, "rope_scaling": None}
    written = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert written == {"tokenizer_class": "PreTrainedTokenizerFast", "additional_special_tokens": ["<x>"]}


def test_tables_hold_whatever_stands_in_them() -> None:
    """A bar, a tag or a line end in a cell breaks no row; columns without content are left out."""
    made = table(("a", "b", "c"), [("x|y\nz", "", 0), ("<img>", None, 1)])
    assert made.splitlines() == ["| a | c |", "| --- | --- |", "| x\\|y z | 0 |", "| &lt;img> | 1 |"]


def test_a_stage_is_this_command(tmp_path: Path) -> None:
    """What the pipeline calls is a command line that `assay export` takes."""
    settings = ExportSettings(model="m", output=tmp_path, name="n", evaluations=("a.jsonl", "b.jsonl"))
    arguments = METHODS["export"].command(settings.model_dump(mode="json"), tmp_path)
    given = export_command.make_context("export", arguments[1:]).params
    assert arguments[0] == "export" and given["as_json"]
    assert (given["model"], given["output"], given["name"]) == ("m", tmp_path / "final", "n")
    assert given["evaluations"] == (Path("a.jsonl"), Path("b.jsonl"))
