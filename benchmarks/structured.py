"""Structured answers: wrong verdicts on generated cases with one fault each, and completions a second.

Each sort gets at least as many graded cases as asked for, half right and half wrong; exits with 1 when a
verdict is wrong. Verdicts are taken in this process, as the host takes them: `prepare`, then the check on
what is left.

python benchmarks/structured.py [--cases 10000] [--seed 0] [--json]
"""

import argparse
import json
import random
import sys
import time

from assay import Case, Verdict
from assay.cases import Expect
from assay.conformance.corpora import choice, structured
from assay.specs import VerifierSpec
from assay_verifiers.structured import register_verifiers

GENERATE = {
    "choice": lambda spec, seed, items: choice.cases(spec.answer, seed, items, spec.accepts),
    "json": lambda spec, seed, items: structured.documents.cases(spec.answer, seed, items),
    "call": lambda spec, seed, items: structured.calls.cases(spec.answer, seed, items),
    "regex": lambda spec, seed, items: structured.patterns.cases(spec.answer, seed, items),
    "logic": lambda spec, seed, items: structured.formulas.cases(spec.answer, seed, items),
}
SLOW = {"logic": 50}
"""One case for so many."""


def main() -> int:
    arguments = _arguments()
    rows = {}
    for spec in register_verifiers():
        wanted = arguments.cases // SLOW.get(spec.name, 1)
        rows[spec.name] = measured(spec, graded(spec, arguments.seed, wanted, arguments.seed))
        if not arguments.json:
            print(f"{spec.name:7} " + ", ".join(f"{key} {value}" for key, value in rows[spec.name].items()))
    if arguments.json:
        print(json.dumps(rows, indent=2))
    return int(any(row["false positives"] or row["false negatives"] for row in rows.values()))


def graded(spec: VerifierSpec, seed: int, wanted: int, shuffle: int) -> list[Case]:
    """At least `wanted` cases, half of them right: generated, and thinned out by chance."""
    rng, kinds = random.Random(shuffle), {Expect.ACCEPT: [], Expect.REJECT: []}
    batch = 0
    while min(map(len, kinds.values())) < (wanted + 1) // 2:
        for case in GENERATE[spec.name](spec, seed * 1000 + batch, 60):
            if case.expect in kinds and (not case.form or case.form in spec.accepts):
                kinds[case.expect].append(case)
        batch += 1
    found = [case for cases in kinds.values() for case in rng.sample(cases, (wanted + 1) // 2)]
    rng.shuffle(found)
    return found


def measured(spec: VerifierSpec, cases: list[Case]) -> dict[str, float]:
    check = spec.factory()
    positives = negatives = 0
    started = time.process_time()
    for case in cases:
        left = spec.prepare(case.sample) if spec.prepare else case.sample
        verdict = left if isinstance(left, Verdict) else check([left])[0]
        paid = verdict.score == 1.0
        positives += paid and case.expect is Expect.REJECT
        negatives += not paid and case.expect is Expect.ACCEPT
    seconds = time.process_time() - started
    right = sum(case.expect is Expect.ACCEPT for case in cases)
    return {
        "right": right,
        "wrong": len(cases) - right,
        "items": len({case.item for case in cases}),
        "false positives": positives,
        "false negatives": negatives,
        "completions a CPU-second": round(len(cases) / seconds),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000, help="of each sort; of formulas a fiftieth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
