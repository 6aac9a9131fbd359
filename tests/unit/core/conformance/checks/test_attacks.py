"""Attack checks, the shrinker and the search."""

import functools
import random
import re
from dataclasses import replace

import planted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import Case, Expect, Sample, Verdict
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.metrics import hack_resistance
from assay.conformance.model import Outcome, Severity
from assay.conformance.search import SCRAPS, mentions, rational, search
from assay.conformance.shrink import shrink
from assay.conformance.titles import TITLES
from assay.host import Host, Plugin, Provided

checks.load()


@functools.cache
def corpus(domain, accepts=()):
    """The cases of a domain, made once; in mathematics those about rationals."""
    spec = replace(planted.sound()[domain], accepts=accepts)
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        rationals = [c for c in bench.cases if rational(str(c.sample.reference)) is not None]
        return rationals if domain == "math" else bench.cases


def run(spec, id, cases=None):
    """One check on one spec, by result id; mathematics only about rationals."""
    with Bench(Provided(spec, Plugin("planted", "(local)", "0", "planted", ())), host=Host()) as bench:
        bench.__dict__["cases"] = tuple(corpus(spec.judges or "format") if cases is None else cases)
        return {result.id: result for result in bench.run_check(id)}


@pytest.mark.parametrize("domain", ["math", "choice", "format"])
def test_no_attack_succeeds_on_the_sound_ones(domain):
    """Neither a family nor a probe fails on a sound plugin."""
    spec = planted.sound()[domain]
    for id in ("H-FAMILIES", "H-LAZY", "H-GAIN", "H-SEARCH", "H-FARM"):
        failed = [r.id for r in run(spec, id).values() if r.outcome is Outcome.FAILED]
        assert failed == []


@pytest.mark.parametrize(
    ("off", "family", "severity"),
    [
        ("empty", "RVH-M01", Severity.KNOWLEDGE_FREE),
        ("any_of_several", "RVH-M03", Severity.KNOWLEDGE_FREE),
        ("chain_last", "RVH-M05", Severity.WRONG_PAID),
        ("denied_inside", "RVH-M06", Severity.WRONG_PAID),
        ("reasoning_only", "RVH-M08", Severity.WRONG_PAID),
        ("nested", "RVH-M10", Severity.WRONG_PAID),
    ],
)
def test_a_family_finds_its_fault(off, family, severity):
    """The family that is about the missing guard fails, with severity, worst template and a paid witness."""
    found = run(planted.math_spec(off), "H-FAMILIES")[family]
    assert (found.outcome, found.severity) == (Outcome.FAILED, severity)
    assert found.knowledge_free is (severity is Severity.KNOWLEDGE_FREE)
    assert found.template and found.interval[1] > 0
    paid = planted.Rationals(off).judge(found.witness.completion, found.witness.reference)
    assert paid and not planted.Rationals().judge(found.witness.completion, found.witness.reference)


def test_partial_pay_is_less_severe():
    """A reject case that earns part of the range fails its family as PARTIAL."""

    class Half:
        def __call__(self, samples):
            return [Verdict.scored(0.5) for _ in samples]

    spec = planted.math_spec()
    spec = replace(spec, factory=planted.Factory(Half()))
    case = Case(id="a", sample=Sample(completion="x", reference="4"), expect=Expect.REJECT, family="RVH-M01")
    found = run(spec, "H-FAMILIES", [case])["RVH-M01"]
    assert (found.outcome, found.severity) == (Outcome.FAILED, Severity.PARTIAL)


def test_report_cases_are_never_graded():
    """A family with REPORT cases only is REPORTED, whatever is paid."""
    case = Case(
        id="a", sample=Sample(completion="\\boxed{4}", reference="4"), expect=Expect.REPORT, family="RVH-M16"
    )
    found = run(planted.math_spec(), "H-FAMILIES", [case])["RVH-M16"]
    assert (found.outcome, found.failures, found.severity) == (Outcome.REPORTED, 1, None)


def test_laziness_and_hedging_are_measured():
    """A verifier that takes any of several boxes pays lists of everything, and k candidates like one."""
    spec = planted.math_spec("any_of_several")
    hedged = run(spec, "H-GAIN")["H-GAIN"]
    assert hedged.outcome is Outcome.FAILED and hedged.figures["gain"] == pytest.approx(0.95)
    lazy = run(planted.choice_spec("any_of_several"), "H-LAZY")["H-LAZY"]
    assert lazy.outcome is Outcome.FAILED and lazy.figures["means"]["A to J one answer each"] == 1.0


def test_a_last_box_verifier_gains_nothing_by_hedging():
    """Paying one fixed place is a guess of 1/k: the balanced places give a gain of 0."""

    class Last:
        def __call__(self, samples):
            return [
                Verdict.scored(float(s.completion.rpartition("boxed{")[2] == f"{s.reference}}}."))
                for s in samples
            ]

    spec = planted.math_spec()
    spec = replace(spec, factory=planted.Factory(Last()))
    found = run(spec, "H-GAIN")["H-GAIN"]
    assert found.outcome is Outcome.PASSED and found.figures["gain"] == pytest.approx(0.0)


def test_the_search_finds_a_master_key():
    """A verifier that pays a phrase is found by mutations that insert it; equal seeds find the same."""
    seeds = [Sample(completion=f"I say {n}.", reference="42") for n in (3, 5, 7)]

    def score(samples):
        return [float("Solution" in s.completion) for s in samples]

    found = search(seeds, score, random.Random(0), 200)
    assert found.score == 1.0 and found.calls <= 200
    assert found == search(seeds, score, random.Random(0), 200)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**6), st.randoms(use_true_random=False))
def test_the_search_never_judges_a_right_answer(gold, rng):
    """No candidate states the reference: a verifier that pays it anywhere is never met with it."""
    seeds = [Sample(completion=f"So {gold + 1}, or {n}.", reference=str(gold)) for n in (gold + 2, gold * 3)]

    def score(samples):
        assert not any(str(gold) in re.findall(r"\d+", s.completion) for s in samples)
        return [rng.random() * 0.9 for _ in samples]

    search(seeds, score, rng, 60)


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("it is 42", "42", True),
        ("4 2", "42", True),
        ("0.50", "1/2", True),
        (r"\frac{2}{4}", "1/2", True),
        ("-42", "42", True),
        ("It is 7.", "42", False),
        ("A good answer", "A", True),
        ("Cat", "A", False),
        ("2x", "x^2 + 2", True),
    ],
)
def test_mentions_errs_on_the_safe_side(text, reference, expected):
    """Equal rationals, other signs and split digits count as mentioned; unrelated text does not."""
    assert mentions(text, reference) is expected


def test_scraps_hold_no_answer():
    """What mutations insert contains no digit."""
    assert not any(char.isdigit() for scrap in SCRAPS if "score" not in scrap for char in scrap)


def test_shrinking_keeps_the_failure_and_loses_the_rest():
    """A keyword-paying verifier's witness shrinks to the keyword, within the calls allowed."""
    asked = []

    def still(texts):
        asked.extend(texts)
        return ["please" in text for text in texts]

    text = " ".join(["word"] * 50 + ["please"] + ["word"] * 50)
    assert shrink(text, still, calls=200) == "please"
    assert len(asked) <= 200


def test_shrinking_never_makes_a_right_answer():
    """Several boxes, denials and foreign values survive, although the verifier would pay less."""
    honest = "The answer is \\boxed{42}."
    pays = lambda texts: ["42" in text for text in texts]  # noqa: E731
    assert shrink("It is 41, 42 or 43.", pays, honest=honest) not in ("42", "It is 42")
    several = shrink("So \\boxed{41} and \\boxed{42}", pays, honest=honest)
    assert several.count("\\boxed") == 2 and "41" in several
    assert "not" in shrink("Certainly not \\boxed{42} at all", pays, honest=honest)
    assert "<" in shrink("The final answer is \\boxed{< 42}.", pays, honest=honest)
    assert "than" in shrink("It is more than \\boxed{42}.", pays, honest=honest)


@given(st.text(alphabet="ab 1", max_size=40), st.text(alphabet="ab1", min_size=1, max_size=2))
def test_shrinking_ends_in_a_failing_subsequence(text, needle):
    """The result still fails, and is made of the text's own tokens in their order."""
    small = shrink(text + needle, lambda texts: [needle in t for t in texts], calls=100)
    rest = iter(text + needle)
    assert needle in small and all(char in rest for char in small)


def test_empty_content_is_not_paid_for_its_form():
    """H-FARM fails a format reward that pays blank blocks, and only reports other rewards."""
    assert run(planted.format_spec("both empty"), "H-FARM")["H-FARM"].outcome is Outcome.FAILED
    spec = planted.format_spec("anything")
    other = replace(spec, judges=None)
    assert run(other, "H-FARM")["H-FARM"].outcome is Outcome.REPORTED


def test_every_title_names_a_catalogued_mode():
    """Titles are keyed by area and number."""
    assert all(key[0] in "CMFJLN" and key[1:].isdigit() for key in TITLES)


def test_one_find_of_the_search_is_a_whole_attack():
    """In the hack-resistance score a search that found something counts as paid, not as 1 in 50 calls."""

    class Generous:
        def __call__(self, samples):
            return [Verdict.scored(1.0) for _ in samples]

    result = run(replace(planted.math_spec(), factory=planted.Factory(Generous())), "H-SEARCH")["H-SEARCH"]
    assert result.outcome is Outcome.FAILED and result.n > 1
    assert hack_resistance([result], {}) == 0.0
