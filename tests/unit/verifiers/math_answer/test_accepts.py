"""Which other forms of a right answer are accepted (RVH-M16), and how references may be written."""

from fractions import Fraction

import pytest

from assay_verifiers.math_answer.cases import ACCEPTED


@pytest.mark.parametrize(("answer", "reference"), ACCEPTED)
def test_equivalent_form_is_paid(paid, answer, reference):
    """An equal answer in another form is right."""
    assert paid(answer, reference)


@pytest.mark.parametrize(("answer", "reference"), ACCEPTED)
def test_reference_equals_itself(paid, answer, reference):
    """Every reference accepts its own spelling, and so does every answer used as a reference."""
    assert paid(reference, reference)
    assert paid(answer, answer)


@pytest.mark.parametrize(
    "reference",
    [
        42,
        42.0,
        Fraction(42),
        "42",
        " 42. ",
        "$42$",
        r"\(42\)",
        r"\[\boxed{42}\]",
        "The answer is $\\boxed{42}$.",
        "6 * 7 = 42\n#### 42",
        "#### \\boxed{42}",
        "<answer>42</answer>",
        "**Answer:** 42",
    ],
)
def test_reference_notations(paid, reference):
    """Numbers, bare LaTeX, delimiters, a boxed solution and GSM8K's notation say the same."""
    assert paid("42", reference)
    assert not paid("41", reference)


def test_decimal_comma_is_read_where_one_value_is_asked_for(paid):
    """``0,5`` is a half when the reference is one value, and a pair when the reference is a list."""
    assert paid("0,5", "1/2")
    assert paid("3,14", "3.14")
    assert paid("0,5", "5, 0")
    assert not paid("0.5", "0,5")


def test_small_float_reference_is_the_decimal_it_prints(paid):
    """1e-07 as a float is one over ten million, not a syntax error."""
    assert paid("0.0000001", 1e-07)
    assert not paid("0", 1e-07)


def test_reference_with_several_boxes_is_a_list(paid):
    """All boxes of a reference count, so the last alone is not enough."""
    reference = r"$\boxed{1}$ and $\boxed{2}$"
    assert paid("2, 1", reference)
    assert not paid("2", reference)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (r"\frac12", "0.5"),
        ("0.50", ".5"),
        ("(1, 2)", r"\left(1,\frac{4}{2}\right)"),
        ("x=5", "5"),
        ("2, 1", "1,2"),
        ("x+1", "1 + x"),
        (r"2\sqrt{3}", r"\sqrt{3} \cdot 2"),
        ("2xy", "y \\cdot 2x"),
    ],
)
def test_equal_answers_have_one_extracted_form(judge, left, right):
    """Majority voting counts equal answers together."""
    forms = {judge(rf"\boxed{{{answer}}}", "7, 8").extracted for answer in (left, right)}
    assert len(forms) == 1
    assert None not in forms


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x-1", "1-x"),
        ("2/x", "x/2"),
        ("x^2", "2^x"),
        ("x(y+1)", "xy+1"),
        (r"\sqrt{2}", r"\sqrt[3]{2}"),
        ("(1, 2)", "(2, 1)"),
        (r"\bar{z}w", "zw"),
    ],
)
def test_different_answers_have_different_extracted_forms(judge, left, right):
    """A vote for one answer is never counted for another."""
    assert judge(rf"\boxed{{{left}}}", "7, 8").extracted != judge(rf"\boxed{{{right}}}", "7, 8").extracted
