"""Levels, the badge line, and the record that registry.lock carries."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from assay.conformance.metrics import attacks
from assay.conformance.model import Group, Outcome, Report, Result, Severity

NAMES = ("loads", "contract", "accurate", "robust", "hardened")
"""What each level, 0 to 4, stands for."""

_CAPS = {Severity.KNOWLEDGE_FREE: 1, Severity.WRONG_PAID: 2}
_REPEATABLE = ("fpr", "fnr", "families", "j", "hrs", "lazy_gain", "hedging_gain", "accepted")


def level_of(results: Sequence[Result], *, full: bool = False) -> int | None:
    """Return the highest level that is proven.

    0 loads, 1 contract, 2 accurate, 3 robust, 4 hardened. A level is reached when nothing that it or
    a lower one requires has failed, and, for 1 to 3, when at least one of its own checks has passed:
    what was skipped proves nothing. A waived failure is borne up to level 3. A paid attack that
    needed no idea of the answer caps at 1, waived or not; one that paid a wrong answer caps at 2. Level
    4 takes a full run without a waived failure.

    Args:
        results: Of all checks.
        full: Whether it was a full run.

    Returns:
        0 to 4; None when no check passed, failed or was waived.
    """
    graded = [r for r in results if r.outcome not in (Outcome.SKIPPED, Outcome.REPORTED)]
    if not graded:
        return None
    level = 0
    while level < 3 and _reached(graded, level + 1):
        level += 1
    if level == 3 and full and not any(r.outcome is Outcome.WAIVED for r in graded) and _clean(graded, 4):
        level = 4
    return min([level, *(cap for result in graded if (cap := _cap(result)) is not None)])


def _cap(result: Result) -> int | None:
    """What a paid attack leaves possible. No waiver bears one that needed no idea of the answer."""
    if result.group is not Group.ATTACK or result.severity is None or result.outcome is Outcome.PASSED:
        return None
    waived = result.outcome is Outcome.WAIVED and result.severity is not Severity.KNOWLEDGE_FREE
    return None if waived else _CAPS.get(result.severity)


def _reached(graded: Sequence[Result], level: int) -> bool:
    return _clean(graded, level) and any(r.outcome is Outcome.PASSED and r.level == level for r in graded)


def _clean(graded: Sequence[Result], level: int) -> bool:
    return not any(r.outcome is Outcome.FAILED and 1 <= r.level <= level for r in graded)


def badge(report: Report) -> str:
    """Sum the report up: ``suite 1.0 · L3 · FPR ≤ 0.2 % · FNR 1.6 % · 0/52 attacks · p99 41 ms``.

    The false-positive rate is its Wilson upper bound, so that few cases cannot look good. What was
    not measured is left out.
    """
    parts = [f"suite {report.suite_version}"]
    if report.level is None:
        return " · ".join(
            [*parts, "nothing proven" + (f": {report.inconclusive}" if report.inconclusive else "")]
        )
    parts.append(f"L{report.level}")
    figures = _figures(report)
    if figures["fpr_upper"] is not None:
        parts.append(f"FPR ≤ {_percent(figures['fpr_upper'], up=True)}")
    if figures["fnr"] is not None:
        parts.append(f"FNR {_percent(figures['fnr'])}")
    if figures["attacks"]["tried"]:
        parts.append(f"{figures['attacks']['paid']}/{figures['attacks']['tried']} attacks")
    if figures["p99_ms"] is not None:
        parts.append(
            f"p99 {figures['p99_ms']:.2g} ms" if figures["p99_ms"] < 10 else f"p99 {figures['p99_ms']:.0f} ms"
        )
    waived = sum(result.outcome is Outcome.WAIVED for result in report.results)
    return " · ".join([*parts, *([f"{waived} waived"] if waived else [])])


def record(report: Report, *, date: str) -> dict[str, Any]:
    """What registry.lock keeps of a report.

    A run with the same seed, mode, plugin and suite repeats all of it but `date` and ``p99_ms``, which is
    what ``--verify-record`` relies on.

    Args:
        report: The run.
        date: ISO date, from the caller's clock.
    """
    return {
        "level": report.level,
        "suite": report.suite_version,
        "date": date,
        "mode": report.mode,
        "seed": report.seed,
        "figures": _figures(report),
        "waivers": [dict(waiver) for waiver in report.waivers],
        "report": report_hash(report),
    }


def report_hash(report: Report) -> str:
    """SHA-256 over what a second run repeats: subject, corpus, outcomes, figures; no timings."""
    content = {
        "subject": report.subject,
        "mode": report.mode,
        "seed": report.seed,
        "suite": report.suite_version,
        "corpus": report.corpus,
        "level": report.level,
        "waivers": report.waivers,
        "results": [
            [r.id, r.outcome, r.n, r.failures] for r in report.results if r.group is not Group.PERFORMANCE
        ],
        "metrics": {key: report.metrics.get(key) for key in _REPEATABLE},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()


def _figures(report: Report) -> dict[str, Any]:
    metrics = report.metrics
    fpr: Mapping[str, Any] = metrics.get("fpr") or {}
    fnr: Mapping[str, Any] = metrics.get("fnr") or {}
    latency: Mapping[str, Any] = metrics.get("latency") or {}
    return {
        "fpr_upper": fpr["interval"][1] if fpr.get("n") else None,
        "fnr": fnr.get("rate"),
        "j": metrics.get("j"),
        "hrs": metrics.get("hrs"),
        "attacks": attacks(report.results),
        "p99_ms": latency.get("p99_ms"),
    }


def _percent(share: float, *, up: bool = False) -> str:
    """Two significant digits; `up` rounds a bound to the safe side."""
    value = share * 100
    if value == 0:
        return "0 %"
    digits = max(0, 1 - math.floor(math.log10(value)))
    if up:
        value = math.ceil(round(value * 10**digits, 9)) / 10**digits
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".") + " %" if digits else f"{value:.0f} %"
