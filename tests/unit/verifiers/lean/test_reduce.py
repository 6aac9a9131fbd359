"""What a reference poses and what a completion submits, decided on text alone."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample, Status, Verdict
from assay_verifiers.lean.problem import Problem, UnusableReferenceError, read, split_imports
from assay_verifiers.lean.reduce import code_block, prepare, without_prefix

OPEN = "theorem t (x : Nat) : x = x := by sorry"


def block(code, mark="lean"):
    return f"```{mark}\n{code}\n```"


def reduced(completion, reference=OPEN):
    return prepare(Sample(completion=completion, reference=reference))


@pytest.mark.parametrize("left_open", ["", " :=", " := sorry", " := by", " := by sorry", " := by\n  sorry\n"])
def test_a_statement_may_be_left_open_in_any_way(left_open):
    """The proof that is missing does not belong to the statement."""
    assert read({"statement": "theorem t : 1 = 1" + left_open}).head == "theorem t : 1 = 1"


def test_a_file_is_split_at_its_last_theorem():
    """What stands before it is trusted preamble, imports apart; the file may close its sections after it."""
    text = (
        "import Std\n-- a comment\nimport Lean\n\nnamespace A\ndef f := 1\n\n/-- Says so. -/\n"
        "theorem A.t : f = 1 := by\n  sorry\n\nend A\n"
    )
    problem = read(text)
    assert problem.imports == ("Init", "Std", "Lean")
    assert problem.preamble == "namespace A\ndef f := 1"
    assert problem.head.startswith("/-- Says so. -/\ntheorem A.t") and problem.head.endswith("f = 1")


def test_a_problem_is_read_back_from_its_text():
    """What `prepare` hands to the check is the same problem."""
    problem = Problem(("Init", "Std"), "open Nat", "theorem t : 1 = 1", "t")
    assert read(problem.text()) == problem


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "",
        "42",
        "{not json",
        {"statement": ""},
        {"statement": "theorem t : 1 = 1", "prof": "x"},
        {"statement": 3},
        {"statement": "theorem t : 1 = 1", "imports": ["Evil"]},
        {"statement": "theorem t : 1 = 1", "imports": [1]},
        "theorem t : 1 = 1 := rfl",
        "theorem t : 1 = 1 := by sorry\ndef f := 2",
    ],
)
def test_a_reference_that_poses_no_problem_is_its_own_fault(reference):
    """Nobody is paid or blamed for it."""
    verdict = reduced(block("by rfl"), reference)
    assert isinstance(verdict, Verdict) and verdict.status is Status.REFERENCE_FAULT


@pytest.mark.parametrize(
    ("completion", "submitted"),
    [
        (block("by rfl"), "theorem t (x : Nat) : x = x := by rfl\n"),
        (block(":= rfl"), "theorem t (x : Nat) : x = x := rfl\n"),
        (block("theorem t : True := trivial", "lean4"), "theorem t : True := trivial\n"),
        (f"<answer>{block('by rfl')}</answer>", "theorem t (x : Nat) : x = x := by rfl\n"),
        (block("by rfl", ""), "theorem t (x : Nat) : x = x := by rfl\n"),
        (f"<think>{block('by sorry')}</think>{block('by rfl')}", "theorem t (x : Nat) : x = x := by rfl\n"),
        (f"{block('by simp')}\nor better\n{block('by rfl')}", "theorem t (x : Nat) : x = x := by rfl\n"),
        (
            f"{block('by rfl')}\nthen\n{block('print(1)', 'python')}",
            "theorem t (x : Nat) : x = x := by rfl\n",
        ),
        (block("import Init\ntheorem a : 1 = 1 := rfl"), "theorem a : 1 = 1 := rfl\n"),
    ],
)
def test_what_is_submitted(completion, submitted):
    """The last Lean block after the reasoning; a proof alone is put behind the statement."""
    assert reduced(completion).completion == submitted


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "by rfl",
        "```python\nby rfl\n```",
        "```lean\nby rfl",
        "```lean\n\n```",
        f"<think>{block('by rfl')}",
        f"<think>{block('by rfl')}</think> I do not know.",
        block("import Lean\nby rfl"),
        block("by\n" + "  skip\n" * 20_000),
    ],
)
def test_nothing_submitted_is_the_policys_fault(completion):
    """No block, an unmarked language, an open block, an import that the reference does not have."""
    verdict = reduced(completion)
    assert isinstance(verdict, Verdict) and verdict.status is Status.POLICY_FAULT


def test_the_preamble_may_be_repeated():
    """A whole file is read as what follows the preamble; a preamble that was changed is not taken off."""
    reference = json.dumps({"preamble": "def f :=\n  1", "statement": "theorem t : f = 1"})
    whole = block("def f := 1\ntheorem t : f = 1 := rfl")
    assert reduced(whole, reference).completion.strip() == "theorem t : f = 1 := rfl"
    changed = block("def f := 2\ntheorem t : f = 1 := rfl")
    assert reduced(changed, reference).completion.startswith("def f := 2")


@given(st.text("ab \n", max_size=20), st.text("ab \n", max_size=20))
def test_a_prefix_is_taken_off_once(preamble, rest):
    """Whatever stands behind the preamble is what is left, white space at its beginning aside."""
    assert without_prefix(preamble + "c" + rest, preamble).lstrip() == "c" + rest


@given(st.text(max_size=60))
def test_reading_never_raises_anything_else(text):
    """References and completions are other people's text."""
    with contextlib.suppress(UnusableReferenceError):
        read(text)
    code_block(text)
    split_imports(text)
    assert prepare(Sample(completion=text, reference=OPEN)) is not None
