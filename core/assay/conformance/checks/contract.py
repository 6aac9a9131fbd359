"""The contract: what comes out has the declared form, whatever goes in."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from assay.adapters.functions import from_predicate, from_score, from_trl, from_verl
from assay.adapters.loading import FILE, FileFactory
from assay.conformance import child, sampling
from assay.conformance.child import Stand
from assay.conformance.declaration import documentation_problems
from assay.conformance.model import EVERY, Group, Outcome, Result, Witness, check
from assay.sample import Sample
from assay.specs import Scope, VerifierSpec
from assay.verdict import Status, Verdict

if TYPE_CHECKING:
    from assay.conformance.bench import Bench

LOAD_SECONDS = 2.0
"""CPU time that importing a plugin may take in a fresh process."""

LENGTHS = (0, 1, 2, 7, 64)

STRANGE = (
    "", " ", "\n\r\n\t", "\x00", "a\x00b", "\ud800", "\udfff\ud800x", "\ufeff\u200b\u2060", "\u202e42\u202c",
    "e\u0301" * 50,
    "\U0001f600\U0010ffff", "４２", "٤٢", "½", "Ⅳ", "\x1b[2J", "%s%n%x", "{}", "{0.__class__}", "${x}",
    "\\", "\\" * 501,
    "$" * 101, "'\"`", "<!--", "]]>", "\x85\u2028\u2029", "None", "nan", "inf", "-0", "1e999", "True", "null",
)  # fmt: skip
"""Completions that a careless check trips over."""

BAD_REFERENCES: tuple[Any, ...] = (
    None,
    "",
    "   ",
    "???",
    [],
    ["", None],
    {"answer": None},
    "\x00",
    "\\frac{",
)
"""Ground truths that nothing can be right against."""


# --- what runs in the child ---------------------------------------------------------------------


def probe_lengths(stand: Stand) -> dict[str, list[str]]:
    """Call the bare check with 0, 1, 2, 7 and 64 samples; returns problems of length and of type."""
    lengths: list[str] = []
    types: list[str] = []
    rows = [row for row in map(stand.ready, stand.samples) if isinstance(row, Sample)]
    for count in LENGTHS:
        if (count and not rows) or (count == 0 and stand.spec.scope is Scope.GROUP):
            continue  # an empty group does not occur
        given = [rows[index % len(rows)] for index in range(count)]
        try:
            answer = cast(object, stand.check(given))
        except Exception as error:
            lengths.append(f"{count} in, {type(error).__name__} out: {error}"[:300])
            continue
        if not isinstance(answer, Sequence):
            types.append(f"it returned a {type(answer).__name__}")
            continue
        verdicts = cast("Sequence[object]", answer)
        if len(verdicts) != count:
            lengths.append(f"{count} in, {len(verdicts)} out")
        types += [problem for problem in map(_type_problem, verdicts) if problem]
    return {"lengths": lengths, "types": types}


def _type_problem(verdict: object) -> str:
    if not isinstance(verdict, Verdict):
        return f"it returned a {type(verdict).__name__} where a Verdict is expected"
    score = cast(object, verdict.score)
    if score is None or isinstance(score, int | float):
        return ""
    return f"it scored {score!r}, a {type(score).__name__}"


def probe_mutation(stand: Stand) -> list[int]:
    """Call `prepare` and the check on copies; returns the places of samples that are changed after.

    With chat prompts, which can be changed, unless it reads only text: that is what C-SHAPE is for.
    """
    copied = [replace(s, columns=copy.deepcopy(dict(s.columns))) for s in stand.samples]
    try:
        return _mutated(stand, [replace(sample, prompt=_chat(sample.prompt)) for sample in copied])
    except Exception:
        return _mutated(stand, copied)


def _mutated(stand: Stand, samples: list[Sample]) -> list[int]:
    kept = copy.deepcopy(samples)
    given = [row for row in map(stand.ready, samples) if isinstance(row, Sample)]
    changed = [index for index, pair in enumerate(zip(samples, kept, strict=True)) if pair[0] != pair[1]]
    before = copy.deepcopy(given)
    if given:
        stand.check(given)
    if len(given) != len(before):
        return [0]
    return changed + [
        index for index, pair in enumerate(zip(given, before, strict=True)) if pair[0] != pair[1]
    ]


def _in_a_file(bench: Bench) -> bool:
    return bench.subject.provided.plugin.distribution == FILE


def _chat(prompt: Any) -> Any:
    return ({"role": "user", "content": prompt},) if isinstance(prompt, str) else copy.deepcopy(prompt)


PROBES: tuple[child.Probe, ...] = (probe_lengths, probe_mutation)


# --- what the bench asks ------------------------------------------------------------------------


def _of(
    bench: Bench, check_id: str, problems: Sequence[str], n: int, witness: Witness | None = None
) -> Result:
    """Failed with the first problem, or passed."""
    if not problems:
        return bench.result(check_id, Outcome.PASSED, n=n)
    message = problems[0] if len(problems) == 1 else f"{problems[0]} (and {len(problems) - 1} more)"
    return bench.result(
        check_id, Outcome.FAILED, message=message, n=n, failures=len(problems), witness=witness
    )


def _witness(sample: Sample, expected: str, got: str) -> Witness:
    return Witness(
        completion=sample.completion,
        reference=sample.reference,
        prompt=sample.prompt,
        expected=expected,
        got=got,
    )


def _over(
    bench: Bench,
    check_id: str,
    rows: Iterable[tuple[Sample, Verdict]],
    expected: str,
    problem: Callable[[Sample, Verdict], str],
) -> Result:
    """Look at verdicts one by one; the shortest completion with a problem is the witness."""
    n = 0
    found: list[tuple[Sample, Verdict, str]] = []
    for sample, verdict in rows:
        n += 1
        what = problem(sample, verdict)
        if what:
            found.append((sample, verdict, what))
    found.sort(key=lambda item: len(item[0].completion))
    witness = _witness(found[0][0], expected, sampling.described(found[0][1])) if found else None
    return _of(bench, check_id, [what for _, _, what in found], n, witness)


def _corpus(bench: Bench) -> Iterable[tuple[Sample, Verdict]]:
    return ((sample, verdict) for _, sample, verdict in sampling.judged(bench))


def _fault(verdict: Verdict) -> str:
    return verdict.reason if verdict.status is Status.CHECKER_FAULT else ""


@check("C-LOAD", "it loads quickly and touches nothing", group=Group.CONTRACT, level=1, kinds=EVERY)
def load(bench: Bench) -> Result:
    """Import, build and call it in a fresh process; the import is timed and audited."""
    findings = sampling.main_run(bench)
    figures = findings.values.get("load")
    if figures is None:
        return sampling.unanswered(bench, "C-LOAD", findings, "import")
    events = [
        f"while it is imported: {what}" for phase, _, what in findings.values["events"] if phase == "import"
    ]
    if figures["import"] > LOAD_SECONDS:
        events.append(f"importing it took {figures['import']:.1f} s of CPU time, over {LOAD_SECONDS:g} s")
    if figures["devices"]:
        events.append("it initialised an accelerator")
    return replace(_of(bench, "C-LOAD", events, 1), figures=figures)


@check("C-LEN", "n samples in, n verdicts out", group=Group.CONTRACT, level=1)
def length(bench: Bench) -> Result:
    """Call the bare check with 0, 1, 2, 7 and 64 samples."""
    return _lengths(bench, "C-LEN", "lengths")


@check("C-TYPE", "verdicts are Verdicts and scores are numbers", group=Group.CONTRACT, level=1)
def types(bench: Bench) -> Result:
    """Look at the bare check's answers before the host does, and at the host's complaints."""
    result = _lengths(bench, "C-TYPE", "types")
    if result.outcome is not Outcome.PASSED:
        return result
    wrong = re.compile(r"returned an? \w+,? (and|where)|scored (?!nan).*which is not a number")
    return _over(
        bench, "C-TYPE", _corpus(bench), "a number", lambda _, v: _fault(v) if wrong.match(_fault(v)) else ""
    )


def _lengths(bench: Bench, check_id: str, key: str) -> Result:
    findings = sampling.main_run(bench)
    value = findings.values.get("probe_lengths")
    if value is None:
        return sampling.unanswered(bench, check_id, findings, "probe_lengths")
    return _of(bench, check_id, value[key], len(LENGTHS))


@check("C-FIN", "scores are finite", group=Group.CONTRACT, level=1)
def finite(bench: Bench) -> Result:
    """No verdict over all cases is NaN or infinite."""
    wrong = re.compile(r"scored -?(nan|inf)")
    return _over(
        bench, "C-FIN", _corpus(bench), "finite", lambda _, v: _fault(v) if wrong.match(_fault(v)) else ""
    )


@check("C-RANGE", "the contract is kept on every case", group=Group.CONTRACT, level=1)
def in_range(bench: Bench) -> Result:
    """No verdict over all cases is a CHECKER_FAULT; verifiers that are binary score only at the ends."""
    spec = bench.subject.spec
    binary = isinstance(spec, VerifierSpec) and spec.binary

    def problem(_: Sample, verdict: Verdict) -> str:
        if binary and verdict.score is not None and verdict.score not in spec.range:
            return f"scored {verdict.score:g}, and the verifier declares that it is binary"
        return _fault(verdict)

    rows = list(_corpus(bench))
    counts = Counter(verdict.status.value for _, verdict in rows)
    return replace(_over(bench, "C-RANGE", rows, f"within {spec.range}", problem), figures=dict(counts))


@check("C-SHAPE", "text and chat prompts agree", group=Group.CONTRACT, level=1, kinds=EVERY)
def shape(bench: Bench) -> Result:
    """Ask the same with the prompt as text and as one user message."""
    if "prompt" not in bench.subject.spec.reads:
        return bench.result("C-SHAPE", Outcome.SKIPPED, message="it does not read the prompt")
    if _in_a_file(bench):
        message = "a function in a file takes one of the two, which --as says"
        return bench.result("C-SHAPE", Outcome.SKIPPED, message=message)
    plain = [sample for sample in sampling.harmless(bench) if isinstance(sample.prompt, str)]
    chats = [replace(sample, prompt=_chat(sample.prompt)) for sample in plain]
    as_text = {id(c): v for c, v in zip(chats, bench.subject.judge(plain), strict=True)}

    def problem(sample: Sample, verdict: Verdict) -> str:
        other = as_text[id(sample)]
        same = child.signature(other) == child.signature(verdict)
        return "" if same else f"{sampling.described(other)} for text, {sampling.described(verdict)} for chat"

    as_chat = zip(chats, bench.subject.judge(chats), strict=True)
    return _over(bench, "C-SHAPE", as_chat, "the same for both", problem)


_PLAIN = (from_predicate, from_score, from_trl, from_verl, FileFactory)
"""Factories of functions that return a bare number."""


@check("C-META", "verdicts say why, in a form that can be kept", group=Group.CONTRACT, level=1)
def meta(bench: Bench) -> Result:
    """Evidence is JSON, and the lowest score has a reason. Plain functions cannot give reasons."""
    plain = isinstance(bench.subject.spec.factory, _PLAIN)
    rows = list(_corpus(bench))
    silent = plain and not any(verdict.reason for _, verdict in rows if verdict.score is not None)

    def problem(_: Sample, verdict: Verdict) -> str:
        try:
            json.dumps(dict(verdict.evidence), allow_nan=False)
        except (TypeError, ValueError) as error:
            return f"its evidence is not JSON: {error}"
        unexplained = verdict.score == bench.subject.reject_score and not verdict.reason.strip()
        return "the lowest score, and no reason" if unexplained and not silent else ""

    return _over(bench, "C-META", rows, "JSON evidence, and a reason", problem)


@check(
    "C-PICKLE",
    "it travels to another process and says the same there",
    group=Group.CONTRACT,
    level=1,
    kinds=EVERY,
)
def pickles(bench: Bench) -> Result:
    """Compare the verdicts of a fresh process with those of the host."""
    findings = sampling.main_run(bench)
    there = findings.values.get("verdicts")
    if there is None:
        return sampling.unanswered(bench, "C-PICKLE", findings, "it cannot be sent")
    samples = sampling.harmless(bench)
    if not bench.subject.spec.deterministic or sampling.is_group(bench):
        return _of(bench, "C-PICKLE", [], len(samples))
    far = {id(sample): signature for sample, signature in zip(samples, there, strict=True)}

    def problem(sample: Sample, verdict: Verdict) -> str:
        if child.signature(verdict) == far[id(sample)]:
            return ""
        here = child.told(child.signature(verdict))
        return f"{here} here and {child.told(far[id(sample)])} in another process"

    here = zip(samples, bench.subject.judge(samples), strict=True)
    return _over(bench, "C-PICKLE", here, "the same in both", problem)


@check("C-NOMUT", "it leaves its input as it is", group=Group.CONTRACT, level=1, kinds=EVERY)
def unchanged(bench: Bench) -> Result:
    """Compare deep copies before and after."""
    findings = sampling.main_run(bench)
    changed: list[int] | None = findings.values.get("probe_mutation")
    if changed is None:
        return sampling.unanswered(bench, "C-NOMUT", findings, "probe_mutation")
    samples = sampling.harmless(bench)
    witness = _witness(samples[changed[0]], "unchanged", "changed") if changed else None
    problems = [f"sample {index} is changed by the call" for index in changed]
    return _of(bench, "C-NOMUT", problems, len(samples), witness)


@check("C-EXC", "no text makes it raise", group=Group.CONTRACT, level=1)
def strange_text(bench: Bench) -> Result:
    """Surrogates, NUL, look-alikes, huge texts: raw, and through the declared answer form."""
    base = sampling.one(bench)
    longest = bench.subject.component.limits.max_chars
    texts = [*STRANGE, *(bench.subject.render(text) for text in STRANGE)]
    texts += [letter * min(bench.size(20_000, longest), longest) for letter in "a9 {"] + ["x" * 1_000_000]
    samples = [replace(base, completion=text) for text in texts]
    rows = zip(samples, bench.subject.judge(samples), strict=True)
    faults = (Status.CHECKER_FAULT, Status.INFRA_FAULT)
    return _over(
        bench,
        "C-EXC",
        rows,
        "any verdict but a fault",
        lambda _, v: v.reason or v.status.value if v.status in faults else "",
    )


@check("C-BADREF", "an unusable reference accepts nobody", group=Group.CONTRACT, level=1)
def bad_references(bench: Bench) -> Result:
    """Empty, malformed and list-valued references: a REFERENCE_FAULT, an abstention, or a rejection."""
    subject = bench.subject
    if "reference" not in subject.spec.reads:
        return bench.result("C-BADREF", Outcome.SKIPPED, message="it does not read the reference")
    base = sampling.one(bench)
    completions = [base.completion, "", *(subject.render(text) for text in ("", "None", "null", "0"))]
    samples = [
        replace(base, completion=completion, reference=reference)
        for reference in BAD_REFERENCES
        for completion in completions
    ]
    fine = (Status.REFERENCE_FAULT, Status.ABSTAINED, Status.POLICY_FAULT)
    graded = not isinstance(subject.spec, VerifierSpec)
    always = _paid_for_any_reference(bench, base, completions) if graded else set[str]()

    def problem(sample: Sample, verdict: Verdict) -> str:
        if verdict.status in fine or subject.rejects(verdict):
            return ""
        unread = sample.completion in always
        if graded and verdict.score is not None and (unread or not subject.accepts(verdict)):
            return ""
        return f"{sampling.described(verdict)} for the reference {sample.reference!r}"

    rows = zip(samples, subject.judge(samples), strict=True)
    return _over(bench, "C-BADREF", rows, "REFERENCE_FAULT, ABSTAINED, or rejected", problem)


def _paid_for_any_reference(bench: Bench, base: Sample, completions: Sequence[str]) -> set[str]:
    """Completions that get the most under several usable references: for something else, such as length."""
    used = [sample.reference for _, sample, _ in sampling.judged(bench) if sample.reference != base.reference]
    tried = [*[*{str(reference): reference for reference in used}.values()][:3], "918273645546372819", "A"]
    found = set(completions)
    for reference in tried:
        samples = [replace(base, completion=text, reference=reference) for text in completions]
        verdicts = bench.subject.judge(samples)
        found &= {s.completion for s, v in zip(samples, verdicts, strict=True) if bench.subject.accepts(v)}
    return found


@check("C-DOC", "the declaration is complete", group=Group.CONTRACT, level=1)
def documented(bench: Bench) -> Result:
    """Summary, three examples with good and bad completions, an ordered range, described options."""
    if _in_a_file(bench):
        message = "a function in a file declares nothing; a plugin does (`assay new`)"
        return bench.result("C-DOC", Outcome.SKIPPED, message=message)
    return _of(bench, "C-DOC", list(documentation_problems(bench.subject.spec)), 4)
