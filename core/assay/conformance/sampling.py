"""Samples that a sound check answers quickly, and the one child run that most checks share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.cases import Case
from assay.conformance import child
from assay.conformance.model import Outcome, Result
from assay.conformance.shrink import said
from assay.sample import Sample
from assay.specs import Scope
from assay.verdict import Verdict

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

_SLOW = 0.25
"""CPU-seconds above which a sample is no use for calls by the hundred."""


def judged(bench: Bench) -> Iterator[tuple[Case, Sample, Verdict]]:
    """Every sample of the bench's cases with its verdict, through the host."""
    for case in bench.cases:
        samples = [case.sample] if case.other is None else [case.sample, case.other]
        for sample, verdict in zip(samples, bench.verdicts(case), strict=True):
            yield case, sample, verdict


def harmless(bench: Bench) -> list[Sample]:
    """Distinct samples that are judged quickly, of each kind and score in turn; fewer when they are slow."""
    if "harmless" not in bench.shared:
        picked = _harmless(bench)
        bench.shared["seconds a call"] = seconds = _seconds(bench, picked[0])
        bench.shared["harmless"] = picked[:3] if seconds > _SLOW else picked
    found: list[Sample] = bench.shared["harmless"]
    return found


def _seconds(bench: Bench, sample: Sample) -> float:
    """Wall seconds of a call with a text that no cache knows; what waits for others uses no CPU time."""
    started = time.perf_counter()
    bench.subject.judge([replace(sample, completion=f"{sample.completion} \n \n")])
    return time.perf_counter() - started


def _harmless(bench: Bench) -> list[Sample]:
    stand = child.Stand(bench.subject.component, [], bench.full, lambda _name, _value: None)
    kinds: dict[tuple[bool, float | None], list[Sample]] = {}
    seconds: list[float] = []
    seen: set[str] = set()
    for _, sample, verdict in judged(bench):
        key = repr(sample)
        if key in seen or len(sample.completion) > 4000:
            continue
        early = isinstance(stand.ready(sample), Verdict)
        cost = 0.0 if early else verdict.seconds  # what `prepare` decides is not timed, and quick
        if cost is None or cost > _SLOW:
            continue
        seen.add(key)
        seconds.append(cost)
        kinds.setdefault((early, verdict.score), []).append(sample)
    if not seen:
        brought = [sample for _, sample, _ in judged(bench)][:3]
        return brought or [Sample(completion=text, reference="42") for text in ("42", "41", "no")]
    mean = sum(seconds) / len(seconds)
    # A pass over them should take 30 ms (240 ms in a full run): the probes make about a hundred.
    count = int(min(max(bench.size(30, 240) / 1000 / max(mean, 1e-6), 3), bench.size(8, 24)))
    reaching = [kinds[kind] for kind in kinds if not kind[0]]  # `prepare` leaves them to the check
    return _in_turn([*reaching, *(kinds[kind] for kind in kinds if kind[0])], count)


def _in_turn(rows: list[list[Sample]], count: int) -> list[Sample]:
    picked: list[Sample] = []
    for depth in range(max(map(len, rows))):
        picked += [row[depth] for row in rows if depth < len(row)]
        if len(picked) >= count:
            break
    return picked[:count]


def one(bench: Bench) -> Sample:
    """A sample to make others from: an accepted one when there is one."""
    best = [s for _, s, v in judged(bench) if bench.subject.accepts(v)]
    return best[0] if best else next((s for _, s, _ in judged(bench)), Sample(completion="42"))


def probes() -> tuple[child.Probe, ...]:
    """All probes of the shared run, in order. Those that start threads and fork come last."""
    from assay.conformance.checks import contract, invariance, operations, performance

    return (*contract.PROBES, *operations.PROBES, *performance.PROBES, *invariance.PROBES)


def main_run(bench: Bench) -> child.Findings:
    """The fresh process in which all probes run, once a bench.

    When the component does not pickle, its findings are empty and say so.
    """
    if "main run" not in bench.shared:
        samples = harmless(bench)
        calls = bench.size(100 + 90 * len(samples), 1200 + 150 * len(samples))  # about, by all probes
        try:
            bench.shared["main run"] = child.run(
                bench.subject.component,
                samples,
                probes(),
                full=bench.full,
                env={"PYTHONHASHSEED": "0"},
                # what a check may take, its first call may: it starts what the check runs on
                timeout=max(bench.size(45, 300), bench.subject.component.limits.seconds)
                + calls * bench.shared.get("seconds a call", 0.0),
            )
        except Exception as error:
            lost = f"it cannot be sent to another process: {type(error).__name__}: {error}"
            bench.shared["main run"] = child.Findings(lost=lost)
    found: child.Findings = bench.shared["main run"]
    return found


def unanswered(bench: Bench, check_id: str, findings: child.Findings, probe: str) -> Result:
    """The result of a check whose probe gave nothing: it raised, hung, or was not reached."""
    raised = findings.values.get(f"error: {probe}")
    if raised is not None:
        message = f"it raised {raised}"
    elif findings.lost.startswith(probe):
        message = findings.lost
    else:
        message = f"not reached: {findings.lost}"
    return bench.result(check_id, Outcome.FAILED, message=message, n=1, failures=1)


def is_group(bench: Bench) -> bool:
    """Whether one call sees a whole group."""
    return bench.subject.spec.scope is Scope.GROUP


def described(verdict: Verdict) -> str:
    """A verdict for a witness: status, score and reason, cut to 300 characters."""
    return said(verdict)[:300]
