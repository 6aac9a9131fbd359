"""CPU time of `import assay` and of `assay --help`, medians of fresh processes.

python benchmarks/startup.py [--runs 15] [--json]
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys

COMMANDS = {
    "python (empty)": ["-c", "pass"],
    "import assay": ["-c", "import assay"],
    "assay --help": ["-c", "import sys; sys.argv = ['assay', '--help']; from assay.cli import main; main()"],
}


def cpu_seconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(arguments.runs):  # in turn, so that a drift of the machine hits all alike
        for name, command in COMMANDS.items():
            times[name].append(cpu_seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    if arguments.json:
        print(json.dumps(medians))
    else:
        for name, seconds in medians.items():
            print(f"{name:16} {seconds:.3f} s of CPU")


if __name__ == "__main__":
    main()
