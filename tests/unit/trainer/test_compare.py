"""Comparing evaluations: pairing, refusal, domains, several at once, and the command."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from assay import DataError
from assay_trainer.compare import compare, compare_all, load_result, question_of
from assay_trainer.plugin import register_commands
from assay_trainer.settings import SettingsError
from assay_trainer.template import wrap

Marks = Sequence[Sequence[bool | None]]
Write = Callable[..., Path]

SETTINGS = {"model": "m", "data": "d.jsonl", "temperature": 0.6, "lock_sha256": "abc"}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an evaluation: for each question its marks; answers are 1 (right) and 0."""

    def write(name: str, marks: Marks, *, first: int = 0, template: Any = "none", **more: Any) -> Path:
        lines: list[Any] = [{"settings": {**SETTINGS, "k": len(marks[0]), **more}}]
        for index, group in enumerate(marks):
            for attempt, right in enumerate(group):
                lines.append({
                    "question": index, "attempt": attempt, "prompt": wrap(f"q{index + first}", template),
                    "reference": "1", "domain": "even" if index % 2 == 0 else "odd", "completion": "text",
                    "tokens": 1, "truncated": False, "reason": "", "right": right,
                    "status": "infra_fault" if right is None else "scored",
                    "extracted": None if right is None else str(int(right)),
                })  # fmt: skip
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    return write


def both(one: Path, other: Path, **how: Any) -> Any:
    return compare(load_result(one), load_result(other), **how)


def test_a_model_against_itself(write: Write) -> None:
    """No difference, p 1, all ties; and the interval is not empty, for other questions might differ."""
    path = write("a.jsonl", [[True, False], [True, True], [False, False]])
    found = both(path, path)
    assert (found.overall.difference, found.overall.p, found.overall.ties, found.notes) == (0.0, 1.0, 3, [])
    assert found.overall.interval[0] < 0 < found.overall.interval[1]
    assert found.overall.votes.p == 1.0


def test_a_known_difference_is_found(write: Write) -> None:
    """The second gains one of two completions on eight questions and loses one on one."""
    first = write("a.jsonl", [[False, False]] * 8 + [[True, True]] * 4)
    second = write("b.jsonl", [[True, False]] * 8 + [[True, True]] * 3 + [[False, True]])
    found = both(first, second).overall
    assert (found.wins, found.losses, found.ties) == (8, 1, 3)
    assert found.difference == pytest.approx((8 * 0.5 - 0.5) / 12)
    assert found.p == pytest.approx(2 * (1 + 9) / 2**9)
    assert found.interval[0] > 0
    assert (found.votes.only_first, found.votes.only_second) == (1, 8)
    back = both(second, first).overall
    assert (back.difference, back.p, back.wins) == (-found.difference, found.p, 1)


def test_equal_models_are_seldom_told_apart(write: Write) -> None:
    """Two draws of one model on the same questions: p is below 0.1 about one time in ten."""
    draw = random.Random(1)
    skill = [draw.random() for _ in range(40)]
    found = [
        both(
            *(write(name, [[draw.random() < p for _ in range(4)] for p in skill]) for name in "ab")
        ).overall.p
        for _ in range(60)
    ]
    assert sum(p < 0.1 for p in found) <= 13 and sum(p > 0.3 for p in found) >= 30


def test_other_questions_are_refused(write: Write) -> None:
    """Neither other questions nor fewer are compared silently; --shared compares on those in both."""
    first = write("a.jsonl", [[True]] * 5)
    with pytest.raises(DataError, match=r"0 are in both .* Evaluate both on the same data"):
        both(first, write("b.jsonl", [[True]] * 5, first=90), shared=True)
    other = write("c.jsonl", [[False]] * 5, first=2)
    with pytest.raises(
        DataError, match=r"3 are in both .*2 only in the first, 2 only in the second.*--shared"
    ):
        both(first, other)
    found = both(first, other, shared=True)
    assert (found.overall.n, found.unshared, found.overall.difference) == (3, 4, -1.0)


def test_questions_are_the_same_in_any_template(write: Write) -> None:
    """R1-Zero's template, a chat message and plain text of one question are one question."""
    marks = [[True], [False]]
    paths = [write(f"{template}.jsonl", marks, template=template) for template in ("none", "chat", "r1-zero")]
    assert [one.overall.n for one in compare_all([load_result(path) for path in paths])] == [2, 2]
    assert question_of(wrap("Why?", "r1-zero")) == "Why?" == question_of("Why? ")
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert question_of(turns) == turns


def test_equal_questions_are_paired_in_order(write: Write) -> None:
    """A question that stands twice is two questions."""
    path = write("a.jsonl", [[True], [False]])
    path.write_text(path.read_text().replace('"q1"', '"q0"'))
    assert len(load_result(path).questions) == 2
    assert both(path, path).overall.ties == 2


def test_what_was_not_judged_is_left_out(write: Write) -> None:
    """A question of which one has no judged completion counts for neither, and is told."""
    first = write("a.jsonl", [[True, None], [None, None], [False, False]])
    found = both(first, write("b.jsonl", [[True, True]] * 3))
    assert (found.overall.n, found.left_out, found.overall.first) == (2, 1, 0.5)
    nobody = write("c.jsonl", [[None, None]] * 3)
    assert both(nobody, first).to_dict()["p"] is None


def test_domains_and_notes(write: Write) -> None:
    """Each domain has its own difference; other settings and verifiers are told."""
    first = write("a.jsonl", [[True], [True], [False], [True]])
    second = write("b.jsonl", [[True], [False], [True], [False]], temperature=1.0, lock_sha256="def")
    found = both(first, second)
    assert {name: part.difference for name, part in found.domains.items()} == {"even": 0.5, "odd": -1.0}
    assert found.notes == ["temperature: 0.6 and 1.0", "the verifiers (registry.lock): abc and def"]


def test_several_are_adjusted(write: Write) -> None:
    """Each is compared with the first, and Holm's p is no smaller; a single comparison has none."""
    paths = [write("a.jsonl", [[False]] * 6), write("b.jsonl", [[True]] * 6), write("c.jsonl", [[False]] * 6)]
    results = [load_result(path) for path in paths]
    found = compare_all(results)
    assert [one.p_holm for one in found] == [pytest.approx(4 / 64), 1.0]
    assert compare_all(results[:2])[0].p_holm is None


def test_folders(write: Write, tmp_path: Path) -> None:
    """A folder stands for the one evaluation in it; none, several and other files are told."""
    path = write("a.jsonl", [[True]])
    (tmp_path / "other.jsonl").write_text('{"x": 1}\n')
    assert load_result(tmp_path).path == path
    write("b.jsonl", [[True]])
    with pytest.raises(SettingsError, match=r"one evaluation .* found a\.jsonl, b\.jsonl"):
        load_result(tmp_path)
    drawn = '{"settings": {"model": "m", "k": 1}}\n{"row": 1}\n'
    (tmp_path / "drawn.jsonl").write_text(drawn)
    for missing in ("other.jsonl", "nowhere.jsonl", "drawn.jsonl"):
        with pytest.raises(SettingsError, match="no evaluation of assay eval"):
            load_result(tmp_path / missing)


def test_the_command(write: Write) -> None:
    """People get a line, tests and a table; programs get JSON."""
    paths = [
        str(write("a.jsonl", [[False], [True]] * 4)),
        str(write("b.jsonl", [[True], [True]] * 4)),
        str(write("c.jsonl", [[False], [True]] * 4)),
    ]
    cli = click.Group()
    register_commands(cli)
    told = CliRunner().invoke(cli, ["compare", *paths], catch_exceptions=False).output
    for text in ("0.500 and 1.000: +0.500", "p 0.125", "McNemar", "Holm", "even", "4 wins, 0 losses, 4 ties"):
        assert text in told, (text, told)
    rows = json.loads(CliRunner().invoke(cli, ["compare", *paths, "--json"], catch_exceptions=False).output)
    assert [row["wins"] for row in rows] == [4, 0] and rows[0]["cons@k"]["only"] == [0, 4]
    alone = CliRunner().invoke(cli, ["compare", paths[0]])
    assert alone.exit_code == 2 and "two or more" in alone.output
