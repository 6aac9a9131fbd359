r"""Pairs of answer and reference by kind, in pairs.txt: the same answer, or one that only looks like it.

A line holds ``=`` (paid) or ``!`` (not paid), the answer as it stands in a box, ``||``, and the reference.
"""

from pathlib import Path

import pytest

LINES = [
    line
    for line in (Path(__file__).parent / "pairs.txt").read_text("utf-8").splitlines()
    if line[:2] in ("= ", "! ")
]
EQUAL = [tuple(line[2:].split(" || ")) for line in LINES if line[0] == "="]
ALIKE = [tuple(line[2:].split(" || ")) for line in LINES if line[0] == "!"]


@pytest.mark.parametrize(("answer", "reference"), EQUAL)
def test_the_same_answer_is_paid(paid, answer, reference):
    """An answer that states what the reference states is right, however it is written."""
    assert paid(answer, reference)


@pytest.mark.parametrize(("answer", "reference"), ALIKE)
def test_an_answer_that_looks_alike_is_not_paid(paid, answer, reference):
    """What resembles the reference and states something else is wrong."""
    assert not paid(answer, reference)


def test_half_of_the_lines_tempt():
    """The table holds at least 150 pairs of each sort, so that neither paying all nor none passes."""
    assert len(EQUAL) >= 150
    assert len(ALIKE) >= 150
