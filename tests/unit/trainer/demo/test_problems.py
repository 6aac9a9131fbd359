"""The task of the demo: its law, its splits and its files."""

import ast
import json
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_trainer.demo.problems import (
    LARGEST_TOTAL,
    draw_problem,
    draw_rows,
    is_held_out,
    make_row,
    write_dataset,
)


def value(node: ast.expr) -> int:
    """Evaluate a parsed sum: independent of the running totals that `draw_problem` keeps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    assert isinstance(node, ast.BinOp)
    left, right = value(node.left), value(node.right)
    return left + right if isinstance(node.op, ast.Add) else left - right


seeds = st.integers(0, 2**32)
splits = st.sampled_from(["train", "test"])


@given(seeds, splits, st.integers(2, 6))
def test_every_running_total_stays_between_0_and_20(seed, split, operands):
    """No prefix of a chain leaves 0 to 20, and the operands are single digits from 1 to 9."""
    problem = draw_problem(random.Random(seed), split, operands)
    assert len(problem.operands) == len(problem.totals) == operands
    assert all(1 <= operand <= 9 for operand in problem.operands)
    assert all(0 <= total <= LARGEST_TOTAL for total in problem.totals)


@given(seeds, splits, st.sampled_from(["en", "zh"]))
def test_the_solution_is_the_value_of_the_expression(seed, split, language):
    """An independent evaluation of the expression gives the row's solution, and the prompt asks for it."""
    problem = draw_problem(random.Random(seed), split)
    row = make_row(problem, language)
    assert str(value(ast.parse(problem.expression, mode="eval").body)) == row["solution"]
    assert problem.expression in row["prompt"][0]["content"]
    assert row["domain"] == "math" and row["language"] == language


@given(seeds, splits)
def test_a_problem_lies_on_its_side_of_the_split(seed, split):
    """A drawn problem is held out exactly when the test split was asked for."""
    assert is_held_out(draw_problem(random.Random(seed), split).expression) == (split == "test")


def test_the_remainder_is_the_text_that_is_left():
    """`remainder(n)` is the expression from operand n on, and empty past the end."""
    problem = draw_problem(random.Random(3))
    assert str(problem.operands[0]) + problem.remainder(1) == problem.expression
    assert problem.expression.endswith(problem.remainder(3))
    assert problem.remainder(4) == ""


def test_the_files_hold_disjoint_balanced_distinct_rows(tmp_path):
    """Train and test share no prompt, repeat none, and ask half their questions in each language."""
    paths = write_dataset(tmp_path / "data", seed=5, train=400, test=100)
    train, test = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in paths
    )
    assert (len(train), len(test)) == (400, 100)

    def asked(rows):
        return {row["prompt"][0]["content"].strip("Compute计算 .。") for row in rows}

    assert len(asked(train)) == 400 and len(asked(test)) == 100
    assert not asked(train) & asked(test)
    for rows in (train, test):
        assert sum(row["language"] == "zh" for row in rows) * 2 == len(rows)
        assert set(rows[0]) == {"prompt", "solution", "domain", "language"}


def test_the_seed_changes_the_training_rows_and_never_the_test_rows(tmp_path):
    """Runs of different seeds train on different rows and are judged on the same."""
    first, second = (write_dataset(tmp_path / str(seed), seed, train=50, test=50) for seed in (0, 1))
    assert first[0].read_bytes() != second[0].read_bytes()
    assert first[1].read_bytes() == second[1].read_bytes()
    assert draw_rows(50, 1, "train") == draw_rows(50, 1, "train")


@pytest.mark.parametrize(("count", "split"), [(-1, "train"), (15_001, "train"), (2_001, "test")])
def test_more_rows_than_there_are_is_an_error(count, split):
    """A count outside what the split holds raises, instead of looping for ever."""
    with pytest.raises(ValueError, match="distinct problems"):
        draw_rows(count, 0, split)


def test_problems_and_corpus_do_not_import_torch():
    """Writing the dataset stays light."""
    code = (
        "import sys, assay_trainer.demo.problems, assay_trainer.demo.corpus;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'trl')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
