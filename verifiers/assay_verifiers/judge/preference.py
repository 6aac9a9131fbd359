"""`judge.preference`: is a completion better than the reference? For `assay compare`, another model's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay import InfraError, Sample, Status, Verdict
from assay.sections import after_reasoning, visible_characters
from assay_verifiers.judge.endpoint import Endpoint
from assay_verifiers.judge.options import PreferenceOptions
from assay_verifiers.judge.pairwise import Pairwise, Preference
from assay_verifiers.judge.texts import question_of, says_something


def prepare(sample: Sample, **options: Any) -> Sample | Verdict:
    """Leave of both texts what stands after the reasoning; without that in the reference there is no pair."""
    most = PreferenceOptions(**options).max_judged_chars
    text = (after_reasoning(sample.completion) or "").strip()
    other = (after_reasoning(sample.reference) or "").strip() if isinstance(sample.reference, str) else ""
    if not says_something(other) or len(other) > most:
        return Verdict.reference_fault(
            f"the reference says nothing after its reasoning, or over {most} characters"
        )
    if not visible_characters(text, 1):
        return Verdict.policy_fault("there is no summary after the reasoning")
    if len(text) > most:
        return Verdict.policy_fault(f"the summary has more than {most} characters")
    return Sample(completion=text, reference=other, prompt=question_of(sample.prompt, 8000))


class PreferenceJudge:
    """Compares texts with their references. Thread-safe."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Use an endpoint."""
        self._endpoint, self._compare = endpoint, Pairwise(endpoint)

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Compare samples that are reduced to what is judged; several at once."""
        return self._endpoint.each(self._judge, samples)

    def _judge(self, sample: Sample) -> Verdict:
        question = sample.prompt if isinstance(sample.prompt, str) else ""
        try:
            (found,) = self._compare([(question, str(sample.reference), sample.completion)])
        except InfraError as error:
            return Verdict(score=None, status=Status.INFRA_FAULT, reason=str(error)[:500])
        score = {Preference.FIRST: 0.0, Preference.TIE: 0.5, Preference.SECOND: 1.0}[found.preference]
        told = {
            0.0: "worse than the reference",
            0.5: "as good as the reference",
            1.0: "better than the reference",
        }
        return Verdict.scored(score, told[score], evidence={"consistent": found.consistent})
