"""When a decimal is paid for a value that it cannot write, and when not."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.math_answer.rounding import decimal, rounds
from assay_verifiers.math_answer.syntax import parse

PAID = [
    ("0.333333", r"\frac13", 6),
    ("0.333", r"\frac13", 3),
    (r"\frac13", "0.333", 3),
    ("0.667", r"\frac23", 3),
    ("0.666", r"\frac23", 3),
    ("3.14159", r"\pi", 6),
    (r"40\pi", "125.664", 6),
    (r"40\pi", "125.663", 6),
    ("3.14159", "3.1416", 3),
    (r"\sqrt2", "1.4142135623730951", 6),
    ("0.0833333333333333", r"\frac1{12}", 6),
    (r"2.314814814815\cdot 10^{-3}", r"\frac1{432}", 6),
    ("-0.333", r"-\frac13", 3),
    ("(0.6, 2.6667]", r"(\frac35, \frac83]", 3),
    (r"\frac13, \sqrt3", "1.732, 0.333", 3),
    (r"\{0.333, 1\}", r"\{1, \frac13\}", 3),
    (r"\begin{pmatrix}0.333\\1\end{pmatrix}", r"\begin{pmatrix}1/3\\1\end{pmatrix}", 3),
    ("0.333333333333333333333333333333", r"\frac13", 30),
    ("0.577350269189625764509148780502", r"\frac{\sqrt3}{3}", 30),
]


@pytest.mark.parametrize(("answer", "reference", "digits"), PAID)
def test_a_rounded_decimal_is_paid(judge, answer, reference, digits):
    """Correctly rounded or cut off, in both directions, and inside structures; not with `null`."""
    assert judge(f"\\boxed{{{answer}}}", reference, rounding=digits).score == 1.0
    assert judge(f"\\boxed{{{answer}}}", reference, rounding=None).score == 0.0


REFUSED = [
    ("3.1416", "3.14159", 3),
    ("13715.5", "13715.52", 6),
    ("0.33", r"\frac13", 3),
    ("0.3333", r"\frac13", 6),
    ("0.334", r"\frac13", 3),
    ("0.665", r"\frac23", 3),
    ("0.668", r"\frac23", 3),
    ("-0.333", r"\frac13", 3),
    ("3", r"\pi", 2),
    (r"\pi", "3", 2),
    ("785", "784.98", 3),
    ("784.98", "785", 3),
    ("2500.0000001", "2500", 3),
    ("2500", "2500.0000001", 3),
    ("2499.9999", "2500", 3),
    ("123456789012345679.0", "123456789012345678", 3),
    ("0.4999999", r"\frac12", 3),
    ("0.5000001", r"\frac12", 3),
    ("0.1251", r"\frac18", 3),
    ("0.0", "0.0000001", 2),
    ("0", "0.0000001", 2),
    ("0.54", "0.5", 2),
    (r"\frac13", r"\frac{333333}{1000000}", 6),
    ("0.333x", r"\frac{x}{3}", 3),
    ("x = 0.333y", r"x = \frac{y}{3}", 3),
    ("1.4142135623730960", r"\sqrt2", 6),
    (r"\frac{1}{\sqrt2-\sqrt2}", "0.333", 3),
]


@pytest.mark.parametrize(("answer", "reference", "digits"), REFUSED)
def test_what_is_not_its_rounding_is_refused(judge, answer, reference, digits):
    """Too few digits, a wrong last digit, whole numbers, or a decimal that could have been exact."""
    assert judge(f"\\boxed{{{answer}}}", reference, rounding=digits).score != 1.0


def test_the_default_is_six_digits(judge):
    """Fewer digits abbreviate, and are not paid."""
    assert judge(r"\boxed{0.333333}", r"\frac13").score == 1.0
    assert judge(r"\boxed{0.33333}", r"\frac13").score == 0.0


def test_a_numeral_is_read_with_its_places():
    """The unit of the last place and the significant digits are those that are written."""
    found = decimal("-0.0250")
    assert found is not None
    assert (found.value, found.unit, found.digits) == (Fraction(-1, 40), Fraction(1, 10**4), 3)
    assert decimal("25") is None
    assert decimal(r"6\cdot 10^{23}") is None


@given(st.integers(-(10**6), 10**6), st.integers(3, 10**4), st.integers(2, 9))
def test_pythons_rounding_of_a_fraction_is_accepted_and_its_neighbours_are_not(top, bottom, places):
    """`round` of an exact fraction is within half a unit; two units away nothing is accepted."""
    value = Fraction(top, bottom)
    scaled = round(value * 10**places)
    node = parse(f"\\frac{{{top}}}{{{bottom}}}") if top >= 0 else parse(f"-\\frac{{{-top}}}{{{bottom}}}")

    def accepted(units):
        sign = "-" if units < 0 else ""
        digits = str(abs(units)).rjust(places + 1, "0")
        text = f"{sign}{digits[:-places]}.{digits[-places:]}"
        return rounds(text, parse(text), "reference", node, 1)

    if scaled:
        assert accepted(scaled)
        assert not accepted(scaled + 2)
        assert not accepted(scaled - 2)
