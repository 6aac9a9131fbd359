"""Rollout filters: what is dropped is what should be, for a reason that can be counted, and nothing breaks.

Checks of other modules apply as well, with 1 for a kept rollout and 0 for a dropped one. R-GOOD and R-BAD
are the control: a filter that fails them is tested under wrong assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assay.cases import Case, Expect
from assay.conformance import child, sampling
from assay.conformance.bench import Bench
from assay.conformance.declaration import description_problems
from assay.conformance.filter_probes import (
    HUGE,
    MARK,
    PROBES,
    Decided,
    decision,
    huge_samples,
    odd_samples,
    seconds_of,
)
from assay.conformance.metrics import wilson
from assay.conformance.model import Group, Outcome, Result, Witness, check
from assay.conformance.shrink import witness_of
from assay.sample import Sample
from assay.specs import Kind, Scope
from assay.verdict import Verdict

FILTER = (Kind.FILTER,)

EXAMPLE = "EXAMPLE"
"""Family of the declared examples among the bench's cases."""

READABLE = {"completion", "prompt", "reference", "domain", "truncated", "tokens", "right", "reward"}
"""Fields of a sample that the host shows to filters."""

LONGEST = 80
"""Characters of a reason: it is the name of a line in a plot."""

MOST_REASONS = 5
"""Different reasons for one rollout and its `VARIANTS`; a number or a text in a reason gives more."""


def _run(bench: Bench) -> child.Findings:
    """The process in which all probes of filters run, once a bench."""
    if "filter run" not in bench.shared:
        try:
            bench.shared["filter run"] = child.run(
                bench.subject.component,
                sampling.harmless(bench),
                PROBES,
                full=bench.full,
                env={"PYTHONHASHSEED": "1"},
                timeout=bench.size(60, 200),
            )
        except Exception as error:
            lost = f"it cannot be sent to another process: {type(error).__name__}: {error}"
            bench.shared["filter run"] = child.Findings(lost=lost)
    found: child.Findings = bench.shared["filter run"]
    return found


def _witness(sample: Sample, expected: str, got: Decided) -> Witness:
    text = ": ".join(part for part in got if part)[:300]
    return replace(witness_of(sample, Verdict.abstain(""), expected), got=text)


def _of(
    bench: Bench, check_id: str, problems: Sequence[str], n: int, witness: Witness | None = None
) -> Result:
    message = "; ".join(dict.fromkeys(problems))[:600]
    outcome = Outcome.FAILED if problems else Outcome.PASSED
    return bench.result(
        check_id, outcome, message=message, n=n, failures=min(len(problems), n), witness=witness
    )


_DUE = {Expect.ACCEPT: "kept", Expect.REJECT: "dropped"}


def _decided_as(
    bench: Bench, check_id: str, cases: Sequence[Case], nothing: str = "no case applies"
) -> Result:
    """None of the cases may be decided otherwise than labelled, and none may end in a fault."""
    if not cases:
        return bench.result(check_id, Outcome.SKIPPED, message=nothing)
    rows = [(case, decision(bench.verdicts(case)[0])) for case in cases]
    wrong = [(case, got) for case, got in rows if got[0] != _DUE[case.expect]]
    wrong.sort(key=lambda row: len(row[0].sample.completion))
    return bench.result(
        check_id,
        Outcome.FAILED if wrong else Outcome.PASSED,
        message=f"{len(wrong)} of {len(cases)}",
        n=len(cases),
        failures=len(wrong),
        interval=wilson(len(wrong), len(cases)),
        witness=_witness(wrong[0][0].sample, _DUE[wrong[0][0].expect], wrong[0][1]) if wrong else None,
    )


@check("R-GOOD", "declared good rollouts are kept", group=Group.ACCURACY, level=2, kinds=FILTER)
def good(bench: Bench) -> Result:
    """Every good completion of the examples, reduced to what the filter reads."""
    cases = [case for case in bench.labelled(Expect.ACCEPT) if case.family == EXAMPLE]
    return _decided_as(bench, "R-GOOD", cases, "no good example is declared")


@check("R-BAD", "declared bad rollouts are dropped", group=Group.ACCURACY, level=2, kinds=FILTER)
def bad(bench: Bench) -> Result:
    """Every bad completion of the examples, reduced to what the filter reads."""
    cases = [case for case in bench.labelled(Expect.REJECT) if case.family == EXAMPLE]
    return _decided_as(bench, "R-BAD", cases, "no bad example is declared")


@check(
    "R-CASES", "rollouts that plugins bring are decided as labelled", group=Group.ACCURACY, level=2,
    kinds=FILTER,
)  # fmt: skip
def brought(bench: Bench) -> Result:
    """Cases of `register_cases`: ACCEPT is kept, REJECT dropped."""
    cases = [case for case in bench.labelled(Expect.ACCEPT, Expect.REJECT) if case.family != EXAMPLE]
    return _decided_as(bench, "R-CASES", cases)


@check("R-DOC", "the declaration is complete", group=Group.CONTRACT, level=1, kinds=FILTER)
def documented(bench: Bench) -> Result:
    """Summary, three examples, among them kept and dropped rollouts, described options."""
    spec = bench.subject.spec
    problems = list(description_problems(spec))
    examples = [example for example in spec.examples if example.good or example.bad]
    if len(examples) < 3:
        problems.append(f"{len(examples)} examples, and three are needed")
    problems += [
        f"no example has {name} completions"
        for name in ("good", "bad")
        if not any(getattr(example, name) for example in examples)
    ]
    return _of(bench, "R-DOC", problems, 4)


@check("R-LEN", "n rollouts in, n decisions out", group=Group.CONTRACT, level=1, kinds=FILTER)
def length(bench: Bench) -> Result:
    """Call the bare filter with 0, 1, 2, 7 and 64 rollouts."""
    return _bare(bench, "R-LEN", "lengths")


@check("R-TYPE", "decisions are Decisions: a bool and a text", group=Group.CONTRACT, level=1, kinds=FILTER)
def types(bench: Bench) -> Result:
    """Look at the bare filter's answers."""
    return _bare(bench, "R-TYPE", "types")


def _bare(bench: Bench, check_id: str, key: str) -> Result:
    findings = _run(bench)
    value = findings.values.get("probe_decisions")
    if value is None:
        return sampling.unanswered(bench, check_id, findings, "probe_decisions")
    return _of(bench, check_id, value[key], 5)


@check("R-READS", "it looks at what it declares and can have", group=Group.CONTRACT, level=1, kinds=FILTER)
def reads(bench: Bench) -> Result:
    """A sample's id and group are never shown; what is not declared arrives empty."""
    spec = bench.subject.spec
    problems = [f"it reads `{name}`, which no filter has" for name in spec.reads if name not in READABLE]
    findings = _run(bench)
    undeclared = findings.values.get("probe_reads")
    if undeclared is None:
        return sampling.unanswered(bench, "R-READS", findings, "probe_reads")
    problems += [f"it looks at `{name}` and does not declare it" for name in undeclared]
    return _of(bench, "R-READS", problems, len(READABLE) + 1)


@check("R-REASON", "each drop has a short reason that recurs", group=Group.CONTRACT, level=1, kinds=FILTER)
def reasons(bench: Bench) -> Result:
    """Vary dropped rollouts: their reasons are counted and plotted, so no text or number may be in them."""
    findings = _run(bench)
    dropped = findings.values.get("probe_reasons")
    if dropped is None:
        return sampling.unanswered(bench, "R-REASON", findings, "probe_reasons")
    if not dropped:
        return bench.result("R-REASON", Outcome.SKIPPED, message="nothing is dropped")
    found: list[tuple[Sample, str, str]] = []
    for row in dropped:
        found += [(sample, why, what) for sample, why in row if (what := _reason_problem(why))]
        different = sorted({why for _, why in row})
        if len(different) > MOST_REASONS:
            what = f"{len(different)} different reasons for one rollout and its variants"
            found.append((row[0][0], ", ".join(different), what))
    witness = _witness(found[0][0], "a short reason that recurs", ("dropped", found[0][1])) if found else None
    return _of(bench, "R-REASON", [what for *_, what in found], sum(map(len, dropped)), witness)


def _reason_problem(reason: str) -> str:
    if not reason.strip():
        return "a drop without a reason"
    if MARK in reason:
        return "a text of the rollout is in the reason"
    if len(reason) > LONGEST or len(reason.splitlines()) > 1:
        return f"a reason is longer than a line of {LONGEST} characters"
    return ""


@check("R-SAME", "decision and reason are the same again", group=Group.INVARIANCE, level=1, kinds=FILTER)
def same(bench: Bench) -> Result:
    """Repeated, shuffled, in one batch, built afresh, and in processes with other hash seeds."""
    if not bench.subject.spec.deterministic:
        return bench.result("R-SAME", Outcome.SKIPPED, message="the plugin declares that it is random")
    findings, others = _run(bench), sampling.main_run(bench)
    differing = findings.values.get("probe_same")
    here, there = (_first(run) for run in (findings, others))
    if differing is None or here is None:
        return sampling.unanswered(bench, "R-SAME", findings, "probe_same")
    if there is None:
        return sampling.unanswered(bench, "R-SAME", others, "first calls")
    samples = sampling.harmless(bench)
    rows = [*differing, *((s, a, b) for s, a, b in zip(samples, here, there, strict=True) if a != b)]
    return _differing(bench, "R-SAME", rows, 7 * len(samples))


def _first(findings: child.Findings) -> list[Decided] | None:
    """The decisions of a process's watched use."""
    verdicts, why = findings.values.get("verdicts"), findings.values.get("reasons")
    if verdicts is None or why is None:
        return None
    return [(f"{status} {score}", reason) for (status, score), reason in zip(verdicts, why, strict=True)]


@check("R-GROUP", "a group is decided by itself", group=Group.INVARIANCE, level=1, kinds=FILTER)
def groups(bench: Bench) -> Result:
    """Groups are told apart by their prompts; beside others, in any order, one is decided as alone."""
    spec = bench.subject.spec
    if spec.scope is not Scope.GROUP or not spec.deterministic:
        why = "without the prompt it knows no groups" if spec.deterministic else "it is random"
        return bench.result("R-GROUP", Outcome.SKIPPED, message=why)
    findings = _run(bench)
    rows = findings.values.get("probe_groups")
    if rows is None:
        return sampling.unanswered(bench, "R-GROUP", findings, "probe_groups")
    return _differing(bench, "R-GROUP", rows, 11 * len(sampling.harmless(bench)))


def _differing(
    bench: Bench, check_id: str, rows: Sequence[tuple[Sample, Decided, Decided]], n: int
) -> Result:
    witness = _witness(rows[0][0], f"as before: {': '.join(rows[0][1])}", rows[0][2]) if rows else None
    problems = [f"{len(rows)} decisions differ"] if rows else []
    return _of(bench, check_id, problems, n, witness)


@check("R-TOTAL", "no rollout makes it raise", group=Group.CONTRACT, level=1, kinds=FILTER)
def total(bench: Bench) -> Result:
    """Odd texts, missing fields, deep brackets: a filter that raises drops nothing of the whole batch."""
    base = sampling.harmless(bench)[0]

    def problem(_: float, fault: str) -> str:
        return fault

    odd = odd_samples(base)
    return _total(bench, "R-TOTAL", {**odd, **huge_samples(base, bench.full)}, list(odd), problem)


@check("R-BOMB", "no rollout holds it up", group=Group.OPERATIONS, level=3, kinds=FILTER)
def bombs_end(bench: Bench) -> Result:
    """Long texts and bombs: it runs in the trainer's process, where nothing can end it."""
    base = sampling.harmless(bench)[0]
    bound = seconds_of(child.Stand(bench.subject.component, [], bench.full, lambda _name, _value: None))

    def problem(seconds: float, _: str) -> str:
        return f"{seconds:.1f} s" if seconds > bound else ""

    huge = huge_samples(base, bench.full)
    return _total(bench, "R-BOMB", {**odd_samples(base), **huge}, list(huge), problem)


def _total(
    bench: Bench,
    check_id: str,
    samples: dict[str, Sample],
    own: Sequence[str],
    problem: Callable[[float, str], str],
) -> Result:
    """Look at what was sent of each rollout. `own`: those at which being lost is this check's business."""
    findings = _run(bench)
    answered = {
        name: problem(*value)
        for name in samples
        if (value := findings.values.get(f"total: {name}")) is not None
    }
    found = {name: what for name, what in answered.items() if what}
    at = next((name for name in samples if findings.lost.startswith(f"{name}: ")), None)
    if at in own:
        found[str(at)] = "no answer, and the process ended"
    elif not answered:
        return sampling.unanswered(bench, check_id, findings, "probe_total")
    first = min(found, key=lambda name: len(samples[name].completion), default="")
    shown = samples.get(first)
    if shown is not None and len(shown.completion) > HUGE:
        shown = replace(shown, completion=shown.completion[:HUGE])
    witness = _witness(shown, "a decision in time", ("", found[first])) if shown else None
    return _of(
        bench, check_id, [f"{name}: {what}" for name, what in found.items()], len(answered) + 1, witness
    )
