"""Values on their way out of a sandbox."""

import enum
import json
import math
import os
from collections import Counter, OrderedDict, defaultdict, namedtuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_verifiers.code.compare import frozen
from assay_verifiers.code.drivers.codec import (
    MAX_BITS,
    MAX_DEPTH,
    Encoder,
    Lines,
    NoPlainTypeError,
    NotPlainError,
    decode,
    parse,
    write,
)

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers()
)  # fmt: skip
HASHABLE = st.recursive(
    ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4), max_leaves=6
)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.sets(HASHABLE, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=4)
    ),
    max_leaves=12,
)


def carried(value):
    return decode(parse(write(Encoder()(value))))


@settings(deadline=None)
@given(PLAIN)
def test_plain_values_arrive_as_they_are(value):
    """Round trip: equal, with the types they had, nan and infinities included."""
    assert frozen(carried(value)) == frozen(value)


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu"])))
def test_lone_surrogates_arrive(text):
    """Strings that no encoding takes are carried too."""
    assert carried(text) == text


class Number(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

    def __repr__(self):
        return "42"

    __str__ = __int__ = __index__ = __repr__


class Word(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__

    def __str__(self):
        return "other"


class Pile(list):
    def __iter__(self):
        return iter([42])

    def __len__(self):
        return 42


class Table(dict):
    def items(self):
        return [(42, 42)]


class Half(float):
    def __float__(self):
        return 42.0

    def __sub__(self, other):
        return 0


class Colour(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "base"),
    [
        (Number(7), 7),
        (Word("a"), "a"),
        (Pile([1]), [1]),
        (Table({1: 2}), {1: 2}),
        (Half(0.5), 0.5),
        (Colour.RED, 3),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (namedtuple("P", "x y")(1, 2), (1, 2)),
    ],
)
def test_subclasses_arrive_as_what_they_hold(value, base):
    """A subclass of a plain type is read by that type's own methods, never by those it brings."""
    assert frozen(carried(value)) == frozen(base)


class Liar:
    __class__ = property(lambda self: int)  # pyright: ignore

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


class Reordering(type):
    def mro(cls):
        return [cls, object]


class Reordered(metaclass=Reordering):
    def __int__(self):
        return 42


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Liar(),
        Reordered(),
        lambda: 1,
        len,
        int,
        iter([]),
        range(3),
        (n for n in [1]),
        bytearray(b"a"),
        json,
    ],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"a": (v,)}])
def test_everything_else_is_refused(value, wrap):
    """What is no plain value is refused by its type, also inside of plain ones."""
    with pytest.raises(NoPlainTypeError):
        Encoder()(wrap(value))


def test_large_values_are_refused():
    """Depth, count, digits and length are bounded; a list that holds itself is too deep."""
    endless = []
    endless.append(endless)
    nested = [1]
    for _ in range(MAX_DEPTH + 1):
        nested = [nested]
    for value in (endless, nested, 1 << MAX_BITS, list(range(300_000)), "x" * 5_000_000):
        with pytest.raises(NotPlainError):
            Encoder()(value)
    assert carried((1 << MAX_BITS) - 1) == (1 << MAX_BITS) - 1


@pytest.mark.parametrize(
    "line",
    [
        "NaN",
        "[Infinity]",
        "",
        "[1",
        "[" * 100_000,
        "1" * 5000,
        '{"f": "1e3"}',
        '{"x": 1}',
        '{"h": 0}',
        '{"t": 3}',
        '{"d": [[1]]}',
        '{"s": [[1]]}',
        '{"b": "zz"}',
        '{"c": [1, "a"]}',
        '{"t": [], "s": []}',
        "{}",
        '[{"d": [[[1], 2]]}]',
    ],
)
def test_lines_that_no_encoder_writes_are_refused(line):
    """Whoever writes lines by hand gets no exception out of the reader but this one."""
    with pytest.raises(NotPlainError):
        decode(parse(line))


def test_handles_stand_for_objects():
    """An object for which there is a stand-in travels as that, and is looked up on the other side."""
    thing = object()
    raw = Encoder(lambda value: 7 if value is thing else None)([thing])
    assert decode(parse(write(raw)), {7: thing}.get) == [thing]


@given(st.floats())
def test_floats_keep_their_bits(number):
    """What is written of a float is enough to read the same one."""
    found = carried(number)
    assert type(found) is float and (found == number or (math.isnan(found) and math.isnan(number)))


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"a", b"\n", b"bc\nd", b"\n\n", b"e" * 70_000]), max_size=8))
def test_lines_are_those_of_a_file(parts):
    """However a stream comes in, its lines are the same; a last one without an end is one too."""
    descriptor = os.memfd_create("stream")
    with os.fdopen(descriptor, "r+b") as file:
        file.write(b"".join(parts))
        file.seek(0)
        assert list(iter(Lines(descriptor), b"")) == b"".join(parts).splitlines(keepends=True)


def test_a_line_has_a_longest():
    """What never ends a line is not read for ever."""
    reading = os.open("/dev/zero", os.O_RDONLY)
    line = Lines(reading, 200_000)()
    os.close(reading)
    assert 200_000 < len(line) < 300_000
