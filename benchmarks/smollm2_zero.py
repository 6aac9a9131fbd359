"""R1-Zero on real weights: SmolLM2-135M on grade-school word problems, before and after.

Reads the rows of ASDiv, MAWPS, SVAMP, MultiArith or GSM8K as they are published (JSON lines), holds one
question in eight out, by a hash of its text, and trains with GRPO on accuracy and format. Killed, it goes on
from its last checkpoint. Prints reward and pass@1 before and after with their 95 % intervals, and the hours.

    python benchmarks/smollm2_zero.py --problems asdiv.jsonl svamp.jsonl [--steps 100] [--set KEY=VALUE …]
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
REGISTRY = """\
assay: 1
plugins: [math_answer, format, filters]
verifiers: {math: {use: math_answer, timeout: 2s, options: {plain: line}}}
route: {column: domain, math: math}
stacks:
  r1-zero:
    rewards:
      accuracy: {use: correct}
      format: {use: format.think_answer, weight: 0.3}
    compose: sum
faults: {stop_above: 5%, window: 200}
"""


def problem(row):
    """Question and answer of a published row; None where the answer is no one number."""
    low = {key.lower(): value for key, value in row.items()}
    text = low.get("input") or " ".join(str(low[key]).strip() for key in ("body", "question") if low.get(key))
    answer = low.get("target", low.get("answer", low.get("output")))
    found = NUMBER.findall(str(answer).rpartition("####")[2].replace(",", ""))
    if len(found) != 1:
        return None
    return " ".join(text.split()), f"{float(found[0]):g}"


def split(files, folder, held_out):
    """Write train.jsonl and test.jsonl."""
    seen, parts = set(), {"train": [], "test": []}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            found = problem(json.loads(line))
            if found is None or found[0] in seen or len(found[0]) > 300:
                continue
            seen.add(found[0])
            part = "test" if hashlib.sha256(found[0].encode()).digest()[0] % 8 == 0 else "train"
            parts[part].append({"prompt": found[0], "solution": found[1], "domain": "math"})
    parts["test"] = parts["test"][:held_out]
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in parts.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "registry.yaml").write_text(REGISTRY)
    print(f"{len(parts['train'])} problems to train on, {len(parts['test'])} held out", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=Path, nargs="+", required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--held-out", type=int, default=150)
    parser.add_argument("--out", type=Path, default=Path("runs/smollm2-zero"))
    parser.add_argument("--set", action="append", default=[], dest="pairs")
    given = parser.parse_args()
    data = given.out / "data"
    split(given.problems, data, given.held_out)
    settings = {
        "data": data / "train.jsonl",
        "eval_data": data / "test.jsonl",
        "registry": data / "registry.yaml",
        "steps": given.steps,
    }
    pairs = [f"{key}={value}" for key, value in settings.items()] + given.pairs
    command = [
        sys.executable,
        "-m",
        "assay",
        "train",
        "r1-zero-smollm2",
        "--output",
        str(given.out),
        "--json",
    ]
    begin = time.monotonic()
    subprocess.run([*command, *[part for pair in pairs for part in ("--set", pair)]], check=True)
    hours = (time.monotonic() - begin) / 3600

    rows = [json.loads(line) for line in (given.out / "metrics.jsonl").read_text().splitlines()]
    evals = [json.loads(line) for line in (given.out / "evals.jsonl").read_text().splitlines()]
    tenth = max(1, len(rows) // 10)
    start, end = (mean(row["reward"] for row in part) for part in (rows[:tenth], rows[-tenth:]))
    trained = sum(row.get("seconds") or 0 for row in rows) / 3600
    print(f"{len(rows)} steps; {hours:.2f} h in this call, {trained:.2f} h of training in all")
    print(f"reward {start:.3f} in the first {tenth} steps, {end:.3f} in the last")
    for row in (evals[0], evals[-1]):
        low, high = row["pass@1_ci"]
        print(
            f"step {row['step']:4}  pass@1 {row['pass@1']:.3f} [{low:.3f}, {high:.3f}]  {row['n']} questions"
        )
    sys.exit(not (evals[-1]["pass@1_ci"][0] > evals[0]["pass@1_ci"][1] and end > start))


if __name__ == "__main__":
    main()
