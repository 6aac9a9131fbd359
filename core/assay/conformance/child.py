"""The plugin in a fresh process of its own: ``python -m assay.conformance.child``.

The check is called here without the host's cache, de-duplication and workers, so that what it does by
itself shows. The process first watches one plain use (import, factory, one call a sample) by audit hook
and by comparing the process before and after; then it runs probes, each a function of a `Stand`. Whatever
is found is sent back at once, so that a probe that hangs or crashes takes only itself along.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Any

from assay.boundary import blamed, guarded
from assay.conformance import trace
from assay.sample import Sample
from assay.scoring.component import Component
from assay.specs import Check, CheckSpec, Scope
from assay.verdict import Status, Verdict
from assay.workers.pickling import pack, unpack

Signature = tuple[str, float | None]
"""What must not vary: status and score."""


def signature(verdict: Verdict) -> Signature:
    """What of a verdict must be the same each time."""
    return verdict.status.value, verdict.score


def told(signature: Signature) -> str:
    """A signature for people: ``scored 1``, ``abstained``."""
    status, score = signature
    return status if score is None else f"{status} {score:g}"


@dataclass
class Stand:
    """The plugin in the child, and what probes may use."""

    component: Component
    samples: list[Sample]
    """At most a few dozen, harmless, in a fixed order."""
    full: bool
    send: Callable[[str, Any], None]
    """Sends a finding back at once: a name and a picklable value."""
    first: list[Signature] = field(default_factory=list[Signature])
    """Of the samples, in the very first calls of this process."""
    fault: str = ""
    """The reason of the latest CHECKER_FAULT that `judge` saw."""

    @property
    def spec(self) -> CheckSpec:
        """The declaration."""
        assert isinstance(self.component.spec, CheckSpec)
        return self.component.spec

    @cached_property
    def check(self) -> Check:
        """The one that a run would keep; `fresh` makes others."""
        return self.fresh()

    def fresh(self) -> Check:
        """Call the factory once more."""
        return self.component.build()

    def ready(self, sample: Sample) -> Sample | Verdict:
        """Reduce and prepare, as the host does in the trainer's process."""
        reduced = self.component.reduced(sample)
        if self.spec.prepare is None:
            return reduced
        try:
            return self.spec.prepare(reduced, **self.component.options)
        except Exception as error:
            return blamed(error)

    def judge(self, samples: Sequence[Sample], check: Check | None = None) -> list[Verdict]:
        """Judge N samples in one call of the check; returns N verdicts."""
        ready = [self.ready(sample) for sample in samples]
        rows = [row for row in ready if isinstance(row, Sample)]
        answers = iter(guarded(check or self.check, rows, self.spec.range, alone=True) if rows else ())
        verdicts = [row if isinstance(row, Verdict) else next(answers) for row in ready]
        faults = [verdict.reason for verdict in verdicts if verdict.status is Status.CHECKER_FAULT]
        self.fault = faults[-1] if faults else self.fault
        return verdicts

    def signatures(
        self, samples: Sequence[Sample] | None = None, check: Check | None = None
    ) -> list[Signature]:
        """Judge each sample in a call of its own, or all of them as one group where the scope is group."""
        samples = self.samples if samples is None else samples
        if self.spec.scope is Scope.GROUP:
            return [signature(verdict) for verdict in self.judge(samples, check)]
        return [signature(self.judge([sample], check)[0]) for sample in samples]


Probe = Callable[[Stand], Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a child is asked. What may import the plugin is pickled by itself, to be read under watch."""

    path: list[str]
    module: str
    component: bytes
    samples: bytes
    probes: bytes
    full: bool


@dataclass(kw_only=True)
class Findings:
    """What came back."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    """By probe. A probe that raised is an entry ``error: name``."""
    lost: str = ""
    """The probe in which the child hung or died, and how; empty when it ended well."""
    output: str = ""
    """What was printed to standard output and error."""


def run(
    component: Component,
    samples: Sequence[Sample],
    probes: Sequence[Probe],
    *,
    full: bool = False,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float = 60.0,
) -> Findings:
    """Run probes in a fresh process.

    Args:
        component: What is under test.
        samples: What `Stand.samples` holds.
        probes: Importable functions, called in this order after the watched use.
        full: Reaches the probes.
        env: Environment variables to add.
        cwd: Working directory; None: this process's.
        timeout: Wall-clock seconds for all of it; then the child and its children are killed.

    Raises:
        Exception: whatever pickling the component raises.
    """
    request = Request(
        path=[entry for entry in sys.path if entry],
        module=component.provided.plugin.module,
        component=pack(component),
        samples=pack(list(samples)),
        probes=pack(list(probes)),
        full=full,
    )
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "assay.conformance.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        start_new_session=True,
    )
    late = False
    try:
        out, err = process.communicate(pack(request), timeout=timeout)
    except subprocess.TimeoutExpired:
        late = True
        _kill(process)
        out, err = process.communicate()
    finally:
        _kill(process)  # what the plugin started and left behind goes too
    return _read(out, err, process.returncode, timeout if late else None)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _read(out: bytes, err: bytes, code: int, late: float | None) -> Findings:
    findings = Findings(output=err.decode("utf-8", "replace")[-4_000_000:])
    begun, position = "start", 0
    while position + 4 <= len(out):
        (size,) = struct.unpack_from("<I", out, position)
        record = out[position + 4 : position + 4 + size]
        if len(record) < size:
            break
        name, value = unpack(record)
        if name == "begin":
            begun = value
        else:
            findings.values[name] = value
        position += 4 + size
    if late is not None:
        findings.lost = f"{begun}: no answer within {late:g} s"
    elif "end" not in findings.values:
        tail = findings.output.strip().rpartition("\n")[2][:300]
        findings.lost = f"{begun}: the process ended with code {code}. {tail}"
    return findings


def main() -> None:
    """Answer the request on standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the plugin prints must not reach the answers
    request: Request = unpack(sys.stdin.buffer.read())
    sys.path += [entry for entry in request.path if entry not in sys.path]
    probes: list[Probe] = unpack(request.probes)

    def send(name: str, value: Any) -> None:
        _send(out, name, value)

    stand = _use(request, send)
    for probe in probes:
        send("begin", probe.__name__)
        stand.fault = ""
        try:
            send(probe.__name__, probe(stand))
        except Exception as error:
            send(f"error: {probe.__name__}", f"{type(error).__name__}: {error}"[:500])
        send(f"fault: {probe.__name__}", stand.fault)
    send("end", None)
    with contextlib.suppress(Exception):  # a plugin may have closed it
        sys.stdout.flush()
    os._exit(0)  # threads that the plugin left behind must not keep the process


def _use(request: Request, send: Callable[[str, Any], None]) -> Stand:
    """One plain use of the plugin under watch: sends load, verdicts, events, effects and records."""
    records = trace.collect_records()
    trace.reset()
    before = trace.snapshot()
    watch = trace.Watch()
    send("begin", "import")
    wall, cpu = time.perf_counter(), time.process_time()
    with watch("import"):
        with contextlib.suppress(ImportError):  # an object registered by hand has no module to import
            importlib.import_module(request.module)
        component: Component = unpack(request.component)
    imported = time.process_time() - cpu
    libraries = trace.libraries()
    stand = Stand(component, unpack(request.samples), request.full, send)
    send("begin", "factory")
    cpu = time.process_time()
    with watch("use"):
        _ = stand.check
        built = time.process_time() - cpu
        send_wall = time.perf_counter() - wall
        send("begin", "first calls")
        verdicts = [stand.judge(stand.samples)] if stand.spec.scope is Scope.GROUP else []
        verdicts = verdicts or [stand.judge([sample]) for sample in stand.samples]
    flat = [verdict for each in verdicts for verdict in each]
    stand.first = [signature(verdict) for verdict in flat]
    send("load", {"import": imported, "factory": built, "wall": send_wall, "devices": trace.devices()})
    send("verdicts", stand.first)
    send("reasons", [verdict.reason for verdict in flat])
    send("events", watch.events)
    changed = trace.changes(before, trace.snapshot()) + trace.changes(libraries, trace.libraries())
    send("effects", changed + [what for _, kind, what in watch.events if kind == "state"])
    send("records", list(records))
    logging.getLogger().setLevel(logging.WARNING)
    return stand


def _send(out: IO[bytes], name: str, value: Any) -> None:
    data = pack((name, value))
    out.write(struct.pack("<I", len(data)) + data)
    out.flush()


if __name__ == "__main__":
    from assay.conformance import child  # under its own name, the one that pickles refer to

    child.main()
