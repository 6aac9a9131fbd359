"""kill -9 at random moments of `assay run`: does it always go on, and is the end the same?

Runs the recipe once unbroken and once killed again and again, now the pipeline alone, now with the stage that
is at work. Then every stage must be done, no optimizer step missing or taken down twice, no completion lost
or counted twice, and each evaluation within the noise of the unbroken one: two 95 % intervals that overlap.

    python benchmarks/kill_pipeline.py [--recipe r1-tiny] [--kills 10] [--set KEY=VALUE …] [--out FOLDER]
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil


def lines(path):
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def start(arguments, output):
    command = [sys.executable, "-m", "assay", "run", *arguments, "--output", str(output), "--json"]
    with (output.parent / f"{output.name}.log").open("ab") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)


def kill(process, everything):
    """The pipeline alone, or all its descendants, too."""
    victims = [process.pid]
    if everything:
        victims += [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def broken(arguments, output, kills, whole, rng):
    """Run with kills at random moments, on average one in each `kills`-th of the unbroken run's time."""
    done = 0
    while True:
        process = start(arguments, output)
        try:
            process.wait(timeout=rng.uniform(0, 2 * whole / kills) if done < kills else None)
            return done, process.returncode
        except subprocess.TimeoutExpired:
            everything = rng.random() < 0.5
            kill(process, everything)
            done += 1
            at = (
                lines(output / "events.jsonl")[-1]["stage"] if (output / "events.jsonl").exists() else "start"
            )
            print(f"  kill {done} in {at}{' with all its processes' if everything else ''}", flush=True)


def complaints(output):
    """What of a finished run is missing or there twice."""
    found = []
    manifest = json.loads((output / "manifest.json").read_text())
    for name, stage in manifest["stages"].items():
        folder = output / stage["folder"]
        if not stage["done"]:
            found.append(f"{name} is not done")
        if stage["method"] == "grpo":
            steps = [row["step"] for row in lines(folder / "metrics.jsonl")]
            last = json.loads((folder / "settings.json").read_text())["steps"]
            if steps != list(range(1, last + 1)):
                found.append(f"{name}: steps {Counter(steps).most_common(3)} of {last}")
        if stage["method"] == "eval":
            rows = [row for row in lines(folder / "completions.jsonl") if "question" in row]
            often = Counter((row["question"], row["attempt"]) for row in rows)
            wanted = stage["result"]["n"] * stage["result"]["k"]
            if max(often.values()) > 1 or len(often) != wanted:
                found.append(
                    f"{name}: {len(often)} completions of {wanted}, at most {max(often.values())} times"
                )
        if stage["method"] == "sample":
            rows = [row for row in lines(folder / "drawn.jsonl") if "completion" in row]
            if len(rows) != stage["result"]["drawn"]:
                found.append(f"{name}: {len(rows)} completions drawn, {stage['result']['drawn']} counted")
    return found


def evaluations(output):
    manifest = json.loads((output / "manifest.json").read_text())
    return {name: s["result"] for name, s in manifest["stages"].items() if s["method"] == "eval"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="r1-tiny")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--set", action="append", default=[], dest="pairs")
    parser.add_argument(
        "--out", type=Path, help="keep the two runs here; an unbroken one that is there counts"
    )
    given = parser.parse_args()
    root = given.out or Path(tempfile.mkdtemp())
    root.mkdir(parents=True, exist_ok=True)
    arguments = [
        given.recipe,
        "--jobs",
        given.jobs,
        *[part for pair in given.pairs for part in ("--set", pair)],
    ]

    begin = time.monotonic()
    if start(arguments, root / "whole").wait() != 0:
        sys.exit((root / "whole.log").read_text()[-2000:])
    seconds = [json.loads(row) for row in (root / "whole" / "events.jsonl").read_text().splitlines()]
    whole = max(time.monotonic() - begin, seconds[-1]["time"] - seconds[0]["time"])
    print(f"unbroken: {whole:.0f} s")

    kills, code = broken(arguments, root / "broken", given.kills, whole, random.Random(given.seed))
    print(f"{kills} kills, then exit code {code}")
    bad = complaints(root / "broken") if code == 0 else [(root / "broken.log").read_text()[-2000:]]
    print("lost or counted twice:", "; ".join(bad) or "nothing")
    before, after = evaluations(root / "whole"), evaluations(root / "broken") if code == 0 else {}
    apart = 0
    for name, one in before.items():
        other = after.get(name)
        if other is None:
            continue
        (low, high), (other_low, other_high) = one["pass@1_ci"], other["pass@1_ci"]
        overlap = low <= other_high and other_low <= high
        apart += not overlap
        print(
            f"  {name:20} unbroken {one['pass@1']:.3f} [{low:.3f}, {high:.3f}]  killed {other['pass@1']:.3f} "
            f"[{other_low:.3f}, {other_high:.3f}]{'' if overlap else '  APART'}"
        )
    sys.exit(bool(bad or apart or kills < given.kills))


if __name__ == "__main__":
    main()
