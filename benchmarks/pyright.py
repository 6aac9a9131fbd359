"""How fast programs are type-checked: a server that is kept, against pyright's command line once per file.

Both check the same generated programs with the same rules, in turns, so that a busy machine slows both.
Beside the wall clock stands the CPU time of all processes, which other people's load hardly moves.

A server's first programs are slower than the others, since Node.js compiles pyright meanwhile: they are
reported apart (`cold`), and the bars are for those that follow.

python benchmarks/pyright.py [--programs 200] [--cold 100] [--commands 5] [--json]
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from assay_verifiers.code.static import TypeChecker

FILES_PER_SECOND = 15
TIMES_THE_COMMAND = 30
QUIET = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
"""With it the command does not ask the package index for its newest version."""

BODIES = (
    "    total = 0\n    for i, value in enumerate({a}):\n        total += value * {n} if i % 2 else -value\n"
    "    return total\n",
    "    seen: dict[int, int] = {{}}\n    for i, value in enumerate({a}):\n        if {n} - value in seen:\n"
    "            return i + seen[{n} - value]\n        seen[value] = i\n    return -1\n",
    "    heap: list[tuple[int, int]] = []\n    for i, value in enumerate({a}):\n"
    "        heapq.heappush(heap, (value, i))\n    return heap[{n} % len(heap)][0] if heap else 0\n",
    "    counts = Counter({a})\n    return sum(count for key, count in counts.items() if key > {n})\n",
    "    grid = [[0] * (len({a}) + 1) for _ in range({n})]\n    for i in range(1, {n}):\n"
    "        for j, value in enumerate({a}):\n            grid[i][j + 1] = max(grid[i - 1][j + 1], value)\n"
    "    return grid[-1][-1]\n",
    "    queue = deque({a})\n    while queue and queue[0] < {n}:\n        queue.append(queue.popleft() + 1)\n"
    "    return len(queue)\n",
)
HEAD = "import heapq\nimport sys\nfrom collections import Counter, deque\n\n\n"
MAIN = "def main() -> None:\n    values = [int(word) for word in sys.stdin.read().split()]\n"


def program(rng: random.Random) -> str:
    """About twenty lines: a function, and a main that reads, calls and prints; every fourth call is wrong."""
    body = rng.choice(BODIES).format(a="values", n=rng.randint(2, 50))
    argument = "str(values)" if rng.random() < 1 / 4 else "values"
    solve = f"def solve(values: list[int]) -> int:\n{body}\n\n"
    return f"{HEAD}{solve}{MAIN}    print(solve({argument}))\n\n\nmain()\n"


def command(source: str, folder: Path) -> tuple[float, float, bool]:
    """Wall and CPU seconds of the command line for one file, and whether it found nothing."""
    (folder / "main.py").write_text(source, encoding="utf-8")
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "main.py"], cwd=folder, env=QUIET, capture_output=True, check=False
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.returncode == 0


def used(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--cold", type=int, default=100)
    parser.add_argument("--commands", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rng = random.Random(0)
    programs = [program(rng) for _ in range(arguments.programs)]

    checker = TypeChecker()
    started = time.perf_counter()
    checker.start()
    start = time.perf_counter() - started
    pid = checker.server.pid
    assert pid is not None
    cold = -used(pid) - time.process_time()
    for _ in range(arguments.cold):
        checker.counting(program(rng))
    cold += used(pid) + time.process_time()
    every = max(1, len(programs) // arguments.commands)
    walls, commands, wrong = [], [], 0
    cpu = -used(pid) - time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', encoding="utf-8")
        for index, source in enumerate(programs):
            began = time.perf_counter()
            right = not checker.counting(source)
            walls.append(time.perf_counter() - began)
            wrong += not right
            if index % every == 0 and len(commands) < arguments.commands:
                *spent, agrees = command(source, folder)
                assert agrees == right, f"the command line disagrees:\n{source}"
                commands.append(spent)
    cpu += used(pid) + time.process_time()
    memory = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    checker.close()

    one_wall, one_cpu = (median(spent[i] for spent in commands) for i in (0, 1))
    report = {
        "programs": len(programs),
        "wrong": wrong,
        "start_seconds": start,
        "cold_files_per_cpu_second": arguments.cold / cold,
        "files_per_second": len(programs) / sum(walls),
        "files_per_cpu_second": len(programs) / cpu,
        "median_ms": median(walls) * 1000,
        "command_seconds": one_wall,
        "command_cpu_seconds": one_cpu,
        "times_the_command": one_wall * len(programs) / sum(walls),
        "times_the_command_cpu": one_cpu * len(programs) / cpu,
        "server_mb": memory,
    }
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:26} {value:10.2f}" if isinstance(value, float) else f"{key:26} {value:10}")
    reached = (
        report["files_per_cpu_second"] >= FILES_PER_SECOND
        and report["times_the_command_cpu"] >= TIMES_THE_COMMAND
    )
    bars = f"{FILES_PER_SECOND} files/s and {TIMES_THE_COMMAND} times the command"
    print(f"at least {bars}, by CPU time: {reached}", file=sys.stderr)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
