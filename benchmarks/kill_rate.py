"""The bench on trial: how many planted faults do its checks notice?

A fault is one guard of a sound verifier switched off (`tests/support/planted.py`): in mathematics for the
references of one type, so that guard × type is one fault (`math` is about rationals, `terms` about other
answers and what stands around them); in multiple choice a guard; in the format reward one rule of the
grammar; in programs a guard of a grader that runs them in the sandbox (`tests/support/planted_code.py`). It
is killed when a check that passes on the sound verifier fails on it. Only the accuracy and attack
checks are run. Survivors are named: each is a gap in the corpora, or a fault that no completion can show.

`--goldens` shows whole reports instead, on verifiers that misbehave in one way each
(`tests/support/goldens.py`): the level and the failed checks that are expected, and what was found. It exits
with 1 when one differs.

    python benchmarks/kill_rate.py [--full] [--seed 0] [--domain math] [--json]
    python benchmarks/kill_rate.py --goldens [--seed 0] [--json]
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import goldens
import planted
import planted_code

from assay.conformance import checks
from assay.conformance.bench import Bench
from assay.conformance.model import CHECKS, Group, Outcome
from assay.conformance.search import rational
from assay.host import Host, Plugin, Provided
from assay.specs import VerifierSpec

SOUND = {**planted.sound(), "code": planted_code.code_spec()}
FAULTS = [
    *planted.faults(),
    *(("code", guard, planted_code.code_spec(guard)) for guard in planted_code.GUARDS),
]


def outcomes(spec, cases=None, *, seed=0, full=False, baseline=None):
    """Outcome and result of every accuracy and attack check; stops at the first kill of a `baseline`."""
    provided = Provided(spec, Plugin("planted", "(local)", "0", "planted", ()))
    found = {}
    with Bench(provided, host=Host(), seed=seed, full=full) as bench:
        bench.__dict__["cases"] = cases if cases is not None else relevant(bench)
        for name, check in CHECKS.items():
            if check.group in (Group.ACCURACY, Group.ATTACK):
                for result in bench.run_check(name):
                    found[result.id] = result
                    if baseline and is_kill(baseline, result):
                        return found, bench.cases
        return found, bench.cases


def relevant(bench):
    """The cases that the sound verifier claims to judge: rationals, for mathematics."""
    if bench.subject.spec.name != "math":
        return bench.cases
    return tuple(case for case in bench.cases if rational(str(case.sample.reference)) is not None)


def is_kill(baseline, result):
    sound = baseline.get(result.id)
    passed = sound is not None and sound.outcome is Outcome.PASSED
    return passed and result.outcome is Outcome.FAILED


def measure(domains, *, seed=0, full=False):
    """Kill rate by domain: planted, killed, survivors by name, which check killed first."""
    checks.load()
    report = {}
    for domain in domains:
        started = time.perf_counter()
        sound, cases = outcomes(SOUND[domain], seed=seed, full=full)
        killers, survivors = Counter(), []
        faults = [(name, spec) for where, name, spec in FAULTS if where == domain]
        for name, spec in faults:
            assert spec.judges == SOUND[domain].judges
            found, _ = outcomes(spec, cases, seed=seed, full=full, baseline=sound)
            last = list(found.values())[-1]
            if is_kill(sound, last):
                killers[last.id] += 1
            else:
                survivors.append(name)
        report[domain] = {
            "kind": "verifier" if isinstance(SOUND[domain], VerifierSpec) else "reward",
            "cases": len(cases),
            "sound_fails": [id for id, result in sound.items() if result.outcome is Outcome.FAILED],
            "planted": len(faults),
            "killed": len(faults) - len(survivors),
            "rate": 1 - len(survivors) / len(faults),
            "survivors": survivors,
            "killed_by": dict(killers.most_common()),
            "seconds": round(time.perf_counter() - started, 1),
        }
    return report


def measure_goldens(seed=0):
    """One row a golden verifier: what is expected, what was found, and how they differ."""
    rows = []
    for name, spec, expected in goldens.goldens():
        report = goldens.report_on(spec, seed)
        rows.append(
            {
                "golden": name,
                "expected_level": expected.level,
                "level": report.level,
                "expected": list(expected.failed),
                "failed": [result.id for result in report.failed],
                "differs": expected.differs(report),
                "seconds": round(report.seconds, 1),
            }
        )
    return rows


def show_goldens(rows):
    print(f"{'golden':24} {'level':>5} {'got':>5}  must fail (and how many did); seconds")
    for row in rows:
        wanted, got = ("–" if row[key] is None else row[key] for key in ("expected_level", "level"))
        named = f"{', '.join(row['expected']) or 'nothing'} ({len(row['failed'])}); {row['seconds']} s"
        print(f"{row['golden']:24} {wanted:>5} {got:>5}  {named}")
        if row["differs"]:
            print(f"  DIFFERS: {row['differs']}")
    print(f"total: {sum(not row['differs'] for row in rows)} of {len(rows)} as expected")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--domain", choices=sorted(SOUND), action="append")
    parser.add_argument("--goldens", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.goldens:
        rows = measure_goldens(arguments.seed)
        print(json.dumps(rows, indent=2)) if arguments.json else show_goldens(rows)
        sys.exit(any(row["differs"] for row in rows))
    report = measure(arguments.domain or list(SOUND), seed=arguments.seed, full=arguments.full)
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for domain, row in report.items():
        print(
            f"{domain}: {row['killed']} of {row['planted']} killed ({row['rate']:.1%}), "
            f"{row['cases']} cases, {row['seconds']} s"
        )
        print(f"  the sound one fails: {', '.join(row['sound_fails']) or 'nothing'}")
        print(f"  survivors: {', '.join(row['survivors']) or 'none'}")
        print(f"  killed first by: {', '.join(f'{id} {n}' for id, n in row['killed_by'].items())}")
    total, killed = (sum(row[key] for row in report.values()) for key in ("planted", "killed"))
    print(f"total: {killed} of {total} killed ({killed / total:.1%})")


if __name__ == "__main__":
    main()
