"""Plain functions as checks: the return values are factories for a spec.

Picklable whenever the function is, so they survive the trip to a worker.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from assay.sample import Sample
from assay.specs import Check
from assay.verdict import Verdict


@dataclass(frozen=True, slots=True)
class from_predicate:  # noqa: N801 - reads as a function in a spec
    """``(answer, reference) -> bool`` as a verifier: True scores 1, False scores 0.

    `answer` is the completion, or what the spec's `prepare` made of it. The function may be
    ``async``. It may raise: the row is then masked and the fault is this plugin's.
    """

    predicate: Callable[..., Any]

    def __call__(self, **options: Any) -> Check:
        """Build the check; `options` reach the predicate as keywords."""
        return _PerSample(self.predicate, options, _ask_predicate)


@dataclass(frozen=True, slots=True)
class from_score:  # noqa: N801
    """``(sample) -> float`` as a reward; None abstains. The function may be ``async``."""

    function: Callable[..., Any]

    def __call__(self, **options: Any) -> Check:
        """Build the check; `options` reach the function as keywords."""
        return _PerSample(self.function, options, _ask_score)


@dataclass(frozen=True, slots=True)
class from_trl:  # noqa: N801
    """A TRL reward function as a check: ``(prompts, completions, **columns) -> list[float | None]``.

    It is called with ``prompts``, ``completions`` (text, or one assistant message where the prompt is
    a list of messages), ``solution``, and the spec's `columns`. None abstains.
    """

    function: Callable[..., Any]

    def __call__(self, **options: Any) -> Check:
        """Build the check; `options` reach the function as keywords."""
        return _Trl(self.function, options)


@dataclass(frozen=True, slots=True)
class from_verl:  # noqa: N801
    """A verl score function as a check: ``(data_source, solution_str, ground_truth, extra_info=None)``.

    It is called once a sample, with keywords, and returns a number or a mapping with the key ``score``, whose
    other plain values become the verdict's evidence. `data_source` and `extra_info` are the spec's columns of
    these names; without the first it is the sample's domain. The function may be ``async``. None abstains.
    """

    function: Callable[..., Any]

    def __call__(self, **options: Any) -> Check:
        """Build the check; `options` reach the function as keywords."""
        parameters = inspect.signature(self.function).parameters.values()
        informed = any(p.name == "extra_info" or p.kind is p.VAR_KEYWORD for p in parameters)
        return _PerSample(self.function, options, _ask_verl_informed if informed else _ask_verl)


@dataclass(frozen=True, slots=True)
class _PerSample:
    function: Callable[..., Any]
    options: dict[str, Any]
    ask: Callable[[Callable[..., Any], Sample, dict[str, Any]], Any]

    def __call__(self, samples: Sequence[Sample]) -> list[Verdict]:
        results = [self.ask(self.function, sample, self.options) for sample in samples]
        if any(isinstance(result, Awaitable) for result in results):
            results = _gather(results)
        return [_verdict(result) for result in results]


@dataclass(frozen=True, slots=True)
class _Trl:
    function: Callable[..., Any]
    options: dict[str, Any]

    def __call__(self, samples: Sequence[Sample]) -> list[Verdict]:
        if not samples:
            return []
        names = {name for sample in samples for name in sample.columns}
        columns = {name: [sample.columns.get(name) for sample in samples] for name in sorted(names)}
        columns.setdefault("solution", [sample.reference for sample in samples])
        result = self.function(
            prompts=[p if isinstance(p, str) else [dict(m) for m in p] for p in (s.prompt for s in samples)],
            completions=[
                s.completion
                if isinstance(s.prompt, str)
                else [{"role": "assistant", "content": s.completion}]
                for s in samples
            ],
            **columns,
            **self.options,
        )
        if isinstance(result, Awaitable):
            (result,) = _gather([result])
        return [_verdict(score) for score in cast("Sequence[float | None]", result)]


def _ask_predicate(function: Callable[..., Any], sample: Sample, options: dict[str, Any]) -> Any:
    return function(sample.completion, sample.reference, **options)


def _ask_score(function: Callable[..., Any], sample: Sample, options: dict[str, Any]) -> Any:
    return function(sample, **options)


def _ask_verl(function: Callable[..., Any], sample: Sample, options: dict[str, Any]) -> Any:
    source = sample.columns.get("data_source") or sample.domain or ""
    return function(
        data_source=source, solution_str=sample.completion, ground_truth=sample.reference, **options
    )


def _ask_verl_informed(function: Callable[..., Any], sample: Sample, options: dict[str, Any]) -> Any:
    return _ask_verl(function, sample, {"extra_info": sample.columns.get("extra_info"), **options})


def _verdict(result: Any) -> Verdict:
    if isinstance(result, Verdict):
        return result
    if isinstance(result, Mapping):
        details = dict(cast("Mapping[str, Any]", result))
        score = details.pop("score")
        plain = {key: value for key, value in details.items() if isinstance(value, str | int | float)}
        return Verdict.abstain("no score") if score is None else Verdict.scored(float(score), evidence=plain)
    return Verdict.abstain("no score") if result is None else Verdict.scored(float(result))


def _gather(awaitables: Sequence[Any]) -> list[Any]:
    import asyncio  # slow to import, and few checks are async

    async def all_of() -> list[Any]:
        return list(await asyncio.gather(*awaitables))

    return asyncio.run(all_of())
