r"""Pairs per CPU second on a simulated GRPO batch: `math_answer` through a stack's runner, and Math-Verify.

`math_answer` runs as in a trainer, on the whole batch, with its cache empty and its workers started; what it
costs is the CPU time of this process and of the workers. Math-Verify is called on every pair, on the
completion as it is. Then the same batch once more (a warm cache), the time of single decisions,
and the growth with the length of a completion. Exit code 1 when a bar is missed: at 3 KB 40 times Math-Verify
in the median over the seeds and 10 times in each, at 30 KB 60 times; 100,000 pairs/s with a warm cache at
3 KB; 99 % of the decisions in the trainer's process within 1 ms; a growth exponent of at most 1.1.

    python benchmarks/math/speed.py --problems FOLDER [--seeds 8] [--sizes 1,3,12,30]
"""

import argparse
import gc
import json
import logging
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from batch import Source
from graders import boxed_gold, cpu_of_children, forget, runner

from assay import Sample, Verdict
from assay.scoring.cache import Cache
from assay.scoring.runner import Runner
from assay.workers import LocalPool

FASTER, FASTER_EACH, FASTER_LONG = 40, 10, 60
WARM, P99, GROWTH = 100_000, 0.001, 1.1
LENGTHS = (1, 3, 10, 30, 100, 300)


def timed(function: Callable[[], object]) -> float:
    """CPU seconds; a collection of what came before, and looking for the workers, are not counted."""
    gc.collect()
    before, started = cpu_of_children(), time.process_time()
    function()
    seconds = time.process_time() - started
    return seconds + cpu_of_children() - before


def by_math_verify(samples: Sequence[Sample]) -> None:
    from math_verify import parse, verify

    for sample in samples:
        verify(parse(boxed_gold(str(sample.reference))), parse(sample.completion))


def latencies(run: Runner, samples: Sequence[Sample]) -> tuple[list[float], int]:
    """CPU seconds of each decision of `prepare`, and how many it left to a worker."""
    prepare, options = run.spec.prepare, dict(run.component.options)
    assert prepare is not None
    seconds, left = [], 0
    for sample in samples:
        started = time.thread_time()
        ready = prepare(sample, **options)
        taken = time.thread_time() - started
        if isinstance(ready, Verdict):
            seconds.append(taken)
        else:
            left += 1
    return seconds, left


def growth(run: Runner, source: Source, each: int = 12) -> tuple[dict[int, float], float]:
    """CPU seconds of `prepare` by KB of completion, and the exponent of the fitted power."""
    found = {}
    for size in LENGTHS:
        samples = source.batch(size * 1000, seed=99, prompts=each, group=2)
        times = []
        for _ in range(3):
            forget()
            times.append(sum(latencies(run, samples)[0]) / len(samples))
        found[size] = min(times)
    xs, ys = [math.log(size) for size in found], [math.log(max(t, 1e-9)) for t in found.values()]
    middle = statistics.mean(xs)
    slope = sum((x - middle) * y for x, y in zip(xs, ys, strict=True)) / sum((x - middle) ** 2 for x in xs)
    return found, slope


def measure(source: Source, run: Runner, size: int, seed: int, prompts: int) -> dict:
    """One batch."""
    samples = source.batch(size * 1000, seed, prompts)
    forget()
    run = Runner(run.component, run._pool, Cache(200_000))
    ours = timed(lambda: run(samples))
    again = [source.batch(size * 1000, seed, prompts) for _ in range(3)]  # equal texts, other objects
    warm = timed(lambda: [run(batch) for batch in again]) / len(again)
    theirs = timed(lambda: by_math_verify(samples))
    return {
        "kb": size,
        "seed": seed,
        "pairs": len(samples),
        "checks": Runner(run.component, run._pool, Cache(0))(samples)[1].checks,
        "assay": len(samples) / ours,
        "warm": len(samples) / warm,
        "math_verify": len(samples) / theirs,
        "times": theirs / ours,
    }


def missed_bars(rows: Sequence[dict], p99: float, exponent: float) -> list[str]:
    missed = []
    for size, bar in ((3, FASTER), (30, FASTER_LONG)):
        times = [row["times"] for row in rows if row["kb"] == size]
        if times and statistics.median(times) < bar:
            missed.append(f"{size} KB: {statistics.median(times):.1f} times Math-Verify, not {bar}")
        if size == 3 and times and min(times) < FASTER_EACH:
            missed.append(f"{size} KB: {min(times):.1f} times Math-Verify in one seed, not {FASTER_EACH}")
    warm = [row["warm"] for row in rows if row["kb"] == 3]
    if warm and statistics.median(warm) < WARM:
        missed.append(f"3 KB, warm cache: {statistics.median(warm):,.0f} pairs/s, not {WARM:,}")
    if p99 > P99:
        missed.append(f"99 % of the decisions take up to {1000 * p99:.2f} ms, not {1000 * P99:g}")
    if exponent > GROWTH:
        missed.append(f"the time grows with the power {exponent:.2f} of the length, not {GROWTH}")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=Path, required=True, help="a folder of .jsonl files")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--sizes", default="1,3,12,30", help="KB of a completion")
    parser.add_argument("--prompts", type=int, default=64, help="fewer for a quick look")
    parser.add_argument("--options", type=json.loads, default={}, help="options of math_answer, as JSON")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--plot", type=Path, help="write math-speed.svg into this folder")
    arguments = parser.parse_args()

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    source = Source(arguments.problems)
    pool = LocalPool()
    run = runner(pool, **arguments.options)
    run.build()
    run([Sample(completion=r"\boxed{(x+1)^2+\sin x}", reference="x^2+2x+1+\\sin x")])  # imports are not timed
    by_math_verify([Sample(completion=r"\boxed{x^2}", reference="x^2")])
    rows = []
    print(f"{'KB':>3} {'seed':>4} {'checks':>6} {'assay':>10} {'warm':>10} {'math_verify':>12} {'times':>7}")
    for size in map(int, arguments.sizes.split(",")):
        for seed in range(arguments.seeds):
            row = measure(source, run, size, seed, arguments.prompts)
            rows.append(row)
            print(
                f"{size:3} {seed:4} {row['checks']:6} {row['assay']:10,.0f} {row['warm']:10,.0f} "
                f"{row['math_verify']:12,.0f} {row['times']:7.1f}",
                flush=True,
            )
    seconds, left = [], 0
    for seed in range(arguments.seeds):
        forget()
        found, more = latencies(run, source.batch(3000, seed, arguments.prompts))
        seconds, left = seconds + found, left + more
    seconds.sort()
    p50, p99 = (seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99))
    curve, exponent = growth(run, source)
    pool.close()
    summary = {
        str(size): {
            **{
                name: statistics.median(row[name] for row in rows if row["kb"] == size)
                for name in ("assay", "warm", "math_verify", "times")
            },
            "least times": min(row["times"] for row in rows if row["kb"] == size),
        }
        for size in dict.fromkeys(row["kb"] for row in rows)
    }
    report = {
        "rows": rows,
        "summary": summary,
        "decided in the trainer's process": len(seconds) / (len(seconds) + left),
        "decision seconds": {"p50": p50, "p99": p99, "max": seconds[-1]},
        "seconds by kb": curve,
        "exponent": exponent,
        "missed": missed_bars(rows, p99, exponent),
    }
    print(json.dumps({key: value for key, value in report.items() if key != "rows"}, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if arguments.plot:
        from plots import plot_speed

        plot_speed(report, arguments.plot / "math-speed.svg")
    for line in report["missed"]:
        print(f"missed: {line}")
    sys.exit(1 if report["missed"] else 0)


if __name__ == "__main__":
    main()
