"""How long it takes: figures for people, and one bar, that time grows about linearly with length."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.conformance import child, sampling
from assay.conformance.child import Stand
from assay.conformance.metrics import percentiles
from assay.conformance.model import EVERY, Group, Outcome, Result, Witness, check
from assay.sample import Sample
from assay.specs import Isolation

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

SIZES = (500, 2_000, 8_000, 32_000)
"""Characters of completions in quick runs; full ones go on to `LARGEST`."""
LARGEST = 200_000

EXPONENT = 1.3
"""Time may grow with this power of the length; above 1 for caches and noise."""

FLOOR = 0.004
"""CPU-seconds below which times say nothing about growth."""

FILLERS = {
    "words": "the next step is to add ", "spaces": " ", "digits": "1 ", "letters": "a", "braces": "{x} ",
    "tags": "<think>", "lines": "x\n", "dollars": "$x$ ", "open brackets": "(",
}  # fmt: skip


def probe_latency(stand: Stand) -> dict[str, list[tuple[int, float]]]:
    """CPU-seconds by completion length, for each filler; the least of a few tries, stopping when slow."""
    sizes = (*SIZES, 80_000, LARGEST) if stand.full else SIZES
    inline = stand.component.isolation is Isolation.INLINE
    found: dict[str, list[tuple[int, float]]] = {}
    base = stand.samples[0]
    limit = stand.component.limits.max_chars
    for name, filler in FILLERS.items():
        times: list[tuple[int, float]] = []
        for size in sizes:
            text = (filler * (size // len(filler) + 1))[: max(size - len(base.completion), 0)]
            sample = replace(base, completion=text + base.completion)
            if len(sample.completion) > limit:
                break
            least = min(_seconds(stand, sample, inline) for _ in range(5))
            times.append((size, least))
            if least > 0.5:
                break
        found[name] = times
        stand.send("latency so far", dict(found))
    return found


def _seconds(stand: Stand, sample: Sample, inline: bool) -> float:
    """CPU time of what runs in the trainer's process: all of an inline check, `prepare` of the others."""
    started = time.thread_time()
    stand.judge([sample]) if inline else stand.ready(sample)
    return time.thread_time() - started


def probe_throughput(stand: Stand) -> dict[str, Any]:
    """Calls a second and percentiles over the harmless samples, in one process."""
    times: list[float] = []
    until = time.perf_counter() + (3.0 if stand.full else 0.3)
    while time.perf_counter() < until and stand.samples:
        started = time.perf_counter()
        stand.judge([stand.samples[len(times) % len(stand.samples)]])
        times.append(time.perf_counter() - started)
    return {
        "calls": len(times),
        "per_second": len(times) / max(sum(times), 1e-9),
        **(percentiles(times) or {}),
    }


PROBES: tuple[child.Probe, ...] = (probe_throughput, probe_latency)


def exponent(times: Sequence[tuple[int, float]]) -> float | None:
    """Growth of time with length at the long end: the slope between the last two, in logarithms.

    None when the longest takes less than `FLOOR`, or there are not two.
    """
    if len(times) < 2 or times[-1][1] < FLOOR:
        return None
    (short, first), (long, second) = times[-2:]
    return math.log(second / max(first, 1e-5)) / math.log(long / short)


@check("P-LAT", "latency by length of the completion", group=Group.PERFORMANCE, level=0, kinds=EVERY)
def latency(bench: Bench) -> Result:
    """Percentiles through the host over all cases by length, in CPU-seconds of the check."""
    by_size: dict[str, list[float]] = {}
    n = 0
    for _, sample, verdict in sampling.judged(bench):
        if verdict.seconds is not None:
            n += 1
            size = next((s for s in (*SIZES, LARGEST) if len(sample.completion) <= s), LARGEST)
            by_size.setdefault(f"up to {size} characters", []).append(verdict.seconds)
    figures = {name: percentiles(times) for name, times in by_size.items()}
    return bench.result("P-LAT", Outcome.REPORTED, n=n, figures=figures)


@check("P-THR", "calls a second in one process", group=Group.PERFORMANCE, level=0, kinds=EVERY)
def throughput(bench: Bench) -> Result:
    """Count calls with one sample each, without the host's cache."""
    return _figures(bench, "P-THR", "probe_throughput")


@check("P-COLD", "time to import and build", group=Group.PERFORMANCE, level=0, kinds=EVERY)
def cold(bench: Bench) -> Result:
    """CPU-seconds of the import and of the factory in a fresh process, and wall seconds of both."""
    return _figures(bench, "P-COLD", "load")


def _figures(bench: Bench, check_id: str, name: str) -> Result:
    findings = sampling.main_run(bench)
    value = findings.values.get(name)
    if value is None:
        return bench.result(check_id, Outcome.REPORTED, message=f"not measured: {findings.lost}")
    return bench.result(check_id, Outcome.REPORTED, n=1, figures=value)


@check("P-SCALE", "time grows about linearly with length", group=Group.PERFORMANCE, level=3, kinds=EVERY)
def scale(bench: Bench) -> Result:
    """Of what runs in the trainer's process: an inline check, or `prepare` of one that workers run."""
    findings = sampling.main_run(bench)
    times = findings.values.get("probe_latency")
    if times is None:
        return sampling.unanswered(bench, "P-SCALE", findings, "probe_latency")
    slopes = {name: slope for name, row in times.items() if (slope := exponent(row)) is not None}
    steep = sorted((slope, name) for name, slope in slopes.items() if slope > EXPONENT)
    figures = {"exponents": slopes, "longest": max((row[-1][0] for row in times.values() if row), default=0)}
    if not steep:
        return bench.result("P-SCALE", Outcome.PASSED, n=len(times), figures=figures)
    slope, name = steep[-1]
    size, seconds = times[name][-1]
    return bench.result(
        "P-SCALE",
        Outcome.FAILED,
        n=len(times),
        failures=len(steep),
        message=f"time grows with the power {slope:.1f} of the length for {name}: {seconds:.2f} s at {size}",
        witness=Witness(
            completion=FILLERS[name] * 40,
            expected=f"exponent up to {EXPONENT}",
            got=f"{slope:.2f}; the text is repeated to {size} characters",
        ),
        figures=figures,
    )
