"""Strict JSON: what is read, what is refused, and what equals what."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_verifiers.structured.strict import NotJsonError, key, loads

PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | FLOATS | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=12,
)


def same(one, other):
    """Equality of JSON values, by the specification's words and not by `key`."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(one[k], other[k]) for k in one)
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return not isinstance(other, dict | list) and one == other


@given(VALUES)
def test_what_python_writes_is_read(value):
    """Every value that Python writes as JSON is read, in any spelling, as the value that Python reads."""
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert key(loads(text)) == key(json.loads(text, parse_float=Decimal))


@given(VALUES, VALUES)
def test_equality_is_that_of_json(one, other):
    """Two values have one key exactly when they are the same JSON value."""
    left, right = loads(json.dumps(one)), loads(json.dumps(other))
    assert (key(left) == key(right)) == same(left, right)


@pytest.mark.parametrize(
    ("one", "other", "value", "written"),
    [
        ("1", "1.0", True, False),
        ("1", "1e0", True, False),
        ("0", "-0.0", True, False),
        ("1", "true", False, False),
        ("0", "false", False, False),
        ("1", '"1"', False, False),
        ("0.1", "0.10000000000000000001", False, False),
        ("9007199254740993", "9007199254740992.0", False, False),
        ("[1]", "[1.0]", True, False),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True, True),
        ("[1,2]", "[2,1]", False, False),
        ("null", "{}", False, False),
    ],
)
def test_numbers_and_types(one, other, value, written):
    """Numbers are equal by exact value or by how they are written; types are never mixed."""
    assert (key(loads(one)) == key(loads(other))) is value
    assert (key(loads(one), True) == key(loads(other), True)) is written


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "-Infinity",
        "[Infinity]",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1_000",
        "'a'",
        "{a:1}",
        '{"a":1,}',
        "[1,]",
        "[1] [2]",
        "1 2",
        '{"a":1}x',
        "// c\n1",
        "/* c */ 1",
        "True",
        "None",
        "undefined",
        '{"a":1,"a":1}',
        '[{"b":{"a":1,"\\u0061":2}}]',
        '"\\ud800"',
        '["\\udc00"]',
        '{"\\ud800":1}',
        "\ufeff1",
        '"a\nb"',
        '"\\x41"',
        "[",
        "]",
        "[1",
        '{"a"',
        '"',
        '"\\',
        "1" * 401,
        "1e1001",
        "1e-1001",
        "1e" + "9" * 300,
        "\u00a01",
        "١",
    ],
)
def test_what_is_not_strict_json_is_refused(text):
    """Duplicate keys, NaN, text around the document, lenient spellings and numbers too large are refused."""
    with pytest.raises(NotJsonError):
        loads(text)


def test_depth_is_bounded_exactly():
    """The depth allowed is read, one more is refused; brackets in strings are no depth."""
    assert loads("[" * 64 + "]" * 64)
    with pytest.raises(NotJsonError, match="nested"):
        loads("[" * 65 + "]" * 65)
    assert loads('"' + "[" * 1000 + '\\"{"') == "[" * 1000 + '"{'
    assert loads("[" * 3 + "]" * 3, 3)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '"\\' * 50_000, '"' * 100_001, '{"a":' * 20_000, "\\" * 100_000]
)
def test_bombs_are_refused_in_linear_time(text):
    """Long hostile texts are refused; CPU time stays far from quadratic."""
    started = time.process_time()
    with pytest.raises(NotJsonError):
        loads(text)
    assert time.process_time() - started < 2.0
