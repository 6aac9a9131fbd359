"""`assay test` over installed plugins and plain files: levels, formats, records, exit codes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from assay.cli import cli
from assay.conformance.reports import as_json, view

NAME = "format.think_answer"
GRADERS = """
import re


def right(answer, reference):
    return answer.strip() == reference.strip()


def anything(answer, reference):
    return True


def trl_form(completions, **kwargs):
    form = re.compile("<think>.*?</think> ?<answer>.*?</answer>", re.DOTALL)
    return [float(form.fullmatch(completion) is not None) for completion in completions]


def trl_length(completions, **kwargs):
    return [float(len(completion) > 3) for completion in completions]
"""


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["test", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graders.py").write_text(GRADERS)
    (tmp_path / "registry.yaml").write_text(
        "assay: 1\nplugins: [format]\nstacks: {s: {rewards: {f: {use: format.think_answer}}}}\n"
    )
    return tmp_path


def test_a_sound_plugin_reaches_level_three(here: Path) -> None:
    """The format reward: nothing fails, 0 disagreements with its grammar, exit code 0, a badge."""
    result = run(NAME, "--json", "--out", "report.json")
    assert result.exit_code == 0, result.output
    report = json.loads((here / "report.json").read_text())
    assert report["level"] == 3 and report["metrics"]["fpr"]["rate"] == 0
    assert not [r for r in report["results"] if r["outcome"] == "failed"]
    grammar = next(r for r in report["results"] if r["id"] == "A-GRAMMAR")
    assert grammar["outcome"] == "passed" and grammar["n"] > 1000
    assert run(NAME, "--baseline", "report.json", "--fail-on-regression").exit_code == 0


@pytest.mark.parametrize("name", ["filters.truncated", "filters.empty"])
def test_own_filters_are_hardened(here: Path, name: str) -> None:
    """In a full run nothing fails; the record that it leaves repeats, and there are no error rates."""
    result = run(name, "--full", "--level", "4", "--record", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["subject"]["kind"] == "filter" and report["metrics"]["fpr"]["n"] == 0
    assert run(name, "--verify-record").exit_code == 0


def test_a_grader_that_accepts_everything_is_found_out(here: Path) -> None:
    """Constant 1 fails attacks as knowledge-free, stays below level 2, exits with 1; it reproduces."""
    result = run("graders.py:anything", "--judges", "math", "--render", r"\boxed{{answer}}", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1 and report["level"] <= 1 and report["metrics"]["j"] <= 0
    failed = {r["id"]: r for r in report["results"] if r["outcome"] == "failed"}
    assert "RVH-M01" in failed and failed["RVH-M01"]["severity"] == 4
    script = run(
        "graders.py:anything", "--judges", "math", "--render", r"\boxed{{answer}}", "--repro", "RVH-M01"
    )
    assert script.exit_code == 0 and "graders.py" in script.output


def test_a_format_reward_in_a_file_is_tested_against_its_form(here: Path) -> None:
    """--grammar brings every short string of tags and texts; the command to reproduce carries it."""
    form = "<think>...</think> <answer>...</answer>"
    plain = json.loads(run("graders.py:trl_form", "--json").stdout)
    assert next(r for r in plain["results"] if r["id"] == "A-GRAMMAR")["outcome"] == "skipped"
    report = as_json.loads(run("graders.py:trl_form", "--grammar", form, "--json").stdout)
    failed = {result.id: result for result in report.failed}
    assert failed["A-GRAMMAR"].n > 1000 and {"RVH-F03", "RVH-F04", "RVH-F05"} <= failed.keys()
    command = view.reproduce(report, failed["RVH-F04"])
    assert command == f"assay test graders.py:trl_form --grammar '{form}' --repro RVH-F04"
    script = run(*shlex.split(command)[2:])
    assert script.exit_code == 0 and "<think></think><answer></answer>" in script.output


@pytest.mark.parametrize("form", ["junit", "sarif", "html"])
def test_machines_can_read_the_report(here: Path, form: str) -> None:
    """JUnit is XML with a case per check, SARIF is JSON of version 2.1.0, HTML is one page."""
    assert run("graders.py:right", "--format", form, "--out", "report").exit_code in (0, 1, 5)
    text = (here / "report").read_text(encoding="utf-8")
    if form == "junit":
        assert len(ElementTree.fromstring(text).findall(".//testcase")) > 30
    elif form == "sarif":
        assert json.loads(text)["version"] == "2.1.0"
    else:
        assert text.lower().startswith("<!doctype html>") and "http://" not in text and "https://" not in text


def test_a_record_repeats_and_a_lock_carries_it(here: Path) -> None:
    """--record keeps level and figures, `assay lock` carries them, --verify-record runs them again."""
    assert run(NAME, "--record").exit_code == 0
    assert CliRunner().invoke(cli, ["lock"]).exit_code == 0
    assert json.loads((here / "registry.lock").read_text())["records"][NAME]["level"] == 3
    repeated = run(NAME, "--verify-record")
    assert repeated.exit_code == 0 and "repeats" in repeated.output
    records = json.loads((here / "assay.records.json").read_text())
    records[NAME]["level"] = 2
    (here / "assay.records.json").write_text(json.dumps(records))
    changed = run(NAME, "--verify-record")
    assert changed.exit_code == 1 and "level: 2 → 3" in changed.output


def test_two_graders_are_compared_on_the_same_cases(here: Path) -> None:
    """--compare names the checks on which they differ."""
    result = run(
        "graders.py:right",
        "--compare",
        "graders.py:anything",
        "--judges",
        "math",
        "--render",
        "{answer}",
        "--json",
    )
    assert result.exit_code == 0, result.output
    assert "RVH-M13" in result.stdout


def test_trl_functions_are_tested_as_they_are(here: Path) -> None:
    """A TRL reward function in a file needs no plugin."""
    report = json.loads(run("graders.py:trl_length", "--json").stdout)
    assert report["subject"]["name"].endswith("trl_length") and len(report["results"]) > 30


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing"], 4, "there are"),
        (["graders.py:nothing"], 4, "nothing"),
        (["length.cosine", "-o", "speed=1"], 4, "'max_length' is missing"),
        ([], 2, "name a plugin"),
        ([NAME, "--verify-record"], 4, f"assay test {NAME} --record"),
        (["graders.py:trl_form", "--grammar", "think"], 4, "neither a tag"),
        (["graders.py:trl_form", "--grammar", "<a>", "--judges", "math"], 2, "--grammar is for"),
    ],
)
def test_what_cannot_be_tested_says_why(here: Path, arguments: list[str], code: int, words: str) -> None:
    """Usage errors have pytest's codes, and one line."""
    result = run(*arguments)
    assert result.exit_code == code and words.lower() in result.output.lower(), result.output


def test_a_stack_is_tested_as_a_whole(here: Path) -> None:
    """--stack runs the composition checks: finite advantages, neutral abstention, a total route."""
    result = run("--stack", "s", "--json")
    found = {r["id"]: r["outcome"] for r in json.loads(result.stdout)["results"]}
    assert result.exit_code == 0 and "X-TRL" in found and "X-NONE" in found


def test_a_function_without_any_case_is_still_run(here: Path) -> None:
    """Nothing is declared of it, so contract and operations are all there is to look at; no check breaks."""
    report = json.loads(run("graders.py:trl_length", "--json").stdout)
    failed = {r["id"]: r["message"] for r in report["results"] if r["outcome"] == "failed"}
    assert not [message for message in failed.values() if "raised" in message], failed
