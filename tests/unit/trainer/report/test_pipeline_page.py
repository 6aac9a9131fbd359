"""The report of a pipeline: what it says is what the stages left, and what is missing costs its part only."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from assay import DataError
from assay_trainer.commands.report import report
from assay_trainer.report import evaluations, render_pipeline
from assay_trainer.report.evaluations import headliner, matrix, measured, side_by_side
from assay_trainer.report.stages import read_pipeline

SECTIONS = ["headline", "evaluations", "differences", "completions", "sampling", "training", "stages"]


def html_of(folder: Path) -> str:
    return render_pipeline(folder).read_text(encoding="utf-8")


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html.partition("<header>")[2]))


def change(pipeline: Path, stage: str, **values: Any) -> None:
    manifest = json.loads((pipeline / "manifest.json").read_text())
    manifest["stages"][stage] |= values
    (pipeline / "manifest.json").write_text(json.dumps(manifest))


def test_everything_is_there(pipeline: Path) -> None:
    """A complete pipeline gives every section, announces no gap, and names each stage with its method."""
    html = html_of(pipeline)
    assert re.findall(r'<section id="([\w-]+)"', html) == SECTIONS
    assert 'class="missing"' not in html and 'class="note"' not in html
    for shown in (
        "all of &lt;R1&gt;", "7 of 7", "100 of 400 completions kept",
        "100 rows, 32 steps, loss 1.500 → 0.250", "120 steps, pass@1 12.0% → 60.0%",
        "of tiny:7", "of r1-zero", "50.0%", "200 (50.0%)", "100 (25.0%)",
    ):  # fmt: skip
        assert shown in text_of(html), shown


def test_language_mixing_is_what_the_reward_misses(pipeline: Path) -> None:
    """1 − the mean of the language reward, of R1-Zero and at the end; the reward is not shown twice."""
    html = html_of(pipeline)
    assert "language mixing, eval-r1-zero → eval-r1" in html
    assert "40.0% → 4.0% −90%" in text_of(html)
    assert ">language<" not in html and "A completion without reasoning counts as all mixed" in html


def test_the_headline_is_of_the_longest_chain(pipeline: Path) -> None:
    """The evaluation after most stages is compared with the first one and with R1-Zero's."""
    read = read_pipeline(pipeline)
    last = headliner(read, measured(read, []))
    assert last is not None and last.stage.name == "eval-r1"
    text = text_of(html_of(pipeline))
    assert "eval-r1 against eval-base, on the same 40 questions: pass@1 +" in text
    assert re.search(r"eval-r1 against eval-r1-zero.*it may be chance \(p = 0\.\d+ after correction\)", text)


def test_each_is_compared_with_each_before_it(pipeline: Path) -> None:
    """Differences are paired, of the later against the earlier one; other questions are not compared."""
    found = measured(read_pipeline(pipeline), [])
    cells = matrix(found)
    gain = cells[1][0]
    assert gain is not None and gain.sure and gain.comparison.overall.n == 40
    assert gain.comparison.overall.difference == pytest.approx(found[1].pass_1 - found[0].pass_1)  # type: ignore[operator]
    assert cells[0] == [None, None, None] and cells[1][1] is None and cells[2][1] is not None
    file = pipeline / "stages" / "eval-r1-abc" / "completions.jsonl"
    file.write_text(file.read_text().replace("Compute", "Guess"))
    assert matrix(measured(read_pipeline(pipeline), []))[2] == [None, None, None]


def test_the_same_questions_side_by_side(pipeline: Path) -> None:
    """Each question stands with one completion of each evaluation, in the recipe's order."""
    shown = side_by_side(measured(read_pipeline(pipeline), []))
    assert [side.question.reference for side in shown] == ["0", "8", "16", "24", "32"]
    assert all(
        [name for name, _ in side.completions] == ["eval-base", "eval-r1-zero", "eval-r1"] for side in shown
    )


def test_too_many_sides_keep_the_ones_that_matter(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for all evaluations, those of the headline stay, in the recipe's order."""
    monkeypatch.setattr(evaluations, "MAX_SIDES", 2)
    found = measured(read_pipeline(pipeline), [])
    shown = side_by_side(found, (found[1], found[2]))
    assert [name for name, _ in shown[0].completions] == ["eval-r1-zero", "eval-r1"]


def test_links_lead_to_files(pipeline: Path) -> None:
    """Each link is to a section or to a file beside the page; a policy's training has a report of its own."""
    links = re.findall(r'href="([^"]+)"', html_of(pipeline))
    assert "stages/r1-zero-abc/report.html" in links and "stages/eval-r1-abc/completions.jsonl" in links
    assert all(link[1:] in SECTIONS if link[0] == "#" else (pipeline / link).is_file() for link in links)


def test_a_pipeline_at_work(pipeline: Path) -> None:
    """What is not done is said: begun, failed, to do; its figures are left out."""
    change(pipeline, "r1", done=False, result=None, seconds=None)
    change(pipeline, "cold-start", done=False, result=None, seconds=None)
    change(pipeline, "eval-r1", done=False, result=None, seconds=None)
    with (pipeline / "events.jsonl").open("a") as file:
        file.write('{"stage": "cold-start", "key": "old", "state": "done"}\n')
        file.write('{"stage": "cold-start", "key": "abc", "state": "failed"}\n')
    states = {stage.name: stage.state for stage in read_pipeline(pipeline).stages}
    assert states["r1"] == "begun" and states["cold-start"] == "failed" and states["eval-r1"] == "to do"
    text = text_of(html_of(pipeline))
    assert "4 of 7 stages are done" in text and "Not done yet: eval-r1." in text


HOSTILE = "</pre><script>alert(1)</script><img src=x>"


def test_what_models_and_files_say_is_text(pipeline: Path) -> None:
    """Completions, prompts, reasons, names and addresses become no elements."""
    for file in pipeline.glob("stages/eval-*/completions.jsonl"):
        file.write_text(file.read_text().replace("等等", HOSTILE).replace("Compute", HOSTILE))
    manifest = (pipeline / "manifest.json").read_text()
    for name in ("mixed languages", "tiny", "my-r1", "accuracy"):
        manifest = manifest.replace(name, HOSTILE)
    (pipeline / "manifest.json").write_text(manifest)
    change(pipeline, "cold-start-data", folder="../run")
    html = html_of(pipeline)
    assert not re.search(r"<(script|img|link|iframe)", html) and "alert(1)" in html
    assert "../" not in html
    assert not re.search(r"https?://|@import|url\(", html)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[1, 2", b"null\n3\n", b'{"stages": 3, "settings": {"k": "x"}}']
)
def test_damage_costs_its_part_only(pipeline: Path, content: bytes) -> None:
    """Files of stages that are missing or damaged leave a page with all sections that says so."""
    for file in pipeline.glob("stages/*/*"):
        if file.suffix in (".jsonl", ".yaml"):
            file.write_bytes(content)
    html = html_of(pipeline)
    assert re.findall(r'<section id="([\w-]+)"', html) == SECTIONS
    assert "eval-r1/completions.jsonl could not be read" in html
    assert "There are no completions of questions that all evaluations were asked." in html


@pytest.mark.parametrize("wrong", [None, "x", [1, "a"], {"a": None}, 1e300])
def test_a_mistyped_manifest_is_no_crash(pipeline: Path, wrong: object) -> None:
    """Whatever stands where a value should, the page stands."""
    for file in pipeline.glob("stages/*/metrics.jsonl"):
        file.unlink()
    manifest = json.loads((pipeline / "manifest.json").read_text())
    for key in ("method", "key", "folder", "needs", "done", "seconds", "result"):
        spoilt = {name: {**stage, key: wrong} for name, stage in manifest["stages"].items()}
        (pipeline / "manifest.json").write_text(json.dumps({**manifest, "stages": spoilt}))
        assert re.findall(r'<section id="([\w-]+)"', html_of(pipeline)) == SECTIONS
    spoilt = {
        name: {**stage, "result": dict.fromkeys(stage["result"], wrong)}
        for name, stage in manifest["stages"].items()
    }
    for broken in (
        {**manifest, "stages": spoilt},
        {**manifest, "stages": wrong},
        {**manifest, "recipe": wrong},
    ):
        (pipeline / "manifest.json").write_text(json.dumps(broken))
        assert re.findall(r'<section id="([\w-]+)"', html_of(pipeline)) == SECTIONS


def test_equal_input_gives_equal_bytes(pipeline: Path) -> None:
    """The page has no clock and no absolute path in it."""
    first = html_of(pipeline)
    assert html_of(pipeline) == first
    assert html_of(pipeline.rename(pipeline.with_name("moved"))) == first


def test_the_command_tells_what_the_folder_is_of(pipeline: Path, run: Path, tmp_path: Path) -> None:
    """`assay report` renders a pipeline or a run, and refuses a folder that is of neither."""
    cli = click.Group(commands={"report": report})
    for folder, kind in ((pipeline, "pipeline"), (run, "run")):
        result = CliRunner().invoke(cli, ["report", str(folder), "--json"])
        assert json.loads(result.output) == {"report": str(folder / "report.html"), "of": kind}
    (tmp_path / "other").mkdir()
    result = CliRunner().invoke(cli, ["report", str(tmp_path / "other")])
    assert isinstance(result.exception, DataError) and "neither" in str(result.exception)
    with pytest.raises(DataError, match="not the folder of a pipeline"):
        render_pipeline(run)
