"""R1-Zero's own observations, from what was logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Sample
from assay_trainer.reflection import reflection_metrics, reflections
from assay_trainer.report.folder import read_run
from assay_trainer.report.observed import (
    base_rates,
    mixing_sentence,
    rates_of,
    reflection,
    reflection_sentence,
)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_shares_by_outcome_follow_from_what_is_logged(batch: list[tuple[bool, bool]]) -> None:
    """The share of reflecting completions among right and among wrong ones is that of a count."""
    samples = [Sample(completion="wait" if reflects else "4") for reflects, _ in batch]
    rates = rates_of(dict(reflection_metrics(samples, [right for _, right in batch])))
    for found, outcome in ((rates.among_right, True), (rates.among_wrong, False)):
        counted = [
            bool(reflections(s.completion))
            for s, (_, right) in zip(samples, batch, strict=True)
            if right is outcome
        ]
        assert found == (pytest.approx(sum(counted) / len(counted)) if counted else None)


def test_the_base_rate_is_of_the_untrained_model(run: Path) -> None:
    """The evaluation before training tells it, else the first batch; a later one never does."""
    found = base_rates(read_run(run))
    assert found is not None and (found.rates.share, found.source) == (0.05, "first evaluation")
    evals = [json.loads(line) for line in (run / "evals.jsonl").read_text().splitlines()]
    (run / "evals.jsonl").write_text("\n".join(json.dumps(row) for row in evals[1:]))
    found = base_rates(read_run(run))
    assert found is not None and found.source == "first batch"
    metrics = (run / "metrics.jsonl").read_text().splitlines()
    (run / "metrics.jsonl").write_text("\n".join(metrics[1:]))
    assert base_rates(read_run(run)) is None
    assert "Before training" not in reflection_sentence(read_run(run))


def test_the_base_rate_stands_beside_the_curve(run: Path) -> None:
    """The picture of reflection words has the base model's rate as a level."""
    drawn = reflection(read_run(run))
    assert drawn is not None and "before training, from 5.0% at step 0 to 5.0% at step 120" in drawn.svg


def test_runs_from_before_it_was_measured(run: Path) -> None:
    """Evaluations without observations: no claim about languages, and the first batch's base rate."""
    rows = [json.loads(line) for line in (run / "evals.jsonl").read_text().splitlines()]
    old = [{key: value for key, value in row.items() if "/" not in key} for row in rows]
    (run / "evals.jsonl").write_text("\n".join(json.dumps(row) for row in old))
    assert mixing_sentence(read_run(run)) == ""
    assert "first batch" in reflection_sentence(read_run(run))
