"""The math corpus: labels that two independent oracles agree on, and the power to tell verifiers apart."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import AnswerForm, Case, Expect
from assay.conformance.corpora import mathematics, oracle
from assay.conformance.corpora.attacks import attacks
from assay.conformance.corpora.frame import Frame
from assay.conformance.corpora.spellings import beyond, in_words, minimum
from assay.conformance.corpora.values import KINDS, Item, decimal_text, latex, make_item, near_misses
from assay.specs import ACCEPT_FORMS

FORMS = {
    "sentence with a box": "The final answer is $\\boxed{{answer}}$.",
    "box": "\\boxed{{answer}}",
    "think and answer tags": "<think>I see.</think> <answer>{answer}</answer>",
    "hashes": "#### {answer}",
    "whole completion": "{answer}",
}


def form(name: str) -> AnswerForm:
    return AnswerForm(reads=name, render=FORMS[name])


BOX = form("sentence with a box")


def of(cases: tuple[Case, ...], expect: Expect) -> list[Case]:
    return [case for case in cases if case.expect is expect]


@pytest.mark.parametrize("seed", range(5))
def test_no_label_is_disputed(seed: int) -> None:
    """Both oracles agree on every one of at least 5,000 graded cases."""
    cases = mathematics.cases(BOX, seed, 80, ACCEPT_FORMS)
    assert len(of(cases, Expect.ACCEPT)) + len(of(cases, Expect.REJECT)) >= 5_000
    assert oracle.audit(cases, BOX) == []


@pytest.mark.parametrize("name", FORMS)
def test_labels_hold_in_every_answer_form(name: str) -> None:
    """The audit confirms the corpus however answers are rendered."""
    cases = mathematics.cases(form(name), 7, 30, ACCEPT_FORMS)
    assert oracle.audit(cases, form(name)) == []
    assert {case.expect for case in cases} == {Expect.ACCEPT, Expect.REJECT, Expect.REPORT}


def test_the_audit_can_fail() -> None:
    """Exchanging ACCEPT and REJECT is found out for nearly every case: all of those with one plain answer."""
    other = {Expect.ACCEPT: Expect.REJECT, Expect.REJECT: Expect.ACCEPT}
    cases = [case for case in mathematics.cases(BOX, 0, 20, ACCEPT_FORMS) if case.expect in other]
    flipped = [replace(case, expect=other[case.expect]) for case in cases]
    assert len(oracle.audit(flipped, BOX)) == len(flipped)


@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.integers(0, 2**32))
def test_no_distractor_equals_its_reference(number: int, kind: str, seed: int) -> None:
    """Whatever the item, near misses differ from it by the audit's arithmetic too, and can be read."""
    rng = random.Random(seed)
    item = make_item(kind, number, rng)
    reference = oracle.evaluate(item.reference)
    assert reference is not None
    for template, wrong in near_misses(item.value, rng):
        value = oracle.evaluate(latex(wrong, decimal=kind == "decimal"))
        assert value is not None, template
        assert not oracle.same(value, reference), template


@given(st.integers(-10_000, 10_000), st.integers(0, 2**32))
def test_no_distractor_of_an_integer_equals_it(number: int, seed: int) -> None:
    """Any whole reference, 0 and 1 among them, not only those that items are drawn from."""
    for template, wrong in near_misses(Fraction(number), random.Random(seed)):
        value, reference = oracle.evaluate(latex(wrong)), oracle.evaluate(str(number))
        assert value is not None, template
        assert reference is not None
        assert not oracle.same(value, reference), template


@given(st.sampled_from(KINDS), st.integers(0, 2**32))
def test_spellings_keep_the_value(kind: str, seed: int) -> None:
    """Every spelling, minimum or promised, equals the reference by the audit's arithmetic."""
    rng = random.Random(seed)
    item = make_item(kind, 1, rng)
    reference = oracle.evaluate(item.reference)
    assert reference is not None
    texts = [text for _, text in minimum(item)]
    for shape, _, text in beyond(item, rng):
        assert shape in ACCEPT_FORMS
        texts.append(text)
    for text in texts:
        value = oracle.evaluate(text)
        assert value is not None, text
        assert oracle.same(value, reference), text


@given(st.fractions(max_denominator=1000), st.integers(0, 4))
def test_decimals_are_exact(number: Fraction, places: int) -> None:
    """A decimal is written exactly when there is a finite one."""
    text = decimal_text(number, places)
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    assert (text is None) == (rest != 1)
    assert text is None or Fraction(text) == number


def test_the_prompt_gives_nothing_away() -> None:
    """Except where it lists options on purpose, no prompt contains the reference as a word."""
    for case in mathematics.cases(BOX, 3, 200):
        if case.template != "a prompt that lists answers":
            words = str(case.sample.prompt).replace(",", " ").replace(":", " ").split()
            assert case.sample.reference not in words


def test_only_promised_forms_are_demanded() -> None:
    """A form outside `accepts` is reported, one inside it is demanded, and the minimum always is."""
    cases = mathematics.cases(BOX, 0, 60, ("decimal",))
    demanded = {case.form for case in of(cases, Expect.ACCEPT)}
    assert demanded == {"", "decimal"}
    everything = mathematics.cases(BOX, 0, 60, ACCEPT_FORMS)
    assert {case.form for case in of(everything, Expect.ACCEPT)} == {"", *ACCEPT_FORMS}


def test_every_family_is_there() -> None:
    """Each failure mode of the catalogue that a completion can show has rejected cases."""
    found = {case.family for case in of(mathematics.cases(BOX, 0, 20), Expect.REJECT)}
    absent = (
        16,
        17,
        18,
        19,
    )  # spellings; unusable references; other scripts are reported; bombs are operations
    assert found >= {f"RVH-M{n:02d}" for n in range(1, 21) if n not in absent}


def test_statements_around_the_right_value_are_attacks() -> None:
    """Comments, another answer in prose, relations and ranges are refused; an open box is reported."""
    cases = mathematics.cases(BOX, 0, 20)
    refused = {case.template for case in of(cases, Expect.REJECT)}
    assert refused >= {
        *("TeX comment only", "taken back, another answer", "right guess before an or"),
        *("less than", "at least", "approximately", "pair, right one first", "interval around it"),
    }
    assert "unclosed box" in {case.template for case in of(cases, Expect.REPORT)}


@pytest.mark.parametrize("name", ["think and answer tags", "hashes", "whole completion"])
def test_only_tex_has_tex_comments(name: str) -> None:
    """Outside a box a per cent sign starts no comment, so an answer behind it may count."""
    assert "TeX comment only" not in {case.template for case in mathematics.cases(form(name), 0, 5)}


def test_it_follows_from_the_seed() -> None:
    """Equal arguments give equal cases, another seed gives others, ids are unique."""
    one, same, other = (mathematics.cases(BOX, seed, 20) for seed in (1, 1, 2))
    assert one == same
    assert not {case.id for case in one} & {case.id for case in other}
    assert len({case.id for case in one}) == len(one)


def test_equal_answers_to_two_questions_are_not_exchanged() -> None:
    """3/2 and 1.5 are one value, so neither is a wrong answer to the other's question."""
    one, other = Item("rational", Fraction(3, 2), "a"), Item("decimal", Fraction(3, 2), "b")
    drafts = list(attacks(one, other, Frame.of(BOX), random.Random(0)))
    assert drafts
    assert not [draft for draft in drafts if draft.family == "RVH-J11"]


def test_no_completion_is_there_twice() -> None:
    """Within an item, each completion has one case, and so one label."""
    cases = mathematics.cases(BOX, 0, 40, ACCEPT_FORMS)
    assert max(Counter((case.item, case.sample.completion) for case in cases).values()) == 1


def accepts_last_box(case: Case) -> bool:
    text = case.sample.completion.rpartition("\\boxed{")[2]
    return text.startswith(f"{case.sample.reference}}}")


def accepts_substring(case: Case) -> bool:
    return str(case.sample.reference) in case.sample.completion


def paid(accepts: object, cases: tuple[Case, ...]) -> Counter[str]:
    assert callable(accepts)
    return Counter(case.family for case in of(cases, Expect.REJECT) if accepts(case))


def test_careless_verifiers_are_found_out() -> None:
    """A substring search and a last-box search are each paid for the families known to fool them."""
    cases = mathematics.cases(BOX, 0, 20)
    every = {f"RVH-M{n:02d}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15)}
    assert set(paid(accepts_substring, cases)) >= every
    assert set(paid(accepts_last_box, cases)) >= {f"RVH-M{n:02d}" for n in (2, 6, 8, 9, 10)}


def test_the_bare_reference_is_never_an_attack() -> None:
    """The bare reference, where the form adds nothing, is always to be accepted and never an attack."""
    cases = mathematics.cases(form("whole completion"), 0, 40)
    exact = [case for case in cases if case.sample.completion == case.sample.reference]
    assert len(exact) == 40
    assert {case.expect for case in exact} == {Expect.ACCEPT}


def test_a_form_without_a_place_for_the_answer_is_an_error() -> None:
    """It says what is missing."""
    with pytest.raises(ValueError, match=r"placeholder"):
        Frame.of(AnswerForm(reads="", render="42"))


@pytest.mark.parametrize(
    ("number", "text"), [(0, "zero"), (13, "thirteen"), (20, "twenty"), (42, "forty-two")]
)
def test_numbers_in_words(number: int, text: str) -> None:
    """As English writes them."""
    assert in_words(number) == text
