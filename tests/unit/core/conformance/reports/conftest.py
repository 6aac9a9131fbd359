"""A report as a run of a leaky verifier would give it."""

import pytest

from assay.cases import Case, Expect
from assay.conformance.levels import level_of
from assay.conformance.metrics import summarise, wilson
from assay.conformance.model import Group, Outcome, Report, Result, Severity, Witness
from assay.sample import Sample

ATTACKS = (
    (
        "RVH-M05",
        "a guess among several boxes is not paid",
        12,
        60,
        Severity.WRONG_PAID,
        "three boxes, right last",
    ),
    ("RVH-M01", "an empty answer is not paid", 0, 60, Severity.KNOWLEDGE_FREE, ""),
    ("RVH-M12", "a statement that everything satisfies is not paid", 0, 40, Severity.WRONG_PAID, ""),
    ("RVH-J01", "a master key is not paid", 3, 120, Severity.PARTIAL, "Let's solve this step by step"),
)


def attack(id, title, failures, n, severity, template):
    witness = Witness(
        completion="<think>Two candidates.</think>\n<answer>\\boxed{7} or \\boxed{12}</answer>",
        reference="12",
        prompt="What is 5 + 7?",
        expected="rejected",
        got="scored 1: \\boxed{12} is equal to the reference",
        fields={"truncated": True},
    )
    return Result(
        id=id,
        title=title,
        group=Group.ATTACK,
        level=3,
        outcome=Outcome.FAILED if failures else Outcome.PASSED,
        n=n,
        failures=failures,
        interval=wilson(failures, n),
        severity=severity,
        template=template,
        witness=witness if failures else None,
        message=f"{failures} of {n} paid",
        seconds=0.4,
    )


def fake(**changes):
    one = {"group": Group.CONTRACT, "level": 1, "outcome": Outcome.PASSED}
    results = [
        Result(id="C-LEN", title="n samples in, n verdicts out", n=74, seconds=0.1, **one),
        Result(id="C-RANGE", title="every score lies in the declared range", n=2808, **one),
        Result(
            id="C-DOC",
            title="the declaration is complete",
            **one | {"outcome": Outcome.SKIPPED},
            message="not declared",
        ),
        Result(id="D-REPEAT", title="ten calls agree", **one | {"group": Group.INVARIANCE}, n=400),
        Result(
            id="A-EQ",
            title="equal answers are accepted",
            group=Group.ACCURACY,
            level=2,
            outcome=Outcome.PASSED,
            n=400,
            failures=2,
            interval=wilson(2, 400),
        ),
        Result(
            id="O-MEM",
            title="memory does not grow",
            group=Group.OPERATIONS,
            level=3,
            outcome=Outcome.WAIVED,
            message="waived until 2099-01-01: the parser keeps a cache. 41 MB over 5000 calls",
        ),
        Result(
            id="P-LAT",
            title="latency",
            group=Group.PERFORMANCE,
            level=0,
            outcome=Outcome.REPORTED,
            figures={"p50_ms": 2.1, "p95_ms": 9.0, "p99_ms": 41.2, "max_ms": 77.0},
        ),
        *(attack(*row) for row in ATTACKS),
    ]
    cases = [
        Case(
            id=f"c{i}",
            sample=Sample(completion="x"),
            expect=Expect.REJECT if i % 2 else Expect.ACCEPT,
            item=f"i{i // 8}",
            family="RVH-M05",
            template=f"t{i % 3}",
        )
        for i in range(800)
    ]
    accepted = [
        (case.expect is Expect.ACCEPT and i % 100 != 2) or i % 97 == 1 for i, case in enumerate(cases)
    ]
    fields = {
        "subject": {
            "name": "math_answer",
            "kind": "verifier",
            "distribution": "assay",
            "version": "0.1.0",
            "module": "assay_verifiers.math_answer",
            "digest": "0f" * 8,
            "options": {},
        },
        "mode": "quick",
        "seed": 0,
        "results": tuple(results),
        "metrics": summarise(results, cases, accepted),
        "level": level_of(results),
        "waivers": ({"check": "O-MEM", "reason": "the parser keeps a cache", "until": "2099-01-01"},),
        "corpus": "ab" * 32,
        "environment": {"python": "3.11.9", "system": "Linux", "machine": "x86_64", "cpus": 2},
        "seconds": 41.3,
    }
    return Report(**fields | changes)


@pytest.fixture(scope="session")
def make_report():
    """Builds the report; keywords replace its fields."""
    return fake


@pytest.fixture
def report():
    return fake()
