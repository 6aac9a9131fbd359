"""Two reports side by side: which checks changed, and whether the difference on the same cases is chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assay.conformance.metrics import wilson
from assay.conformance.model import Outcome, Report, Result
from assay.conformance.reports import as_json, view
from assay.conformance.reports.text import visible

_BAD = (Outcome.FAILED, Outcome.WAIVED)


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value of McNemar's test: the binomial test of the discordant pairs at 1/2.

    Args:
        only_a: Cases that only the first accepted.
        only_b: Cases that only the second accepted.

    Returns:
        Between 0 and 1; 1 when there is no discordant pair.
    """
    n, term, total = only_a + only_b, 1, 0
    for k in range(min(only_a, only_b) + 1):
        total += term
        term = term * (n - k) // (k + 1)
    return min(1.0, 2 * total / 2**n) if n else 1.0  # integers of any size: nothing underflows on the way


def compare(a: Report, b: Report) -> dict[str, Any]:
    """Compare two runs of the same suite.

    Returns:
        ``comparable`` (same suite, mode and cases) and ``why_not``; ``changed``: checks whose outcome
        or number of failures differs, in order; ``mcnemar`` on the acceptance of each case (None
        unless both report it on the same cases): ``only_a``, ``only_b``, ``p``; levels and rates.
    """
    differing = [
        name
        for name, ours, theirs in (
            ("suite version", a.suite_version, b.suite_version),
            ("mode", a.mode, b.mode),
            ("cases", a.corpus, b.corpus),
        )
        if ours != theirs
    ]
    old, new = _by_id(a), _by_id(b)
    changed: list[dict[str, Any]] = []
    for id in [*old, *(id for id in new if id not in old)]:
        left, right = old.get(id), new.get(id)
        if left is None or right is None or (left.outcome, left.failures) != (right.outcome, right.failures):
            title = (right or left or b.results[0]).title
            changed.append({"id": id, "title": title, "a": _short(left), "b": _short(right)})
    return {
        "a": _summary(a),
        "b": _summary(b),
        "comparable": not differing,
        "why_not": f"different {', '.join(differing)}" if differing else "",
        "changed": changed,
        "mcnemar": None if differing else _mcnemar(a.metrics.get("accepted"), b.metrics.get("accepted")),
    }


def table(comparison: Mapping[str, Any]) -> Table:
    """Show a comparison as a table that fits 80 columns."""
    a, b, test = comparison["a"], comparison["b"], comparison["mcnemar"]
    caption = "" if comparison["comparable"] else f"not comparable: {comparison['why_not']}\n"
    if test is not None:
        caption += f"paid by one only: {test['only_a']} and {test['only_b']} cases "
        caption += f"(McNemar, exact: p = {test['p']:.2g})"
    shown = Table(box=box.SIMPLE_HEAD, caption=caption or None, caption_justify="left")
    for name in ("", visible(a["name"], 30), visible(b["name"], 30)):
        shown.add_column(Text(name), overflow="fold")
    for name, key in (("level", "level"), ("false positives", "fpr"), ("false negatives", "fnr")):
        cells = [
            view.percent(s[key]) if key != "level" else f"L{s[key]}" if s[key] is not None else "–"
            for s in (a, b)
        ]
        shown.add_row(name, *cells)
    for row in comparison["changed"]:
        shown.add_row(Text(row["id"]), *(Text(_cell(row[side])) for side in "ab"))
    if not comparison["changed"]:
        shown.add_row("every check", "the same", "the same")
    return shown


def show(comparison: Mapping[str, Any]) -> None:
    """Print a comparison."""
    Console().print(table(comparison))


def regressions(baseline: Mapping[str, Any], report: Report) -> list[str]:
    """Say in what a run is worse than a baseline, one line each; empty when in nothing.

    Worse is: a lower level; a check that fails and did not, fails more often on the same cases, is
    waived, skipped or gone where it passed; an error rate above the baseline's (on other cases:
    with its whole 95 % interval above).

    Args:
        baseline: A decoded JSON report.
        report: The run.

    Raises:
        DataError: `baseline` is not a report of this schema.
    """
    base = as_json.from_dict(dict(baseline), "the baseline")
    if base.suite_version != report.suite_version:
        both = f"the baseline is of suite {base.suite_version}, this run of {report.suite_version}"
        return [f"{both}: make a new baseline"]
    worse: list[str] = []
    if (report.level if report.level is not None else -1) < (base.level if base.level is not None else -1):
        now = f"L{report.level}" if report.level is not None else "nothing proven"
        worse.append(f"level: L{base.level} → {now}")
    same_cases = base.corpus == report.corpus
    new = _by_id(report)
    for id, old in _by_id(base).items():
        change = _worsened(old, new.get(id), same_cases)
        # A quick run leaves out what a full baseline has; that is a choice, not a regression.
        if change and not (change.endswith(("skipped", "gone")) and base.mode != report.mode):
            worse.append(f"{id}: {change}")
    known = _by_id(base)
    worse += [
        f"{r.id}: new, and failed" for r in new.values() if r.id not in known and r.outcome is Outcome.FAILED
    ]
    return worse + _worse_rates(base, report, same_cases)


def _worsened(old: Result, new: Result | None, same_cases: bool) -> str:
    if new is None:
        return "passed → gone" if old.outcome is Outcome.PASSED else ""
    if old.outcome is Outcome.PASSED and new.outcome in (*_BAD, Outcome.SKIPPED):
        return f"passed → {new.outcome.value}"
    if new.outcome is Outcome.FAILED and old.outcome is not Outcome.FAILED:
        return f"{old.outcome.value} → failed"
    if new.outcome in _BAD and same_cases and old.n == new.n and new.failures > old.failures:
        return f"{old.failures} → {new.failures} failures of {new.n}"
    return ""


def _worse_rates(base: Report, report: Report, same_cases: bool) -> list[str]:
    worse: list[str] = []
    for key, name in (("fpr", "false positives"), ("fnr", "false negatives")):
        old, new = _rate(base, key), _rate(report, key)
        if not old.get("n") or not new.get("n"):
            continue
        bar = new["rate"] if same_cases else wilson(new["failures"], new["n"])[0]
        if bar > old["rate"]:
            worse.append(f"{name}: {view.percent(old['rate'])} → {view.percent(new['rate'])}")
    return worse


def _rate(report: Report, key: str) -> Mapping[str, Any]:
    return report.metrics.get(key) or {}


def _mcnemar(a: Any, b: Any) -> dict[str, Any] | None:
    if not (isinstance(a, str) and isinstance(b, str) and a and len(a) == len(b)):
        return None
    pairs = list(zip(a, b, strict=True))
    only_a, only_b = pairs.count(("1", "0")), pairs.count(("0", "1"))
    return {"cases": len(pairs), "only_a": only_a, "only_b": only_b, "p": mcnemar(only_a, only_b)}


def _by_id(report: Report) -> dict[str, Result]:
    """By id; of several results of one check, the one that is worse."""
    found: dict[str, Result] = {}
    for result in report.results:
        other = found.get(result.id)
        if other is None or (result.outcome in _BAD, result.failures) > (
            other.outcome in _BAD,
            other.failures,
        ):
            found[result.id] = result
    return found


def _short(result: Result | None) -> dict[str, Any] | None:
    return (
        None
        if result is None
        else {"outcome": result.outcome.value, "n": result.n, "failures": result.failures}
    )


def _cell(side: Mapping[str, Any] | None) -> str:
    if side is None:
        return "–"
    return f"{side['outcome']} ({side['failures']} of {side['n']})" if side["n"] else str(side["outcome"])


def _summary(report: Report) -> dict[str, Any]:
    rates = {key: _rate(report, key).get("rate") for key in ("fpr", "fnr")}
    version = str(report.subject.get("version", ""))
    return {"name": f"{report.subject.get('name', '?')} {version}".strip(), "level": report.level, **rates}
