"""The rungs before the worker: intervals that refute, normal forms and separation bounds that decide."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample, Verdict
from assay_verifiers import math_answer
from assay_verifiers.math_answer import algebraic, closed, numeric
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.rational import MAX_LARGE, TooLarge, exact, size
from assay_verifiers.math_answer.syntax import parse


def tree(text):
    return parse(normalize(text))


def decided(answer, reference):
    """The score that `prepare` gives; None when it leaves the pair to a worker."""
    found = math_answer.prepare(Sample(completion=f"\\boxed{{{answer}}}", reference=reference))
    return found.score if isinstance(found, Verdict) else None


EQUAL = [
    (r"\frac{10\sqrt3}{6}", r"\frac{5}{\sqrt3}"),
    (r"2\sqrt{12}", r"4\sqrt3"),
    (r"\sqrt[3]{54}", r"3\sqrt[3]{2}"),
    (r"\frac{1}{\sqrt3-1}", r"\frac{\sqrt3+1}{2}"),
    (r"(2+\sqrt3)^{20}", r"\frac{1}{(2-\sqrt3)^{20}}"),
    (r"\sqrt{3+2\sqrt2}", r"1+\sqrt2"),
    (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1"),
    (r"\cos\frac{2\pi}{7}+\cos\frac{4\pi}{7}+\cos\frac{6\pi}{7}", r"-\frac12"),
    (r"\tan\frac{\pi}{8}", r"\sqrt2-1"),
    (r"\sin\frac{\pi}{12}", r"\frac{\sqrt6-\sqrt2}{4}"),
    (r"\arctan\sqrt3", r"\frac{\pi}{3}"),
    (r"\frac{2\pi^2}{4}", r"\frac{\pi^2}{2}"),
    (r"\ln 8", r"3\ln 2"),
    (r"\log_4 8", "1.5"),
    (r"e^{2\ln 3}", "9"),
    (r"e^{i\pi/3}", r"\frac12+\frac{\sqrt3}{2}i"),
    ("(1+i)^{10}", "32i"),
    ("2^{2023}", r"2\cdot 2^{2022}"),
    ("2020!", r"2019!\cdot 2020"),
    ("(x+1)(x-1)", "x^2-1"),
    (r"\frac1a+\frac1b", r"\frac{a+b}{ab}"),
    (r"\frac{1}{\sqrt{x+1}}", r"\frac{\sqrt{x+1}}{x+1}"),
    ("e^{x+1}", "e e^x"),
    ("4^n", "2^{2n}"),
    ("(-1)^{n+1}", "(-1)^{n-1}"),
    (r"\frac{n!}{k!(n-k)!}", r"\binom{n}{k}"),
    ("(n-1)! n", "n!"),
    (r"\sec^2 y", r"1+\tan^2 y"),
    ("y = -\\frac12 x+1", "2y+x=2"),
    (r"\gcd(n,m)", r"\gcd(m,n)"),
    (r"\operatorname{cis} 60^\circ", r"e^{i\pi/3}"),
    (r"1+2+\cdots+n", r"n+2+1+\cdots"),
]


@pytest.mark.parametrize(("answer", "reference"), EQUAL)
def test_equal_closed_forms_are_confirmed_without_a_worker(answer, reference):
    """Roots, logarithms, trigonometric values, factorials and polynomials: both ways."""
    assert decided(answer, reference) == 1.0
    assert decided(reference, answer) == 1.0


DIFFERENT = [
    (r"\sqrt{3+2\sqrt2+10^{-50}}", r"1+\sqrt2"),
    (r"\sqrt2+10^{-300}", r"\sqrt2"),
    (r"\pi+10^{-60}", r"\pi"),
    (r"\frac{355}{113}", r"\pi"),
    (r"e^{\pi\sqrt{163}}", "262537412640768744"),
    ("2^{2022}", "2^{2023}"),
    ("2019!", "2020!"),
    (r"\binom{2020}{1009}", r"\binom{2020}{1010}"),
    (r"\sqrt{x^2}", "x"),
    ("(x+1)^2", "x^2+1"),
    (r"\sin x", r"\cos x"),
    ("2-3i", "2+3i"),
    ("f(x)", "f(y)"),
    ("2f(x)", "f(2x)"),
    (r"\gcd(m,n)+1", r"\gcd(m,n)"),
    (r"\gcd(12,18)", "6"),
    ("y = 2x - 3", "y = 2x + 3"),
    (r"-\infty", r"\infty"),
    (r"\infty", "5"),
    (r"42\tanh(50)", "42"),
]


@pytest.mark.parametrize(("answer", "reference"), DIFFERENT)
def test_near_misses_are_refuted_without_a_worker(answer, reference):
    """A difference is found at the first precision, or beyond it, or by the normal form."""
    assert decided(answer, reference) == 0.0


@pytest.mark.parametrize(
    "nothing",
    [
        r"\frac{1}{\sqrt2-\sqrt2}",
        r"\frac{S-S}{S-S}",
        r"\frac{5(S-1-\sqrt2)}{S-1-\sqrt2}",
        r"\frac{0\cdot T}{T}",
    ],
)
def test_a_normal_form_confirms_nothing_that_has_no_value(nothing):
    """With a divisor that is secretly zero, cross-multiplying would take anything for equal."""
    secret = nothing.replace("S", r"\sqrt{3+2\sqrt2}").replace("T", r"(\sin^2 x+\cos^2 x-1)")
    assert decided(secret, r"\sqrt5") != 1.0
    assert decided(secret, "5") != 1.0


BRANCHES = [
    (r"\sqrt{i}", r"(\sqrt{i})^2"),
    (r"|\sqrt{i}|", r"\sqrt{i}"),
    (r"(\sqrt[3]{\tan(-1)})", r"(\tan(-1))^{\frac13}"),
    (r"\sqrt{(1-\pi)^2}", r"1-\pi"),
    (r"\ln(e^{2\pi i+1})", r"2\pi i+1"),
    (r"(x^2)^{\frac12}", "x"),
    (r"\sqrt{x}\sqrt{x}", "|x|+1"),
    (r"\arctan(\tan 3)", "3"),
]


@pytest.mark.parametrize(("answer", "reference"), BRANCHES)
def test_identities_stop_at_branches(answer, reference):
    """Real and principal roots, logarithms of complex numbers and roots of squares are kept apart."""
    assert closed.same(tree(answer), tree(reference)) is not True
    assert decided(answer, reference) != 1.0


ROOTS = st.integers(2, 40).map(lambda n: (f"\\sqrt{{{n}}}", math.sqrt(n)))
WHOLES = st.integers(1, 9).map(lambda n: (str(n), float(n)))


def _compound(children):
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda p: (f"({p[0][0]}+{p[1][0]})", p[0][1] + p[1][1])),
        pairs.map(lambda p: (f"({p[0][0]}-{p[1][0]})", p[0][1] - p[1][1])),
        pairs.map(lambda p: (f"{p[0][0]}\\cdot {p[1][0]}", p[0][1] * p[1][1])),
    )


EXPRESSIONS = st.recursive(st.one_of(ROOTS, WHOLES), _compound, max_leaves=6)


@given(EXPRESSIONS)
def test_an_enclosure_holds_the_value(pair):
    """Python's float is inside the interval, up to its own error."""
    text, value = pair
    found = numeric.enclose(tree(text), {}, 64)
    assert found is not None
    ends = numeric.bounds(found)
    assert ends is not None
    slack = Fraction(1, 10**9) * (1 + abs(Fraction(value)))
    assert ends[0] - slack <= Fraction(value) <= ends[1] + slack
    assert ends[0] <= ends[1]


@given(EXPRESSIONS, EXPRESSIONS)
def test_normal_forms_separation_bounds_and_intervals_agree(left, right):
    """Three independent ways to compare sums and products of square roots never contradict one another."""
    one, two = tree(left[0]), tree(right[0])
    by_form, by_bound = closed.same(one, two), algebraic.equal(one, two)
    assert by_form is None or by_bound is None or by_form == by_bound
    if numeric.apart(one, two, 64):
        assert by_form is not True and by_bound is not True
    if abs(left[1] - right[1]) > 1e-6:
        assert numeric.apart(one, two, 64)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.integers(-9, 9))
def test_a_polynomial_equals_its_horner_form_and_no_neighbour(coefficients, shift):
    """Equality of polynomials is decided exactly, in both directions."""
    written = "+".join(f"({c})x^{{{k}}}" for k, c in enumerate(coefficients))
    horner = "0"
    for c in reversed(coefficients):
        horner = f"({horner})x+({c})"
    assert closed.same(tree(written), tree(horner)) is True
    assert closed.same(tree(written), tree(f"{horner}+({shift})")) is (shift == 0)


def test_work_on_large_sums_is_bounded():
    """What would be expanded to thousands of terms is left open, and not computed."""
    assert closed.same(tree("(x+y+z)^{60}"), tree("(z+y+x)^{60}+1")) is None
    assert closed.same(tree("(1+x)^{40}(1+y)^{40}"), tree("1")) is None


def test_exact_values_stop_where_they_could_not_be_printed():
    """CPython prints at most 4,300 digits; more are compared and never shown."""
    assert exact(tree("10^{4000}")) == 10**4000
    assert exact(tree("10^{4500}")) is None
    assert decided("10^{9000}", r"10\cdot 10^{8999}") == 1.0
    with pytest.raises(TooLarge):
        size(tree("10^{20000}"), MAX_LARGE)
