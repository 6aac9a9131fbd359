"""`assay compare --judge`, asking a stand-in for a judge over HTTP."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from judge_server import Trouble, always_a, honest, judging

from assay import DataError, Status
from assay_trainer.evaluate import Attempt, Question
from assay_trainer.plugin import register_commands
from assay_trainer.preferred import prefer, summed
from assay_trainer.settings import SettingsError

REGISTRY = """\
assay: 1
plugins: [judge, repetition]
stacks:
  first: {{rewards: {{varied: {{use: repetition.ngram}}}}}}
  judges:
    rewards:
      pairs: {{use: judge.preference, options: {{url: "{url}", model: m, attempts: 1}}}}
      grades: {{use: judge.helpfulness, options: {{url: "{url}", model: m}}}}
"""


def registry(folder: Path, url: str) -> Path:
    path = folder / "registry.yaml"
    path.write_text(REGISTRY.format(url=url))
    return path


def attempt(text: str) -> Attempt:
    return Attempt(completion=text, tokens=1, truncated=False, status=Status.SCORED, right=None)


def asked(*texts: tuple[str, str]) -> list[tuple[Question, Question]]:
    return [
        (Question(index=i, prompt=f"q{i}", attempts=(attempt(one),)),
         Question(index=i, prompt=f"q{i}", attempts=(attempt(other),)))
        for i, (one, other) in enumerate(texts)
    ]  # fmt: skip


PAIRS = asked(
    ("short", "rather longer"),
    ("<think>long, long, long</think>ab", "<think>x</think>abc"),
    ("much longer than that", "<think>much, much longer than that</think>less"),
    ("same", "<think>other</think>same"),
    ("<think>never closed", "something"),
)


def test_a_pairwise_judge(tmp_path: Path) -> None:
    """Only summaries count; what needs no judge is not asked; and that the longer ones win is told."""
    with judging(honest) as server:
        found = prefer(PAIRS, registry(tmp_path, server.url), "pairs")
        assert len(server.asked) == 2 * 3 and "long, long" not in json.dumps(server.asked)
    assert (found.wins, found.losses, found.ties, found.faulted) == (3, 1, 1, 0)
    assert found.win_rate == pytest.approx(0.7) and found.interval[0] < 0.7 < found.interval[1]
    assert found.longer_wins == 1.0
    assert (found.winner_characters, found.loser_characters) == ((13 + 3 + 21 + 9) / 4, (5 + 2 + 4 + 0) / 4)


def test_a_judge_of_places_prefers_nobody(tmp_path: Path) -> None:
    """One that always names the first contradicts itself: all ties, a rate of one half, p 1."""
    with judging(always_a) as server:
        found = prefer(PAIRS[:4], registry(tmp_path, server.url), "pairs")
    assert (found.ties, found.win_rate, found.p, found.longer_wins) == (4, 0.5, 1.0, None)


def test_a_grading_judge(tmp_path: Path) -> None:
    """A reward that does not read the reference grades both, and the higher grade wins."""
    pairs = asked(("It is nice.", "Red is one."), ("Red.", "Blue."), ("Green", "Blue"))
    with judging(honest) as server:
        found = prefer(pairs, registry(tmp_path, server.url), "grades")
    assert (found.wins, found.losses, found.ties) == (1, 1, 1)


def test_what_the_judge_does_not_say_is_left_out(tmp_path: Path) -> None:
    """A lost reply is counted and is nobody's loss; without any verdict there is an error."""
    told = [(0, attempt("a"), attempt("b"), None), (1, attempt("a"), attempt("bc"), Fraction(1))]
    found = summed("j", told)
    assert (found.pairs, found.faulted, found.win_rate) == (1, 1, 1.0)
    with pytest.raises(DataError, match="no verdict on any of 1 pairs"):
        summed("j", told[:1])
    with judging(honest, [Trouble(status=400)] * 40) as server, pytest.raises(DataError, match="no verdict"):
        prefer(PAIRS[:1], registry(tmp_path, server.url), "pairs")


def test_questions_weigh_alike() -> None:
    """The rate is a mean over questions, however many of their pairs were judged."""
    one, other = attempt("a"), attempt("b")
    found = summed("j", [(0, one, other, Fraction(1))] * 3 + [(1, one, other, Fraction(0))])
    assert (found.pairs, found.questions, found.win_rate) == (4, 2, 0.5)


def test_unknown_judges(tmp_path: Path) -> None:
    """The message says which rewards there are."""
    with pytest.raises(SettingsError, match=r"--judge nobody: .* There are: varied, pairs, grades"):
        prefer(PAIRS, registry(tmp_path, "http://localhost:1"), "nobody")


def test_the_command(tmp_path: Path) -> None:
    """It tells rate, interval and lengths; JSON holds the same."""

    def line(index: int, text: str) -> dict[str, Any]:
        return {
            "question": index, "attempt": 0, "prompt": f"q{index}", "reference": None, "domain": None,
            "completion": text, "tokens": 1, "truncated": False, "status": "abstained", "right": None,
            "extracted": None, "reason": "",
        }  # fmt: skip

    for name, texts in (("a", ["x", "yy"]), ("b", ["xxx", "yyy"])):
        lines = [{"settings": {"model": name, "k": 1}}, *(line(i, text) for i, text in enumerate(texts))]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    cli = click.Group()
    register_commands(cli)
    with judging(honest) as server:
        path = registry(tmp_path, server.url)
        words = [
            "compare",
            str(tmp_path / "a.jsonl"),
            str(tmp_path / "b.jsonl"),
            "--judge",
            "pairs",
            "--registry",
        ]
        told = CliRunner().invoke(cli, [*words, str(path)], catch_exceptions=False).output
        row = json.loads(
            CliRunner().invoke(cli, [*words, str(path), "--json"], catch_exceptions=False).stdout
        )
    assert "pairs prefers the second in 100.0%" in told and "winners have 3 characters, losers 2" in told
    assert row[0]["judge"]["wins"] == 2 and row[0]["judge"]["length"]["longer_wins"] == 1.0
