"""Laws of structure: sets of reals, numerals in words, units, named values."""

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from assay_verifiers.math_answer.canonical import canonical
from assay_verifiers.math_answer.compare import compare
from assay_verifiers.math_answer.forms import read
from assay_verifiers.math_answer.normalize import normalize
from assay_verifiers.math_answer.numerals import spelt
from assay_verifiers.math_answer.oracle import EXACT
from assay_verifiers.math_answer.structures import Leaf


def same(answer: str, reference: str) -> bool | None:
    return compare(read(normalize(answer)), read(normalize(reference)), EXACT)


ENDS = st.integers(-3, 3)
PIECES = st.tuples(ENDS, ENDS, st.booleans(), st.booleans()).filter(lambda piece: piece[0] < piece[1])
SETS = st.lists(PIECES, min_size=1, max_size=3)
PROBES = [Fraction(n, 2) for n in range(-8, 9)]


def members(pieces: list[tuple[int, int, bool, bool]]) -> list[bool]:
    """Which of the probes lie in a union; ends are whole, so halves decide between them."""
    return [
        any(
            low < x < high or (x == low and left) or (x == high and right)
            for low, high, left, right in pieces
        )
        for x in PROBES
    ]


def as_intervals(pieces: list[tuple[int, int, bool, bool]]) -> str:
    return r" \cup ".join(
        f"{'[' if left else '('}{low}, {high}{']' if right else ')'}" for low, high, left, right in pieces
    )


def as_inequalities(pieces: list[tuple[int, int, bool, bool]]) -> str:
    return r" \text{ or } ".join(
        rf"{low} {chr(92) + 'le' if left else '<'} x {chr(92) + 'le' if right else '<'} {high}"
        for low, high, left, right in pieces
    )


@given(SETS, SETS)
def test_unions_are_equal_when_they_have_the_same_members(one, two):
    """Order, overlap and touching pieces say nothing; an end that is open or closed does."""
    assume(len(one) + len(two) > 2)
    equal = members(one) == members(two)
    answer, reference = as_intervals(one), as_intervals(two)
    if len(one) > 1 or len(two) > 1:
        assert same(answer, reference) is equal
    assert same(as_inequalities(one), as_inequalities(two)) is equal
    assert same(as_inequalities(one), reference) is equal
    assert (
        canonical(read(normalize(as_inequalities(one)))) == canonical(read(normalize(as_inequalities(two))))
    ) is equal


UNITS = "zero one two three four five six seven eight nine ten"
TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
ONES = f"{UNITS} {TEENS}".split()
TEN_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = TEN_NAMES.split()


def english(value: int) -> str:
    """The usual English name of a number below 10^9."""
    for size, name in ((10**6, "million"), (10**3, "thousand"), (100, "hundred")):
        if value >= size:
            rest = f" {english(value % size)}" if value % size else ""
            return f"{english(value // size)} {name}{rest}"
    if value < 20:
        return ONES[value]
    return TENS[value // 10 - 2] + (f"-{ONES[value % 10]}" if value % 10 else "")


def chinese(value: int) -> str:
    """The usual Chinese name of a number below 10^8."""
    if value >= 10**4:
        high, low = divmod(value, 10**4)
        zero = "零" if 0 < low < 1000 else ""
        return chinese(high) + "万" + (zero + chinese(low) if low else "")
    text, pending = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if pending and text else "") + "零一二三四五六七八九"[digit] + name
        pending = not digit
    return text or "零"


@given(st.integers(0, 10**9 - 1))
def test_english_numbers_are_read(value):
    """Each number below a thousand million has the value of its name."""
    assert spelt(english(value)) == Leaf(str(value))


@given(st.integers(0, 10**8 - 1))
def test_chinese_numbers_are_read(value):
    """Each number below a hundred million has the value of its name."""
    assert spelt(chinese(value)) == Leaf(str(value))


@given(st.lists(st.sampled_from([*ONES, *TENS, "hundred", "thousand", "and"]), min_size=1, max_size=5))
def test_what_is_no_number_is_not_read_as_one(words):
    """Number words have a value only when they are its name, with or without "and"."""
    found = spelt(" ".join(words))
    if found is not None and not found.unit and "/" not in found.text:
        plain = " ".join(word for word in words if word != "and")
        assert english(int(found.text)).replace("-", " ") == plain


LENGTHS = {"km": 10**6, "m": 1000, "cm": 10, "mm": 1}


@given(
    st.integers(1, 10**4),
    st.sampled_from(sorted(LENGTHS)),
    st.integers(1, 10**4),
    st.sampled_from(sorted(LENGTHS)),
)
def test_lengths_are_equal_when_they_are_as_long(one, unit, two, other):
    """Two amounts with units are equal exactly when the conversion says so."""
    equal = one * LENGTHS[unit] == two * LENGTHS[other]
    answer, reference = (rf"{n}\text{{ {u}}}" for n, u in ((one, unit), (two, other)))
    assert same(answer, reference) is equal
    exact = Fraction(one * LENGTHS[unit], LENGTHS[other])
    assert same(answer, rf"\frac{{{exact.numerator}}}{{{exact.denominator}}}\text{{ {other}}}") is True


@given(st.permutations(["a", "b", "c"]), st.tuples(ENDS, ENDS, ENDS), st.tuples(ENDS, ENDS, ENDS))
def test_named_values_are_a_tuple_in_the_order_of_their_names(order, ours, theirs):
    """``b = 2, a = 1`` is (1, 2), however it is ordered, and nothing else is."""
    named = dict(zip("abc", ours, strict=True))
    answer = ", ".join(f"{name} = {named[name]}" for name in order)
    reference = "({}, {}, {})".format(*theirs)
    assert same(answer, reference) is (ours == theirs)
    assert same(reference, answer) is (ours == theirs)


@given(
    st.lists(st.integers(1, 9), min_size=3, max_size=3),
    st.integers(1, 9),
    st.lists(st.integers(1, 9), min_size=3, max_size=3),
)
def test_ratios_are_equal_up_to_a_factor(parts, factor, others):
    """``3:4:5`` is ``6:8:10``."""
    reference = ":".join(map(str, parts))
    assert same(":".join(str(factor * part) for part in parts), reference) is True
    proportional = all(a * others[0] == b * parts[0] for a, b in zip(parts, others, strict=True))
    assert same(":".join(map(str, others)), reference) is proportional
