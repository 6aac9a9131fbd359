"""Laws of the exact rung, of normalisation and of the grammar."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from assay import Sample, Verdict
from assay_verifiers import math_answer
from assay_verifiers.math_answer import normalize as rules
from assay_verifiers.math_answer import syntax
from assay_verifiers.math_answer.compare import compare
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.oracle import EXACT
from assay_verifiers.math_answer.rational import TooLarge, exact, size
from assay_verifiers.math_answer.syntax import SyntaxFault, parse

FRACTIONS = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 1000))
DECIMALS = st.builds(lambda n, k: Fraction(n, 10**k), st.integers(-(10**6), 10**6), st.integers(0, 6))


def spellings(value: Fraction) -> list[str]:
    """Ways to write a rational that all mean it."""
    sign, top, bottom = "-" if value < 0 else "", abs(value.numerator), value.denominator
    forms = [
        f"{sign}\\frac{{{top}}}{{{bottom}}}",
        f"$\\dfrac{{{sign}{top * 3}}}{{{bottom * 3}}}$",
        f"{sign}{top}/{bottom}",
        f"x = {sign}{top}/{bottom}",
        f"\\left({sign}\\tfrac{{{top}}}{{{bottom}}}\\right)",
    ]
    if bottom == 1:
        forms += [f"{sign}{top}", f"{sign}{top}.0", f"{sign}{top:,}", f"{sign}{top:,}".replace(",", "{,}")]
        forms += [f"{sign}{top:,}".replace(",", "\\,"), f"{sign}{top}\\text{{ units}}"]
    if top > bottom > 1:
        forms.append(f"{sign}{top // bottom}\\frac{{{top % bottom}}}{{{bottom}}}")
    if 10**6 % bottom == 0:
        digits = f"{top * 10**6 // bottom:07d}"
        forms.append(f"{sign}{digits[:-6]}.{digits[-6:]}")
    return forms


def prepared(answer: str, reference: str) -> float | None:
    verdict = math_answer.prepare(Sample(completion=f"\\boxed{{{answer}}}", reference=reference))
    assert isinstance(verdict, Verdict), "the exact rung decides plain rationals"
    return verdict.score


@given(st.one_of(FRACTIONS, DECIMALS), st.data())
def test_every_spelling_of_a_rational_is_right(value, data):
    """Any spelling equals any other, and no worker is needed."""
    answer = data.draw(st.sampled_from(spellings(value)))
    reference = data.draw(st.sampled_from(spellings(value)))
    assert prepared(answer, reference) == 1.0


@given(st.one_of(FRACTIONS, DECIMALS), st.one_of(FRACTIONS, DECIMALS), st.data())
def test_different_rationals_are_never_equal(left, right, data):
    """There is no tolerance."""
    assume(left != right)
    answer, reference = (
        data.draw(st.sampled_from(spellings(left))),
        data.draw(st.sampled_from(spellings(right))),
    )
    assert prepared(answer, reference) == 0.0


@given(FRACTIONS, st.integers(1, 60))
def test_a_tiny_difference_counts(value, places):
    """A difference of 10^-60 is a difference."""
    near = value + Fraction(1, 10**places)
    assert prepared(f"{near.numerator}/{near.denominator}", f"{value.numerator}/{value.denominator}") == 0.0


@given(st.lists(FRACTIONS, min_size=2, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_order_counts_in_tuples_and_not_in_sets(values, random):
    """A permuted set is the same set; a permuted tuple is another tuple."""
    shuffled = list(values)
    random.shuffle(shuffled)
    left, right = (",".join(map(str, items)) for items in (shuffled, values))
    assert prepared(f"\\{{{left}\\}}", f"\\{{{right}\\}}") == 1.0
    assert prepared(f"({left})", f"({right})") == float(shuffled == values)


MARKS = (
    r"1 2 x y + - ^ _ { } ( ) [ ] , = < / ! | : \frac \sqrt \pi \cdot \{ \} \text{ \pm \cup \in \le \\ &"
    r" \infty \sin \log % \$ . or \begin{pmatrix} \end{pmatrix} ^\circ $ \mathbb{R} \setminus"
    r" \equiv \pmod > : ; \begin{cases} \end{cases} \langle \rangle \int \mid"
    r" three 万 \mathbf{i} \mathbf{j} 8:34 (A) cm"
)
LATEX = st.lists(st.sampled_from([*MARKS.split(), " "]), max_size=14).map("".join)


@given(st.one_of(st.text(max_size=80), LATEX))
def test_prepare_is_total(text):
    """Any answer and any reference give a verdict or a reduced sample; nothing raises."""
    for completion, reference in ((f"\\boxed{{{text}}}", "42"), (text, text), (f"\\boxed{{{text}}}", text)):
        math_answer.prepare(Sample(completion=completion, reference=reference))


@given(FRACTIONS, st.data())
def test_normalize_is_idempotent(value, data):
    """Normal text stays as it is."""
    once = normalize(data.draw(st.sampled_from(spellings(value))))
    assert normalize(once) == once


@given(LATEX, LATEX)
def test_comparison_of_values_is_symmetric(left, right):
    """Without names and units, which an answer may add, neither side is favoured."""
    assume(
        not any(
            mark in left + right
            for mark in ("=", "<", ">", r"\le", r"\in", r"\text", "%", r"\circ", r"\$", "cm")
        )
    )
    one, two = read(normalize(left)), read(normalize(right))
    with contextlib.suppress(TooLarge):
        assert compare(one, two, EXACT) == compare(two, one, EXACT)


def tree_texts() -> st.SearchStrategy[tuple[str, Fraction]]:
    """Texts together with their value, computed by Python and not by the grammar under test."""
    leaves = st.integers(0, 20).map(lambda n: (str(n), Fraction(n)))

    def extend(children):
        pairs = st.tuples(children, children)
        return st.one_of(
            pairs.map(lambda p: (f"({p[0][0]}+{p[1][0]})", p[0][1] + p[1][1])),
            pairs.map(lambda p: (f"({p[0][0]}-{p[1][0]})", p[0][1] - p[1][1])),
            pairs.map(lambda p: (f"({p[0][0]})({p[1][0]})", p[0][1] * p[1][1])),
            pairs.map(lambda p: (f"{p[0][0]} \\cdot {p[1][0]}", p[0][1] * p[1][1])),
            pairs.filter(lambda p: p[1][1] != 0).map(
                lambda p: (f"\\frac{{{p[0][0]}}}{{{p[1][0]}}}", p[0][1] / p[1][1])
            ),
            children.map(lambda c: (f"({c[0]})^{{2}}", c[1] ** 2)),
            children.map(lambda c: (f"(-{c[0]})", -c[1])),
        )

    return st.recursive(leaves, extend, max_leaves=6)


@settings(max_examples=200)
@given(tree_texts())
def test_exact_value_agrees_with_python(pair):
    """The grammar's precedence and the exact rung give the value that arithmetic gives."""
    text, value = pair
    assert exact(parse(text)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2^2", -4),
        ("2^{-1}", Fraction(1, 2)),
        ("1/2/2", Fraction(1, 4)),
        ("2+3*4", 14),
        (r"-1\frac{1}{2}", Fraction(-3, 2)),
        ("3!", 6),
        (r"\binom{5}{2}", 10),
        (r"\sqrt{\frac{4}{9}}", Fraction(2, 3)),
        ("|-3|", 3),
        (r"\lfloor 2.5\rfloor", 2),
    ],
)
def test_precedence(text, value):
    """Signs, powers, divisions and mixed numbers bind as they are read."""
    assert exact(parse(text)) == value


@pytest.mark.parametrize(
    "text", ["4 2", "2^3^4", "3!!", "(1", "1)", "", "+", r"\unknown x", "x'", "1,2", r"2\frac{5}{3}"]
)
def test_grammar_refuses_what_is_ambiguous_or_unknown(text):
    """A text outside the grammar has no value, rather than a wrong one."""
    with pytest.raises(SyntaxFault):
        parse(text)


def test_size_visits_each_node_once():
    """The bound of a deep tower of signs and roots is found at once, not in exponential time."""
    assert size(parse(r"\sqrt{" * 30 + "x^{2}" + "}" * 30)) < 100


_RISKY = (
    r"0 1 5 12 345 1000 2.5 . - + / ( ) [ ] = { } ^ ^2 ^{ ^{2} e E x U C A i n , \frac \frac{1}{2} \frac{ }{"
    r" \dfrac{ \sqrt{ \sqrt \pi \infty \cdot \pm \sin \left( \right) \left[ \ln to \in _{2} * ! < $ % : ; | '"
)
_FEW_RISKY = (
    st.lists(st.sampled_from([*_RISKY.split(), "  ", "\\displaystyle "]), max_size=4)
    .flatmap(lambda few: st.lists(st.sampled_from([*few, r"\frac{", "2", "}", "x", " "]), max_size=8))
    .map("".join)
)


@settings(max_examples=1500)
@given(_FEW_RISKY)
@example("1,345")
@example(r"\frac{1} n")
def test_texts_that_need_no_rule_are_changed_by_none(text):
    """The short way through normalisation ends where the rules end."""
    assert normalize(text) == rules._rewritten(text)


@given(st.from_regex(syntax.RATIONAL, fullmatch=True))
def test_numbers_are_read_as_the_grammar_reads_them(text):
    """A number or fraction, read at once, is the tree that the grammar builds."""
    assume(max(map(len, text.replace("{", "}").split("}"))) < syntax.MAX_DIGITS)
    parser = syntax._Parser(text)
    assert parse(text) == parser.expression(0)
    assert not parser.peek()
