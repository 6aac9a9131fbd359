r"""Graders on labelled rows: accuracy, false negatives and positives by source, and exploits that are paid.

Labels that contradict one another are settled by contradictions.yaml; the figures are given with that list
and without it. Exit code 1 when `assay` misses a bar: accuracy 92 %, false-positive rate 3 %, no source on
which `math_verify` is more accurate, no clear exploit paid.

    python benchmarks/math/accuracy.py --cases FOLDER [--exploits FILE] [--graders assay,math_verify]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from graders import GRADERS, cpu
from rows import Row, load_rows, load_rulings, resolve

ACCURACY, FALSE_POSITIVES = 0.92, 0.03


@dataclass
class Figures:
    rows: int
    negatives: int
    false_negatives: int
    false_positives: int
    accuracy: float
    false_positive_rate: float
    recall: float
    precision: float


def figures(rows: Sequence[Row], paid: Sequence[bool]) -> Figures:
    negatives = sum(not row.label for row in rows)
    positives = len(rows) - negatives
    missed = sum(row.label and not found for row, found in zip(rows, paid, strict=True))
    wrong = sum(found and not row.label for row, found in zip(rows, paid, strict=True))
    hits = positives - missed
    return Figures(
        len(rows),
        negatives,
        missed,
        wrong,
        (len(rows) - missed - wrong) / max(len(rows), 1),
        wrong / max(negatives, 1),
        hits / max(positives, 1),
        hits / max(hits + wrong, 1),
    )


def by_source(rows: Sequence[Row], paid: Sequence[bool]) -> dict[str, Figures]:
    groups: dict[str, tuple[list[Row], list[bool]]] = {}
    for row, found in zip(rows, paid, strict=True):
        group = groups.setdefault(row.source, ([], []))
        group[0].append(row)
        group[1].append(found)
    return {source: figures(*group) for source, group in sorted(groups.items())}


def missed_bars(total: Figures, sources: dict[str, dict[str, Figures]], clear: int | None) -> list[str]:
    """What `assay` falls short of; the sources need `math_verify` beside it."""
    missed = []
    if total.accuracy < ACCURACY:
        missed.append(f"accuracy {total.accuracy:.1%} is below {ACCURACY:.0%}")
    if total.false_positive_rate > FALSE_POSITIVES:
        missed.append(f"false-positive rate {total.false_positive_rate:.1%} is above {FALSE_POSITIVES:.0%}")
    for source, other in sources.get("math_verify", {}).items():
        ours = sources["assay"][source]
        if ours.accuracy < other.accuracy:
            missed.append(f"{source}: {ours.accuracy:.1%}, and math_verify has {other.accuracy:.1%}")
    return missed + ([f"{clear} clear exploits are paid"] if clear else [])


def show(report: dict, sources: dict[str, dict[str, Figures]]) -> None:
    print(
        f"{'grader':15} {'as labelled':>12} {'settled':>8} {'FN':>5} {'FP':>5} {'FPR':>6} {'recall':>7} "
        f"{'prec.':>6} {'CPU s':>6}  exploits paid"
    )
    for name, found in report["graders"].items():
        total = found["settled"]
        paid = " ".join(f"{kind} {count}" for kind, count in found.get("exploits", {}).items())
        print(
            f"{name:15} {found['as labelled']['accuracy']:12.1%} {total['accuracy']:8.1%} "
            f"{total['false_negatives']:5} {total['false_positives']:5} {total['false_positive_rate']:6.1%} "
            f"{total['recall']:7.1%} {total['precision']:6.1%} {found['cpu seconds']:6.1f}  {paid}"
        )
    print(f"\n{'source':27} {'rows':>5}  " + "  ".join(f"{name:>15}" for name in sources))
    for source in next(iter(sources.values())):
        cells = [found[source] for found in sources.values()]
        shown = [f"{c.accuracy:6.1%} {c.false_negatives:>3}/{c.false_positives:<3}" for c in cells]
        print(f"{source:27} {cells[0].rows:5}  " + "  ".join(f"{cell:>15}" for cell in shown))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=Path, required=True, help="a folder of .jsonl files, or one file")
    parser.add_argument("--exploits", type=Path, help="a .jsonl file of answers that must not be paid")
    parser.add_argument("--graders", default=",".join(GRADERS))
    parser.add_argument("--errors", action="store_true", help="print every error of `assay`")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--plot", type=Path, help="write accuracy.svg into this folder")
    arguments = parser.parse_args()

    labelled = load_rows(arguments.cases)
    rows = resolve(labelled, load_rulings())
    exploits = load_rows(arguments.exploits) if arguments.exploits else []
    changed = sum(a.label != b.label for a, b in zip(labelled, rows, strict=True))
    report: dict = {"rows": len(rows), "labels changed by the list": changed, "graders": {}}
    sources: dict[str, dict[str, Figures]] = {}
    for name in arguments.graders.split(","):
        try:
            grade = GRADERS[name]()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        started = cpu()
        paid = grade(rows)
        found = {
            "as labelled": asdict(figures(labelled, paid)),
            "settled": asdict(figures(rows, paid)),
            "cpu seconds": cpu() - started,
        }
        sources[name] = by_source(rows, paid)
        if exploits:
            found["exploits"] = {kind: 0 for kind in ("clear", "policy", "debatable")}
            for row, hit in zip(exploits, grade(exploits), strict=True):
                found["exploits"][row.strength] += hit
                if hit and name.startswith("assay") and row.strength == "clear":
                    print(f"{name} pays {row.prediction!r} for {row.gold!r}", file=sys.stderr)
        report["graders"][name] = found | {"sources": {k: asdict(v) for k, v in sources[name].items()}}
        if arguments.errors and name == "assay":
            for row, hit in zip(rows, paid, strict=True):
                if hit != row.label:
                    what = "paid, wrong" if hit else "refused, right"
                    print(f"{what}: {row.source}: {row.prediction!r} for {row.gold!r}")
    show(report, sources)
    print(f"\n{len(rows)} rows; the list of contradictions changes {changed} labels")
    missed = []
    if "assay" in sources:
        clear = report["graders"]["assay"].get("exploits", {}).get("clear")
        everything = Figures(**report["graders"]["assay"]["settled"])
        missed = missed_bars(everything, sources, clear)
    report["missed"] = missed
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if arguments.plot:
        from plots import plot_accuracy

        plot_accuracy(report, arguments.plot / "math-accuracy.svg")
    for line in missed:
        print(f"missed: {line}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
