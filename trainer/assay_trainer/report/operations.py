"""Faults, cache, latency and phases: how the checking went, as rows of tables."""

from __future__ import annotations

from dataclasses import dataclass

from assay.verdict import FAULTS, Status
from assay_trainer.report.curves import component_names
from assay_trainer.report.folder import Row, RunFolder, mapping, number
from assay_trainer.report.formats import NONE, duration, percent, plain

FAULT_PREFIX = "assay/faults/"
MEANING = {
    Status.ABSTAINED: "not this component's business; left out",
    Status.POLICY_FAULT: "the completion broke the check; paid the lowest score",
    Status.REFERENCE_FAULT: "the ground truth could not be used; left out",
    Status.CHECKER_FAULT: "a plugin raised or broke its contract; the row was masked",
    Status.INFRA_FAULT: "a sandbox, judge or worker was lost; tried again, then masked",
}
"""What each status is worth, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """How often one status occurred."""

    status: str
    count: str
    worst: str
    """The most in one logged step, and the step."""
    meaning: str
    alarming: bool
    """True for faults that are nobody's answer, when there were any."""


def faults(run: RunFolder) -> list[FaultRow]:
    """Count every status that was logged, in the order of `Status`; unknown ones come last."""
    logged = {key for row in run.metrics for key in row if key.startswith(FAULT_PREFIX)}
    names = {key.removeprefix(FAULT_PREFIX) for key in logged}
    known = [status.value for status in Status if status.value in names]
    return [_fault_row(run.metrics, name) for name in (*known, *sorted(names - set(known)))]


def checking(run: RunFolder) -> list[tuple[str, str]]:
    """Return (name, value) rows on checks, cache and latency; what was not logged is left out."""
    found: list[tuple[str, str]] = []
    for key, name in {"assay/checks": "Checks run", "assay/cache_hits": "Cache hits"}.items():
        if values := _values(run.metrics, key):
            found.append((f"{name}, all logged steps", plain(sum(values))))
    if (hits := sum(_values(run.metrics, "assay/cache_hits"))) and found:
        asked = hits + sum(_values(run.metrics, "assay/checks"))
        found.append(("Answered by the cache", percent(hits / asked)))
    for key, name in {
        "assay/dropped": "Rollouts dropped by filters",
        "assay/masked": "Rollouts masked",
    }.items():
        if values := _values(run.metrics, key):
            found.append((f"{name}, all logged steps", plain(sum(values))))
        for reason in sorted({k for row in run.metrics for k in row if k.startswith(f"{key}/")}):
            label = f"… of which {reason.removeprefix(f'{key}/')}"
            found.append((label, plain(sum(_values(run.metrics, reason)))))
    if values := _values(run.metrics, "assay/seconds"):
        found.append(("Scoring time per logged step, mean", duration(sum(values) / len(values))))
        found.append(("Scoring time per logged step, longest", duration(max(values))))
    for name in component_names(run.metrics, end="/seconds"):
        values = _values(run.metrics, f"assay/{name}/seconds")
        found.append((f"… of which {name}, mean", duration(sum(values) / len(values)) if values else NONE))
    return found


def phases(run: RunFolder) -> list[tuple[str, str, float]]:
    """Return (phase, duration, share of all phases in percent) in the order of the summary."""
    pairs = [(name, number(value)) for name, value in mapping((run.summary or {}).get("phases")).items()]
    known = [(str(name), seconds) for name, seconds in pairs if seconds is not None and seconds >= 0]
    total = sum(seconds for _, seconds in known)
    return [(name, duration(s), round(100 * s / total, 1) if total else 0.0) for name, s in known]


def _fault_row(metrics: tuple[Row, ...], name: str) -> FaultRow:
    counts = [
        (value, number(row.get("step")) or 0)
        for row in metrics
        if (value := number(row.get(FAULT_PREFIX + name))) is not None
    ]
    total = sum(count for count, _ in counts)
    most, step = max(counts, key=lambda count: count[0], default=(0.0, 0.0))
    status = next((known for known in Status if known.value == name), None)
    return FaultRow(
        status=name,
        count=plain(total),
        worst=f"{plain(most)} at step {step:.0f}" if most else NONE,
        meaning=MEANING.get(status, "") if status else "",
        alarming=status in FAULTS and total > 0,
    )


def _values(metrics: tuple[Row, ...], key: str) -> list[float]:
    return [value for row in metrics if (value := number(row.get(key))) is not None]
