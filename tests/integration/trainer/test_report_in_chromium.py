"""The report as a browser lays it out."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assay_trainer.report import render_pipeline, render_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

PAGE = """<!doctype html><body>
<iframe style="width:{width}px;height:2000px;border:0" srcdoc="{report}"></iframe>
<script>addEventListener("load", () => {{
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.title = "wide " + page.scrollWidth + " high " + page.scrollHeight;
}})</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_sticks_out(tmp_path: Path, width: int) -> None:
    """At phone and desktop width the page has no horizontal scroll, and is laid out at all."""
    run = tmp_path / "run"
    run.mkdir()
    steps = range(1, 41)
    evals = [
        {
            "step": s,
            "pass@1": s / 50,
            "pass@1_ci": [s / 60, s / 45],
            "cons@k": s / 45,
            "cons@k_ci": [0.1, 1.0],
            "k": 16,
        }
        | {"n": 200, "mean_tokens": 20 + s}
        for s in (0, 20, 40)
    ]
    metrics = [{"step": s, "reward": s / 40, "assay/accuracy/mean": s / 40, "kl": 0.1} for s in steps]
    (run / "evals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in evals))
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in metrics))
    (run / "settings.json").write_text(json.dumps({"model": "m" * 120, "steps": 40}))
    assert_fits(render_report(run), width, tmp_path)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_nothing_of_a_pipeline_sticks_out(tmp_path: Path) -> None:
    """Tables of many evaluations with long names scroll by themselves on a phone; the page does not."""
    names = [f"eval-after-a-very-long-stage-{number}" for number in range(8)]
    stages: dict[str, object] = {}
    for name in names:
        folder = tmp_path / "run" / "stages" / name
        folder.mkdir(parents=True)
        lines = [
            {"question": q, "attempt": 0, "prompt": "p" * 90, "reference": "1", "domain": None, "tokens": 9}
            | {"completion": "x" * 300, "truncated": False, "status": "scored", "right": q > 1}
            | {"extracted": "1", "reason": ""}
            for q in range(3)
        ]
        rows = [{"settings": {"model": name, "k": 1}}, *lines]
        (folder / "completions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        result = {"pass@1": 0.5, "pass@1_ci": [0.4, 0.6], "k": 1, "n": 3, "rewards": {"a": 1, "b": 0.25}}
        stages[name] = {"method": "eval", "folder": f"stages/{name}", "done": True, "result": result}
    drawn = {"prompts": 1, "drawn": 9, "kept": 3, "left_out": {"filters.some_filter: why " * 4: 6}}
    stages["sampled"] = {"method": "sample", "done": True, "result": drawn}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps({"recipe": {}, "stages": stages}))
    assert_fits(render_pipeline(tmp_path / "run"), 360, tmp_path)


def assert_fits(rendered: Path, width: int, tmp_path: Path) -> None:
    """Lay the page out in a frame of that width, and look how wide it became."""
    report = rendered.read_text(encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(width=width, report=html.escape(report)), encoding="utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    )
    flags += " --disable-component-update --disable-sync --window-size=1400,2200 --dump-dom"
    command = [str(CHROMIUM), *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r"<title>wide (\d+) high (\d+)</title>", dom)
    assert found is not None, dom[:500]
    wide, high = map(int, found.groups())
    assert wide <= width and high > 1000
