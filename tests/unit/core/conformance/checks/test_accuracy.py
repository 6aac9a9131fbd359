"""Accuracy checks against verifiers that are sound, or wrong in one known way."""

import functools
from dataclasses import replace

import faulty
import planted
import pytest

from assay import AnswerForm, Case, Expect, Sample, Scope, Verdict
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.checks import accuracy
from assay.conformance.model import Outcome
from assay.conformance.search import rational
from assay.host import Host, Plugin, Provided

checks.load()


@functools.cache
def corpus(domain, accepts=()):
    """The cases of a domain, made once; in mathematics those about rationals."""
    spec = replace(planted.sound()[domain], accepts=accepts)
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        rationals = [c for c in bench.cases if rational(str(c.sample.reference)) is not None]
        return rationals if domain == "math" else bench.cases


@functools.cache
def terms():
    """The cases of mathematics, about whatever there is."""
    with Bench(
        Provided(planted.terms_spec(), Plugin("planted", "(local)", "0", "planted", ())), host=Host()
    ) as bench:
        return bench.cases


def run(spec, id, cases=None):
    """One check on one spec; mathematics only about rationals, which is what the planted ones read."""
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        bench.__dict__["cases"] = tuple(corpus(spec.judges, spec.accepts) if cases is None else cases)
        (result,) = bench.run_check(id)
        return result


@pytest.mark.parametrize(
    ("id", "spec"),
    [
        ("A-GOOD", planted.math_spec("reads_type")),
        ("A-BAD", planted.math_spec("reference")),
        ("A-EQ", planted.math_spec("reads_slash", "fraction")),
        ("A-WRAP", planted.math_spec("reads_text_before")),
        ("A-NEAR", planted.math_spec("tolerance")),
        ("A-SWAP", planted.math_spec("reference")),
        ("A-GRAMMAR", planted.format_spec("no reasoning block")),
    ],
)
def test_each_check_finds_its_fault(id, spec):
    """The sound one passes; the one whose guard is off fails, with a witness and a count."""
    broken = run(spec, id)
    assert run(planted.sound()["format" if id == "A-GRAMMAR" else "math"], id).outcome is Outcome.PASSED
    assert broken.outcome is Outcome.FAILED and broken.failures > 0 and broken.witness is not None


def test_a_promised_form_has_to_be_accepted():
    """A-FORMS grades only what `accepts` promises, and shows the rest as figures."""
    spec = planted.math_spec()
    reported = run(spec, "A-FORMS")
    assert reported.outcome is Outcome.SKIPPED and reported.figures["forms"]["percent"]["paid"] == 0
    promising = replace(spec, accepts=("percent",))
    assert run(promising, "A-FORMS").outcome is Outcome.FAILED


def pair(expect):
    return Case(
        id="pair", sample=Sample(completion="\\boxed{2}", reference="2"), expect=expect,
        other=Sample(completion="\\boxed{3}", reference="2"),
    )  # fmt: skip


def test_pairs_are_compared():
    """A-ORDER passes a better first sample, and fails two that should be equal and are not."""
    assert run(planted.math_spec(), "A-ORDER", [pair(Expect.ORDERED)]).outcome is Outcome.PASSED
    broken = run(planted.math_spec(), "A-ORDER", [pair(Expect.EQUAL)])
    assert broken.outcome is Outcome.FAILED and "the same as" in broken.witness.expected


def test_renaming_a_variable_renames_it_everywhere():
    """Prompt, reference and completion carry the new letter; commands and words keep theirs."""
    sample = Sample(completion=r"\boxed{x^2 + \max(x)} next", prompt="Let x be.", reference="x^2")
    renamed = accuracy.rename(sample)
    assert renamed.completion == r"\boxed{t^2 + \max(t)} next"
    assert (renamed.prompt, renamed.reference) == ("Let t be.", "t^2")
    assert accuracy.rename(Sample(completion="4", reference="4")) is None


class OnlyX:
    """Reads the letter x and no other: what A-ISO is for."""

    def __call__(self, samples):
        return [
            Verdict.scored(float(s.completion == f"\\boxed{{{s.reference}}}" and "t" not in str(s.reference)))
            for s in samples
        ]


def test_a_verifier_that_knows_one_letter_fails():
    """A-ISO fails when the score changes with the name of the variable."""
    spec = planted.math_spec()
    spec = replace(spec, factory=planted.Factory(OnlyX()))
    case = Case(id="x", sample=Sample(completion=r"\boxed{x + 1}", reference="x + 1"), expect=Expect.ACCEPT)
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        bench.__dict__["cases"] = (case,)
        assert bench.run_check("A-ISO")[0].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("1/2", r"\frac{2}{4}", False),
        ("0.5", r"-\frac{1}{2}", True),
        ("(1, 2)", "(2, 1)", False),
        ("A", "B", True),
    ],
)
def test_references_differ_only_when_surely_different(one, other, different):
    """Rationals are compared by value; a permutation of the same characters is never called different."""
    assert accuracy.differs(one, other) is different


def test_a_wrapping_that_one_sort_of_answer_does_not_bear_fails():
    """Half-open intervals refused in dollars: 0.6 % of all wrapped cases, most of one cell, and named."""
    broken = run(planted.terms_spec("reads_dollars", "half-open interval"), "A-WRAP", terms())
    assert broken.failures <= 0.01 * broken.n and broken.outcome is Outcome.FAILED
    assert "in dollars × interval: 5 of 8" in broken.message
    sound = run(planted.terms_spec(), "A-WRAP", terms())
    assert sound.outcome is Outcome.PASSED and "×" not in sound.message
    few = [case for case in terms() if "interval-00005" not in case.item]  # one of the five is gone: 4 of 7
    assert (
        run(planted.terms_spec("reads_dollars", "half-open interval"), "A-WRAP", few).outcome
        is Outcome.PASSED
    )


def test_planted_faults_differ_from_the_sound_one():
    """Every fault is named once, and there are at least 150."""
    names = [(domain, name) for domain, name, _ in planted.faults()]
    assert len(set(names)) == len(names) >= 150


def test_abstaining_is_no_refusal():
    """A-BAD fails a verifier that never says no: what it leaves out is masked, and teaches nothing."""
    with faulty.bench(faulty.never_says_no) as bench:
        (good,), (bad,) = bench.run_check("A-GOOD"), bench.run_check("A-BAD")
    assert (good.outcome, bad.outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert "abstained" in bad.witness.got


def test_completions_of_one_example_are_one_group():
    """A-GOOD shows a reward that ranks a group both completions at once; alone, each would be the best."""
    examples = tuple(replace(e, good=(e.good[1],), bad=("short",)) for e in faulty.EXAMPLES)
    with faulty.bench(faulty.longest, scope=Scope.GROUP, examples=examples) as bench:
        assert bench.run_check("A-GOOD")[0].outcome is Outcome.PASSED
    turned = tuple(replace(e, good=e.bad, bad=e.good) for e in examples)
    with faulty.bench(faulty.longest, scope=Scope.GROUP, examples=turned) as bench:
        assert bench.run_check("A-GOOD")[0].outcome is Outcome.FAILED


def test_a_wrong_answer_form_is_suspected():
    """When no right answer at all is paid, A-EQ asks whether the declared form is the right one."""
    spec = replace(planted.math_spec(), answer=AnswerForm(reads="?", render="answer := {answer}"))
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        (result,) = bench.run_check("A-EQ")
    assert result.outcome is Outcome.FAILED and "form" in result.message
