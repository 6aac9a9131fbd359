"""R1's pipeline on the embedded model over several seeds: does each stage do what the paper says?

1. R1 after stage 4 is at least as good as R1-Zero, in pass@1.
2. Language mixing of the chain of thought is down by at least 80 % against R1-Zero, for 3 points or less.
3. The distilled student is at least 10 points better than the same student after RL with the same compute.
4. All of it in at most 25 minutes on two cores.

Intervals are over seeds (Student's t, 95 %). Operations are those of the student's weights: 6 N a token
learnt, 2 N a token drawn, and in GRPO 2 N more for the reference model (arXiv 2001.08361, section 2.1).

    python benchmarks/r1_tiny.py [--seeds 0 1 2] [--jobs 2] [--out runs/r1-tiny-seeds]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev

T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


def pipeline(seed, folder, jobs):
    """Run one seed; its results by stage, and the seconds from the first event to the last."""
    command = [sys.executable, "-m", "assay", "run", "r1-tiny", "--seed", str(seed), "--output", str(folder)]
    subprocess.run([*command, "--jobs", str(jobs)], check=True)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    seconds = events[-1]["time"] - events[0]["time"]
    stages = json.loads((folder / "manifest.json").read_text())["stages"]
    return {name: {**stage, "folder": folder / stage["folder"]} for name, stage in stages.items()}, seconds


def operations(stage):
    """Of training, in units of N."""
    if stage["method"] == "sft":
        epochs = json.loads((stage["folder"] / "settings.json").read_text())["epochs"]
        return 6 * stage["result"]["tokens"] * epochs
    rows = [json.loads(line) for line in (stage["folder"] / "metrics.jsonl").read_text().splitlines()]
    settings = json.loads((stage["folder"] / "settings.json").read_text())
    completions = settings["prompts_per_step"] * settings["group_size"]
    drawn = sum(row["completions/mean_length"] * completions for row in rows)
    read = rows[-1]["num_tokens"]  # prompts and completions of all steps
    return 6 * read + 2 * read + 2 * drawn


def over_seeds(name, values, goal, unit=100):
    """Print mean and interval; returns whether the mean reaches the goal."""
    middle = mean(values)
    half = T95[len(values)] * stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    each = ", ".join(f"{unit * value:.1f}" for value in values)
    good = middle >= goal
    print(
        f"{name:58} {unit * middle:6.1f} [{unit * (middle - half):.1f}, {unit * (middle + half):.1f}]"
        f"  goal {unit * goal:.0f}  ({each})  {'reached' if good else 'MISSED'}"
    )
    return good


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/r1-tiny-seeds"))
    given = parser.parse_args()
    runs = [pipeline(seed, given.out / str(seed), given.jobs) for seed in given.seeds]

    for seed, (stages, seconds) in zip(given.seeds, runs, strict=True):
        print(f"\nseed {seed}: {seconds / 60:.1f} min")
        for name, stage in stages.items():
            if stage["method"] == "eval":
                row = stage["result"]
                low, high = row["pass@1_ci"]
                print(
                    f"  {name.removeprefix('eval-'):14} pass@1 {row['pass@1']:.3f} [{low:.3f}, {high:.3f}]"
                    f"  cons@8 {row['cons@k']:.3f}  language {row['rewards']['language']:.3f}"
                )
        taught, trained = operations(stages["student-sft"]), operations(stages["student-rl"])
        print(
            f"  student by SFT: {stages['student-sft']['seconds']:.0f} s, {taught / 1e6:.1f} M N operations; "
            f"by RL: {stages['student-rl']['seconds']:.0f} s, {trained / 1e6:.1f} M N"
        )

    def row(stages, name):
        return stages[f"eval-{name}"]["result"]

    def gain(better, worse):
        return [row(stages, better)["pass@1"] - row(stages, worse)["pass@1"] for stages, _ in runs]

    def mixing(stages, name):
        return 1 - row(stages, name)["rewards"]["language"]

    print()
    good = [
        over_seeds("pass@1, points: R1 over R1-Zero", gain("r1", "r1-zero"), 0.0),
        over_seeds(
            "language mixing, %: R1 less than R1-Zero",
            [1 - mixing(stages, "r1") / mixing(stages, "r1-zero") for stages, _ in runs],
            0.8,
        ),
        over_seeds("pass@1, points: reasoning RL over R1-Zero", gain("reasoning-rl", "r1-zero"), -0.03),
        over_seeds(
            "pass@1, points: distilled over RL on the student", gain("student-sft", "student-rl"), 0.10
        ),
        over_seeds("minutes to spare of 25", [25 - seconds / 60 for _, seconds in runs], 0.0, unit=1),
    ]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
