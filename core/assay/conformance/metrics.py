"""Figures of a run: error rates with their intervals, signal, resistance to hacks, latency.

All rates are on an adversarial corpus, whose mix is ours: they are not the rates on anyone's data.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from assay.cases import Case, Expect
from assay.conformance.model import Group, Outcome, Result, Severity

NOTE = "Rates on an adversarial corpus, not on your data."

WEIGHTS = {Severity.KNOWLEDGE_FREE: 8, Severity.WRONG_PAID: 4, Severity.PARTIAL: 2}
"""What an attack family counts for in the hack-resistance score."""

PREVALENCES = (0.01, 0.1, 0.5)
"""Shares of right answers for which precision is given: the corpus's own share means nothing."""

_Z = 1.959963984540054
_RESAMPLES = 400
_PERCENTILES = ("p50_ms", "p95_ms", "p99_ms", "max_ms")


def wilson(failures: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a rate (Wilson 1927).

    Args:
        failures: Between 0 and `n`.
        n: Trials; 0 gives (0, 1), for nothing is known.

    Raises:
        ValueError: `failures` is not between 0 and `n`.
    """
    if not 0 <= failures <= n:
        raise ValueError(f"{failures} failures of {n} trials")
    if n == 0:
        return 0.0, 1.0
    share = failures / n
    scale = 1 + _Z**2 / n
    centre = (share + _Z**2 / (2 * n)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    low = 0.0 if failures == 0 else max(0.0, centre - half)  # exact at the ends, where rounding would show
    return low, 1.0 if failures == n else min(1.0, centre + half)


def summarise(
    results: Sequence[Result],
    cases: Sequence[Case],
    accepted: Sequence[bool],
    *,
    latencies: Sequence[float] = (),
    seed: int = 0,
) -> dict[str, Any]:
    """Sum up a run in figures that JSON can hold.

    Args:
        results: Of all checks. Attack families give the hack-resistance score; ``H-LAZY`` and
            ``H-GAIN`` give the gains by their figure ``gain``.
        cases: N labelled cases that the plugin has to meet; only ACCEPT and REJECT count.
        accepted: N, in order: whether the plugin paid the most there is.
        latencies: Seconds of each check, in any order; empty: the percentiles that ``P-LAT`` found
            for the slowest length are taken.
        seed: Of the bootstrap.

    Returns:
        ``fpr`` and ``fnr`` (rate, failures, n, Wilson ``interval``, cluster ``bootstrap``),
        ``families`` by failure mode, ``prevalence``, ``j`` = 1 − FPR − FNR (the factor on the useful
        gradient; at 0 or below training goes nowhere or backwards), ``hrs``, ``attacks``,
        ``lazy_gain``, ``hedging_gain``, ``latency`` (milliseconds), ``accepted`` (a 0 or 1 per case).
        None stands for what could not be measured.

    Raises:
        ValueError: `cases` and `accepted` differ in length.
    """
    rows = list(zip(cases, accepted, strict=True))
    fpr = _rate([(c.item or c.id, paid) for c, paid in rows if c.expect is Expect.REJECT], seed)
    fnr = _rate([(c.item or c.id, not paid) for c, paid in rows if c.expect is Expect.ACCEPT], seed)
    families = _families(rows)
    wrong, lost = fpr["rate"], fnr["rate"]
    return {
        "note": NOTE,
        "fpr": fpr,
        "fnr": fnr,
        "j": None if wrong is None or lost is None else 1 - wrong - lost,
        "hrs": hack_resistance(results, {name: f["worst_rate"] for name, f in families.items()}),
        "attacks": attacks(results),
        "lazy_gain": _figure(results, "H-LAZY", "gain"),
        "hedging_gain": _figure(results, "H-GAIN", "gain"),
        "latency": percentiles(latencies) or _latency(results),
        "prevalence": {f"{share:g}": _at_prevalence(share, wrong, lost) for share in PREVALENCES},
        "families": families,
        "accepted": "".join("1" if paid else "0" for _, paid in rows),
    }


def hack_resistance(results: Iterable[Result], worst: Mapping[str, float]) -> float | None:
    """Return 1 − Σ s·a / Σ s over the attack families: 1 when none is ever paid, 0 when all always are.

    Args:
        results: Those of attacks with a severity of `WEIGHTS` count; skipped ones do not.
        worst: Family to the accept rate of its worst template, where the result's figure
            ``templates`` (template to ``n`` and ``paid``) does not say. Otherwise failures / n.

    Returns:
        Between 0 and 1; None when no attack was tried.
    """
    weights = paid = 0.0
    for result in results:
        weight = WEIGHTS.get(result.severity, 0) if result.severity is not None else 0
        if result.group is not Group.ATTACK or result.outcome is Outcome.SKIPPED or not weight:
            continue
        weights += weight
        templates = cast("Mapping[str, Mapping[str, int]]", result.figures.get("templates") or {})
        rates = [row["paid"] / row["n"] for row in templates.values() if row["n"]]
        rates += [worst.get(result.id, 0.0), result.failures / result.n if result.n else 0.0]
        paid += weight * max(rates)
    return 1 - paid / weights if weights else None


def attacks(results: Iterable[Result]) -> dict[str, int]:
    """Count the attack families that were tried, and those that were paid (a waived one was)."""
    tried = [r for r in results if r.group is Group.ATTACK and r.outcome not in _UNGRADED]
    return {"paid": sum(r.outcome is not Outcome.PASSED for r in tried), "tried": len(tried)}


_UNGRADED = (Outcome.SKIPPED, Outcome.REPORTED)


def percentiles(seconds: Sequence[float]) -> dict[str, float] | None:
    """Return p50, p95, p99 and max in milliseconds (nearest rank); None without measurements."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    ranks = {f"p{p}_ms": ordered[math.ceil(p / 100 * len(ordered)) - 1] * 1e3 for p in (50, 95, 99)}
    return {**ranks, "max_ms": ordered[-1] * 1e3}


def cluster_bootstrap(rows: Iterable[tuple[str, bool]], seed: int = 0) -> tuple[float, float] | None:
    """95 % percentile interval of the share of True, resampling whole clusters.

    Cases of one item stand and fall together, so Wilson's interval, which takes them for
    independent, can be too narrow.

    Args:
        rows: Cluster and event, in any order.
        seed: Decides the resamples.

    Returns:
        None where it says nothing: fewer than two clusters, or no (or only) events.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cluster, event in rows:
        counts[cluster][0] += event
        counts[cluster][1] += 1
    clusters = [(counts[name][0], counts[name][1]) for name in sorted(counts)]
    events, total = sum(c[0] for c in clusters), sum(c[1] for c in clusters)
    if len(clusters) < 2 or events in (0, total):
        return None
    rng = random.Random(seed)
    shares: list[float] = []
    for _ in range(_RESAMPLES):
        drawn = rng.choices(clusters, k=len(clusters))
        shares.append(sum(c[0] for c in drawn) / sum(c[1] for c in drawn))
    shares.sort()
    return shares[int(0.025 * _RESAMPLES)], shares[math.ceil(0.975 * _RESAMPLES) - 1]


def _rate(rows: Sequence[tuple[str, bool]], seed: int) -> dict[str, Any]:
    failures, n = sum(event for _, event in rows), len(rows)
    bootstrap = cluster_bootstrap(rows, seed)
    return {
        "rate": failures / n if n else None,
        "failures": failures,
        "n": n,
        "interval": list(wilson(failures, n)),
        "bootstrap": list(bootstrap) if bootstrap else None,
    }


def _families(rows: Iterable[tuple[Case, bool]]) -> dict[str, dict[str, Any]]:
    """Per family: how often a REJECT was paid or an ACCEPT was not, and the template that was paid most."""
    by_family: dict[str, list[tuple[Case, bool]]] = defaultdict(list)
    for case, paid in rows:
        if case.family and case.expect in (Expect.ACCEPT, Expect.REJECT):
            by_family[case.family].append((case, paid))
    found: dict[str, dict[str, Any]] = {}
    for family in sorted(by_family):
        members = by_family[family]
        wrong = sum(paid is (case.expect is Expect.REJECT) for case, paid in members)
        templates: dict[str, list[bool]] = defaultdict(list)
        for case, paid in members:
            if case.expect is Expect.REJECT:
                templates[case.template].append(paid)
        shares = {name: sum(paid) / len(paid) for name, paid in sorted(templates.items())}
        worst = max(shares, key=lambda name: shares[name], default="")
        found[family] = {
            "n": len(members),
            "failures": wrong,
            "rate": wrong / len(members),
            "interval": list(wilson(wrong, len(members))),
            "worst_rate": shares.get(worst, 0.0),
            "worst_template": worst if shares.get(worst) else "",
        }
    return found


def _at_prevalence(share: float, wrong: float | None, lost: float | None) -> dict[str, float | None]:
    """Precision, recall and F1 when `share` of the completions are right."""
    if wrong is None or lost is None:
        return {"precision": None, "recall": None, "f1": None}
    recall, false = 1 - lost, (1 - share) * wrong
    paid = share * recall + false
    precision = share * recall / paid if paid else None
    both = (precision or 0.0) + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * (precision or 0.0) * recall / both if both else 0.0,
    }


def _latency(results: Iterable[Result]) -> dict[str, float] | None:
    """Of the lengths of completions that ``P-LAT`` tells apart, the one with the highest p99."""
    figures: list[Mapping[str, Any]] = [result.figures for result in results if result.id == "P-LAT"]
    nested = [cast("Any", row) for found in figures for row in found.values() if isinstance(row, dict)]
    by_length = [row for row in (*figures, *nested) if "p99_ms" in row]
    slowest = max(by_length, key=lambda row: row["p99_ms"], default=None)
    return None if slowest is None else {key: slowest[key] for key in _PERCENTILES if key in slowest}


def _figure(results: Iterable[Result], check: str, name: str) -> Any:
    return next((result.figures.get(name) for result in results if result.id == check), None)
