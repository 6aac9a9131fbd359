"""Pays the faster among the right programs of one group.

Times are CPU-seconds of the tests, the best of several runs. A program earns 1 for each other that it beats
and one half for each with which it ties, divided by the number of others. Two tie when they differ by no more
than the noise floor, so that chance earns nothing on average and equal programs earn the same.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from assay import Sample, Verdict
from assay_verifiers.code.check import Refused, SharedSandbox, ready
from assay_verifiers.code.clock import within_host
from assay_verifiers.code.engine import Engine
from assay_verifiers.code.options import SpeedOptions
from assay_verifiers.code.reduce import LANGUAGE, prepare

MOST_WALL_SECONDS = 200.0
"""No run starts later than this after the first one of a group."""


def prepare_speed(sample: Sample, **options: Any) -> Sample | Verdict:
    """Leave out whoever is not known to be right; reduce the others to their programs."""
    if sample.right is not True:
        known = sample.right is False
        return Verdict.abstain(
            "only right programs are timed" if known else "nobody can say whether it is right"
        )
    return prepare(sample, **options)


class Speed:
    """`code.speed`. Pays 0 to 1, one half on average."""

    def __init__(self, engine: Engine, options: SpeedOptions) -> None:
        """Use an engine."""
        self.engine, self.options = engine, options

    def __call__(self, samples: Sequence[Sample], /) -> list[Verdict]:
        """Judge the reduced samples of one group."""
        programs = list(dict.fromkeys((s.columns.get(LANGUAGE), s.completion) for s in samples))
        first = {program: self._first(samples, program) for program in programs}
        refused: dict[Any, Verdict] = {}
        times = self._times(first, refused)
        keys = [(s.columns.get(LANGUAGE), s.completion) for s in samples]
        timed = [key for key in keys if key in times]
        return [
            refused[key]
            if key in refused
            else self._verdict(times[key], [times[other] for other in timed], key[1])
            if key in times and len(timed) > 1
            else Verdict.abstain("fewer than two right programs of this group were timed")
            for key in keys
        ]

    @staticmethod
    def _first(samples: Sequence[Sample], program: tuple[Any, str]) -> Sample:
        return next(s for s in samples if (s.columns.get(LANGUAGE), s.completion) == program)

    def _times(self, samples: Mapping[Any, Sample], refused: dict[Any, Verdict]) -> dict[Any, float]:
        """Best time of each program. The rounds are interleaved, so that a busy moment hits all alike."""
        best: dict[Any, float] = {}
        left, deadline = within_host(self.options.budget_seconds), time.monotonic() + MOST_WALL_SECONDS
        for turn in range(self.options.repeats):
            for key, sample in samples.items():
                if key in refused or (turn > 0 and key not in best):
                    continue
                if left <= 0 or time.monotonic() > deadline:
                    return best
                seconds = self._time(sample)
                if isinstance(seconds, Verdict):
                    refused[key] = seconds
                    best.pop(key, None)
                else:
                    best[key] = min(seconds, best.get(key, seconds))
                    left -= seconds
        return best

    def _time(self, sample: Sample) -> float | Verdict:
        try:
            problem, found = ready(sample, self.engine)
        except Refused as refused:
            status = refused.verdict
            return status if status.score is None else Verdict.abstain(status.reason)
        report = self.engine.run(problem, found, stop=True, options=self.options)
        if report.gap is not None:
            return Verdict.reference_fault(report.gap)
        if not report.all_passed:
            return Verdict.abstain("it did not get through its tests when it was timed")
        return report.seconds

    def _verdict(self, seconds: float, times: Sequence[float], code: str) -> Verdict:
        beaten = sum(other - seconds > self._floor(seconds, other) for other in times)
        slower = sum(seconds - other > self._floor(seconds, other) for other in times)
        others = len(times) - 1
        tied = others - beaten - slower
        reason = f"faster than {beaten}, slower than {slower}, level with {tied}"
        evidence = {"seconds": round(seconds, 4), "faster_than": beaten, "level_with": tied, "of": others}
        return Verdict.scored((beaten + tied / 2) / others, reason, extracted=code, evidence=evidence)

    def _floor(self, one: float, other: float) -> float:
        return max(self.options.floor_seconds, self.options.floor_share * max(one, other))


def build_speed(**options: Any) -> Speed:
    """Make `code.speed`; opens the sandbox."""
    chosen = SpeedOptions(**options)
    return Speed(Engine(SharedSandbox(chosen.sandbox), chosen), chosen)
