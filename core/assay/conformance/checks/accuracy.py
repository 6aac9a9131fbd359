"""Accuracy: right answers are paid in every promised spelling, and nothing that is merely close is.

A-GOOD and A-BAD, the declared examples, are also the control: a plugin that fails them is tested under
wrong assumptions, and whatever else it does proves nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.cases import Case, Expect
from assay.conformance.bench import Bench
from assay.conformance.metrics import wilson
from assay.conformance.model import Group, Outcome, Result, check
from assay.conformance.search import rational
from assay.conformance.shrink import witness_of
from assay.sample import Sample
from assay.specs import CheckSpec, Scope, VerifierSpec
from assay.verdict import Verdict

EXAMPLE = "EXAMPLE"
"""Family of the declared examples among the bench's cases."""
NEAR = "RVH-M13"
"""Family of the near misses."""
GRAMMAR = "F-DFA"
"""Family of the exhaustive strings over a declared grammar."""

_WRAPPINGS = ("after ", "before ", "blanks ", "line break ", "in dollars", "wrapped")
"""How the templates of harmless context begin, behind that of the spelling."""

MISSED = 0.005
"""Share of right answers in the minimum forms that may be refused."""
MISSED_PROMISED = 0.01
"""The same for promised forms and harmless context."""
CHANCE = 0.01
"""Share of right answers that may still be paid against the reference of another item."""
CELL, CELL_MISSED = 8, 0.5
"""Of one wrapping and one sort of answer: from how many cases on it is graded by itself, and the share that
may be refused. One such cell is about 1 % of all, so that the share of all hides it."""


@check("A-GOOD", "declared good completions are paid", group=Group.ACCURACY, level=2)
def good(bench: Bench) -> Result:
    """Verifiers: each gets the highest score. Rewards: each is worth more than every bad one beside it."""
    cases = [c for c in _examples(bench) if c.expect in (Expect.ACCEPT, Expect.ORDERED)]
    return _rate(bench, "A-GOOD", cases, 0.0, nothing="no good example is declared")


@check("A-BAD", "declared bad completions are not paid", group=Group.ACCURACY, level=2)
def bad(bench: Bench) -> Result:
    """Verifiers only; for rewards A-GOOD compares both. Who abstains where it must refuse never says no."""
    cases = [c for c in _examples(bench) if c.expect is Expect.REJECT]
    return _rate(
        bench,
        "A-BAD",
        cases,
        0.0,
        fails=lambda bench, case: not bench.subject.rejects(bench.verdicts(case)[0]),
        nothing="no bad example that must be refused is declared",
    )


@check("A-EQ", "right answers in the minimum forms are paid", group=Group.ACCURACY, level=2)
def equivalent(bench: Bench) -> Result:
    """False-negative rate over plain spellings that every plugin of the domain must read."""
    cases = [c for c in _right(bench) if not c.form and not is_wrapped(c)]
    result = _rate(bench, "A-EQ", cases, MISSED)
    if cases and result.failures == len(cases):
        message = "no right answer at all is paid: is this the form in which it reads answers?"
        return replace(result, message=message)
    return result


@check("A-FORMS", "right answers in the promised forms are paid", group=Group.ACCURACY, level=2)
def forms(bench: Bench) -> Result:
    """False-negative rate over the forms of `spec.accepts`; the others are figures only."""
    promised = bench.subject.spec.accepts
    cases = [c for c in bench.labelled(Expect.ACCEPT, Expect.REPORT) if c.form and c.family != EXAMPLE]
    by_form = Counter(c.form for c in cases)
    paid = Counter(c.form for c in cases if bench.subject.accepts(bench.verdicts(c)[0]))
    figures = {
        form: {"n": n, "paid": paid[form], "promised": form in promised} for form, n in by_form.items()
    }
    chosen = [c for c in cases if c.form in promised and c.expect is Expect.ACCEPT]
    return _rate(
        bench, "A-FORMS", chosen, MISSED_PROMISED, figures={"forms": figures}, nothing="none promised"
    )


@check("A-WRAP", "harmless context does not cost a right answer its pay", group=Group.ACCURACY, level=2)
def wrapped(bench: Bench) -> Result:
    """False-negative rate over right answers with text, mark-up or white space around them.

    It fails as well when most of one cell are refused: one wrapping around one sort of answer.
    """
    cases = [
        c for c in _right(bench) if is_wrapped(c) and (not c.form or c.form in bench.subject.spec.accepts)
    ]
    result = _rate(bench, "A-WRAP", cases, MISSED_PROMISED)
    tried = Counter(map(_cell, cases))
    refused = Counter(_cell(case) for case in cases if _fails(bench, case))
    bad = [cell for cell, n in refused.most_common() if tried[cell] >= CELL and n > CELL_MISSED * tried[cell]]
    if not bad:
        return result
    named = "; ".join(
        f"{wrapping} × {sort or 'any answer'}: {refused[wrapping, sort]} of {tried[wrapping, sort]}"
        for wrapping, sort in bad[:3]
    )
    message = f"{result.message}; refused for the most part: {named}"
    return replace(result, outcome=Outcome.FAILED, message=message + ("; …" if len(bad) > 3 else ""))


@check("A-NEAR", "near misses are not paid", group=Group.ACCURACY, level=2)
def near(bench: Bench) -> Result:
    """Answers that are a little off, and wrong answers that belong to no attack family: none is paid."""
    wrong = bench.labelled(Expect.REJECT)
    return _rate(bench, "A-NEAR", [c for c in wrong if c.family in ("", NEAR)], 0.0)


@check("A-SWAP", "pay depends on the reference", group=Group.ACCURACY, level=2)
def swapped(bench: Bench) -> Result:
    """Right answers are judged against another item's reference: they must no longer be paid."""
    if not reads_reference(bench):
        return bench.result("A-SWAP", Outcome.SKIPPED, message="it reads no reference")
    chosen = items(bench, bench.size(100, 1000))
    if len(chosen) < 2:
        return _nothing(bench, "A-SWAP")
    swaps: list[Sample] = []
    for index, sample in enumerate(chosen):
        others = (chosen[(index + step) % len(chosen)] for step in range(1, len(chosen)))
        other = next((o for o in others if differs(o.reference, sample.reference)), None)
        if other is not None:
            swaps.append(replace(sample, reference=other.reference))
    verdicts = bench.subject.judge(swaps)
    paid = [(s, v) for s, v in zip(swaps, verdicts, strict=True) if bench.subject.accepts(v)]
    return _judged(bench, "A-SWAP", len(swaps), paid, CHANCE, "rejected: the reference is another item's")


@check("A-ORDER", "better is worth more, equal is worth the same", group=Group.ACCURACY, level=2)
def ordered(bench: Bench) -> Result:
    """Pairs whose order, or equality, is known by construction."""
    pairs = [c for c in bench.labelled(Expect.ORDERED, Expect.EQUAL) if c.family != EXAMPLE]
    return _rate(bench, "A-ORDER", pairs, 0.0)


@check("A-ISO", "renaming variables changes no score", group=Group.ACCURACY, level=2)
def isomorphic(bench: Bench) -> Result:
    """The same letter is renamed in prompt, reference and completion: the worth stays what it was."""
    pairs: list[tuple[Case, Sample]] = []
    for case in bench.labelled(Expect.ACCEPT, Expect.REJECT):
        applies = bench.subject.spec.judges == "math" and case.family != EXAMPLE and case.form != "unicode"
        renamed = rename(case.sample) if applies else None
        if renamed is not None:
            pairs.append((case, renamed))
    pairs = pairs[:: max(1, len(pairs) // bench.size(100, 1000))]
    verdicts = bench.subject.judge([renamed for _, renamed in pairs])
    worth = bench.subject.worth
    changed = [
        (renamed, verdict)
        for (case, renamed), verdict in zip(pairs, verdicts, strict=True)
        if worth(verdict) != worth(bench.verdicts(case)[0])
    ]
    return _judged(bench, "A-ISO", len(pairs), changed, 0.0, "the score under the first name")


@check(
    "A-GRAMMAR",
    "every short string of tags and texts is judged by the grammar",
    group=Group.ACCURACY,
    level=2,
)
def grammar(bench: Bench) -> Result:
    """Exhaustive small scope: 0 disagreements with the declared grammar."""
    if bench.subject.spec.grammar is None:
        return bench.result("A-GRAMMAR", Outcome.SKIPPED, message="no grammar is declared")
    cases = [c for c in bench.labelled(Expect.ACCEPT, Expect.REJECT) if c.family == GRAMMAR]
    return _rate(bench, "A-GRAMMAR", cases, 0.0)


def is_wrapped(case: Case) -> bool:
    """Whether a right answer stands in harmless context."""
    return case.template.rpartition(", ")[2].startswith(_WRAPPINGS)


def reads_reference(bench: Bench) -> bool:
    """Whether the subject is a verifier that compares with a reference."""
    spec = bench.subject.spec
    return isinstance(spec, VerifierSpec) and "reference" in spec.reads


def items(bench: Bench, most: int) -> list[Sample]:
    """One right completion in a plain form for each problem of the corpora, at most `most`."""
    found: dict[str, Sample] = {}
    for case in bench.labelled(Expect.ACCEPT):
        if case.item and not case.form and not is_wrapped(case) and case.family != EXAMPLE:
            found.setdefault(case.item, case.sample)
    return list(found.values())[:most]


def differs(one: Any, other: Any) -> bool:
    """Whether two references are surely different answers; rationals are compared as such."""
    a, b = (re.sub(r"\s|\\left|\\right", "", str(reference)).casefold() for reference in (one, other))
    left, right = rational(a), rational(b)
    if left is not None and right is not None:
        return left != right
    return a != b and sorted(a) != sorted(b)  # the same characters in another order: a set, or a sum


def rename(sample: Sample) -> Sample | None:
    """Rename one variable throughout; None when the reference has none."""
    variable = re.search(r"(?<![A-Za-z\\{])([b-df-hj-np-z])(?![A-Za-z}(])", str(sample.reference))
    if variable is None or not isinstance(sample.prompt, str):
        return None
    everything = f"{sample.reference} {sample.prompt} {sample.completion}"
    fresh = next((v for v in "tuvw" if not re.search(rf"(?<![A-Za-z]){v}(?![A-Za-z])", everything)), None)
    pattern = re.compile(rf"(?<![A-Za-z\\]){variable[1]}(?![A-Za-z])")
    if fresh is None or not pattern.search(sample.completion):
        return None
    return replace(
        sample,
        reference=pattern.sub(fresh, str(sample.reference)),
        prompt=pattern.sub(fresh, sample.prompt),
        completion=pattern.sub(fresh, sample.completion),
    )


def _examples(bench: Bench) -> list[Case]:
    """Examples that hold under the subject's options; with others they claim nothing."""
    spec, found = bench.subject.spec, list[Case]()
    for case in bench.cases:
        if case.family != EXAMPLE:
            continue
        example = spec.examples[int(case.item.rpartition(" ")[2]) - 1]
        if _resolved(spec, example.options) in (None, dict(bench.subject.component.options)):
            found.append(case)
    return found


def _resolved(spec: CheckSpec, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """An example's options with defaults filled in; None when it has none of its own to fill."""
    if spec.options is None or (
        not options and any(f.is_required() for f in spec.options.model_fields.values())
    ):
        return None
    return spec.options.model_validate(options).model_dump(mode="python")


def _right(bench: Bench) -> list[Case]:
    return [c for c in bench.labelled(Expect.ACCEPT) if c.family not in (EXAMPLE, GRAMMAR)]


def _cell(case: Case) -> tuple[str, str]:
    """The wrapping of a case, and the sort of its answer: the third part of ``math-0-set-00017``."""
    parts = case.item.split("-")
    return case.template.rpartition(", ")[2], parts[2] if len(parts) == 4 else ""


def _fails(bench: Bench, case: Case) -> bool:
    """Whether the verdicts of a graded case break its label."""
    verdicts, subject = _verdicts(bench, case), bench.subject
    if case.expect is Expect.ACCEPT:
        return not subject.accepts(verdicts[0])
    if case.expect is Expect.REJECT:
        worth = subject.worth(verdicts[0])
        return worth is not None and worth > subject.reject_score
    first, second = (subject.worth(verdict) for verdict in verdicts)
    if case.expect is Expect.EQUAL:
        return first != second
    return first is None or second is None or first <= second


def _verdicts(bench: Bench, case: Case) -> Sequence[Verdict]:
    """Those of a case; before a plugin that sees groups, the two samples of a pair stand in one."""
    if case.other is None or bench.subject.spec.scope is not Scope.GROUP:
        return bench.verdicts(case)
    return bench.subject.judge([replace(s, group=case.id) for s in (case.sample, case.other)])


_EXPECTED: dict[Expect, Callable[[Case], str]] = {
    Expect.ACCEPT: lambda case: "accepted",
    Expect.REJECT: lambda case: "rejected",
    Expect.ORDERED: lambda case: f"more than {case.other.completion if case.other else ''!r}",
    Expect.EQUAL: lambda case: f"the same as {case.other.completion if case.other else ''!r}",
}


def _rate(
    bench: Bench,
    id: str,
    cases: Sequence[Case],
    bar: float,
    *,
    fails: Callable[[Bench, Case], bool] | None = None,
    figures: dict[str, Any] | None = None,
    nothing: str = "no case applies",
) -> Result:
    """Count the cases whose label is broken, against a bar."""
    if not cases:
        return bench.result(id, Outcome.SKIPPED, message=nothing, figures=figures or {})
    broken = [case for case in cases if (fails or _fails)(bench, case)]
    shortest = min(broken, key=lambda case: len(case.sample.completion), default=None)
    templates = Counter(case.form or case.template for case in broken)
    worst, count = templates.most_common(1)[0] if templates else ("", 0)
    return bench.result(
        id,
        Outcome.FAILED if len(broken) > bar * len(cases) else Outcome.PASSED,
        message=f"{len(broken)} of {len(cases)}" + (f", most often: {worst} ({count})" if worst else ""),
        n=len(cases),
        failures=len(broken),
        interval=wilson(len(broken), len(cases)),
        template=worst,
        witness=shortest
        and witness_of(shortest.sample, _verdicts(bench, shortest)[0], _EXPECTED[shortest.expect](shortest)),
        figures={"items": len({case.item for case in cases}), **(figures or {})},
    )


def _judged(
    bench: Bench, id: str, n: int, broken: Sequence[tuple[Sample, Verdict]], bar: float, expected: str
) -> Result:
    """The same for samples that a check has made and judged by itself."""
    if not n:
        return _nothing(bench, id)
    shortest = min(broken, key=lambda pair: len(pair[0].completion), default=None)
    return bench.result(
        id,
        Outcome.FAILED if len(broken) > bar * n else Outcome.PASSED,
        message=f"{len(broken)} of {n}",
        n=n,
        failures=len(broken),
        interval=wilson(len(broken), n),
        witness=shortest and witness_of(*shortest, expected),
    )


def _nothing(bench: Bench, id: str) -> Result:
    return bench.result(id, Outcome.SKIPPED, message="no case applies")
