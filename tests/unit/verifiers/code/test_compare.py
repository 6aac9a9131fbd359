"""Comparators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.code.compare import COMPARATORS, Comparison, frozen

TEXTS = [
    # comparator, actual, expected, same
    ("exact", "3\n", "3\n", True),
    ("exact", "3\n", "3", False),
    ("lines", "3\n", "3", True),
    ("lines", "1 2  \r\n3\n\n\n", "1 2\n3", True),
    ("lines", "1  2", "1 2", False),
    ("lines", "\n3", "3", False),
    ("lines", "1\x0b2", "1\n2", False),
    ("lines", "", "3", False),
    ("tokens", " 1\n2\t3 ", "1 2 3", True),
    ("tokens", "12 3", "1 2 3", False),
    ("tokens", "1 2", "1 2 3", False),
    ("float", "0.3333333", "0.33333333", True),
    ("float", "0.3333", "0.33333333", False),
    ("float", "1e3", "1000.0", True),
    ("float", "2", "2.0", True),
    ("float", "yes 1.0000001", "yes 1.0", True),
    ("float", "no 1.0", "yes 1.0", False),
    ("float", "nan", "1.0", False),
    ("float", "inf", "1e400", False),
    ("float", "1_0.0", "10.0", False),
    ("float", "1000000000000000001", "1000000000000000002", False),
    ("float", "-0.0", "0.0", True),
    ("float", "1" * 5000, "2" * 5000, False),
    ("unordered", "b\na\n", "a\nb", True),
    ("unordered", "a\na\nb", "a\nb\nb", False),
    ("unordered", "a\nb", "a\nb\nb", False),
]


@pytest.mark.parametrize(("name", "actual", "expected", "same"), TEXTS)
def test_texts(name, actual, expected, same):
    """Standard outputs."""
    assert Comparison(name).texts(actual, expected) is same


VALUES = [
    ("exact", 1, 1, True),
    ("exact", True, 1, False),
    ("exact", 1.0, 1, False),
    ("exact", [1, [True]], [1, [1]], False),
    ("exact", (1, 2), [1, 2], True),
    ("exact", {1: (2,)}, {"1": [2]}, True),
    ("exact", {True: 1, None: 2}, {"true": 1, "null": 2}, True),
    ("exact", {1: "a", "1": "b"}, {"1": "b"}, False),
    ("exact", "1", 1, False),
    ("exact", None, 0, False),
    ("exact", None, None, True),
    ("exact", {1, 2}, [1, 2], False),
    ("exact", float("nan"), None, False),
    ("float", 0.1 + 0.2, 0.3, True),
    ("float", 0.31, 0.3, False),
    ("float", 1, 1.0, True),
    ("float", True, 1.0, False),
    ("float", [1.0, {"a": 2.0000001}], [1.0, {"a": 2.0}], True),
    ("float", [1.0], [1.0, 2.0], False),
    ("float", {"a": 1.0}, {"b": 1.0}, False),
    ("float", 10**18 + 1, 10**18, False),
    ("float", 10**400, 1.5, False),
    ("float", float("inf"), 1e308, False),
    ("float", "a", "a", True),
    ("unordered", [3, 1, 2], [1, 2, 3], True),
    ("unordered", [1, 1, 2], [1, 2, 2], False),
    ("unordered", [[2, 1]], [[1, 2]], False),
    ("unordered", {2, 1}, [1, 2], True),
    ("unordered", {(1, 2)}, [[1, 2]], True),
    ("unordered", [True], [1], False),
    ("unordered", "ab", "ba", False),
    ("lines", "a \n", "a", True),
]


@pytest.mark.parametrize(("name", "actual", "expected", "same"), VALUES)
def test_values(name, actual, expected, same):
    """Returned values against expected ones from JSON."""
    assert Comparison(name).values(actual, expected, from_json=True) is same


def test_types_count_without_json():
    """Where what is expected had types, a tuple is no list."""
    assert not Comparison("exact").values((1,), [1], from_json=False)
    assert Comparison("exact").values((1,), (1,), from_json=False)


def test_loose_numbers_are_an_option():
    """1, 1.0 and True are one number only when that is asked for."""
    loose = Comparison("exact", loose_numbers=True)
    assert loose.values([1, True, 2.0], [1.0, 1, 2], from_json=True)
    assert not loose.values([1], [2], from_json=True)


def test_the_tolerance_is_relative_above_one():
    """1e-3 allows 1 in 1000 and 0.001 below 1."""
    near = Comparison("float", tolerance=1e-3)
    assert near.texts("1000.9", "1000.0") and not near.texts("1002.0", "1000.0")
    assert near.texts("0.0005", "0.0") and not near.texts("0.002", "0.0")


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text() | st.floats(), st.lists, max_leaves=8)
)
def test_every_comparator_accepts_the_same(value):
    """Equal values are equal under every comparator."""
    assert all(Comparison(name).values(value, value, from_json=True) for name in COMPARATORS)


@given(st.text())
def test_every_comparator_accepts_the_same_text(text):
    """Equal outputs are equal under every comparator."""
    assert all(Comparison(name).texts(text, text) for name in COMPARATORS)


@given(st.integers() | st.booleans() | st.floats(), st.integers() | st.booleans() | st.floats())
def test_frozen_is_equality_of_type_and_value(one, other):
    """Two numbers are the same exactly when type and value are; nan is nan."""
    same = type(one) is type(other) and (one == other or (one != one and other != other))
    assert (frozen(one) == frozen(other)) is same


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [(1, True, True), ([1.0], [1], True), ((1,), [1], False), ({1: 2}, {"1": 2}, False), ({1}, {1.0}, True)],
)
def test_equal_is_what_asserts_mean(actual, expected, same):
    """Python's own equality, be what is expected from JSON or not; it is no option."""
    assert Comparison("equal").values(actual, expected, from_json=True) is same
    assert "equal" not in COMPARATORS
