"""What judging programs costs: each form of tests by itself, and one training step's worth of work.

    python benchmarks/code.py                # the forms, then 64 prompts x 16 completions x 10 tests
    python benchmarks/code.py --quick        # a small step
    python benchmarks/code.py --json

CPU is that of all processes: from a control group under root, else from wait(2) and /proc. The programs' own
CPU is what their bodies take in one process, without a sandbox, a fork or a comparison; a program that never
ends owns what it was allowed. Exits with 1 when a bar is missed or a verdict is not the known one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import statistics
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox import control_group, cpu_below, read_group

from assay import Sample
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack
from assay_verifiers.code.check import build_tests
from assay_verifiers.code.reduce import prepare

BARS = {"stdio": 300, "calls": 300, "asserts": 150}
"""Verdicts per core-second. `asserts` compare with literals; any other code runs in a process of its own."""
SECONDS = 1.0
"""What a program of the step is allowed, for each test."""
REGISTRY = f"""\
assay: 1
plugins: [code, sandbox]
verifiers:
  code:
    use: code.tests
    timeout: 60s
    options: {{seconds: {SECONDS}, total_seconds: 10, sandbox: SANDBOX}}
route: code
stacks: {{step: {{rewards: {{accuracy: {{use: correct}}}}}}}}
"""

TASKS = """\
return sorted(numbers)[-k]
# or
import heapq
return heapq.nlargest(k, numbers)[-1]
# or
return sorted(numbers)[k]
# or
return sorted(set(numbers))[-k]
# task
best = now = sum(numbers[:k])
for i in range(k, len(numbers)):
    now += numbers[i] - numbers[i - k]
    best = max(best, now)
return best
# or
return max(sum(numbers[i:i + k]) for i in range(len(numbers) - k + 1))
# or
return max(sum(numbers[i:i + k + 1]) for i in range(len(numbers)))
# or
return sum(sorted(numbers)[-k:])
# task
seen, pairs = {}, 0
for n in numbers:
    pairs += seen.get(20 * k - n, 0)
    seen[n] = seen.get(n, 0) + 1
return pairs
# or
from collections import Counter
seen, pairs = Counter(), 0
for n in numbers:
    pairs += seen[20 * k - n]
    seen[n] += 1
return pairs
# or
return sum(20 * k - n in numbers for n in numbers)
# or
return len({n for n in numbers if 20 * k - n in numbers}) // 2
# task
from bisect import bisect_left
tails = []
for n in numbers:
    at = bisect_left(tails, n)
    tails[at:at + 1] = [n]
return len(tails)
# or
best = []
for n in numbers[:300]:
    best.append(1 + max((b for m, b in zip(numbers, best) if m < n), default=0))
from bisect import bisect_left
tails = []
for n in numbers:
    at = bisect_left(tails, n)
    if at == len(tails):
        tails.append(n)
    else:
        tails[at] = n
return len(tails)
# or
return len(set(numbers))
# or
from bisect import bisect_right
tails = []
for n in numbers:
    at = bisect_right(tails, n)
    tails[at:at + 1] = [n]
return len(tails) + (len(numbers) > 1000)
"""
"""Bodies of functions of `numbers` and `k`: for each task two right ones and two that mostly are not."""
CRASH = "return numbers[len(numbers) + k]"
ENDLESS = "while True:\n    pass"
KINDS = (("right", 40), ("wrong", 38), ("crash", 9), ("endless", 1), ("unparsable", 7), ("no program", 5))
"""What completions are, in percent. Each text is drawn from few, so that some are equal."""
MAIN = "\nimport sys\nk, *numbers = map(int, sys.stdin.read().split())\nprint(solve(numbers, k))\n"


def solution(body: str) -> str:
    return "def solve(numbers, k):\n" + textwrap.indent(body, "    ") + "\n"


def solve(source: str, numbers: list[int], k: int) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, "m", "exec"), space)
    return space["solve"](list(numbers), k)


def make_step(prompts: int, completions: int, tests: int, rng: random.Random) -> list[Sample]:
    """Four in eight problems are judged by standard output, three by calls, one by asserts."""
    samples: list[Sample] = []
    tasks = [task.split("\n# or\n") for task in TASKS.split("\n# task\n")]
    for number in range(prompts):
        bodies = tasks[number % len(tasks)]
        sizes = [rng.randint(5, 30) for _ in range(tests - tests // 5)] + [3000] * (tests // 5)
        inputs = [([rng.randint(1, 3 * size) for _ in range(size)], rng.randint(1, 4)) for size in sizes]
        outputs = [solve(solution(bodies[0]), *each) for each in inputs]
        form = ("stdio", "calls", "stdio", "calls", "stdio", "calls", "stdio", "asserts")[number // 4 % 8]
        tail = MAIN if form == "stdio" else ""
        if form == "stdio":
            lines = [f"{k} {' '.join(map(str, numbers))}\n" for numbers, k in inputs]
            reference: Any = json.dumps({"inputs": lines, "outputs": [f"{out}\n" for out in outputs]})
        elif form == "calls":
            reference = json.dumps({"fn_name": "solve", "inputs": inputs, "outputs": outputs})
        else:
            reference = json.dumps(
                [f"assert solve({i[0]}, {i[1]}) == {o}" for i, o in zip(inputs, outputs, strict=True)]
            )
        for _ in range(completions):
            kind = rng.choices([name for name, _ in KINDS], [share for _, share in KINDS])[0]
            body = {
                "right": rng.choice(bodies[:2]), "wrong": rng.choice(bodies[2:]), "crash": CRASH,
                "endless": ENDLESS, "unparsable": bodies[0] + ")", "no program": "",
            }[kind]  # fmt: skip
            source = solution(f"value = {rng.randint(1, 6)}\n{body}") + tail
            right = kind in ("right", "wrong") and all(
                solve(solution(body), *each) == out for each, out in zip(inputs, outputs, strict=True)
            )
            text = f"So we {rng.choice(('sort', 'count', 'search'))}.\n```python\n{source}```\nThat is all."
            text = "I do not know." if kind == "no program" else text
            columns = {"form": form, "kind": kind, "source": source, "number": number, "right": right}
            given = {"inputs": inputs, "outputs": outputs}
            samples.append(Sample(completion=text, reference=reference, columns={**columns, **given}))
    return samples


def bare_seconds(sample: Sample, ran: int) -> float:
    """CPU of a program's body on the first `ran` tests, in this process."""
    columns = sample.columns
    if columns["kind"] == "unparsable":
        return 0.0
    started = time.process_time()
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        space: dict[str, Any] = {}
        for numbers, k in columns["inputs"][:ran]:
            if columns["form"] == "stdio":
                sys.stdin = io.StringIO(f"{k} {' '.join(map(str, numbers))}\n")
                exec(compile(columns["source"], "m", "exec"), {"__name__": "__main__"})
                continue
            if not space:
                exec(compile(columns["source"], "m", "exec"), space)
            space["solve"](numbers, k)
    sys.stdin = sys.__stdin__
    return time.process_time() - started


def step(prompts: int, completions: int, sandbox: str, cpu: Callable[[], float]) -> dict[str, float]:
    """Score one step as a trainer does."""
    rng = random.Random(0)
    samples = make_step(prompts, completions, 10, rng)
    plain = [Sample(completion=s.completion, reference=s.reference) for s in samples]
    registry = parse_registry(REGISTRY.replace("SANDBOX", sandbox), Path("registry.yaml"))
    with Stack.build(registry, Host.load(registry.plugins), "step") as stack:
        stack.warm_up()
        stack.score([Sample(completion=f"```python\nx = {n}\n```", reference="assert x") for n in range(8)])
        before, started = cpu(), time.perf_counter()
        batch = stack.run(plain)
        wall, used = time.perf_counter() - started, cpu() - before
    own = allowed = 0.0
    jobs, mistaken, seen = 0, 0, set[tuple[Any, str]]()
    for sample, card in zip(samples, batch.scorecards, strict=True):
        columns = sample.columns
        mistaken += (card.reward == 1) != columns["right"]
        key = (columns["number"], columns["source"])
        if (
            card.verdict is None
            or card.verdict.evidence is None
            or columns["kind"] == "no program"
            or key in seen
        ):
            continue
        seen.add(key)
        evidence = card.verdict.evidence
        ran = len(evidence["tests"])
        jobs += ran if columns["form"] == "stdio" else 1
        if columns["kind"] == "endless":
            # Evidence of function calls has the shares of those that are listed, which is one here.
            took = evidence["seconds"] * (evidence["total"] if columns["form"] == "calls" else 1)
            own, allowed = own + took, allowed + took
        else:
            own += bare_seconds(sample, ran)
    return {
        "completions": len(samples), "checks": sum(t.checks for t in batch.tallies.values()), "runs": jobs,
        "mistaken": mistaken, "wall_s": wall, "cpu_s": used, "own_s": own, "endless_s": allowed,
        "overhead_share": 1 - own / used,
        "overhead_share_without_endless": 1 - (own - allowed) / (used - allowed),
        "overhead_ms_per_run": 1000 * (used - own) / jobs,
    }  # fmt: skip


def forms(rounds: int, each: int, sandbox: str, cpu: Callable[[], float]) -> dict[str, dict[str, float]]:
    """Verdicts per core-second of each form, in turns, in one process; programs that do next to nothing."""
    square = "def f(x):\n    return x * x\n"
    given: dict[str, tuple[str, Any]] = {
        "stdio": ("print(sum(map(int, input().split())))\n", {"inputs": ["1 2\n"], "outputs": ["3\n"]}),
        "calls": (square, {"fn_name": "f", "inputs": [[n] for n in range(5)], "outputs": [0, 1, 4, 9, 16]}),
        "asserts": (square, [f"assert f({n}) == {n * n}" for n in range(5)]),
        "asserts, any code": (square, [f"assert f({n}) == int({n * n})" for n in range(5)]),
        "unittest": (square, "import unittest\n\nclass TestF(unittest.TestCase):\n" + "".join(
            f"    def test_{n}(self):\n        self.assertEqual(f({n}), {n * n})\n" for n in range(5))),
    }  # fmt: skip
    check = build_tests(sandbox=sandbox)
    used: dict[str, list[float]] = {name: [] for name in given}
    latencies: dict[str, list[float]] = {name: [] for name in given}
    for turn in range(-1, rounds):
        for name, (program, reference) in given.items():
            texts = [f"```python\n{program}# {turn} {n}\n```" for n in range(each if turn >= 0 else 3)]
            ready = [prepare(Sample(completion=text, reference=reference)) for text in texts]
            before = cpu()
            for sample in ready:
                assert isinstance(sample, Sample)
                started = time.perf_counter()
                assert check([sample])[0].score == 1.0
                latencies[name].append(time.perf_counter() - started)
            used[name] += [(cpu() - before) / each] if turn >= 0 else []
    return {
        name: {
            "cpu_ms": 1000 * statistics.median(values),
            "per_core_second": 1 / statistics.median(values),
            "best_per_core_second": 1 / min(values),
            "median_ms": 1000 * statistics.median(latencies[name][3:]),
        }
        for name, values in used.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="8 prompts x 8 completions, and fewer rounds")
    parser.add_argument("--sandbox", default="sandbox", help="as in registry.yaml, such as sandbox.landlock")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    quick = arguments.quick
    with control_group() as group:

        def cpu() -> float:
            return cpu_below() if group is None else read_group(group)

        if group is not None:
            (group.parent / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
        rates = forms(5 if quick else 20, 20 if quick else 50, arguments.sandbox, cpu)
        work = step(*((8, 8) if quick else (64, 16)), arguments.sandbox, cpu)
        if group is not None:
            (group.parent.parent / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    missed = [name for name, bar in BARS.items() if rates[name]["per_core_second"] < bar]
    if arguments.json:
        print(json.dumps({"forms": rates, "step": work, "missed": missed}, indent=2))
    else:
        report(rates, work)
    sys.exit(1 if missed or work["mistaken"] else 0)


def report(rates: dict[str, dict[str, float]], work: dict[str, float]) -> None:
    print(f"{'':18}{'CPU ms':>9}{'per core-s':>12}{'best':>8}{'median ms':>11}")
    for name, row in rates.items():
        bar = BARS.get(name)
        verdict = f"   at least {bar}: {'met' if row['per_core_second'] >= bar else 'MISSED'}" if bar else ""
        print(
            f"{name:18}{row['cpu_ms']:9.2f}{row['per_core_second']:12.0f}{row['best_per_core_second']:8.0f}"
            f"{row['median_ms']:11.2f}{verdict}"
        )
    counts = {name: f"{work[name]:.0f}" for name in ("completions", "checks", "runs", "mistaken")}
    print("\n{completions} completions: {checks} checks, {runs} runs of programs".format(**counts))
    print(f"verdicts that are not the known ones: {counts['mistaken']}")
    print(f"wall {work['wall_s']:.1f} s, CPU of all processes {work['cpu_s']:.1f} s")
    print(
        f"the programs' own: {work['own_s']:.1f} s, {work['endless_s']:.1f} s of it by those that never end"
    )
    print(
        f"not the programs' own: {work['overhead_share']:.0%}, {work['overhead_share_without_endless']:.0%} "
        f"without those that never end; {work['overhead_ms_per_run']:.2f} ms a run"
    )


if __name__ == "__main__":
    main()
