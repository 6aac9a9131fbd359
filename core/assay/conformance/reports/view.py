"""What the reports for people share: the same words and figures in every format."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

from assay.adapters.loading import FILE
from assay.conformance.model import Group, Outcome, Report, Result, Severity
from assay.conformance.reports.text import value_text, visible

SEVERITIES = {
    Severity.OPERATIONAL: "operational",
    Severity.LOST_SIGNAL: "lost signal",
    Severity.PARTIAL: "partly paid",
    Severity.WRONG_PAID: "wrong answer paid in full",
    Severity.KNOWLEDGE_FREE: "paid without any idea of the answer",
}


def counts(report: Report) -> dict[Group, Counter[Outcome]]:
    """Outcomes by group, in the order of the groups; groups without results are left out."""
    found = {group: Counter(r.outcome for r in report.results if r.group is group) for group in Group}
    return {group: counter for group, counter in found.items() if counter}


def worst_first(report: Report) -> list[Result]:
    """The failures, the gravest first, and those of the lowest level before the others."""
    return sorted(report.failed, key=lambda r: (-int(r.severity or 0), r.level or 9))


def subject_line(report: Report) -> str:
    """``math_answer · verifier of assay 0.1.0``."""
    get = report.subject.get
    about = " ".join(str(get(key)) for key in ("distribution", "version") if get(key))
    return visible(
        f"{get('name', '?')} · {get('kind', 'plugin')} of {about}" if about else str(get("name", "?"))
    )


def run_line(report: Report) -> str:
    """``full run · seed 0 · 97 checks · 41 s``."""
    return f"{report.mode} run · seed {report.seed} · {len(report.results)} checks · {report.seconds:.1f} s"


def tried(result: Result) -> str:
    """``12 of 60 failed, 20 % (95 %: 12–32 %)``; empty when nothing was counted."""
    if not result.n:
        return ""
    text = f"{result.failures} of {result.n} failed"
    if result.interval is None:
        return text
    low, high = result.interval
    return f"{text}, {percent(result.failures / result.n)} (95 %: {percent(low)} – {percent(high)})"


def note(result: Result) -> str:
    """The message, without the count and the template that are shown beside it."""
    if not result.n or result.outcome is Outcome.REPORTED:
        return result.message
    rest = result.message.removeprefix(f"{result.failures} of {result.n}")
    if rest == result.message:
        return rest
    shown = rf"( paid| verdicts differ)?(, most often: {re.escape(result.template)}( \(\d+\))?)?;?"
    return re.sub(f"^{shown}", "", rest).strip()


def percent(share: Any) -> str:
    """Three significant digits; a dash for None."""
    return "–" if share is None else f"{share * 100:.3g} %"


def reproduce(report: Report, result: Result) -> str:
    """The command that writes a script for this failure."""
    words = ["assay", "test", str(report.subject.get("target") or target(report))]
    for flag in ("as", "judges", "render", "grammar"):
        value = report.subject.get(flag)
        words += [f"--{flag}", str(value)] if value else []
    for key, value in dict(report.subject.get("options") or {}).items():
        words += ["-o", f"{key}={value}"] if is_file(report) else []
    words += ["--full"] if report.mode == "full" else []
    words += ["--seed", str(report.seed)] if report.seed else []
    return visible(shlex.join([*words, "--repro", result.id]))


def target(report: Report) -> str:
    """What ``assay test`` was given: the plugin's name, or ``FILE.py:FUNCTION``."""
    name = str(report.subject.get("name", "NAME"))
    return f"{report.subject.get('module')}:{name}" if is_file(report) else name


def is_file(report: Report) -> bool:
    """Whether the subject is a function in a file, which `module` names, rather than a plugin."""
    return report.subject.get("distribution") == FILE


def figures(report: Report) -> list[tuple[str, str]]:
    """The metrics that were measured, as name and text."""
    metrics = report.metrics
    rows: list[tuple[str, str]] = []
    for key, name in (("fpr", "false positives"), ("fnr", "false negatives")):
        rate: Mapping[str, Any] = metrics.get(key) or {}
        if rate.get("n"):
            low, high = rate["interval"]
            text = f"{percent(rate['rate'])}: {rate['failures']} of {rate['n']}, "
            text += f"95 %: {percent(low)} – {percent(high)}"
            if rate.get("bootstrap"):
                text += f"; by item: {percent(rate['bootstrap'][0])} – {percent(rate['bootstrap'][1])}"
            rows.append((name, text))
    plain = (
        ("j", "J = 1 − FPR − FNR"),
        ("hrs", "hack resistance"),
        ("lazy_gain", "lazy policy gains"),
        ("hedging_gain", "hedging gains"),
    )
    rows += [(name, value_text(metrics[key])) for key, name in plain if metrics.get(key) is not None]
    prevalence: Mapping[str, Any] = metrics.get("prevalence") or {}
    shown = [
        f"{percent(row['precision'])} if {percent(float(s))} are right"
        for s, row in prevalence.items()
        if row["precision"] is not None
    ]
    rows += [("precision", ", ".join(shown))] if shown else []
    latency: Mapping[str, Any] = metrics.get("latency") or {}
    if latency:
        rows.append(
            (
                "latency",
                ", ".join(f"{key.removesuffix('_ms')} {value:.3g} ms" for key, value in latency.items()),
            )
        )
    return rows
