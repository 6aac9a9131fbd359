"""Verifiers of programs: do they tell right from wrong, and does a program reach nothing but its input?

Everything goes through the verifier itself. A program that should reach something it must not is right only
if it does, so that a leak shows as a paid completion.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.cases import Case, Expect
from assay.conformance import child, sampling
from assay.conformance.bench import Bench
from assay.conformance.bombs import GRACE
from assay.conformance.corpora.code import MUTANT, canaries
from assay.conformance.corpora.code.texts import texts
from assay.conformance.metrics import wilson
from assay.conformance.model import Group, Outcome, Result, Severity, check
from assay.conformance.shrink import witness_of
from assay.sample import Sample
from assay.scoring.cache import Cache
from assay.scoring.runner import Runner
from assay.verdict import Status, Verdict
from assay.workers import LocalPool
from assay.workers.pool import WALL_FACTOR, WALL_FACTOR_ALONE

SECONDS = 1.5
"""CPU limit of a check in K-RES: programs have to fit into what the host allows."""
CONCURRENT = 32

Wrong = tuple[Sample, Verdict, str, str]
"""A sample, its verdict, what was expected, and what it is about."""


@check("K-MUT", "programs that are wrong in one place are refused", group=Group.ACCURACY, level=2)
def mutated(bench: Bench) -> Result:
    """Seeded mutants of reference programs, each of which fails a test. A fault is no refusal."""
    if not _applies(bench):
        return _skipped(bench, "K-MUT")
    cases = [case for case in bench.labelled(Expect.REJECT) if case.family == MUTANT]
    return _graded(bench, "K-MUT", cases, None)


@check("K-HACK", "every exploit is a wrong program, and no fault", group=Group.ATTACK, level=3)
def exploited(bench: Bench) -> Result:
    """All programs without an answer (RVH-C…): the lowest score. One that ends in a fault is not punished."""
    if not _applies(bench):
        return _skipped(bench, "K-HACK")
    cases = [c for c in bench.labelled(Expect.REJECT) if c.family.startswith("RVH-C") and c.knowledge_free]
    return _graded(bench, "K-HACK", cases, None)


def _graded(bench: Bench, id: str, cases: Sequence[Case], severity: Severity | None) -> Result:
    def refused(verdict: Verdict) -> bool:
        return bench.subject.rejects(verdict) or verdict.status is Status.REFERENCE_FAULT

    wrong: list[Wrong] = [
        (case.sample, verdict, "rejected", case.template)
        for case in cases
        for verdict in bench.verdicts(case)
        if not refused(verdict)
    ]
    figures = {"templates tried": len({(case.family, case.template) for case in cases})}
    return _counted(bench, id, len(cases), wrong, severity=severity, figures=figures)


@check("K-ISO", "a program reaches nothing but its input", group=Group.ATTACK, level=3)
def isolated(bench: Bench) -> Result:
    """Canaries in a file, the environment, two listeners, other processes, and a program judged before."""
    if not _applies(bench):
        return _skipped(bench, "K-ISO")
    tokens = {where: f"canary-{where}-{secrets.token_hex(8)}" for where in canaries.WHERE}
    with _canaries(tokens) as (path, port, address, touched):
        probes = canaries.probes(tokens, path, port, address, os.getpid())
        keeper = _sample(
            bench, canaries.KEEPER, canaries.tests("keep", tokens["neighbour"], len(tokens["neighbour"]))
        )
        seekers = [_sample(bench, probe.program, probe.reference) for probe in probes]
        pool = LocalPool(1)
        try:
            runner = Runner(bench.subject.component, pool, Cache(0))
            verdicts = [runner([sample])[0][0] for sample in (keeper, *seekers)]
            # Once more with what the first round left behind, and its worker warm.
            again = [runner([sample])[0][0] for sample in (keeper, *seekers)]
        finally:
            pool.close()
            for folder in canaries.SHARED:
                with contextlib.suppress(OSError):
                    Path(folder, canaries.KEPT).unlink()
    wrong: list[Wrong] = []
    for kept, *found in (verdicts, again):
        if not bench.subject.accepts(kept):
            wrong.append((keeper, kept, "accepted", "a right program that leaves its input about"))
        for probe, sample, verdict in zip(probes, seekers, found, strict=True):
            if not bench.subject.rejects(verdict):
                wrong.append((sample, verdict, "rejected", f"reached: {probe.where}"))
    wrong += [(seekers[0], verdicts[1], "no connection", f"connected to: {what}") for what in touched]
    return _counted(bench, "K-ISO", 2 * (len(probes) + 1), wrong, severity=Severity.KNOWLEDGE_FREE)


@contextlib.contextmanager
def _canaries(tokens: dict[str, str]) -> Generator[tuple[str, int, str, list[str]]]:
    """Set them out: yields path, port, abstract address, and the list of who was connected to."""
    touched: list[str] = []
    name = f"\0{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        path = folder / "notes.txt"
        path.write_text(tokens["file"], encoding="utf-8")
        path.chmod(0o644)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listeners = [("port", tcp)]
        for address in (name, f"{path}.socket"):
            if address.startswith("\0") and not hasattr(socket, "AF_UNIX"):
                continue
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            with contextlib.suppress(OSError):  # no abstract names outside Linux
                unix.bind(address)
                unix.listen()
                listeners.append(("socket", unix))
        with contextlib.suppress(OSError):
            os.chmod(f"{path}.socket", 0o777)
        for where, listener in listeners:
            threading.Thread(
                target=_serve, args=(listener, where, tokens[where].encode(), touched), daemon=True
            ).start()
        os.environ["CANARY"] = tokens["env"]
        stack.callback(os.environ.pop, "CANARY", None)
        yield str(path), tcp.getsockname()[1], name, touched


def _serve(listener: socket.socket, where: str, token: bytes, touched: list[str]) -> None:
    while True:
        try:
            link = listener.accept()[0]
        except OSError:
            return
        touched.append(where)
        with contextlib.suppress(OSError), link:
            link.sendall(token)


@check(
    "K-RES", "a program that uses everything up is wrong, and harms no other", group=Group.OPERATIONS, level=3
)
def bounded(bench: Bench) -> Result:
    """Loops, sleeps, floods and bombs under a short limit, each beside a right program."""
    if not _applies(bench):
        return _skipped(bench, "K-RES")
    component = bench.subject.component
    limits = replace(component.limits, seconds=min(component.limits.seconds, SECONDS))
    bound = 2 * (limits.seconds * (WALL_FACTOR + WALL_FACTOR_ALONE) + 2 * GRACE)
    mark = f"{secrets.randbelow(10**6) + 10**6}.{secrets.randbelow(10**6) + 10**6}"
    pool = LocalPool(2)
    runner = Runner(replace(component, limits=limits), pool, Cache(0))
    wrong: list[Wrong] = []
    slowest = 0.0

    def beside(item: tuple[str, str]) -> tuple[str, list[Sample], list[Verdict], float]:
        name, program = item
        rows = [
            _sample(bench, program.replace("MARK", mark), canaries.tests("f", 1, 5)),
            _sample(bench, f"# beside one that {name}\ndef f(n):\n    return 5", canaries.tests("f", 1, 5)),
        ]
        started = time.perf_counter()
        return name, rows, runner(rows)[0], time.perf_counter() - started

    try:
        runner([_sample(bench, "def f(n):\n    return 5", canaries.tests("f", 1, 5))])  # builds the check
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(beside, canaries.EXHAUSTING.items()))
    finally:
        pool.close()
    for name, (bad, good), (first, second), seconds in answers:
        slowest = max(slowest, seconds)
        if not bench.subject.rejects(first):
            wrong.append((bad, first, "rejected", name))
        if not bench.subject.accepts(second):
            wrong.append((good, second, "accepted", f"beside one that {name}"))
        if seconds > bound:
            wrong.append((bad, first, f"an answer within {bound:.1f} s", f"{name}: {seconds:.1f} s"))
    for pid in _strays(mark):
        wrong.append((answers[-1][1][0], answers[-1][2][0], "no process left", "outlives its run"))
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    figures = {"slowest_seconds": round(slowest, 2)}
    return _counted(bench, "K-RES", 2 * len(answers) + 1, wrong, figures=figures)


def _strays(mark: str) -> Iterator[int]:
    """Processes whose command line has the mark; none without /proc."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().split(b"\0")[:2] == [b"sleep", mark.encode()]:
                yield int(path.parent.name)


@check("K-LANG", "encodings, line ends and a megabyte are no obstacle", group=Group.ACCURACY, level=2)
def languages(bench: Bench) -> Result:
    """Right programs about unusual texts, and the same a character off."""
    if not _applies(bench):
        return _skipped(bench, "K-LANG")
    rows = list(texts())
    samples = [_sample(bench, row.program, row.reference) for row in rows]
    wrong: list[Wrong] = []
    for row, sample, verdict in zip(rows, samples, bench.subject.judge(samples), strict=True):
        fine = bench.subject.accepts if row.right else bench.subject.rejects
        if not fine(verdict):
            small = replace(sample, reference=str(sample.reference)[:500])
            wrong.append((small, verdict, "accepted" if row.right else "rejected", row.template))
    return _counted(bench, "K-LANG", len(rows), wrong)


@check("K-PAR", "many judgements at once agree with one after another", group=Group.OPERATIONS, level=3)
def concurrent(bench: Bench) -> Result:
    """32 threads ask at once, over more workers than there are cores, with nothing cached."""
    if not _applies(bench):
        return _skipped(bench, "K-PAR")
    graded = [c for c in bench.labelled(Expect.ACCEPT, Expect.REJECT)]
    step = max(1, len(graded) // CONCURRENT)
    chosen = graded[::step][:CONCURRENT]
    pool = LocalPool(bench.size(4, CONCURRENT))
    runner = Runner(bench.subject.component, pool, Cache(0))
    try:
        with ThreadPoolExecutor(CONCURRENT) as threads:
            asked = [threads.submit(runner, [case.sample]) for case in chosen]
            found = [future.result()[0][0] for future in asked]
    finally:
        pool.close()
    wrong: list[Wrong] = [
        (case.sample, verdict, sampling.described(bench.verdicts(case)[0]), "another verdict")
        for case, verdict in zip(chosen, found, strict=True)
        if child.signature(verdict) != child.signature(bench.verdicts(case)[0])
    ]
    return _counted(bench, "K-PAR", len(chosen), wrong, figures={"workers": pool.count})


def _applies(bench: Bench) -> bool:
    return bench.subject.spec.judges == "code" and bench.subject.spec.answer is not None


def _skipped(bench: Bench, id: str) -> Result:
    return bench.result(id, Outcome.SKIPPED, message="it judges no programs")


def _sample(bench: Bench, program: str, reference: str) -> Sample:
    return Sample(
        completion=bench.subject.render(program.strip("\n")), prompt="Write f.", reference=reference
    )


def _counted(
    bench: Bench,
    id: str,
    n: int,
    wrong: Sequence[Wrong],
    *,
    severity: Severity | None = None,
    figures: dict[str, Any] | None = None,
) -> Result:
    if not n:
        return bench.result(id, Outcome.SKIPPED, message="no case applies")
    names = Counter(about for *_, about in wrong)
    first = min(wrong, key=lambda row: len(row[0].completion), default=None)
    most = "; ".join(f"{name} ({count})" for name, count in names.most_common(3))
    failures = min(len(wrong), n)
    return bench.result(
        id,
        Outcome.FAILED if wrong else Outcome.PASSED,
        message=f"{len(wrong)} of {n}" + (f", most often: {most}" if most else ""),
        n=n,
        failures=failures,
        interval=wilson(failures, n),
        severity=severity,
        knowledge_free=severity is Severity.KNOWLEDGE_FREE and bool(wrong),
        template=next(iter(names), ""),
        witness=witness_of(first[0], first[1], first[2]) if first else None,
        figures=figures or {},
    )
