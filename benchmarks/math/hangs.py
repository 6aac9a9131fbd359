r"""Inputs that hang graders: each is answered within the limit, from wherever it is called.

75 inputs (inputs.py) go through the runner with the verifier's own limit of CPU time, from the main
thread, from another thread, from a running event loop and from one's executor. Exit code 1 when one takes
longer than the limit and half a second, is paid although it is wrong, or loses its worker; when a worker
takes 2 GB; or when a verdict changes as answer and reference change places.

    python benchmarks/math/hangs.py [--json OUT] [--places main,thread,loop,executor]
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from graders import forget, runner
from inputs import INPUTS, VALUES

from assay import Sample, Verdict
from assay.verdict import FAULTS
from assay.workers import LocalPool

SLACK, MEMORY = 0.5, 2_000
RIGHT = {"100000 digits", "'answer', 20000 times", "1000000 spaces", "2 MB of prose"}
RIGHT |= {"a tower in the working", "the same tower twice", "radicals to simplify", "roots of unity"}
"""What may be paid."""

Score = Callable[[Sequence[Sample]], list[Verdict]]


def from_main(score: Score, batch: Sequence[Sample]) -> list[Verdict]:
    return score(batch)


def from_thread(score: Score, batch: Sequence[Sample]) -> list[Verdict]:
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(score, batch).result()


def from_loop(score: Score, batch: Sequence[Sample]) -> list[Verdict]:
    async def call() -> list[Verdict]:
        return score(batch)

    return asyncio.run(call())


def from_executor(score: Score, batch: Sequence[Sample]) -> list[Verdict]:
    async def call() -> list[Verdict]:
        return await asyncio.get_running_loop().run_in_executor(None, score, batch)

    return asyncio.run(call())


PLACES = {"main": from_main, "thread": from_thread, "loop": from_loop, "executor": from_executor}


class Peak(threading.Thread):
    """The largest resident size of any child process, in MB, looked at fifty times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            for child in psutil.Process().children(recursive=True):
                try:
                    self.megabytes = max(self.megabytes, child.memory_info().rss / 1e6)
                except psutil.Error:  # it has ended meanwhile
                    continue


def asymmetric(score: Score) -> list[str]:
    """Inputs whose verdict changes when answer and reference change places."""
    ways = [
        [Sample(completion=rf"\boxed{{{a}}}", reference=b) for a, b in pairs]
        for pairs in ([(a, g) for _, g, a in VALUES], [(g, a) for _, g, a in VALUES])
    ]
    one, two = (score(samples) for samples in ways)
    faulty = ("reference_fault", "policy_fault")
    return [
        name
        for (name, _, _), left, right in zip(VALUES, one, two, strict=True)
        # what is too large is the fault of whichever side states it
        if (left.score == 1.0) != (right.score == 1.0)
        and not (left.status.value in faulty and right.status.value in faulty)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--places", default=",".join(PLACES))
    parser.add_argument("--options", type=json.loads, default={}, help="options of math_answer, as JSON")
    parser.add_argument("--json", type=Path, help="write all figures there")
    arguments = parser.parse_args()

    pool = LocalPool(count=2)
    run = runner(pool, **arguments.options)
    run.build()
    run([Sample(completion=r"\boxed{\sin^2 x}", reference=r"1-\cos^2 x")])
    limit = run.component.limits.seconds

    def score(batch: Sequence[Sample]) -> list[Verdict]:
        return run(batch)[0]

    peak = Peak()
    peak.start()
    rows, missed = [], []
    for name, gold, completion in INPUTS:
        seconds, verdicts = {}, []
        for place in arguments.places.split(","):
            forget()
            started = time.perf_counter()
            verdicts += PLACES[place](score, [Sample(completion=completion, reference=gold)])
            seconds[place] = round(time.perf_counter() - started, 3)
        verdict = verdicts[0]
        rows.append(
            {"input": name, "seconds": seconds, "status": verdict.status.value, "reason": verdict.reason}
        )
        rows[-1]["score"] = verdict.score
        print(
            f"{name:34} {max(seconds.values()):6.2f} s  {verdict.status.value:15} {verdict.reason[:60]}",
            flush=True,
        )
        if max(seconds.values()) > limit + SLACK:
            missed.append(f"{name}: {max(seconds.values()):.2f} s")
        if any(v.score == 1.0 for v in verdicts) and name not in RIGHT:
            missed.append(f"{name} is paid")
        if any(v.status in FAULTS for v in verdicts):
            missed.append(f"{name}: {next(v.reason for v in verdicts if v.status in FAULTS)}")
    swapped = asymmetric(score)
    alive = score([Sample(completion=r"\boxed{\cos^2 x}", reference=r"1-\sin^2 x")])[0].score == 1.0
    peak.stopped.set()
    peak.join()
    pool.close()
    missed += [f"{name}: another verdict when answer and reference change places" for name in swapped]
    missed += [f"a worker took {peak.megabytes:.0f} MB"] if peak.megabytes > MEMORY else []
    missed += [] if alive else ["the pool does not work afterwards"]
    summary = {
        "inputs": len(rows),
        "limit": limit,
        "slowest": max(max(row["seconds"].values()) for row in rows),
        "over a second": sum(max(row["seconds"].values()) > 1 for row in rows),
        "peak MB of a worker": round(peak.megabytes),
        "pairs swapped": len(VALUES),
        "missed": missed,
    }
    print(json.dumps(summary, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": rows, **summary}, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
