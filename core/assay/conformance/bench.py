"""The bench: one plugin, its cases, their verdicts, and the checks that look at them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

from assay.cases import Case, Expect
from assay.conformance.filter_subject import FilterSubject
from assay.conformance.model import CHECKS, CONTROL, Outcome, Result
from assay.conformance.subject import Subject
from assay.host import Host, Provided
from assay.sample import Sample
from assay.specs import Kind
from assay.verdict import Verdict


class Bench:
    """Runs checks on one plugin. A context manager: workers stop at its end."""

    def __init__(
        self,
        provided: Provided,
        *,
        host: Host | None = None,
        seed: int = 0,
        full: bool = False,
        options: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        today: date | None = None,
    ) -> None:
        """Set a plugin up for testing.

        Args:
            provided: The spec under test and who provides it.
            host: Brings cases of other plugins; None: no other plugin's.
            seed: Decides every generated case.
            full: Long corpora and searches instead of short ones.
            options: The plugin's options; None: the defaults, or those of its examples.
            timeout: CPU limit of a check in seconds; None: the spec's own.
            today: Waivers that end before it are void; None: now.

        Raises:
            PluginError, RegistryError: it cannot be tested so.
        """
        self.host = host or Host()
        kind = FilterSubject if provided.kind is Kind.FILTER else Subject
        self.subject = kind(provided, self.host, options or {}, timeout)
        self.seed = seed
        self.full = full
        self.shared: dict[str, Any] = {}
        """What several checks need and only one should compute."""
        self._today = today or date.today()

    def size(self, quick: int, full: int) -> int:
        """Pick a number by mode."""
        return full if self.full else quick

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Declared examples, generated corpora that apply, and cases of all plugins, in this order."""
        from assay.conformance.corpora import corpus_for

        spec = self.subject.spec
        brought = self.host.cases(self.subject.provided)
        return (
            *example_cases(self.subject),
            *corpus_for(spec, self.seed, self.full),
            *(case for plugin in sorted(brought) for case in brought[plugin]),
        )

    def labelled(self, *expected: Expect) -> list[Case]:
        """The cases that carry one of these labels."""
        return [case for case in self.cases if case.expect in expected]

    def verdicts(self, case: Case) -> tuple[Verdict, ...]:
        """Verdicts of a case's sample and, for pairs, of the other one. All cases are judged at once."""
        return self._judged.get(id(case)) or self._judge([case])[0]

    @cached_property
    def _judged(self) -> dict[int, tuple[Verdict, ...]]:
        return dict(zip(map(id, self.cases), self._judge(self.cases), strict=True))

    def _judge(self, cases: Sequence[Case]) -> list[tuple[Verdict, ...]]:
        samples: list[Sample] = []
        for case in cases:
            samples += [case.sample] if case.other is None else [case.sample, case.other]
        answers = iter(self.subject.judge(samples))
        return [(next(answers),) if case.other is None else (next(answers), next(answers)) for case in cases]

    def result(self, check_id: str, outcome: Outcome, *, id: str | None = None, **fields: Any) -> Result:
        """Make the result of a check; `id` and `title` may be those of an attack family of its own."""
        spec = CHECKS[check_id]
        fields.setdefault("title", spec.title)
        return Result(id=id or check_id, group=spec.group, level=spec.level, outcome=outcome, **fields)

    def run_check(self, check_id: str) -> list[Result]:
        """Run one check; a failure that the plugin waives is marked so."""
        spec = CHECKS[check_id]
        if self.subject.provided.kind not in spec.kinds:
            return [self.result(check_id, Outcome.SKIPPED, message=f"not for a {self.subject.provided.kind}")]
        if spec.full_only and not self.full:
            return [self.result(check_id, Outcome.SKIPPED, message="only in a full run")]
        started = time.perf_counter()
        found = spec.run(self)
        results = [found] if isinstance(found, Result) else list(found)
        seconds = (time.perf_counter() - started) / max(len(results), 1)
        return [self._waived(replace(result, seconds=seconds)) for result in results]

    def _waived(self, result: Result) -> Result:
        if result.outcome is not Outcome.FAILED or result.id in CONTROL[self.subject.provided.kind]:
            return result  # nothing is proven by a plugin whose good is not better than its bad
        for waiver in self.subject.spec.waivers:
            if waiver.check == result.id and date.fromisoformat(waiver.until) >= self._today:
                message = f"waived until {waiver.until}: {waiver.reason}. {result.message}"
                return replace(result, outcome=Outcome.WAIVED, message=message)
        return result

    def close(self) -> None:
        """Stop the workers."""
        self.subject.close()

    def __enter__(self) -> Bench:
        """Enter a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the workers."""
        self.close()


def example_cases(subject: Subject) -> list[Case]:
    """The declared examples as cases.

    A verifier accepts good and rejects bad, a filter keeps good and drops bad, a reward pays good more.
    """
    cases: list[Case] = []
    for number, example in enumerate(subject.spec.examples, 1):
        if dict(example.options) != subject.options:
            continue  # it holds under other options than those under test
        item = f"example {number}"
        if subject.provided.kind is not Kind.REWARD:
            for label, expect, completions in (
                ("good", Expect.ACCEPT, example.good),
                ("bad", Expect.REJECT, example.bad),
            ):
                cases += [
                    Case(
                        id=f"{item} {label} {index}",
                        sample=example.sample(completion),
                        expect=expect,
                        family="EXAMPLE",
                        template=f"declared {label}",
                        item=item,
                        reason="the plugin declares it",
                    )
                    for index, completion in enumerate(completions, 1)
                ]
        else:
            cases += [
                Case(
                    id=f"{item} good {g} over bad {b}",
                    sample=example.sample(good),
                    other=example.sample(bad),
                    expect=Expect.ORDERED,
                    family="EXAMPLE",
                    template="declared order",
                    item=item,
                    reason="the plugin declares it",
                )
                for g, good in enumerate(example.good, 1)
                for b, bad in enumerate(example.bad, 1)
            ]
    return cases
