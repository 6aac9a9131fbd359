"""The demo over several seeds: pass@1 and cons@16 before and after, time, memory; intervals over seeds.

python benchmarks/seeds.py [--seeds 0 1 2] [--json]
"""

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""Two-sided 95 % quantile of Student's t by number of seeds."""


def interval(values: list[float]) -> list[float] | None:
    if len(values) not in T_95:
        return None
    half = T_95[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.mean(values)
    return [max(0.0, mean - half), min(1.0, mean + half)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    runs = []
    for seed in arguments.seeds:
        folder = Path(tempfile.mkdtemp(prefix=f"assay-demo-{seed}-"))
        command = [
            sys.executable,
            "-m",
            "assay",
            "demo",
            "--seed",
            str(seed),
            "--output",
            str(folder),
            "--json",
        ]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        shutil.rmtree(folder)
        if not arguments.json:
            run = runs[-1]
            print(
                f"seed {seed}: pass@1 {run['before']['pass@1']:.3f} -> {run['after']['pass@1']:.3f}, "
                f"cons@16 {run['before']['cons@16']:.3f} -> {run['after']['cons@16']:.3f}, "
                f"{run['seconds']:.0f} s {run['phases']}, {run['peak_rss_mb']} MB",
                flush=True,
            )
    figures = {}
    for stage in ("before", "after"):
        for name in ("pass@1", "cons@16"):
            values = [run[stage][name] for run in runs]
            figures[f"{stage} {name}"] = {
                "mean": statistics.mean(values),
                "ci": interval(values),
                "values": values,
            }
    figures["seconds"] = max(run["seconds"] for run in runs)
    figures["peak_rss_mb"] = max(run["peak_rss_mb"] for run in runs)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
