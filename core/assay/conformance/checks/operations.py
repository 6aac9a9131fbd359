"""What a plugin does to the process, the machine and the run around it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.conformance import bombs, child, procfs, sampling
from assay.conformance.child import Stand
from assay.conformance.model import EVERY, Group, Outcome, Result, Witness, check
from assay.conformance.saboteurs import Dies, Raises, Sleeps
from assay.scoring.cache import Cache
from assay.scoring.component import Component
from assay.scoring.runner import Runner
from assay.specs import CheckSpec, Isolation
from assay.verdict import Status
from assay.workers import LocalPool
from assay.workers.pool import WALL_FACTOR, WALL_FACTOR_ALONE

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

GROWTH_MB = (8, 32)
"""How much a process may grow over 500 (quick) and 5,000 (full) calls, in MiB."""

SECRET = "918273645546372819"
"""A reference that occurs nowhere else."""

_TRACE = "ASSAY_TEXT_WAS_RUN"
PROGRAMS = {
    "a Python expression": f"__import__('os').environ.setdefault('{_TRACE}', '1')",
    "a Python program": f"```python\nimport os\nos.environ.setdefault('{_TRACE}', '1')\n```",
    "a YAML tag": f"!!python/object/apply:os.putenv ['{_TRACE}', '1']",
}
"""Texts that set an environment variable where they are evaluated: by `eval`, SymPy's `sympify`, …"""


# --- what runs in the child ---------------------------------------------------------------------


def probe_memory(stand: Stand) -> dict[str, Any] | None:
    """Call it with ever new texts; returns by how much the process has grown, None without /proc."""
    calls, budget = (5000, 60.0) if stand.full else (500, 1.5)
    number = 0

    def some(count: int, until: float) -> None:
        nonlocal number
        for _ in range(count):
            sample = stand.samples[number % len(stand.samples)]
            stand.judge([replace(sample, completion=f"{sample.completion} {number}")])
            number += 1
            if time.perf_counter() > until:
                break

    some(50, time.perf_counter() + 0.5)
    gc.collect()
    before, first = procfs.status(), number
    some(calls, time.perf_counter() + budget)
    gc.collect()
    after = procfs.status()
    if before is None or after is None:
        return None
    return {"calls": number - first} | {name: after[name] - before[name] for name in before}


def probe_secret(stand: Stand) -> list[str]:
    """Judge against a distinctive reference while logs are kept; returns where it turned up."""
    from assay.conformance import trace

    records = trace.collect_records()
    found: list[str] = []
    for sample in stand.samples:
        try:
            verdict = stand.judge([replace(sample, reference=SECRET)])[0]
        except Exception:  # what the check makes of such a reference is another check's business
            continue
        if SECRET in verdict.reason and SECRET not in sample.completion:
            found.append(f"the reference is in the reason: {verdict.reason[:200]}")
    return found + [f"the reference is logged: {text[:200]}" for text in records if SECRET in text]


def probe_programs(stand: Stand) -> list[tuple[str, str]]:
    """Judge texts that are programs; returns which of them were run in this process: name and text."""
    seen: list[object] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.putenv" and os.fsencode(arguments[0]) == _TRACE.encode():
            seen.append(event)

    sys.addaudithook(hook)  # for good, and it costs next to nothing
    found: list[tuple[str, str]] = []
    for name, program in PROGRAMS.items():
        for form, text in bombs.forms(stand.spec, program):
            stand.judge([replace(stand.samples[0], completion=text)])
            if seen:
                found.append((f"{name} ({form})", text))
                seen.clear()
                os.environ.pop(_TRACE, None)
    return found


PROBES: tuple[child.Probe, ...] = (probe_memory, probe_secret, probe_programs)


def probe_cancel(stand: Stand) -> None:
    """Score something that never ends, over workers, until a KeyboardInterrupt."""
    before = procfs.programs()  # of the check that this process has built, and still has
    spec = replace(stand.spec, factory=Sleeps(), prepare=None)
    component = _with(stand.component, spec, 30.0)
    pool = LocalPool(2)
    runner = Runner(component, pool, Cache(0))

    # What a script starts in the background ignores it, and so do the children of that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main, ended = threading.get_ident(), threading.Event()

    def interrupt() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (procfs.status() or {}).get("children"):
            time.sleep(0.1)
        time.sleep(1.0)  # let the workers take their work
        # To the thread that waits, which another one cannot wake; and again, as one who sees nothing happen:
        # Python drops an interrupt that comes while an object is being finalised
        while not ended.is_set():
            signal.pthread_kill(main, signal.SIGINT)
            ended.wait(5.0)

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.perf_counter()
    with contextlib.suppress(KeyboardInterrupt):
        try:
            runner(stand.samples)
        finally:
            ended.set()
    stand.send("interrupted after", time.perf_counter() - started)
    pool.close()
    stand.send("children", [line for line in procfs.programs() if line not in before])


def _with(component: Component, spec: CheckSpec, seconds: float) -> Component:
    """The component with another spec, in worker processes, under a time limit."""
    return replace(
        component,
        name=f"{component.name} with {type(spec.factory).__name__}",
        provided=replace(
            component.provided, spec=replace(spec, name=f"{spec.name}_{type(spec.factory).__name__}")
        ),
        limits=replace(component.limits, seconds=seconds),
        isolation=Isolation.PROCESS,
    )


# --- what the bench asks ------------------------------------------------------------------------


def _found(bench: Bench, check_id: str, problems: Sequence[str], n: int, **fields: Any) -> Result:
    outcome = Outcome.FAILED if problems else Outcome.PASSED
    message = "; ".join(dict.fromkeys(problems[:3]))[:600]
    return bench.result(check_id, outcome, message=message, n=n, failures=len(problems), **fields)


@check("O-BOMB", "no text holds it up for longer than its limit", group=Group.OPERATIONS, level=3)
def bombs_end(bench: Bench) -> Result:
    """Time each bomb from outside.

    In a fresh process goes what runs in the trainer's: inline checks, and `prepare` of the others, from
    the main thread and from another. What runs in workers is then timed through the host.
    """
    component = bench.subject.component
    seconds = min(component.limits.seconds, bombs.BOMB_SECONDS)
    component = replace(component, limits=replace(component.limits, seconds=seconds))
    bound = bombs.bound_of(component)
    base = sampling.one(bench)
    texts = {
        f"{name} ({form})": text
        for name, bomb in bombs.bombs(bench.full).items()
        for form, text in bombs.forms(bench.subject.spec, bomb)
        if len(text) <= component.limits.max_chars
    }
    try:
        findings = child.run(
            component, [base], (bombs.probe_bombs,), full=bench.full, timeout=60 + len(texts)
        )
    except Exception as error:
        return bench.result(
            "O-BOMB", Outcome.FAILED, message=f"it cannot be sent to another process: {error}"
        )
    took = {label: value for label, value in findings.values.items() if label in texts}
    slow = {label: f"{label}: {value:.1f} s" for label, value in took.items() if value > bound}
    if findings.lost:
        label = findings.lost.partition(":")[0]
        slow[label] = f"{label}: no answer within {bound + 1:.1f} s" if label in texts else findings.lost
    elif bombs.probe_bombs.__name__ not in findings.values:
        return sampling.unanswered(bench, "O-BOMB", findings, bombs.probe_bombs.__name__)
    if not slow and component.isolation is Isolation.PROCESS:
        # On a loaded machine the wall clock ends a check first, and it gets its second try alone.
        bound = component.limits.seconds * (WALL_FACTOR + WALL_FACTOR_ALONE) + 2 * bombs.GRACE
        runner = Runner(component, bench.subject.pool, Cache(0))
        took, slow = bombs.time_in_workers(runner, base, texts, bound, bench.size(1, 3))
    first = next(iter(slow), "")
    witness = Witness(
        completion=texts.get(first, ""),
        reference=base.reference,
        prompt=base.prompt,
        expected=f"an answer within {bound:.1f} s",
        got=slow.get(first, ""),
    )
    figures = {"slowest_seconds": max(took.values(), default=0.0), "bound_seconds": bound}
    return _found(
        bench, "O-BOMB", list(slow.values()), len(texts), witness=witness if slow else None, figures=figures
    )


@check("O-HANG", "one that hangs hurts no other", group=Group.OPERATIONS, level=0, full_only=True)
def hang(bench: Bench) -> Result:
    """Put a check that sleeps for ever among the samples; the others' verdicts must be as without it."""
    component, spec = bench.subject.component, bench.subject.spec
    if component.isolation is Isolation.INLINE or sampling.is_group(bench):
        return bench.result("O-HANG", Outcome.SKIPPED, message="it runs inline, or by whole groups")
    samples = sampling.harmless(bench)[:4]
    marker = "a completion that hangs"
    hanging = _with(component, replace(spec, factory=Sleeps(spec.factory, marker), prepare=None), 2.0)
    plain = _with(component, replace(spec, prepare=None), 2.0)
    alone = Runner(plain, bench.subject.pool, Cache(0))(samples)[0]
    runner = Runner(hanging, bench.subject.pool, Cache(0))
    beside = runner([*samples[:2], replace(samples[0], completion=marker), *samples[2:]])[0]
    hung = beside.pop(2)
    harmed = [
        f"{sampling.described(b)} beside one that hangs, {sampling.described(a)} without"
        for a, b in zip(alone, beside, strict=True)
        if child.signature(a) != child.signature(b)
    ]
    message = "; ".join(harmed) or f"the one that hangs: {sampling.described(hung)}"
    return bench.result(
        "O-HANG", Outcome.REPORTED, message=message[:600], n=len(samples), failures=len(harmed)
    )


@check(
    "O-MEM",
    "memory, descriptors, threads and children do not grow",
    group=Group.OPERATIONS,
    level=3,
    kinds=EVERY,
)
def memory(bench: Bench) -> Result:
    """Call it hundreds of times with new texts, in a process of its own."""
    findings = sampling.main_run(bench)
    if "probe_memory" not in findings.values:
        return sampling.unanswered(bench, "O-MEM", findings, "probe_memory")
    grown = findings.values["probe_memory"]
    if grown is None:
        return bench.result("O-MEM", Outcome.SKIPPED, message="this system has no /proc")
    calls = grown["calls"]
    allowed = bench.size(*GROWTH_MB)
    problems = [f"{grown['mb']:.0f} MiB more after {calls} calls"] if grown["mb"] > allowed else []
    for name, spare in (("descriptors", 2), ("threads", 0), ("children", 0)):
        if grown[name] > spare:
            problems.append(f"{grown[name]:.0f} {name} more after {calls} calls")
    return _found(bench, "O-MEM", problems, calls, figures=grown)


@check("O-SIDE", "the process around it stays as it is", group=Group.OPERATIONS, level=3, kinds=EVERY)
def side_effects(bench: Bench) -> Result:
    """Compare environment, folder, locale, random states, filters, handlers, … before and after a use."""
    findings = sampling.main_run(bench)
    changed = findings.values.get("effects")
    if changed is None:
        return sampling.unanswered(bench, "O-SIDE", findings, "first calls")
    return _found(bench, "O-SIDE", [f"it changes: {name}" for name in changed], 1)


def _events(bench: Bench, check_id: str, kinds: Iterable[str]) -> Result:
    findings = sampling.main_run(bench)
    events = findings.values.get("events")
    if events is None:
        return sampling.unanswered(bench, check_id, findings, "first calls")
    return _found(bench, check_id, [what for _, kind, what in events if kind in kinds], 1)


@check("O-FS", "it writes no file and starts no program", group=Group.OPERATIONS, level=3, kinds=EVERY)
def files(bench: Bench) -> Result:
    """Watch one use by audit hook. What C libraries do by themselves is not seen."""
    return _events(bench, "O-FS", ("file", "process"))


@check("O-NET", "it opens no connection", group=Group.OPERATIONS, level=3, kinds=EVERY)
def network(bench: Bench) -> Result:
    """Watch one use by audit hook. What C libraries do by themselves is not seen."""
    return _events(bench, "O-NET", ("network",))


@check("O-EVAL", "no text is run as a program", group=Group.OPERATIONS, level=3, kinds=EVERY)
def programs(bench: Bench) -> Result:
    """Judge completions that are Python or YAML, and see whether the process that judges has run them."""
    findings = sampling.main_run(bench)
    ran: list[tuple[str, str]] | None = findings.values.get("probe_programs")
    if ran is None:
        return sampling.unanswered(bench, "O-EVAL", findings, "probe_programs")
    problems = [f"{name} was run" for name, _ in ran]
    expected = "judged as text: whoever writes completions could do anything in this process"
    witness = Witness(completion=ran[0][1], expected=expected, got=problems[0]) if ran else None
    tried = len(PROGRAMS) * (2 if bench.subject.spec.answer else 1)
    return _found(bench, "O-EVAL", problems, tried, witness=witness)


@check("O-FAIL", "an injected failure never becomes a score", group=Group.OPERATIONS, level=3)
def injected(bench: Bench) -> Result:
    """A check that raises is a CHECKER_FAULT; in a full run, a lost worker is an INFRA_FAULT."""
    spec, component = bench.subject.spec, bench.subject.component
    samples = sampling.harmless(bench)[:2]
    raising = _with(component, replace(spec, factory=Raises(), prepare=None), 5.0)
    raising = replace(raising, isolation=component.isolation)
    tries = [(Runner(raising, bench.subject.pool, Cache(0)), Status.CHECKER_FAULT)]
    if bench.full and component.isolation is Isolation.PROCESS:
        dying = _with(component, replace(spec, factory=Dies(), prepare=None), 5.0)
        tries.append((Runner(dying, bench.subject.pool, Cache(0)), Status.INFRA_FAULT))
    problems = [
        f"{sampling.described(verdict)}, and {wanted.value} is due"
        for runner, wanted in tries
        for verdict in runner(samples)[0]
        if verdict.status is not wanted
    ]
    return _found(bench, "O-FAIL", problems, len(tries) * len(samples))


@check(
    "O-CANCEL", "an interrupted run leaves no process behind", group=Group.OPERATIONS, level=3, full_only=True
)
def cancelled(bench: Bench) -> Result:
    """Interrupt a process that scores over workers; none may be left when the pool is closed."""
    if not Path("/proc/self/task").exists():
        return bench.result("O-CANCEL", Outcome.SKIPPED, message="this system has no /proc")
    samples = sampling.harmless(bench)[:2]
    findings = child.run(bench.subject.component, samples, (probe_cancel,), timeout=60)
    left: list[str] | None = findings.values.get("children")
    if left is None:
        return sampling.unanswered(bench, "O-CANCEL", findings, "probe_cancel")
    left = [line for line in left if "resource_tracker" not in line]  # those end with their process
    figures = {"seconds": findings.values["interrupted after"], "children": len(left)}
    problems = [f"left behind: {line[:200]}" for line in left]
    return _found(bench, "O-CANCEL", problems, 1, figures=figures)


@check("O-LOG", "the reference is in no reason and in no log", group=Group.OPERATIONS, level=3, kinds=EVERY)
def secrets(bench: Bench) -> Result:
    """Look in reasons over all cases, and in log records and output for a distinctive reference."""
    if "reference" not in bench.subject.spec.reads:
        return bench.result("O-LOG", Outcome.SKIPPED, message="it does not read the reference")
    findings = sampling.main_run(bench)
    if "probe_secret" not in findings.values:
        return sampling.unanswered(bench, "O-LOG", findings, "probe_secret")
    problems: list[str] = list(findings.values["probe_secret"])
    if SECRET in findings.output:
        problems.append("the reference is printed")
    n, witness = 0, None
    for _, sample, verdict in sampling.judged(bench):
        reference = sample.reference
        if not isinstance(reference, str) or len(reference.strip()) < 4 or reference in sample.completion:
            continue
        n += 1
        if reference in verdict.reason:
            problems.append(f"the reference is in the reason: {verdict.reason[:200]}")
            witness = witness or Witness(
                completion=sample.completion, reference=reference, prompt=sample.prompt, got=verdict.reason
            )
    return _found(bench, "O-LOG", problems, n + 1, witness=witness)
