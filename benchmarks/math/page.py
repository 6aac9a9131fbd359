r"""Write the measured figures into docs/explanation/mathematics.md, between its marks.

    python benchmarks/math/page.py --reports FOLDER docs/explanation/mathematics.md

FOLDER holds what the four benchmarks wrote with ``--json``: accuracy.json, golds.json, speed.json and
hangs.json. A table whose report is not there stays as it is.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path


def table(heads: str, rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; `heads` with bars between them."""
    lines = [f"| {heads} |", "|---" * (heads.count("|") + 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def accuracy(report: Mapping) -> str:
    heads = "grader | right | right refused | wrong paid | of the wrong ones | clear exploits paid"
    rows = [
        [
            f"`{name}`",
            f"{found['settled']['accuracy']:.1%}",
            found["settled"]["false_negatives"],
            found["settled"]["false_positives"],
            f"{found['settled']['false_positive_rate']:.1%}",
            found.get("exploits", {}).get("clear", "–"),
        ]
        for name, found in report["graders"].items()
    ]
    negatives = next(iter(report["graders"].values()))["settled"]["negatives"]
    note = (
        f"{report['rows']:,} rows, {negatives} of them wrong answers. "
        f"The list of contradictions changes {report['labels changed by the list']} labels"
    )
    if ours := report["graders"].get("assay"):
        note += f"; without it `assay` is right in {ours['as labelled']['accuracy']:.1%}"
    return f"{table(heads, rows)}\n\n{note}."


def golds(report: Mapping) -> str:
    heads = "set | golds | accepted when asserted | other golds and near misses | of these paid"
    rows = [
        [name, f"{row['golds']:,}", f"{row['accepted']:.2%}", f"{row['other'] + row['near']:,}", row["paid"]]
        for name, row in report["sets"].items()
    ]
    return table(heads, rows)


def speed(report: Mapping) -> str:
    heads = "length | `math_answer` | the same batch again | Math-Verify | median ratio | worst ratio"
    rows = [
        [
            f"{size} KB",
            *(f"{row[key]:,.0f}" for key in ("assay", "warm", "math_verify", "times", "least times")),
        ]
        for size, row in report["summary"].items()
    ]
    seeds = len({row["seed"] for row in report["rows"]})
    seconds, decided = report["decision seconds"], report["decided in the trainer's process"]
    note = (
        f"Pairs per CPU second, medians over {seeds} seeds. {decided:.1%} of the pairs are decided in the "
        f"trainer's process, half of them within {1e6 * seconds['p50']:.0f} µs and 99 % within "
        f"{1e6 * seconds['p99']:.0f} µs (3 KB). From 1 to 300 KB the time grows with the power "
        f"{report['exponent']:.2f} of the length."
    )
    return f"{table(heads, rows)}\n\n{note}"


def hangs(report: Mapping) -> str:
    return (
        f"Of {report['inputs']} inputs, with a limit of {report['limit']:g} s each, the slowest took "
        f"{report['slowest']:.2f} s, {report['over a second']} took more than one second, and no worker was "
        f"larger than {report['peak MB of a worker']} MB. {report['pairs swapped']} of them are values on "
        "both sides: as answer and reference change places, the verdict stays."
    )


TABLES: dict[str, Callable[[Mapping], str]] = {
    "accuracy": accuracy,
    "golds": golds,
    "speed": speed,
    "hangs": hangs,
}


def written(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of a table."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.S)
    if not marks.search(page):
        raise SystemExit(f"the page has no marks for {name}")
    return marks.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("page", type=Path)
    arguments = parser.parse_args()
    page = arguments.page.read_text(encoding="utf-8")
    for name, render in TABLES.items():
        report = arguments.reports / f"{name}.json"
        if report.is_file():
            page = written(page, name, render(json.loads(report.read_text(encoding="utf-8"))))
    arguments.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
