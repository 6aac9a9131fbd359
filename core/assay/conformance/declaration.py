"""What is missing from a declaration."""

from __future__ import annotations

import math
from collections.abc import Iterable

from assay.specs import CheckSpec, Spec


def documentation_problems(spec: Spec) -> Iterable[str]:
    """What is missing from a declaration, one sentence each."""
    complete = [example for example in spec.examples if example.good and example.bad]
    if len(complete) < 3:
        yield f"{len(complete)} examples have good and bad completions, and three are needed"
    yield from description_problems(spec)
    if isinstance(spec, CheckSpec):
        low, high = spec.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            yield f"its range {spec.range} is not an interval"


def description_problems(spec: Spec) -> Iterable[str]:
    """What a person misses who reads the declaration, of whatever kind; one sentence each."""
    if not spec.summary.strip():
        yield "it has no summary"
    for name, field in (spec.options.model_fields if spec.options else {}).items():
        if not field.description:
            yield f"its option {name!r} has no description"
