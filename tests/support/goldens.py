"""Golden verifiers: each misbehaves in one way, and what the suite has to say about it is known.

Everything here is importable in workers and pickles.
"""

import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planted import BOXED, INLINE, MATH_EXAMPLES, Factory
from planted_rationals import Rationals

import assay
from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.model import Report
from assay.conformance.run import run
from assay.conformance.search import rational
from assay.host import Host, Plugin, Provided

LONG = 20_000
"""Characters from which on the hanging and the memory-eating one misbehave: only bombs are longer. What is
shorter is also tried outside of workers, where nothing stops a check."""

LIMITS = assay.Limits(seconds=0.5, memory_mb=256)


@dataclass(frozen=True)
class Expected:
    """What a report on a golden verifier has to say."""

    level: int | None
    """None: nothing is proven, because its own examples do not score as declared."""
    failed: tuple[str, ...] = ()
    """Checks that must be among the failed. None named: no check may fail."""

    def differs(self, report: Report) -> str:
        """What a report says otherwise; empty when it agrees."""
        failed = {result.id for result in report.failed}
        said: list[str] = []
        if report.level != self.level:
            said.append(f"level {report.level} instead of {self.level}")
        missing = [id for id in self.failed if id not in failed]
        if missing:
            said.append(f"{', '.join(missing)} did not fail")
        if failed and (not self.failed or said):
            said.append(f"failed: {', '.join(sorted(failed))}")
        return "; ".join(said)


GOLDEN: dict[str, Expected] = {
    "sound": Expected(3),
    "zero": Expected(None, ("A-GOOD",)),
    "one": Expected(None, ("A-BAD",)),
    "random": Expected(None, ("A-BAD",)),
    "substring": Expected(None, ("A-BAD",)),
    "exact": Expected(1, ("A-EQ", "A-WRAP")),
    "inverted": Expected(None, ("A-GOOD", "A-BAD")),
    "slow": Expected(2, ("P-SCALE",)),
    "leaky": Expected(2, ("O-LOG",)),
    "stateful": Expected(0, ("D-REPEAT", "D-STATE", "A-NEAR")),
    "nan": Expected(0, ("C-FIN", "C-RANGE")),
    "wrong_length": Expected(None, ("A-GOOD",)),
    "hanging": Expected(3),
    "memory": Expected(3),
}
"""With three examples declared. Nobody is blamed for what the host bears: a hang, and too much memory."""

UNDECLARED: dict[str, Expected] = {
    "zero": Expected(0, ("C-DOC", "A-EQ", "A-WRAP")),
    "one": Expected(0, ("C-DOC", "A-NEAR", "A-SWAP", "RVH-M01", "RVH-M13", "H-LAZY")),
    "random": Expected(0, ("A-EQ", "A-NEAR", "D-REPEAT", "RVH-M01")),
    "substring": Expected(0, ("C-DOC", "A-NEAR", "RVH-M11")),
    "inverted": Expected(0, ("C-DOC", "A-EQ", "A-NEAR", "RVH-M01")),
    "wrong_length": Expected(0, ("C-LEN",)),
}
"""The same without an example, which would stop the run at once; C-DOC asks for three: level 0."""


@dataclass
class Golden:
    """Misbehaves in one way."""

    how: str
    calls: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def __call__(self, samples: Sequence[assay.Sample]) -> list[assay.Verdict]:
        """Judge one by one, and as many as there are, but for ``wrong_length``."""
        if self.how == "wrong_length":
            return [assay.Verdict.scored(1.0)] * (len(samples) + 1)
        return [self.judge(sample) for sample in samples]

    def judge(self, sample: assay.Sample) -> assay.Verdict:
        self.calls += 1
        text, reference = sample.completion, str(sample.reference)
        right = Rationals().judge(text, reference)
        score = float(right)
        match self.how:
            case "zero":
                score = 0.0
            case "one":
                score = 1.0
            case "random":
                score = float(self.rng.random() < 0.5)
            case "substring":
                score = float(bool(reference) and reference in text)
            case "exact":
                score = float(sample.reference is not None and text == BOXED(reference) != BOXED(""))
            case "inverted":
                score = 1.0 - score
            case "slow":
                _burn(2e-11 * len(text) ** 2)
            case "leaky":
                return assay.Verdict.scored(score, f"the answer is {reference}")
            case "stateful" if self.calls > 100 and self.calls % 3 == 0:
                score = 1.0
            case "nan" if text.isspace():
                score = float("nan")
            case "hanging" if len(text) > LONG:
                _burn(600)
            case "memory" if len(text) > LONG:
                _hoard(4 * LIMITS.memory_mb)
            case _:
                pass
        return assay.Verdict.scored(score, "right" if score else "wrong")


def _burn(seconds: float) -> None:
    """Use CPU time: what a limit counts."""
    end = time.process_time() + seconds
    for _ in itertools.count():
        if time.process_time() >= end:
            return


def _hoard(megabytes: int) -> None:
    """Take memory, a MiB at a time."""
    kept = [bytearray(2**20) for _ in range(megabytes)]
    del kept


def golden_spec(how: str, *, declared: bool = True) -> assay.VerifierSpec:
    """One of `GOLDEN`, or without `declared` examples of `UNDECLARED`.

    Those that hang or eat memory run in a worker, as any such plugin has to.
    """
    return assay.VerifierSpec(
        name="golden", summary=how, factory=Factory(Golden(how)), answer=BOXED, judges="math",
        isolation=assay.Isolation.PROCESS if how in ("hanging", "memory") else INLINE,
        examples=MATH_EXAMPLES if declared else (), limits=LIMITS,
    )  # fmt: skip


def goldens() -> list[tuple[str, assay.VerifierSpec, Expected]]:
    """All of them: name, spec, expected report."""
    found = [(how, golden_spec(how), expected) for how, expected in GOLDEN.items()]
    return found + [
        (f"{how}, no example", golden_spec(how, declared=False), expected)
        for how, expected in UNDECLARED.items()
    ]


def report_on(spec: assay.VerifierSpec, seed: int = 0) -> Report:
    """A whole quick run; of the cases, those about rationals, which is what the goldens read."""
    checks.load()
    provided = Provided(replace(spec), Plugin("planted", "(local)", "0", "planted", ()))
    with Bench(provided, host=Host(), seed=seed) as bench:
        bench.__dict__["cases"] = tuple(
            case
            for case in bench.cases
            if case.family == "EXAMPLE" or rational(str(case.sample.reference)) is not None
        )
        return run(bench)
