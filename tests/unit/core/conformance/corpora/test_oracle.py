"""The audit's own reader, on texts whose values a person can check."""

from __future__ import annotations

import pytest

from assay.conformance.corpora import oracle

EQUAL = [
    (r"\frac{1}{2}", "0.5"),
    (r"-\frac{3}{4}", "-3/4"),
    (r"\sqrt{12}", r"2\sqrt{3}"),
    ("x^{2} + 3x - 1", "-1 + x^{2} + 3x"),
    (r"\{1, 2\}", r"\{2, 1\}"),
    (r"50\%", "0.5"),
    ("1,234", "1234"),
    ("1{,}234", r"1\,234"),
    (r"5\text{ cm}", "5"),
    ("x = 5", "5"),
    ("½", "0.5"),
    ("−３", "-3"),
    ("forty-two", "42"),
    (r"\left[1, 2\right)", "[1, 2)"),
    (r"\text{B}", "B"),
    ("Option B", "B"),
]
DIFFERENT = [
    ("1", "1.000001"),
    ("(1, 2)", "(2, 1)"),
    ("(1, 2)", r"\{1, 2\}"),
    ("[1, 2)", "[1, 2]"),
    ("(1, 2)", "(1, 2, 0)"),
    (r"\{1, 2\}", r"\{1, 2, 3\}"),
    (r"\sqrt{2}", "1.41421356237309504880"),
    ("x", "2"),
    ("x^{2}", "x^{3}"),
    ("A", "B"),
    ("50", r"50\%"),
]
NOTHING = [
    "",
    "7 = 42",
    "1 or 2",
    r"\pm 2",
    "NaN",
    r"\mathbb{R}",
    "1, 2",
    "forty-three-ish",
    r"\frac{0}{0}",
    "2^{99}",
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal_answers(left: str, right: str) -> None:
    """Two spellings of one value."""
    a, b = oracle.evaluate(left), oracle.evaluate(right)
    assert a is not None
    assert b is not None
    assert oracle.same(a, b)
    assert oracle.same(b, a)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_answers(left: str, right: str) -> None:
    """Two values."""
    a, b = oracle.evaluate(left), oracle.evaluate(right)
    assert a is not None
    assert b is not None
    assert not oracle.same(a, b)
    assert not oracle.same(b, a)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_single_answer_has_no_value(text: str) -> None:
    """None rather than a guess."""
    assert oracle.evaluate(text) is None


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        (r"So \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"<think>\boxed{1}</think> \boxed{2}", "2"),
        (r"\boxed{1} \boxed{2}", None),
        (r"<think>\boxed{1}", None),
        (r"\boxed{1} <!-- \boxed{2} -->", "1"),
        (r"It is not \boxed{1}.", None),
        (r"\phantom{\boxed{1}}", None),
        ("1", None),
        (r"% \boxed{1}", None),
        (r"It is $\boxed{1}$. No, the answer is $2$.", None),
        (r"It is $\boxed{1}$ or $2$.", None),
        (r"It is $\boxed{B}$. No, the answer is A.", None),
        (r"The answer is $\boxed{1}$.", "1"),
    ],
)
def test_the_one_asserted_answer(completion: str, answer: str | None) -> None:
    """Visible, after the reasoning, stated once and not denied."""
    assert oracle.asserted(completion, r"\boxed{", "}") == answer
