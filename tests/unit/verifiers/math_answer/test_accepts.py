"""Which other forms of a right answer are accepted (RVH-M16), and how references may be written."""

from fractions import Fraction

import pytest

ACCEPTED = [
    (r"\frac12", "0.5"),
    (r"\dfrac{1}{2}", "1/2"),
    (".5", r"\tfrac12"),
    (r"\frac{2}{4}", r"\frac{1}{2}"),
    (r"1\frac12", "1.5"),
    (r"-1\frac{1}{2}", "-1.5"),
    ("1 1/2", "1.5"),
    ("1,234", "1234"),
    (r"1{,}234", "1234"),
    (r"1\,234", "1234"),
    (r"1,\!234,\!567", "1234567"),
    ("１２", "12"),
    ("−3", "-3"),
    ("1\u200b2", "12"),
    (r"\$5", "5"),
    (r"5\text{ cm}", "5"),
    ("5", r"5 \text{ hours}"),
    ("90 degrees", r"90^\circ"),
    (r"90^{\circ}", "90"),
    (r"50\%", "50"),
    ("Therefore $x = 5$ is the solution.", "5"),
    (r"50\%", "0.5"),
    (r"28 \text{ percent}", r"28\%"),
    (r"0.\overline{3}", r"\frac13"),
    (r"6.02\times 10^{3}", "6020"),
    ("1e3", "1000"),
    (r"\mathbf{7}", "7"),
    ("**7**", "7"),
    ("7.", "7"),
    ("$7$", "7"),
    (r"\text{C}", "C"),
    (r"\textbf{(C)}", "C"),
    (r"\text{no solution}", "No solution"),
    ("x = 5", "5"),
    ("5", "x = 5"),
    ("5 = x", "x = 5"),
    (r"6 \cdot 7 = 42", "42"),
    (r"\frac13 \approx 0.33", r"\frac13"),
    ("y = 1 + 2x", "2x + 1"),
    ("2y = 4x + 2", "y = 2x + 1"),
    ("x^2 + y^2 - 4 = 0", "x^2 + y^2 = 4"),
    ("(x+1)(x-1)", "x^2-1"),
    (r"2^6 3^5", r"2^6 \cdot 3^5"),
    (r"\sqrt{12}", r"2\sqrt{3}"),
    (r"\frac{1}{\sqrt2}", r"\frac{\sqrt{2}}{2}"),
    (r"\ln 8", r"3\ln 2"),
    (r"\sin^2 x + \cos^2 x", "1"),
    ("3+2i", "2i+3"),
    ("i^2", "-1"),
    ("(1, 2)", r"\left(1,\,2\right)"),
    ("(0.5, 3)", r"\left(\frac12; 3\right)"),
    ("3, -1", "(3, -1)"),
    ("2, 1", "1, 2"),
    (r"2 \text{ or } 1", r"1 \text{ or } 2"),
    (r"1 \pm \sqrt2", r"1-\sqrt2, 1+\sqrt2"),
    (r"\{3, 1\}", r"\left\{1,3\right\}"),
    (r"(1,2)\cup(3,4]", r"(3,4] \cup (1,2)"),
    ("x > 2", r"(2, \infty)"),
    ("2 < x", "x > 2"),
    (r"-2 \le x \le 7", r"x \in [-2, 7]"),
    ("1:2", r"\frac12"),
    ("204_{5}", "204_5"),
    (r"\begin{pmatrix} 1 & 0.5 \\ 0 & 1 \end{pmatrix}", r"\begin{bmatrix}1&\frac12\\0&1\end{bmatrix}"),
]


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
    ],
)
def test_equal_answers_have_one_extracted_form(judge, left, right):
    """Majority voting counts equal answers together."""
    forms = {judge(rf"\boxed{{{answer}}}", "7, 8").extracted for answer in (left, right)}
    assert len(forms) == 1
    assert None not in forms
