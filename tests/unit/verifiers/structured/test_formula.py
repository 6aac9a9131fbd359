"""Formulas: the grammar, its limits, and agreement of Z3 with truth tables."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample
from assay.conformance.corpora.structured import formulas
from assay.verdict import Status
from assay_verifiers.structured import register_verifiers
from assay_verifiers.structured.formula import MAX_DEPTH, FormulaError, Node, parse
from assay_verifiers.structured.solver import Solver, constant

z3 = pytest.importorskip("z3")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p or q and r", "p or (q and r)"),
        ("not p and q", "(not p) and q"),
        ("p -> q -> r", "p -> (q -> r)"),
        ("p or q -> r", "(p or q) -> r"),
        ("p -> q <-> r", "(p -> q) <-> r"),
        (r"$p \land \lnot q$", "p && !q"),
        ("p ∧ q ∨ ¬r", "(p & q) | ~r"),
        ("1 < x <= 3", "1 < x and x <= 3"),
        ("x - 1 - 2 = y", "((x - 1) - 2) = y"),
        ("not x = 1", "not (x = 1)"),
        ("p iff q", "p <=> q"),
    ],
)
def test_one_tree(one, other):
    """Precedence, association, chains and other signs."""
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p q",
        "p and",
        "(p",
        "p)",
        "and p",
        "f(x)",
        "x.y",
        "x[0]",
        "p; q",
        "lambda: 1",
        "__import__('os')",
        "'p'",
        "1e5",
        "p == ",
        "x ** 2 > 1",
        "x = 1 or",
        "9" * 31,
        "(" * (MAX_DEPTH + 1) + "p" + ")" * (MAX_DEPTH + 1),
        "not " * 500 + "p",
        "- " * 500 + "x > 0",
        "p -> " * 500 + "p",
        "p and " * 600 + "p",
    ],
)
def test_other_texts_are_no_formula(text):
    """What the grammar does not have, and what passes its limits, is refused."""
    with pytest.raises(FormulaError):
        parse(text)


@given(st.text(max_size=80) | st.text(st.sampled_from("pqx() not-><=!&|+*/1.5\\"), max_size=80))
def test_nothing_else_is_raised(text):
    """Any text is a tree or a FormulaError."""
    with contextlib.suppress(FormulaError):
        assert isinstance(parse(text), Node)


@pytest.mark.parametrize(
    "text", ["x * y > 1", "x / y > 1", "x / 0 > 1", "p + 1 > 0", "p < q", "x and p", "x", "z > 1", "p = 1"]
)
def test_sorts_and_linearity_are_kept(text):
    """Terms of the wrong sort, undeclared names, products of variables and division by zero are refused."""
    with pytest.raises(FormulaError):
        Solver({"p": "bool", "q": "bool", "x": "int", "y": "real"}, 10_000).formula(parse(text))


@pytest.mark.parametrize("seed", range(6))
def test_z3_agrees_with_truth_tables(seed):
    """Two random formulas differ for Z3 exactly when their truth tables do."""
    rng = random.Random(seed)
    names = ["p", "q", "r"] if seed % 2 else ["x", "y"]
    for _ in range(6):
        one, other = (formulas._formula(names, bool(seed % 2), rng) for _ in range(2))
        solver = Solver(dict.fromkeys(names, "bool" if seed % 2 else "int"), 2_000_000)
        given_ = parse("true" if seed % 2 else "0 <= x <= 5 and 0 <= y <= 5")
        differ = solver.differ(solver.formula(parse(one.text())), solver.formula(parse(other.text())))
        found = solver.satisfiable(solver.formula(given_), differ)
        assert found is (formulas.table(one, names) != formulas.table(other, names))


def test_exact_arithmetic():
    """Decimals and fractions are exact, and constants are folded."""
    solver = Solver({"x": "real"}, 1_000_000)
    same = solver.differ(solver.formula(parse("x = 0.1 + 0.2")), solver.formula(parse("x = 3/10")))
    assert solver.satisfiable(same) is False
    assert constant(parse("2 * (3 - 1/2)")) == 5 and constant(parse("1 / 0")) is None


def pigeons(holes):
    """One pigeon more than there are holes: never true, and hard to refute."""
    pairs = [(i, j) for i in range(holes + 1) for j in range(i)]
    rows = ["(" + " or ".join(f"p{i}{h}" for h in range(holes)) + ")" for i in range(holes + 1)]
    return " and ".join([*rows, *(f"not (p{i}{h} and p{j}{h})" for h in range(holes) for i, j in pairs)])


def test_the_effort_is_a_bound_and_repeats():
    """A hard question ends undecided with little effort and decided with more, every time alike."""
    formula = parse(pigeons(5))
    names = {f"p{i}{h}": "bool" for i in range(6) for h in range(5)}

    def outcome(effort):
        solver = Solver(names, effort)
        return solver.satisfiable(solver.formula(formula))

    assert [outcome(2_000), outcome(2_000)] == [None, None]
    assert [outcome(20_000_000), outcome(20_000_000)] == [False, False]


def test_giving_up_is_an_abstention_unless_the_answer_is_to_blame():
    """A reference that is too hard is nobody's fault; one far larger than its reference is the policy's."""
    names = {f"p{i}{h}": "bool" for i in range(7) for h in range(6)}
    spec = next(spec for spec in register_verifiers() if spec.name == "logic")
    hard = pigeons(6)

    def status(formula, answer):
        reference = {"variables": names, "formula": formula}
        sample = Sample(completion=f"<answer>{answer}</answer>", reference=reference)
        left = spec.prepare(sample, effort=10_000, max_answer_chars=10_000)
        return spec.factory(effort=10_000, max_answer_chars=10_000)([left])[0].status

    assert status(hard, "false") is Status.ABSTAINED
    assert status("false", hard) is Status.POLICY_FAULT
    assert "does not decide" in spec.probe({"variables": names, "formula": hard}, effort=10_000)
