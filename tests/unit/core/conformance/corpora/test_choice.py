"""The multiple-choice corpus."""

from __future__ import annotations

import pytest

from assay import AnswerForm, Case, Expect
from assay.conformance.corpora import choice, oracle

TAG = AnswerForm(reads="the tag", render="<answer>{answer}</answer>")
BOX = AnswerForm(reads="the box", render="So $\\boxed{{answer}}$.")


def graded(cases: tuple[Case, ...], expect: Expect) -> list[Case]:
    return [case for case in cases if case.expect is expect]


@pytest.mark.parametrize("form", [TAG, BOX])
@pytest.mark.parametrize("seed", range(3))
def test_no_label_is_disputed(form: AnswerForm, seed: int) -> None:
    """The audit confirms all labels, with and without promised forms."""
    for accepts in ((), ("latex", "words")):
        cases = choice.cases(form, seed, 100, accepts)
        assert oracle.audit(cases, form) == []
        assert len(graded(cases, Expect.REJECT)) >= 2_000


def test_a_constant_letter_is_right_at_chance() -> None:
    """Right letters are spread evenly: always saying C is right on about one in five."""
    cases = choice.cases(TAG, 0, 1_000)
    right = {case.item: case.sample.reference for case in cases}
    share = sum(letter == "C" for letter in right.values()) / len(right)
    assert abs(share - choice.CHANCE) < 0.05


def test_a_first_letter_reader_is_found_out() -> None:
    """One that takes the first capital letter inside the tag is paid for hedges and for a word."""

    def accepts(case: Case) -> bool:
        inside = case.sample.completion.rpartition("<answer>")[2].partition("</answer>")[0]
        return inside.strip()[:1] == case.sample.reference

    paid = {case.family for case in graded(choice.cases(TAG, 0, 20), Expect.REJECT) if accepts(case)}
    assert paid >= {"RVH-M04", "RVH-M11"}


def test_case_and_option_text_are_not_graded() -> None:
    """Lower case, parentheses and the option's text are a matter of the plugin's form."""
    cases = choice.cases(TAG, 0, 5)
    reported = {case.template for case in graded(cases, Expect.REPORT)}
    assert reported >= {"lower case", "option text", "in parentheses", "right one last"}


def test_a_box_can_be_denied_hidden_and_nested() -> None:
    """A form with a box has these attacks and a harmless remark; a tag has no TeX comment."""
    cases = choice.cases(BOX, 0, 5)
    refused = {case.template for case in graded(cases, Expect.REJECT)}
    assert refused >= {"TeX comment only", "HTML comment only", "denied after the box", "box inside a box"}
    assert "before a remark" in {case.template for case in graded(cases, Expect.ACCEPT)}
    assert "unclosed box" in {case.template for case in graded(cases, Expect.REPORT)}
    assert "TeX comment only" not in {case.template for case in choice.cases(TAG, 0, 5)}
