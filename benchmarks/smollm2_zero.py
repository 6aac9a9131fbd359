"""R1-Zero on real weights: SmolLM2-135M-Instruct on grade-school word problems, before and after.

Reads the rows of ASDiv, MAWPS, SVAMP, MultiArith or GSM8K as they are published (JSON lines) and holds one
question in eight out, by a hash of its text. The model is asked the bare question in its chat template, and
paid for the right number alone: nothing is shown to it, and no form is asked of it. Most problems are beyond
it, and a group in which nothing is right teaches nothing, so it trains on those of `--pool` problems that it
solves at least once, and not always, in four attempts (as Kimi k1.5, arXiv:2501.12599, section 2.1, chooses
its prompts). The held-out ones are not chosen.

Prints reward and pass@1 before and after with their 95 % intervals, and the hours. Killed, it goes on where
it was. With `--vllm` (docs/how-to/generate-with-vllm.md) it samples four times faster on a CPU.

    python benchmarks/smollm2_zero.py --problems asdiv.jsonl svamp.jsonl [--vllm] [--set KEY=VALUE …]
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

from assay_trainer.runfolder import read_jsonl

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SAMPLING = ("--temperature", "0.6", "--top-p", "0.95", "--max-new-tokens", "96")
REGISTRY = """\
assay: 1
plugins: [math_answer, filters]
verifiers: {math: {use: math_answer, timeout: 2s, options: {plain: anywhere}}}
route: {column: domain, math: math}
stacks:
  r1-zero: {rewards: {accuracy: {use: correct}}, compose: sum}
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


def write(path, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def key(question):
    """Letters and digits: the sets repeat one another, but for spaces and quotation marks."""
    return re.sub(r"[^a-z0-9]", "", question.lower())


def split(files, folder, pool, held_out):
    """Write pool.jsonl, test.jsonl and the registry; no question is in both."""
    seen, parts = set(), {"pool": [], "test": []}
    for file in files:
        for line in file.open(encoding="utf-8"):
            found = problem(json.loads(line))
            if found is None or found[0] in seen or len(found[0]) > 300:
                continue
            seen.add(found[0])
            digest = hashlib.sha256(found[0].encode()).digest()
            row = {"prompt": found[0], "solution": found[1], "domain": "math"}
            parts["test" if digest[0] % 8 == 0 else "pool"].append((digest[1:], row))
    keys = {key(row["prompt"]) for _, row in parts["pool"]}
    held = {key(row["prompt"]): (order, row) for order, row in parts["test"]}
    parts["test"] = [held[one] for one in held.keys() - keys]
    folder.mkdir(parents=True, exist_ok=True)
    for name, limit in (("pool", pool), ("test", held_out)):
        rows = [row for _, row in sorted(parts[name], key=lambda pair: pair[0])]  # all sets mixed
        write(folder / f"{name}.jsonl", rows[:limit])
        print(f"{name}: {len(rows[:limit])} of {len(rows)} problems", flush=True)
    (folder / "registry.yaml").write_text(REGISTRY)


def assay(*arguments):
    """Run a command; what it printed, as JSON."""
    command = [sys.executable, "-m", "assay", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--pool", type=int, default=1200, help="problems of which those to train on are chosen"
    )
    parser.add_argument("--held-out", type=int, default=300)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--vllm", action="store_true", help="sample with vLLM, in this process")
    parser.add_argument("--out", type=Path, default=Path("runs/smollm2-zero"))
    parser.add_argument("--set", action="append", default=[], dest="pairs", help="of the recipe")
    given = parser.parse_args()
    begin = time.monotonic()
    data, run = given.out / "data", given.out / "run"
    if not (data / "registry.yaml").exists():
        split(given.problems, data, given.pool, given.held_out)

    def evaluate(model, name, out):
        backend = ("--backend", "vllm") if given.vllm else ()
        return assay(
            "eval", "--model", model, "--data", data / name, "--registry", data / "registry.yaml",
            "--template", "chat", "--k", 4, *SAMPLING, *backend, "--out", given.out / out,
        )  # fmt: skip

    evaluate("smollm2", "pool.jsonl", "pool.jsonl")
    right = defaultdict(list)
    for row in read_jsonl(given.out / "pool.jsonl")[1:]:
        right[row["question"]].append(bool(row["right"]))
    pool = read_jsonl(data / "pool.jsonl")
    chosen = [pool[index] for index, marks in right.items() if 0 < sum(marks) < len(marks)]
    if not chosen:
        sys.exit(f"The model solves none of {len(pool)} problems some of the time: take a larger --pool")
    write(data / "train.jsonl", chosen)
    print(f"training on {len(chosen)} of {len(pool)} problems", flush=True)

    before = evaluate("smollm2", "test.jsonl", "before.jsonl")
    settings = {
        "data": data / "train.jsonl",
        "registry": data / "registry.yaml",
        "output": run,
        "steps": given.steps,
    }
    if given.vllm:
        engine = "vllm_mode: colocate, vllm_gpu_memory_utilization: 0.05, vllm_max_model_length: 1024"
        settings["trl"] = f"{{use_vllm: true, {engine}}}"
    pairs = [f"{key}={value}" for key, value in settings.items()] + given.pairs
    assay("train", "r1-zero-smollm2", *[part for pair in pairs for part in ("--set", pair)])
    after = evaluate(run / "final", "test.jsonl", "after.jsonl")
    hours = (time.monotonic() - begin) / 3600

    rows = read_jsonl(run / "metrics.jsonl")
    tenth = max(1, len(rows) // 10)
    start, end = (mean(row["reward"] for row in part) for part in (rows[:tenth], rows[-tenth:]))
    trained = sum(row.get("seconds") or 0 for row in rows) / 3600
    print(f"{len(rows)} steps; {hours:.2f} h in this call, {trained:.2f} h of training in all")
    print(f"reward {start:.3f} in the first {tenth} steps, {end:.3f} in the last")
    for name, result in (("before", before), ("after", after)):
        low, high = result["pass@1_ci"]
        n = f"{result['n']} held-out questions"
        print(f"{name:6}  pass@1 {result['pass@1']:.3f} [{low:.3f}, {high:.3f}]  {n}")
    (paired,) = assay("compare", given.out / "before.jsonl", given.out / "after.jsonl")
    low, high = paired["interval"]
    print(f"paired  {paired['difference']:+.3f} [{low:+.3f}, {high:+.3f}]  p {paired['p']:.1e}")
    sys.exit(not (after["pass@1_ci"][0] > before["pass@1_ci"][1] and end > start))


if __name__ == "__main__":
    main()
