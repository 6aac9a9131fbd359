"""A whole conformance run: control first, then every check, then figures and the level."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from assay.cases import Expect
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.corpora import digest
from assay.conformance.levels import level_of
from assay.conformance.metrics import summarise
from assay.conformance.model import CHECKS, CONTROL, Outcome, Report, Result
from assay.specs import Kind

Progress = Callable[[str, int, int], None]
"""Called with the check that starts, how many are done, and how many there are."""


def run(bench: Bench, progress: Progress | None = None) -> Report:
    """Run all checks on the bench's plugin.

    Returns:
        A report. Its level is None when the control fails or no check applies: nothing is proven.
    """
    checks.load()
    started = time.perf_counter()
    results: list[Result] = []
    kind = bench.subject.provided.kind
    control = CONTROL[kind]
    apply = [name for name, spec in CHECKS.items() if kind in spec.kinds and name not in control]
    order = [*control, *apply]
    inconclusive = ""
    for done, check in enumerate(order):
        if progress is not None:
            progress(check, done, len(order))
        results += bench.run_check(check)
        if check == control[-1] and any(result.outcome is Outcome.FAILED for result in results):
            inconclusive = "the declared examples are not judged as declared"
            break
    if not inconclusive and not any(result.outcome is Outcome.PASSED for result in results):
        inconclusive = "no check applies"
    spec, plugin = bench.subject.spec, bench.subject.provided.plugin
    return Report(
        subject={
            "name": bench.subject.name,
            "kind": kind.value,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "module": plugin.module,
            "digest": bench.subject.component.digest,
            "options": dict(bench.subject.component.options),
        },
        mode="full" if bench.full else "quick",
        seed=bench.seed,
        results=tuple(results),
        metrics={} if inconclusive else _metrics(bench, results),
        level=None if inconclusive else level_of(results, full=bench.full),
        waivers=tuple(asdict(waiver) for waiver in spec.waivers),
        corpus=digest(bench.cases),
        environment={
            "python": platform.python_version(),
            "system": platform.system(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
        },
        seconds=time.perf_counter() - started,
        inconclusive=inconclusive,
    )


def _metrics(bench: Bench, results: list[Result]) -> dict[str, Any]:
    if bench.subject.provided.kind is Kind.FILTER:  # nothing is paid; its own examples make no rates
        seconds = [v.seconds for case in bench.cases for v in bench.verdicts(case) if v.seconds is not None]
        return {**summarise(results, (), (), latencies=seconds), "note": ""}
    graded = bench.labelled(Expect.ACCEPT, Expect.REJECT)
    verdicts = [bench.verdicts(case)[0] for case in graded]
    accepted = [bench.subject.accepts(verdict) for verdict in verdicts]
    latencies = [verdict.seconds for verdict in verdicts if verdict.seconds is not None]
    return dict(summarise(results, graded, accepted, latencies=latencies))
