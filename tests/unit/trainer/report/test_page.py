"""The rendered page: complete, honest about gaps, self-contained, safe and reproducible."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assay.errors import DataError
from assay_trainer.report import render_report

SECTIONS = (
    "headline",
    "accuracy",
    "rewards",
    "reflection",
    "language",
    "completions",
    "aha",
    "operations",
    "health",
    "settings",
    "registry",
)
FILES = {
    "settings.json": "This run has no readable settings.json.",
    "registry.yaml": "This run has no registry.yaml.",
    "registry.lock": "This run has no registry.lock.",
    "metrics.jsonl": "No reward components: metrics.jsonl is missing",
    "evals.jsonl": "No accuracy over training: evals.jsonl is missing",
    "samples.jsonl": "No prompt was sampled both before and after training (samples.jsonl).",
    "summary.json": "This run has no readable summary.json",
}
"""File of a run folder, and what the page says without it."""
VOID = {"meta", "wbr", "br"}


class Page(HTMLParser):
    """Elements with their attributes, visible text, and whether every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(run: Path) -> Page:
    return Page(render_report(run).read_text(encoding="utf-8"))


def squeezed(text: str) -> str:
    """Leave out white space: where a line breaks is the template's business."""
    return re.sub(r"\s", "", text)


def replace_completion(run: Path, completion: str) -> None:
    """Put `completion` into every sample."""
    lines = (run / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [{**json.loads(line), "completion": completion, "prompt": completion} for line in lines]
    (run / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def test_every_section_stands_in_reading_order(run: Path) -> None:
    """A full run folder gives every section, in the order a reader wants, and no gap is announced."""
    found = page(run)
    assert tuple(section["id"] for section in found.of("section")) == SECTIONS
    assert not [p for p in found.of("p") if p.get("class") == "missing"]


def test_links_lead_to_sections(run: Path) -> None:
    """Each entry of the navigation names a section of the page."""
    targets = {link["href"] for link in page(run).of("a")}
    assert targets <= {f"#{name}" for name in SECTIONS}


@pytest.mark.parametrize(
    "shown",
    [
        "pass@1 rose by 36.3 percentage points, from 12.5% to 48.8%.",
        "cons@16 rose by 43.6 percentage points, from 19.0% to 62.6%.",
        "intervals 8.0–17.0% → 44.3–53.3%",
        "Time1 h 12 min",
        "Peak memory3,174 MB",
        "Seed1729",
        "ModelSmolLM2-135M-Instruct",
        "Training steps120",
        "Evaluation problems198",
        "2 prompts were sampled both before and after training: 1 became right, 1 stayed right.",
        "checker_fault",
        "1 at step 41",
        "Checks run, all logged steps7,680",
        "Answered by the cache14.6%",
        "train56 min 31 s78.4%",
        "generation.max_completion_length512",
        "compose: sum} # <the paper's>",
        '"version": "0.1.0"',
        "Reasoning · opened in the prompt",
        "Reasoning · never closed",
        "abstained the prompt names no language",
        "number theory6.5%42.8%12.0%55.6%",
        "Before training the model wrote reflection words in 5.0% of its completions (first evaluation)",
        "right, of those with reflection words10.0%70.0%",
        "40.0% of the words of the reasoning were not in the asker's language, in the last 10.0%, 75% less",
    ],
)
def test_numbers_of_the_run_are_shown(run: Path, shown: str) -> None:
    """What the run wrote is what the reader reads."""
    assert squeezed(shown) in squeezed(page(run).text)


def test_data_tables_hold_the_evaluations(run: Path) -> None:
    """Beside the picture of accuracy stands a table with every evaluated step and interval."""
    text = squeezed(page(run).text)
    for row in ("012.5%8.0–17.0%19.0%12.5–25.5%", "12048.8%44.3–53.3%62.6%56.1–69.1%"):
        assert row in text


def test_every_picture_has_a_text(run: Path) -> None:
    """Each picture is an image with an alternative text that names its first and last value."""
    plots = [svg for svg in page(run).of("svg") if svg.get("class") == "plot"]
    assert len(plots) == 15
    assert all(svg["role"] == "img" and " at step " in (svg["aria-label"] or "") for svg in plots)
    expected = "pass@1, from 12.5% at step 0 to 48.8% at step 120"
    assert expected in (plots[0]["aria-label"] or "")


HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></div><img src=x onerror=alert(1)>",
    "<think></pre><link rel=stylesheet href=//evil.example></think><answer><iframe></answer>",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- <style>body{display:none}</style>",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_model_text_is_text(run: Path, hostile: str) -> None:
    """Nothing that a model writes becomes an element, an attribute or a template."""
    tags = {name for name, _ in page(run).elements}
    replace_completion(run, hostile)
    found = page(run)
    assert {name for name, _ in found.elements} <= tags
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)
    visible = re.sub(r"</?(think|answer)>", "", hostile)
    assert squeezed(visible[:20]) in squeezed(found.text)


@pytest.mark.parametrize("where", ["metric", "setting", "reason", "registry", "phase", "status"])
def test_names_and_reasons_are_text(run: Path, where: str) -> None:
    """Plugin names, reasons, settings and files are escaped like completions."""
    bad = '"><script>alert(1)</script>'
    if where in ("metric", "status"):
        key = f"assay/{bad}/mean" if where == "metric" else f"assay/faults/{bad}"
        (run / "metrics.jsonl").write_text(json.dumps({"step": 1, key: 0.5}), encoding="utf-8")
    elif where == "setting":
        (run / "settings.json").write_text(json.dumps({bad: bad, "model": bad}), encoding="utf-8")
    elif where == "registry":
        (run / "registry.yaml").write_text(bad, encoding="utf-8")
    elif where == "phase":
        (run / "summary.json").write_text(json.dumps({"phases": {bad: 1.0}, "seed": bad}), encoding="utf-8")
    else:
        parts = {bad: {"score": 1, "status": bad, "reason": bad}}
        row = {"stage": "aha", "completion": "", "scorecard": {"components": parts, "dropped": bad}}
        (run / "samples.jsonl").write_text(json.dumps(row), encoding="utf-8")
    html = render_report(run).read_text(encoding="utf-8")
    assert "<script" not in html
    assert "alert(1)" in Page(html).text.replace("_", "")


def test_page_needs_nothing_but_itself(run: Path) -> None:
    """No element loads or runs anything, and the page forbids it should one slip through."""
    html = render_report(run).read_text(encoding="utf-8")
    found = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & {n for n, _ in found.elements}
    assert not [a for _, a in found.elements if {"src", "srcset", "data", "xlink:href"} & set(a)]
    assert not re.search(r"https?://|@import|url\(", html)
    policy = next(m["content"] for m in found.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_report_is_small(run: Path) -> None:
    """Ten thousand logged steps and megabytes of completion still make a page below 1 MB."""
    first = json.loads((run / "metrics.jsonl").read_text(encoding="utf-8").split("\n")[0])
    lines = [json.dumps({**first, "step": step, "reward": step % 7}) for step in range(10_000)]
    (run / "metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    replace_completion(run, "<think>" + "&" * 1_000_000 + "</think>" + "<answer>1</answer>" * 1_000)
    assert render_report(run).stat().st_size < 1_000_000


def test_equal_input_gives_equal_bytes(run: Path) -> None:
    """The page has no clock, no random id and no absolute path in it."""
    first = render_report(run).read_bytes()
    assert render_report(run).read_bytes() == first
    moved = run.parent / "elsewhere" / run.name
    moved.parent.mkdir()
    assert render_report(run.rename(moved)).read_bytes() == first


def test_the_page_is_replaced_in_one_step(run: Path) -> None:
    """The returned path is the report, and no draft stays behind."""
    before = {path.name for path in run.iterdir()}
    assert render_report(run) == run / "report.html"
    assert {path.name for path in run.iterdir()} - before == {"report.html"}


@pytest.mark.parametrize("gone", FILES)
def test_a_missing_file_costs_its_section_only(run: Path, gone: str) -> None:
    """Without a file the page stands, keeps all sections, and says what is missing."""
    assert FILES[gone] not in page(run).text
    (run / gone).unlink()
    found = page(run)
    assert tuple(section["id"] for section in found.of("section")) == SECTIONS
    assert FILES[gone] in found.text


@pytest.mark.parametrize("broken", FILES)
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"[1, 2", b"null\n3\n", b'{"step": "x"}', b"[" * 9000]
)
def test_a_damaged_file_is_no_crash(run: Path, broken: str, content: bytes) -> None:
    """Half-written, binary and mistyped files leave a page with all its sections."""
    (run / broken).write_bytes(content)
    assert tuple(section["id"] for section in page(run).of("section")) == SECTIONS


def mistyped(value: object) -> Iterator[object]:
    yield from (None, True, "text", [], [1, "a"], {}, {"a": None}, -1, 1e300, float("nan"), float("inf"))
    yield {"pass@1": value}


@pytest.mark.parametrize("wrong", list(mistyped("x")))
def test_a_mistyped_value_is_no_crash(run: Path, wrong: object) -> None:
    """Whatever stands where a value should, the page stands."""
    for name in FILES:
        if name.endswith(".yaml") or name == "registry.lock":
            continue
        lines = (run / name).read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        keep = {"step", "stage"}
        spoilt = [{k: v if k in keep else wrong for k, v in row.items()} for row in rows]
        (run / name).write_text("\n".join(map(json.dumps, spoilt)), encoding="utf-8")
    assert tuple(section["id"] for section in page(run).of("section")) == SECTIONS


def test_an_empty_folder_is_reported_as_empty(tmp_path: Path) -> None:
    """A run that stopped before its first file still gets a page that says so in every section."""
    found = page(tmp_path)
    assert len([p for p in found.of("p") if p.get("class") == "missing"]) == 14
    assert "it is still going or stopped before its end" in found.text


def test_half_a_line_is_counted(run: Path) -> None:
    """The line that a killed run left half written is left out, and the page says so."""
    with (run / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 121, "rew')
    assert "metrics.jsonl: 1 line that is not a JSON object was left out." in page(run).text


def test_surrogates_and_controls_are_written(run: Path) -> None:
    """Text that has no UTF-8 form, or holds control characters, does not stop the page."""
    replace_completion(run, "a\ud800b\x00c\u202ed")
    assert "completions" in render_report(run).read_text(encoding="utf-8")


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    """A path that is no folder is refused with its name."""
    with pytest.raises(DataError, match="nowhere is not a run folder"):
        render_report(tmp_path / "nowhere")
