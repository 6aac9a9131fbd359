"""Running one spec on its own, outside a registry file: the examples of `assay show`, and ``--try``."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.errors import DataError

if TYPE_CHECKING:
    from assay.host import Provided
    from assay.sample import Sample
    from assay.scoring.runner import Runner
    from assay.specs import AnswerForm
    from assay.workers import LocalPool

_STATES = (r"\boxed", r"\fbox", "<answer>", "</think>")
"""A text with one of these is a completion, and no bare answer."""


@contextmanager
def worker() -> Generator[LocalPool]:
    """Open a pool of one worker process."""
    from assay.workers import LocalPool

    pool = LocalPool(count=1)
    try:
        yield pool
    finally:
        pool.close()


def runner(provided: Provided, options: Mapping[str, Any], pool: LocalPool) -> Runner:
    """Bind a verifier or reward to options, as a registry file would.

    Raises:
        RegistryError: an option that it does not have, or a wrong value.
    """
    from pathlib import Path

    from assay.registry import parse_registry
    from assay.registry.schema import UseConfig
    from assay.scoring.cache import Cache
    from assay.scoring.component import bind
    from assay.scoring.runner import Runner

    plugin = provided.plugin.name
    text = f"assay: 1\nplugins: [{plugin}]\nstacks: {{s: {{rewards: {{r: {{use: {plugin}}}}}}}}}\n"
    registry = parse_registry(text, Path("--option"))
    config = UseConfig(use=provided.name, options=dict(options))
    return Runner(bind(registry, provided, config, provided.name, ()), pool, Cache(0))


def examples(provided: Provided, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Score every good and bad completion of every example, under its own options or the given ones."""
    from assay.specs import CheckSpec

    spec = provided.spec
    if not isinstance(spec, CheckSpec):
        return []
    records: list[dict[str, Any]] = []
    with worker() as pool:
        for number, example in enumerate(spec.examples, 1):
            chosen = options or example.options
            labelled = [("good", text) for text in example.good] + [("bad", text) for text in example.bad]
            samples: Sequence[Sample] = [example.sample(text) for _, text in labelled]
            verdicts, _ = runner(provided, chosen, pool)(samples)
            records += [
                {
                    "example": number,
                    "label": label,
                    "completion": completion,
                    "options": dict(chosen),
                    "score": verdict.score,
                    "status": verdict.status.value,
                    "reason": verdict.reason,
                }
                for (label, completion), verdict in zip(labelled, verdicts, strict=True)
            ]
    return records


def attempt(provided: Provided, answer: str, reference: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Judge one answer against one reference, and tell everything that the verdict says.

    `extracted` is the answer in its normal form, and `of_reference` the reference in the same form: None
    when the reference cannot be asserted as an answer.

    Args:
        provided: A verifier, or a reward that reads a reference.
        answer: A completion, or a bare answer, which is put into the spec's answer form.
        reference: The ground truth.
        options: Of the spec.

    Raises:
        DataError: the spec has no verdicts, or reads no reference.
        RegistryError: an option that it does not have, or a wrong value.
    """
    from assay.sample import Sample
    from assay.specs import CheckSpec

    spec = provided.spec
    if not isinstance(spec, CheckSpec) or "reference" not in spec.reads:
        raise DataError(f"{provided.name} compares nothing with a reference, so there is nothing to try")
    bare = spec.answer is not None and not _is_completion(answer, spec.answer)
    completion = spec.answer(answer) if bare and spec.answer else answer
    sample = Sample(completion=completion, reference=reference)
    # Verdicts do not tell the reference, so its normal form is what is found in it as an answer.
    itself = replace(sample, completion=spec.answer(reference)) if spec.answer else sample
    with worker() as pool:
        run = runner(provided, options, pool)
        (verdict, other), _ = run([sample, itself])
    return {
        "score": verdict.score,
        "status": verdict.status.value,
        "reason": verdict.reason,
        "completion": completion,
        "reference": reference,
        "extracted": verdict.extracted,
        "of_reference": other.extracted if spec.answer else None,
        "evidence": dict(verdict.evidence),
        "options": dict(run.component.options),
    }


def _is_completion(text: str, form: AnswerForm) -> bool:
    opening = form.render.partition("{answer}")[0].strip()
    return any(mark in text for mark in _STATES) or bool(opening and opening in text)
