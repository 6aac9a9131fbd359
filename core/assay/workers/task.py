"""What happens inside a worker process: build each check once, run it under its limits."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assay.boundary import checker_fault, guarded, infra_fault
from assay.errors import InfraError
from assay.sample import Sample
from assay.specs import Check, Limits
from assay.verdict import Verdict
from assay.workers.pickling import unpack


@dataclass(frozen=True, slots=True)
class Job:
    """A check as it travels to a worker. The factory is pickled once and built once per worker."""

    digest: str
    factory: bytes
    """Cloudpickle of ``(factory, options)``; made by the host, never from model text."""
    bounds: tuple[float, float]
    limits: Limits


_BUILT: dict[str, Check | Verdict] = {}
"""Checks of this worker by digest; a fault says why the factory failed."""


def start(jobs: Sequence[Job]) -> None:
    """Initialise a worker: build the checks that are known already, before any clock runs."""
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's to handle
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for job in jobs:
        _check_of(job)


def run(job: Job, payload: bytes) -> list[Verdict]:
    """Check samples (pickled: a payload that cannot be read must not take the worker down).

    The CPU clock is a kernel timer whose signal keeps its default action, so it ends even a
    worker that holds the interpreter lock inside one big-integer operation.
    """
    samples: list[Sample] = unpack(payload)
    check = _check_of(job)
    if isinstance(check, Verdict):
        return [check] * len(samples)
    _limit_memory(job.limits.memory_mb)
    signal.setitimer(signal.ITIMER_PROF, job.limits.seconds)
    try:
        return guarded(check, samples, job.bounds, alone=False)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, _hard_limit()))


def call(function: bytes, payload: bytes) -> Any:
    """Run any picklable function in this worker; used to probe references and to load plugins."""
    return unpack(function)(*unpack(payload))


def _check_of(job: Job) -> Check | Verdict:
    if job.digest not in _BUILT:
        try:
            factory, options = unpack(job.factory)
            _BUILT[job.digest] = factory(**options)
        except InfraError as error:
            return infra_fault(str(error))  # not kept: it may come back
        except Exception as error:
            _BUILT[job.digest] = checker_fault(f"its factory raised {type(error).__name__}: {error}")
    return _BUILT[job.digest]


def _limit_memory(extra_mb: int) -> None:
    """Let the address space grow by `extra_mb` MiB from where it is now."""
    size = _address_space()
    if size is not None:
        resource.setrlimit(resource.RLIMIT_AS, (size + extra_mb * 2**20, _hard_limit()))


def _address_space() -> int | None:
    """Bytes of address space in use; None where /proc does not tell (macOS): no memory limit there."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


@cache
def _hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_AS)[1]
