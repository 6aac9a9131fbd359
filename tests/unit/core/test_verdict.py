"""Verdicts, samples and specs: values that cross every boundary."""

import pickle

import pytest

from assay import AnswerForm, Sample, Status, Verdict, VerifierSpec


def predicate_factory(**_):
    return lambda samples: []


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.SCORED])
def test_only_scored_verdicts_have_a_score(status):
    """A fault or an abstention cannot carry a number, so none can be mistaken for a 0."""
    with pytest.raises(ValueError, match="cannot have score"):
        Verdict(score=0.0, status=status)


def test_a_scored_verdict_needs_a_score():
    """SCORED without a number is refused at construction."""
    with pytest.raises(ValueError, match="cannot have score"):
        Verdict(score=None)


def test_values_pickle():
    """Samples, verdicts and specs survive pickling unchanged."""
    sample = Sample(completion="4", reference=4, columns={"a": [1]}, right=True)
    spec = VerifierSpec(name="x", summary="x", factory=predicate_factory)
    assert pickle.loads(pickle.dumps((sample, spec))) == (sample, spec)


def test_answer_form_renders_braces_literally():
    """The placeholder is replaced to the letter, whatever braces stand around it."""
    assert AnswerForm(reads="box", render=r"\boxed{{answer}}")(r"\frac{1}{2}") == r"\boxed{\frac{1}{2}}"
