"""The local pool of worker processes: hard kill, memory limit, recycling, execution-only clock.

Pebble owns the processes and the queue; loky's start method starts them clean, without importing
the user's main script and without the locks and memory of a forked trainer. On top of them:

- the limit is CPU time of the check itself (see `task.run`), so a loaded machine or a long queue
  is never a completion's fault; a check that neither finishes nor uses its CPU time is stopped by
  a wall clock slightly above it, which starts when the check starts;
- a check that is lost for any other reason is tried once more, alone, before anybody is blamed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from assay.boundary import checker_fault, infra_fault
from assay.sample import Sample
from assay.verdict import Verdict
from assay.workers import task
from assay.workers.pickling import pack

WALL_FACTOR = 1.15
"""Wall-clock limit of a check in multiples of its CPU limit."""

WALL_FACTOR_ALONE = 3.0
"""The same for the second try: enough for a check to use up its CPU time on a loaded machine, so
that what is left without an answer is a hang and not a bomb."""

POLL_SECONDS = 0.05
"""How often the pool looks for workers that are late or gone."""

_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}


class _Lost(Exception):  # noqa: N818 - not an error: it asks for a second try
    """A check whose worker did not answer; `final` is the verdict when it happens a second time."""

    def __init__(self, final: Verdict) -> None:
        """Keep what to say the second time."""
        super().__init__(final.reason)
        self.final = final


class LocalPool:
    """Runs checks in killable processes. Thread-safe; usable inside a running event loop.

    Processes start with the first check. After a fork the child makes its own pool.
    """

    def __init__(self, count: int | None = None, recycle: int = 2000) -> None:
        """Create the pool; no process starts yet.

        Args:
            count: Worker processes; None takes one per core this process may use, at most 8.
            recycle: Checks after which a worker is replaced.
        """
        self.count = count or min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4)
        self._recycle = recycle
        self._jobs: dict[str, task.Job] = {}
        self._lock = threading.Lock()
        self._pool: Any = None
        self._owner = 0
        self._stop: Callable[[], Any] | None = None

    def announce(self, job: task.Job) -> None:
        """Make a check known before the workers start, so that they build it before any clock runs."""
        self._jobs[job.digest] = job

    def run(self, units: Sequence[tuple[task.Job, Sequence[Sample]]]) -> list[list[Verdict]]:
        """Run N units; returns N lists of verdicts, each as long as its unit's samples.

        Blocks until all are answered. Never raises for what a check does.
        """
        submitted = [(unit, self._submit(*unit, WALL_FACTOR)) for unit in units]
        answers: list[list[Verdict] | None] = []
        for (job, samples), future in submitted:
            try:
                answers.append(_answer(future, job, len(samples)))
            except _Lost:
                answers.append(None)
        return [
            self._alone(*unit) if answer is None else answer
            for unit, answer in zip(units, answers, strict=True)
        ]

    def call(self, function: Callable[..., Any], *arguments: Any, seconds: float = 60.0) -> Future[Any]:
        """Start any function in a worker, with a wall-clock limit; returns a future.

        The future's ``result()`` raises what the function raised, `TimeoutError` when it took
        longer than `seconds`, and ``pebble.ProcessExpired`` when its worker was lost.
        """
        return self._started().schedule(task.call, args=(pack(function), pack(arguments)), timeout=seconds)

    def close(self) -> None:
        """Stop all workers. Idempotent; a later call starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None and self._stop is not None:
            self._stop()

    def _alone(self, job: task.Job, samples: Sequence[Sample]) -> list[Verdict]:
        """Second and last try of a unit, with nothing of this batch beside it."""
        try:
            return _answer(self._submit(job, samples, WALL_FACTOR_ALONE), job, len(samples))
        except _Lost as lost:
            return [lost.final] * len(samples)

    def _submit(self, job: task.Job, samples: Sequence[Sample], wall_factor: float) -> Any:
        wall = job.limits.seconds * wall_factor
        return self._started().schedule(task.run, args=(job, pack(list(samples))), timeout=wall)

    def _started(self) -> Any:
        """The pebble pool of this process, started on first use and after a fork."""
        from pebble import CONSTS, ProcessPool

        with self._lock:
            if self._pool is None or self._owner != os.getpid() or not self._pool.active:
                CONSTS.sleep_unit = POLL_SECONDS
                started: list[Any] = []
                self._pool = ProcessPool(
                    max_workers=self.count,
                    max_tasks=self._recycle,
                    initializer=task.start,
                    initargs=(list(self._jobs.values()),),
                    context=_recording_context(started),
                )
                self._owner = os.getpid()
                self._stop = weakref.finalize(self, _stop_if_owner, self._pool, self._owner, started)
            return self._pool

    def __getstate__(self) -> dict[str, Any]:
        """Travel without processes."""
        return {"count": self.count, "recycle": self._recycle, "jobs": self._jobs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive without processes; they start on first use."""
        LocalPool.__init__(self, state["count"], state["recycle"])
        self._jobs = state["jobs"]


def _answer(future: Any, job: task.Job, count: int) -> list[Verdict]:
    """Wait for one unit. Raises _Lost when its worker did not answer and it is worth another try."""
    from pebble import ProcessExpired

    seconds = job.limits.seconds
    try:
        return future.result()
    except FutureTimeoutError:
        waited = seconds * WALL_FACTOR_ALONE
        reason = f"no answer within {waited:g} s, and {seconds:g} s of CPU time were not used up"
        raise _Lost(infra_fault(reason)) from None
    except ProcessExpired as error:
        code = error.exitcode or 0
        if code == -signal.SIGPROF:
            return [Verdict.policy_fault(f"the check used up its {seconds:g} s of CPU time")] * count
        if -code in _CRASHES:
            name = signal.Signals(-code).name
            raise _Lost(Verdict.policy_fault(f"the check crashed its worker twice ({name})")) from None
        raise _Lost(infra_fault(f"the worker was lost twice (exit code {code})")) from None
    except MemoryError:
        return [Verdict.policy_fault("the check ran into its memory limit on this completion")] * count
    except Exception as error:
        return [
            checker_fault(f"its verdicts could not be brought back: {type(error).__name__}: {error}")
        ] * count


def _recording_context(started: list[Any]) -> Any:
    """Loky's start method, which notes every process that it makes in `started`."""
    from loky.backend.context import LokyContext  # pyright: ignore[reportUnknownVariableType]

    class Context(LokyContext):  # pyright: ignore[reportUntypedBaseClass]
        def Process(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802 - multiprocessing's name
            process: Any = LokyContext.Process(*arguments, **named)  # pyright: ignore[reportUnknownMemberType]
            started[:] = [*(p for p in started if p.pid is None or p.is_alive()), process]
            return process

    return Context()


def _stop_if_owner(pool: Any, owner: int, started: list[Any]) -> None:
    """Stop a pool in the process that owns it; a forked child leaves it alone.

    Workers are killed before the pool takes its locks away: one that is still starting would
    print a traceback about a lock that is gone.
    """
    if os.getpid() != owner:
        return
    pool.stop()
    for process in started:
        if process.pid is not None and process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
    pool.join(timeout=5)
