"""The arithmetic of pass@1, cons@k and their intervals."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Status
from assay_trainer.evaluate import Attempt, Question, score, summarise
from assay_trainer.measures import clustered, wilson
from assay_trainer.tables import by_domain


def attempt(right: bool | None, extracted: str | None = None, status: Status = Status.SCORED) -> Attempt:
    return Attempt(completion="", tokens=10, truncated=False, status=status, right=right, extracted=extracted)


def question(*attempts: Attempt, index: int = 0, domain: str | None = None) -> Question:
    return Question(index=index, prompt="q", domain=domain, attempts=attempts)


RIGHT, WRONG = attempt(True, "4"), attempt(False, "5")
NO_ANSWER = attempt(False, None, Status.POLICY_FAULT)
ABSTAINED = attempt(None, None, Status.ABSTAINED)
FAULTED = attempt(None, None, Status.CHECKER_FAULT)
UNUSABLE = attempt(None, None, Status.REFERENCE_FAULT)


def test_pass_at_1_is_a_mean_of_means() -> None:
    """Questions weigh alike, however many of their attempts could be judged."""
    questions = [question(RIGHT, FAULTED, FAULTED, FAULTED), question(WRONG, WRONG, WRONG, RIGHT, index=1)]
    assert score(questions).pass_at_1 == (1.0 + 0.25) / 2


def test_left_out_is_never_wrong() -> None:
    """Abstentions, unusable references and faults are counted and left out of every share."""
    result = summarise([question(RIGHT, ABSTAINED), question(FAULTED, UNUSABLE, index=1)], k=2)
    assert (result.pass_at_1, result.cons_at_k, result.n) == (1.0, 1.0, 1)
    assert (result.abstained, result.reference_faults, result.faulted) == (1, 1, 1)


def test_a_fault_of_the_policy_is_wrong() -> None:
    """A completion without an answer is judged, and wrong."""
    assert score([question(RIGHT, NO_ANSWER)]).pass_at_1 == 0.5


def test_nothing_judged() -> None:
    """With nothing to go by there is no number, rather than 0."""
    result = summarise([question(FAULTED)], k=1)
    assert (result.n, result.pass_at_1, result.pass_at_1_ci, result.cons_at_k) == (0, None, None, None)
    assert summarise([], k=1).n == 0


@pytest.mark.parametrize(
    ("attempts", "majority"),
    [
        ((WRONG, RIGHT, RIGHT), True),
        ((RIGHT, WRONG, WRONG), False),
        ((RIGHT, WRONG), True),
        ((WRONG, RIGHT), False),
        ((WRONG, WRONG, RIGHT, RIGHT), False),
        ((NO_ANSWER, NO_ANSWER, RIGHT), True),
        ((NO_ANSWER, NO_ANSWER), False),
        ((FAULTED, RIGHT), True),
        ((FAULTED,), None),
    ],
)
def test_majority(attempts: tuple[Attempt, ...], majority: bool | None) -> None:
    """Most votes win, ties go to the first; no answer is no vote."""
    assert question(*attempts).majority is majority


def test_no_votes_no_cons() -> None:
    """A verifier that extracts nothing (programs) gives no cons@k."""
    programs = [question(attempt(True), attempt(False)), question(attempt(False), index=1)]
    assert score(programs).cons_at_k is None


@pytest.mark.parametrize(
    ("attempts", "best"),
    [
        (((True, 0.2), (False, 0.9)), False),
        (((False, 0.2), (True, 0.9)), True),
        (((True, 0.5), (False, 0.5)), True),
        (((False, None), (True, 0.0)), True),
        (((None, 0.9), (True, 0.1)), True),
        (((True, None), (True, None)), None),
    ],
)
def test_reranked(attempts: tuple[tuple[bool | None, float | None], ...], best: bool | None) -> None:
    """The best rated attempt counts, the first of equals; what was not rated or not judged is not chosen."""
    rated = [replace(attempt(right), rating=rating) for right, rating in attempts]
    assert question(*rated).reranked is best


def test_reranking_is_a_figure_of_its_own() -> None:
    """rerank@k is the share of questions whose best rated attempt is right; no ratings, no figure."""
    good, bad = replace(RIGHT, rating=0.9), replace(WRONG, rating=0.1)
    result = summarise([question(bad, good), question(bad, bad, index=1)], k=2)
    assert (result.pass_at_1, result.rerank_at_k) == (0.25, 0.5)
    assert result.to_dict()["rerank@k"] == 0.5 and len(result.to_dict()["rerank@k_ci"]) == 2
    assert "rerank@k" not in summarise([question(RIGHT)], k=1).to_dict()


def test_clustered_interval() -> None:
    """The half-width is 1.96 standard errors of the question means, cut at 0 and 1."""
    low, high = clustered([0.25, 0.5, 0.75])
    assert (low, high) == pytest.approx((0.5 - 0.28290, 0.5 + 0.28290), abs=1e-4)
    assert clustered([0.0, 0.5, 1.0]) == (0.0, 1.0)


def test_equal_means_have_no_zero_interval() -> None:
    """All questions right is not certainty: Wilson's interval for as many questions."""
    assert clustered([1.0] * 10) == wilson(10, 10)
    assert wilson(10, 10)[0] == pytest.approx(0.7225, abs=1e-4)


def test_wilson() -> None:
    """Textbook values: 8 of 10, and 0 of 10."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=40))
def test_intervals_hold_the_mean(means: list[float]) -> None:
    """Both intervals are inside [0, 1] and around the estimate."""
    mean = sum(means) / len(means)
    for low, high in (clustered(means), wilson(sum(means), len(means))):
        assert 0 <= low <= mean + 1e-12
        assert mean - 1e-12 <= high <= 1


def test_domains() -> None:
    """Each named domain has its own score; without names there are none."""
    result = summarise([question(RIGHT, domain="math"), question(WRONG, index=1, domain="code")], k=1)
    assert {name: part.pass_at_1 for name, part in result.domains.items()} == {"code": 0.0, "math": 1.0}
    assert summarise([question(RIGHT)], k=1).domains == {}


def test_pass_at() -> None:
    """pass@j is a mean over the questions of which j completions were judged, and says how many those are."""
    questions = [question(RIGHT, WRONG, WRONG), question(RIGHT, FAULTED, FAULTED, index=1)]
    found = summarise(questions, k=3, at=(2, 3))
    assert found.pass_at_1 == pytest.approx((1 / 3 + 1) / 2)
    assert (found.pass_at[2].value, found.pass_at[2].n) == (pytest.approx(2 / 3), 1)
    row = json.loads(json.dumps(found.to_dict()))
    assert (row["pass@3"], row["pass@3_n"]) == (1.0, 1) and row["pass@3_ci"][0] < 1.0
    assert summarise([question(FAULTED)], k=1, at=(2,)).to_dict()["pass@2_ci"] is None


def test_the_table_of_domains() -> None:
    """One row for each domain and for all, with each share that was measured and what was not judged."""
    questions = [question(RIGHT, WRONG, domain="math"), question(FAULTED, WRONG, index=1, domain="code")]
    columns, rows = by_domain(summarise(questions, k=2, at=(2,)).to_dict())
    assert columns == ["domain", "questions", "pass@1", "pass@2", "cons@2", "not judged"]
    assert [row[0] for row in rows] == ["code", "math", "all"] and [row[-1] for row in rows] == [1, 0, 1]
    assert str(rows[1][3]).startswith("1.000 [") and rows[0][3] is None


def test_dict_is_json() -> None:
    """`to_dict` is JSON under the field's names, without completions."""
    row = json.loads(json.dumps(summarise([question(RIGHT, WRONG, domain="math")], k=2).to_dict()))
    assert (row["pass@1"], row["k"], row["n"], row["mean_tokens"]) == (0.5, 2, 1, 10)
    assert row["pass@1_ci"][0] <= 0.5 <= row["pass@1_ci"][1]
    faults = {"abstained", "reference_faults", "faulted"}
    assert set(row["domains"]["math"]) == {"n", "pass@1", "pass@1_ci", "cons@k", "cons@k_ci"} | faults
