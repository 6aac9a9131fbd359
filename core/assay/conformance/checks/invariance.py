"""Equal samples get equal verdicts, whatever the process, the order, the neighbours and the past.

Everything here calls the check by itself in fresh processes (`assay.conformance.child`), without the
host's cache and de-duplication, which would hide what is looked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.conformance import child, sampling
from assay.conformance.child import Signature, Stand
from assay.conformance.model import EVERY, Group, Outcome, Result, Witness, check
from assay.sample import Sample
from assay.specs import Isolation, Scope
from assay.verdict import Status

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

Difference = tuple[Sample, Signature, Signature]
"""A sample, what it got, and what it got later."""

POISON = ("", "\x00", "\ud800", "{" * 3000, "<think>" * 500, "\\boxed{" * 300, "9" * 4000, "a" * 10_000)
"""Completions that may leave a careless check in another state, and hang none that is sound."""


def compare(samples: Sequence[Sample], got: Sequence[Signature], then: Sequence[Signature]) -> dict[str, Any]:
    """Count the verdicts that differ; keep the first."""
    pairs = zip(samples, got, then, strict=True)
    found: list[Difference] = [(sample, a, b) for sample, a, b in pairs if a != b]
    return {"n": len(samples), "failures": len(found), "first": found[0] if found else None}


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add comparisons up."""
    return {
        "n": sum(part["n"] for part in parts),
        "failures": sum(part["failures"] for part in parts),
        "first": next((part["first"] for part in parts if part["first"]), None),
    }


# --- what runs in the child ---------------------------------------------------------------------


def probe_repeat(stand: Stand) -> dict[str, Any]:
    """Ten times the same."""
    base = stand.signatures()
    return merged([compare(stand.samples, base, stand.signatures()) for _ in range(9)])


def probe_order(stand: Stand) -> dict[str, Any]:
    """One batch, and the same batch shuffled."""
    rng = random.Random(0)
    base = [child.signature(v) for v in stand.judge(stand.samples)]
    parts: list[dict[str, Any]] = []
    for _ in range(3):
        order = rng.sample(range(len(base)), len(base))
        shuffled = stand.judge([stand.samples[i] for i in order])
        then = dict(zip(order, map(child.signature, shuffled), strict=True))
        parts.append(compare(stand.samples, base, [then[i] for i in range(len(base))]))
    return merged(parts)


def probe_split(stand: Stand) -> dict[str, Any]:
    """Singles, chunks of three, and one batch."""
    base = stand.signatures()
    parts: list[dict[str, Any]] = []
    for size in (3, max(len(base), 1)):
        then: list[Signature] = []
        for start in range(0, len(base), size):
            then += map(child.signature, stand.judge(stand.samples[start : start + size]))
        parts.append(compare(stand.samples, base, then))
    return merged(parts)


def probe_neighbours(stand: Stand) -> dict[str, Any]:
    """Beside an empty, a huge, an equal, and a strange completion."""
    base = stand.signatures()
    parts: list[dict[str, Any]] = []
    for mate in ("", "\x00\ud800", "9" * 4000, None):
        then: list[Signature] = []
        for sample in stand.samples:
            beside = sample if mate is None else replace(sample, completion=mate)
            then.append(child.signature(stand.judge([beside, sample, beside])[1]))
        parts.append(compare(stand.samples, base, then))
    return merged(parts)


def probe_fork(stand: Stand) -> dict[str, Any]:
    """In forked children, as data loaders and some trainers make them."""
    if not hasattr(os, "fork"):
        return {"n": 0, "failures": 0, "first": None}
    base = stand.signatures()
    parts: list[dict[str, Any]] = []
    for _ in range(4 if stand.full else 2):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write, json.dumps(stand.signatures()).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            answer = pipe.read()
        os.waitpid(pid, 0)
        then: list[Any] = json.loads(answer) if answer else [("no answer", None)] * len(base)
        parts.append(compare(stand.samples, base, [(status, score) for status, score in then]))
    return merged(parts)


def probe_threads(stand: Stand) -> dict[str, Any]:
    """Eight threads at once, switching as often as they can."""
    base = stand.signatures()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(stand.signatures) for _ in range(24 if stand.full else 16)]
            rounds = [answer.result() for answer in asked]
    finally:
        sys.setswitchinterval(interval)
    return merged([compare(stand.samples, base, then) for then in rounds])


def probe_async(stand: Stand) -> dict[str, Any]:
    """Called from a coroutine: directly when it runs inline, else from a thread beside the loop."""
    base = stand.signatures()

    async def inside() -> list[Signature]:
        if stand.component.isolation is Isolation.INLINE:
            return stand.signatures()
        return await asyncio.to_thread(stand.signatures)

    return compare(stand.samples, base, asyncio.run(inside()))


def probe_state(stand: Stand) -> dict[str, Any]:
    """A before B, B before A, after all probes before this one, after poison, and after a thousand calls."""
    base = stand.signatures()
    backwards = list(reversed(stand.samples))
    there = stand.signatures(backwards, stand.fresh()) if stand.spec.scope is Scope.SAMPLE else base[::-1]
    parts = [compare(stand.samples, base, there[::-1])]
    if stand.first:  # `base` is late: hundreds of calls of other probes may have changed it already
        parts.append(compare(stand.samples, stand.first, base))
    if stand.samples:
        stand.judge([replace(stand.samples[0], completion=text) for text in POISON])
        for text in POISON:
            stand.judge([replace(stand.samples[0], completion=text)])
        parts.append(compare(stand.samples, base, stand.signatures()))
    if stand.full and stand.samples:
        for number in range(1000):
            sample = stand.samples[number % len(stand.samples)]
            stand.judge([replace(sample, completion=f"{sample.completion} {number}")])
        parts.append(compare(stand.samples, base, stand.signatures()))
    return merged(parts)


def probe_group(stand: Stand) -> dict[str, Any]:
    """Equal completions of a group get equal verdicts, whatever their order; one alone gets an answer."""
    if stand.spec.scope is not Scope.GROUP or not stand.samples:
        return {"n": 0, "failures": 0, "first": None}
    first = stand.samples[0]
    group = [replace(first, completion=sample.completion) for sample in stand.samples] + [first]
    parts = [probe_order(replace_samples(stand, group))]
    base = [child.signature(v) for v in stand.judge(group)]
    parts.append(compare([first], base[:1], base[-1:]))
    same = [child.signature(v) for v in stand.judge([first] * 4)]
    parts.append(compare([first] * 4, same[:1] * 4, same))
    alone = child.signature(stand.judge([first])[0])
    usable = alone[0] != "checker_fault"
    parts.append(compare([first], [alone], [alone if usable else ("a verdict for a group of one", None)]))
    return merged(parts)


def replace_samples(stand: Stand, samples: list[Sample]) -> Stand:
    """The same stand over other samples."""
    return Stand(stand.component, samples, stand.full, stand.send)


PROBES: tuple[child.Probe, ...] = (
    probe_repeat, probe_order, probe_split, probe_neighbours, probe_group, probe_state, probe_fork,
    probe_async, probe_threads,
)  # fmt: skip
"""Threads last: a fork after them is another story."""


# --- what the bench asks ------------------------------------------------------------------------


def _asked(bench: Bench, check_id: str, probe: child.Probe, *, groups: bool = True) -> Result:
    """Turn a probe's comparison into the result of a check."""
    spec = bench.subject.spec
    if not spec.deterministic:
        return bench.result(check_id, Outcome.SKIPPED, message="the plugin declares that it is random")
    if spec.scope is Scope.GROUP and not groups:
        return bench.result(check_id, Outcome.SKIPPED, message="it sees a whole group by declaration")
    findings = sampling.main_run(bench)
    value = findings.values.get(probe.__name__)
    if value is None:
        return sampling.unanswered(bench, check_id, findings, probe.__name__)
    return _judged(bench, check_id, value, findings.values.get(f"fault: {probe.__name__}", ""))


def _in_our_process(bench: Bench, check_id: str, probe: child.Probe) -> Result:
    """As `_asked`, but graded only where the host does this: a worker calls its check in its main thread."""
    result = _asked(bench, check_id, probe)
    if result.outcome is not Outcome.FAILED or bench.subject.spec.isolation is Isolation.INLINE:
        return result
    message = f"{result.message}; borne, because a check in a worker process is never called so"
    return replace(result, outcome=Outcome.REPORTED, message=message)


def _judged(bench: Bench, check_id: str, value: dict[str, Any], fault: str = "") -> Result:
    if not value["n"]:
        return bench.result(check_id, Outcome.SKIPPED, message="nothing to compare")
    if value["first"] is None:
        return bench.result(check_id, Outcome.PASSED, n=value["n"])
    sample, got, then = value["first"]
    witness = Witness(
        completion=sample.completion,
        reference=sample.reference,
        prompt=sample.prompt,
        expected=f"same as before: {child.told(got)}",
        got=child.told(then),
    )
    message = f"{value['failures']} of {value['n']} verdicts differ"
    message += f"; it raised {fault}" if fault and then[0] == Status.CHECKER_FAULT else ""
    failures = value["failures"]
    return bench.result(
        check_id, Outcome.FAILED, message=message, n=value["n"], failures=failures, witness=witness
    )


@check("D-REPEAT", "ten calls, one verdict", group=Group.INVARIANCE, level=1, kinds=EVERY)
def repeat(bench: Bench) -> Result:
    """Try it in one fresh process. Of a plugin that declares itself random: figures, how much it varies."""
    value = sampling.main_run(bench).values.get(probe_repeat.__name__)
    if bench.subject.spec.deterministic or value is None:
        return _asked(bench, "D-REPEAT", probe_repeat)
    message = f"{value['failures']} of {value['n']} verdicts differ from the first, as it declares"
    return bench.result(
        "D-REPEAT",
        Outcome.REPORTED,
        message=message,
        n=value["n"],
        figures={"varying": value["failures"] / max(value["n"], 1)},
    )


@check(
    "D-PROC",
    "hash seed, time zone, language and folder change nothing",
    group=Group.INVARIANCE,
    level=1,
    kinds=EVERY,
)
def processes(bench: Bench) -> Result:
    """Compare the first verdicts of three processes with different surroundings."""
    if not bench.subject.spec.deterministic:
        return bench.result("D-PROC", Outcome.SKIPPED, message="the plugin declares that it is random")
    samples = sampling.harmless(bench)
    findings = sampling.main_run(bench)
    base = findings.values.get("verdicts")
    if base is None:
        return sampling.unanswered(bench, "D-PROC", findings, "first calls")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        changed = (
            ({"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LANG": "C", "LC_ALL": "C"}, "/"),
            ({"PYTHONHASHSEED": "random", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8"}, folder),
        )
        runs = [
            pool.submit(child.run, bench.subject.component, samples, (), env=env, cwd=cwd)
            for env, cwd in changed
        ]
        others = [run.result() for run in runs]
    parts: list[dict[str, Any]] = []
    for other in others:
        then = other.values.get("verdicts")
        if then is None:
            return sampling.unanswered(bench, "D-PROC", other, "first calls")
        parts.append(compare(samples, base, then))
    return _judged(bench, "D-PROC", merged(parts))


@check("D-ORDER", "a shuffled batch gives shuffled verdicts", group=Group.INVARIANCE, level=1, kinds=EVERY)
def order(bench: Bench) -> Result:
    """Try three orders."""
    return _asked(bench, "D-ORDER", probe_order)


@check("D-SPLIT", "batch, chunks and singles agree", group=Group.INVARIANCE, level=1, kinds=EVERY)
def split(bench: Bench) -> Result:
    """Try one by one, by three, and all at once."""
    return _asked(bench, "D-SPLIT", probe_split, groups=False)


@check(
    "D-NEIGH", "a verdict does not depend on its batch mates", group=Group.INVARIANCE, level=1, kinds=EVERY
)
def neighbours(bench: Bench) -> Result:
    """Try four kinds of neighbours."""
    return _asked(bench, "D-NEIGH", probe_neighbours, groups=False)


@check("D-THREAD", "eight threads agree with one", group=Group.INVARIANCE, level=1, kinds=EVERY)
def threads(bench: Bench) -> Result:
    """Share one built check among eight threads."""
    return _in_our_process(bench, "D-THREAD", probe_threads)


@check("D-ASYNC", "it works beside a running event loop", group=Group.INVARIANCE, level=1, kinds=EVERY)
def beside_loop(bench: Bench) -> Result:
    """Call it from inside a coroutine, as a trainer that owns an event loop does."""
    return _in_our_process(bench, "D-ASYNC", probe_async)


@check("D-FORK", "forked processes agree", group=Group.INVARIANCE, level=1, kinds=EVERY)
def forks(bench: Bench) -> Result:
    """Fork after the check is built."""
    return _in_our_process(bench, "D-FORK", probe_fork)


@check("D-STATE", "the past changes nothing", group=Group.INVARIANCE, level=1, kinds=EVERY)
def state(bench: Bench) -> Result:
    """Reverse the order, feed it poison, and in a full run a thousand calls."""
    return _asked(bench, "D-STATE", probe_state)


@check(
    "D-GROUP", "a group's verdicts follow its completions, not their places", group=Group.INVARIANCE, level=1
)
def groups(bench: Bench) -> Result:
    """Permute, duplicate, and leave one alone."""
    if bench.subject.spec.scope is not Scope.GROUP:
        return bench.result("D-GROUP", Outcome.SKIPPED, message="it judges one sample at a time")
    return _asked(bench, "D-GROUP", probe_group)
