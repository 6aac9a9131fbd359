"""What isolation costs: warm sandboxes against a bare interpreter and against one jail per run, interleaved.

    python benchmarks/sandbox.py                    # CPU and latency per program, start of a zygote
    python benchmarks/sandbox.py --soak 10000       # growth over mixed jobs
    python benchmarks/sandbox.py --mode landlock

Every contender lives in a process of its own and takes turns with the others, so that all see the same load.
CPU is that of this process and all below it: from a control group under root, else from wait(2) and /proc.
Under root, firejail needs an ordinary account in ASSAY_SANDBOX_USER.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from assay.sandbox import Program, ProgramLimits, SandboxRequest
from assay_plugins.sandbox import accounts
from assay_plugins.sandbox.opening import open_here

SOURCE = b"""\
import sys

def parse(text):
    return [int(word) for word in text.split()]

def solve(numbers):
    return sorted(set(numbers))[-2]

print(solve(parse(sys.stdin.read())))
"""
NUMPY = SOURCE.replace(b"import sys", b"import sys\nimport numpy as np").replace(
    b"sorted(set(numbers))", b"np.unique(numbers)"
)
CALLER = b"""\
import socket
s = socket.socket(fileno=3)
for numbers in ("3 1 2",) * 5:
    s.sendall(numbers.encode())
    assert s.recv(9) == b"2"
"""
CALLED = b"""\
import socket
s = socket.socket(fileno=3)
while text := s.recv(99).decode():
    s.sendall(b"%d" % sorted({int(word) for word in text.split()})[-2])
"""
_OPEN_FOLDER = "/srv" if os.access("/srv", os.W_OK) else None
"""firejail hides the temporary folders and homes."""
STDIN, EXPECTED = b"5 3 9 9 1\n", b"5\n"


def contender(name: str, mode: str | None, folder: Path) -> Callable[[], None]:
    """What one contender does for one program; raises when the answer is wrong."""
    python = accounts.interpreters()[0]
    source = NUMPY if "numpy" in name else SOURCE
    path = folder / f"{name.replace(' ', '-')}.py"
    path.write_bytes(source)
    if name.startswith("sandbox"):
        opened = open_here(SandboxRequest(mode=mode))
        if name == "sandbox pair":
            pair = [Program(argv=("python", "m.py"), files={"m.py": text}) for text in (CALLER, CALLED)]

            def run_pair() -> None:
                assert all(done.ok for done in opened.pair(*pair))

            return run_pair
        program = Program(argv=("python", "m.py"), files={"m.py": source}, stdin=STDIN)

        def run() -> None:
            assert opened.run(program).stdout == EXPECTED

        return run
    jail = {
        "python3 file": [],
        "python3 file, numpy": [],
        "firejail per run": [
            "firejail", "--quiet", "--noprofile", "--net=none", "--private", "--private-dev",
            "--ipc-namespace", "--nogroups", "--caps.drop=all", "--nonewprivs", "--seccomp",
            "--rlimit-nproc=64", "--rlimit-as=536870912", "--",
        ],
        "bubblewrap per run": [
            "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
            "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind", str(path), str(path), "--",
        ],
    }[name]  # fmt: skip
    who = accounts.account()
    assert who is not None
    become = {"user": who.user, "group": who.group, "extra_groups": []} if who.change else {}
    environment = {"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"}
    if "numpy" in name:
        environment["PYTHONPATH"] = ":".join({os.path.dirname(package) for package in python.packages})

    def run_process() -> None:
        done = subprocess.run(
            [*jail, python.executable, str(path)],
            input=STDIN, capture_output=True, env=environment, check=False, **become,
        )  # fmt: skip
        assert done.stdout == EXPECTED, done

    return run_process


def worker(name: str, mode: str | None, folder: Path) -> None:
    """Run as many programs as each line of standard input says; answer with latencies and CPU."""
    run = contender(name, mode, folder)
    for _ in range(3):
        run()
    print("ready", flush=True)
    for line in sys.stdin:
        before, latencies = cpu_below(), []
        for _ in range(int(line)):
            started = time.perf_counter()
            run()
            latencies.append(time.perf_counter() - started)
        print(json.dumps({"latencies": latencies, "cpu": cpu_below() - before}), flush=True)


def cpu_below() -> float:
    """CPU-seconds of this process, of what it has buried, and of what runs below it."""
    used = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in (0, -1))
    for process in psutil.Process().children(recursive=True):
        try:
            used += sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return used


@contextmanager
def control_group() -> Iterator[Path | None]:
    """A group that counts CPU exactly, version 1 or 2; None when we may not make one."""
    for root, probe in (
        (Path("/sys/fs/cgroup/cpuacct"), "cpuacct.usage"),
        (Path("/sys/fs/cgroup"), "cpu.stat"),
    ):
        folder = root / f"assay-benchmark-{os.getpid()}-{time.monotonic_ns()}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            if (folder / probe).exists():
                yield folder / probe
                return
        finally:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except OSError:
                    time.sleep(0.1)
    yield None


def read_group(file: Path) -> float:
    text = file.read_text(encoding="ascii")
    if file.name == "cpuacct.usage":
        return int(text) / 1e9
    return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e6


class Contender:
    """A worker process and what it has measured so far."""

    def __init__(self, name: str, mode: str | None, folder: Path, group: Path | None) -> None:
        self.name, self.group = name, group
        command = [sys.executable, __file__, "--worker", name, "--folder", str(folder)]
        self.process = subprocess.Popen(
            [*command, *(["--mode", mode] if mode else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if group is not None:
            (group.parent / "cgroup.procs").write_text(str(self.process.pid), encoding="ascii")
        self.latencies: list[float] = []
        self.cpu: list[float] = []
        assert self.process.stdin and self.process.stdout
        self.works = self.process.stdout.readline() == "ready\n"

    def turn(self, programs: int) -> None:
        assert self.process.stdin and self.process.stdout
        before = read_group(self.group) if self.group else 0.0
        print(programs, file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        cpu = read_group(self.group) - before if self.group else answer["cpu"]
        self.latencies += answer["latencies"]
        self.cpu.append(cpu / programs)

    def end(self) -> str:
        return self.process.communicate()[1]

    def summary(self) -> dict[str, float]:
        latencies = sorted(self.latencies)
        return {
            "cpu_ms": 1000 * statistics.median(self.cpu),
            "per_core_second": 1 / statistics.median(self.cpu),
            "median_ms": 1000 * statistics.median(latencies),
            "p5_ms": 1000 * latencies[len(latencies) // 20],
        }


CONTENDERS = (
    "python3 file",
    "firejail per run",
    "bubblewrap per run",
    "sandbox",
    "sandbox pair",
    "python3 file, numpy",
    "sandbox, numpy",
)


def compare(mode: str | None, rounds: int, programs: int) -> dict[str, object]:
    """All contenders in turns, then the start of zygotes."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_OPEN_FOLDER)))
        folder.chmod(0o755)
        there = [n for n in CONTENDERS if not n.startswith("firejail") or shutil.which("firejail")]
        there = [n for n in there if not n.startswith("bubblewrap") or shutil.which("bwrap")]
        running: list[Contender] = []
        for name in there:
            contender = Contender(name, mode, folder, stack.enter_context(control_group()))
            if contender.works:
                stack.callback(contender.end)
                running.append(contender)
            else:
                print(f"{name} does not work here: {contender.end()[-300:]}")
        for _ in range(rounds):
            for contender in running:
                contender.turn(programs if "per run" not in contender.name else max(1, programs // 4))
        results: dict[str, object] = {each.name: each.summary() for each in running}
    starts: list[float] = []
    for _ in range(10):
        started = time.perf_counter()
        opened = open_here(SandboxRequest(mode=mode))
        starts.append(time.perf_counter() - started)
        description = opened.description
        opened.close()
    results["start_ms"] = 1000 * statistics.median(starts)
    results["sandbox_is"] = description
    return results


def report(results: dict[str, object]) -> None:
    rows = {name: row for name, row in results.items() if isinstance(row, dict)}
    print(f"{results['sandbox_is']}\n")
    print(f"{'':22}{'CPU ms':>9}{'per core-s':>12}{'median ms':>11}{'p5 ms':>8}")
    for name, row in rows.items():
        print(
            f"{name:22}{row['cpu_ms']:9.2f}{row['per_core_second']:12.0f}{row['median_ms']:11.2f}{row['p5_ms']:8.2f}"
        )

    def ratio(slow: str, fast: str, key: str) -> float:
        return rows[slow][key] / rows[fast][key] if slow in rows and fast in rows else float("nan")

    bars = [
        ("programs per core-second", rows["sandbox"]["per_core_second"], 300, 1),
        ("CPU of python3 file / sandbox", ratio("python3 file", "sandbox", "cpu_ms"), 3.5, 1),
        ("CPU of firejail per run / sandbox", ratio("firejail per run", "sandbox", "cpu_ms"), 6, 1),
        ("median of firejail per run / sandbox", ratio("firejail per run", "sandbox", "median_ms"), 15, 1),
        (
            "CPU of numpy: python3 file / sandbox",
            ratio("python3 file, numpy", "sandbox, numpy", "cpu_ms"),
            30,
            1,
        ),
        ("pairs per core-second", rows["sandbox pair"]["per_core_second"], 150, 1),
        ("start of a zygote, ms", float(str(results["start_ms"])), 250, -1),
    ]
    print()
    for name, value, bar, sign in bars:
        verdict = "met" if value * sign >= bar * sign else "MISSED"
        print(f"{name:38}{value:9.1f}   {'at least' if sign > 0 else 'at most'} {bar}: {verdict}")


def soak(mode: str | None, jobs: int) -> dict[str, dict[str, int]]:
    """Mixed jobs on one sandbox, with what must not grow, at a tenth of the way and at the end."""
    crash = b"import ctypes\nctypes.string_at(0)"
    sources = [SOURCE, b"1/0", crash, b"import os\nos._exit(3)", b"x = (", b"import os\nos.abort()",
               b"import threading\nthreading.Thread(target=print).start()", b"print('x' * 2 * 10**6)",
               b"open('f', 'w').write('x' * 10**6)", b"import os\nfor n in range(300): os.mkdir(str(n))",
               b"x = bytearray(2**31)", b"import os\nos.fork()", NUMPY]  # fmt: skip
    programs = [Program(argv=("python", "m.py"), files={"m.py": text}, stdin=STDIN) for text in sources]
    programs.append(
        Program(argv=("sh", "-c", "sleep 600 & echo"), limits=ProgramLimits(processes=4, seconds=1))
    )
    opened = open_here(SandboxRequest(mode=mode))

    def measure() -> dict[str, int]:
        below = [p for p in psutil.Process().children(recursive=True)]
        return {
            "descriptors": len(os.listdir("/proc/self/fd")),
            "descriptors_below": sum(p.num_fds() for p in below),
            "memory_mb": psutil.Process().memory_info().rss >> 20,
            "memory_below_mb": sum(p.memory_info().rss for p in below) >> 20,
            "processes": len(below),
            "zombies": sum(p.status() == psutil.STATUS_ZOMBIE for p in psutil.process_iter()),
            "temporary_files": len(os.listdir("/tmp")) + len(os.listdir("/dev/shm")),
        }

    found: dict[str, dict[str, int]] = {}
    started = time.perf_counter()
    for n in range(jobs):
        opened.run(programs[n % len(programs)])
        if n + 1 in (jobs // 10, jobs):
            found[f"after {n + 1}"] = measure()
    opened.close()
    print(f"{jobs} jobs, {(time.perf_counter() - started) / jobs * 1000:.2f} ms each; {opened.description}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", help="how to isolate; default: the first that works")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--programs", type=int, default=20, help="programs per round and contender")
    parser.add_argument("--soak", type=int, metavar="JOBS", help="run that many mixed jobs instead")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker, arguments.mode, arguments.folder)
    elif arguments.soak:
        for name, row in soak(arguments.mode, arguments.soak).items():
            print(f"{name:14}", json.dumps(row))
    else:
        results = compare(arguments.mode, arguments.rounds, arguments.programs)
        print(json.dumps(results, indent=2)) if arguments.json else report(results)


if __name__ == "__main__":
    main()
