r"""Golds of public data sets as references: accepted when asserted, and nothing near them.

Each gold is the reference, as its data set gives it. Its own spelling (and for 27.0 also 27, for
`9 (apples)` also 9) is asserted in the declared answer form and must be accepted, in 99.5 % of the
problems of every set and of all; the next problem's different gold and up to ten near misses of its
own gold (nearmiss.py says why they are wrong) must all be refused. Exit code 1 when a bar is missed.

    python benchmarks/math/golds.py --problems FOLDER [--misses 10] [--seed 0]
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from graders import runner
from nearmiss import NUMERAL, differs, near_misses, value
from problems import SETS, Problem, load_problems

from assay import Sample
from assay.workers import LocalPool

ACCEPTED = 0.995


def different(gold: str, other: str) -> bool:
    """Whether two golds state different things: by value, or by words without any digits."""
    if value(gold) is not None and value(other) is not None:
        return differs(gold, other)
    if NUMERAL.search(gold + other):
        return bool(NUMERAL.findall(other)) and set(NUMERAL.findall(gold)).isdisjoint(NUMERAL.findall(other))
    words = [set(re.findall(r"[a-z]+", text.casefold())) for text in (gold, other)]
    return bool(words[0] and words[1]) and words[0].isdisjoint(words[1])


def statements(problems: Sequence[Problem], misses: int, seed: int) -> list[tuple[int, str, str]]:
    """(number of the problem, `accept`, `other` or `near`, the answer)."""
    rng = random.Random(seed)
    found: list[tuple[int, str, str]] = []
    for number, problem in enumerate(problems):
        found += [(number, "accept", answer) for answer in problem.answers]
        for following in (*problems[number + 1 :], *problems[:number]):
            if following.source != problem.source or different(problem.answer, following.answer):
                break
        if following.source == problem.source:
            found.append((number, "other", following.answer))
        found += [(number, "near", answer) for answer in near_misses(problem.answers[-1], misses, rng)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=Path, required=True, help="a folder of .jsonl files")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--misses", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--options", type=json.loads, default={}, help="options of math_answer, as JSON")
    parser.add_argument("--json", type=Path, help="write all figures there")
    arguments = parser.parse_args()

    problems = load_problems(arguments.problems, tuple(arguments.sets.split(",")))
    stated = statements(problems, arguments.misses, arguments.seed)
    pool = LocalPool()
    run = runner(pool, **arguments.options)
    run.build()
    form = run.spec.answer
    samples = [
        Sample(completion=form(answer), reference=problems[number].reference) for number, _, answer in stated
    ]
    verdicts, _ = run(samples)
    pool.close()

    refused, counts, failures = {}, Counter(), []
    for (number, kind, answer), verdict in zip(stated, verdicts, strict=True):
        source, paid = problems[number].source, verdict.score == 1.0
        counts[source, kind] += 1
        counts[source, f"{kind} paid"] += paid
        if paid != (kind == "accept"):
            gold = problems[number].answer
            failures.append((source, kind, answer, gold, verdict.status.value, verdict.reason))
            refused.update({number: source} if kind == "accept" else {})
    missing = Counter(refused.values())
    total, report, missed = Counter(problem.source for problem in problems), {}, []
    for source in (*total, "all"):
        names = list(total) if source == "all" else [source]
        golds, lost = sum(total[name] for name in names), sum(missing[name] for name in names)
        report[source] = {
            "golds": golds,
            "accepted": 1 - lost / golds,
            **{kind: sum(counts[name, kind] for name in names) for kind in ("other", "near")},
            "paid": sum(counts[name, f"{kind} paid"] for name in names for kind in ("other", "near")),
        }
        if report[source]["accepted"] < ACCEPTED:
            missed.append(f"{source}: {report[source]['accepted']:.2%} of the golds are accepted")
    if report["all"]["paid"]:
        missed.append(f"{report['all']['paid']} wrong answers are paid")
    for source, kind, answer, gold, status, reason in failures:
        print(f"{source}: {kind} {answer!r} for {gold!r}: {status}, {reason}")
    print(f"\n{'set':11} {'golds':>6} {'accepted':>9} {'other golds':>12} {'near misses':>12} {'paid':>5}")
    for source, row in report.items():
        print(
            f"{source:11} {row['golds']:6} {row['accepted']:9.2%} {row['other']:12} {row['near']:12} "
            f"{row['paid']:5}"
        )
    if arguments.json:
        content = {"sets": report, "failures": failures, "missed": missed}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for line in missed:
        print(f"missed: {line}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
