"""Drive the verifier as the host does: options, prepare, and the check on what prepare leaves open."""

from collections.abc import Callable
from typing import Any

import pytest

from assay import Sample, Verdict
from assay_verifiers import math_answer

Judge = Callable[..., Verdict]


@pytest.fixture(scope="session")
def judge() -> Judge:
    check = math_answer.factory()

    def run(completion: str, reference: Any, **options: Any) -> Verdict:
        reduced = math_answer.prepare(Sample(completion=completion, reference=reference), **options)
        if isinstance(reduced, Verdict):
            return reduced
        (verdict,) = check([reduced])
        return verdict

    return run


@pytest.fixture(scope="session")
def paid(judge: Judge) -> Callable[..., bool]:
    """Whether a bare answer, put into a box, is paid."""
    return lambda answer, reference: judge(f"\\boxed{{{answer}}}", reference).score == 1.0
