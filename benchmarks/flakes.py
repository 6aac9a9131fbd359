"""Does the suite repeat itself? The same run many times: how many distinct reports, timings left out?

python benchmarks/flakes.py [NAME] [--runs 20] [--quick]
"""

import argparse
import json
import statistics
import time

from assay.conformance.bench import Bench
from assay.conformance.levels import report_hash
from assay.conformance.run import run
from assay.host import Host


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="math_answer")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    host = Host.load()
    hashes, failed, seconds = set(), [], []
    for _ in range(arguments.runs):
        started = time.perf_counter()
        with Bench(host.find(arguments.name), host=host, full=not arguments.quick) as bench:
            report = run(bench)
        seconds.append(time.perf_counter() - started)
        hashes.add(report_hash(report))
        failed += [result.id for result in report.failed]
    result = {
        "plugin": arguments.name,
        "mode": "quick" if arguments.quick else "full",
        "runs": arguments.runs,
        "distinct_reports": len(hashes),
        "failed_checks": failed,
        "seconds_median": statistics.median(seconds),
        "seconds_max": max(seconds),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
