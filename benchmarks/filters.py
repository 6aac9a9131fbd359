"""Completions a second and core that each rollout filter decides: 200 words each, groups of 16, by CPU time.

python benchmarks/filters.py [--json]

The texts are sentences drawn at random, so that the rollouts of a group share phrases as real ones do. Best
of five: other work on the machine only ever slows a filter down.
"""

import argparse
import json
import random
import time

from assay import Sample
from assay.host import Host
from assay.specs import Kind

GROUPS, GROUP_SIZE, WORDS, REPEATS = 32, 16, 200, 5
BAR = 20_000
SLOW = {"language.mixed"}
"""Those that are not simple rules, and have another bar."""
OPTIONS = {"filters.overlong": {"max_length": 4000}}
# A sign beyond ASCII here and there, as models write: such texts take the slower ways.
OPENINGS = ["First,", "Wait,", "So", "Let me think:", "Now", "Hmm,", "Alternatively,", "Therefore", "Next,"]
SUBJECTS = ["the sum", "this term", "the second factor", "our equation", "the triangle", "a prime number"]
VERBS = ["must be", "is equal to", "cannot exceed", "follows from", "gives us", "simplifies to", "divides"]
OBJECTS = ["what we had before", "the limit x → 0", "the given condition", "twice that", "zero", "the area"]


def completion(rng: random.Random) -> str:
    """One chain of thought and an answer."""
    text, words = "", 0
    while words < WORDS:
        parts = " ".join(rng.choice(part) for part in (OPENINGS, SUBJECTS, VERBS, OBJECTS))
        sentence = f"{parts} $x_{rng.randrange(9)} = {rng.randrange(99)}$."
        text += sentence + rng.choice(("\n", " ", " "))
        words += len(sentence.split())
    return f"<think>{text}</think>\n<answer>{rng.randrange(99)}</answer>"


def samples() -> list[Sample]:
    """GROUPS prompts with GROUP_SIZE completions each."""
    rng = random.Random(0)
    return [
        Sample(
            completion=completion(rng),
            prompt=f"Problem {group}: what is x?",
            tokens=300,
            right=rng.random() < 0.5,
            reward=rng.random(),
        )
        for group in range(GROUPS)
        for _ in range(GROUP_SIZE)
    ]


def measure(batch: list[Sample]) -> dict[str, dict[str, float]]:
    """By filter: completions a second and core, and the share that is kept."""
    found = {}
    for name, provided in Host.load(["filters", "language"]).specs.items():
        if provided.kind is not Kind.FILTER:
            continue
        decide = provided.spec.factory(**OPTIONS.get(name, {}))
        kept = sum(decision.keep for decision in decide(batch)) / len(batch)
        seconds = []
        for _ in range(REPEATS):
            started = time.process_time()
            decide(batch)
            seconds.append(time.process_time() - started)
        found[name] = {"per_second": len(batch) / min(seconds), "kept": kept}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(samples())
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for name, row in found.items():
            verdict = "" if name in SLOW or row["per_second"] >= BAR else f"  BELOW {BAR}"
            print(f"{name:26} {row['per_second']:12,.0f}/s  kept {row['kept']:.1%}{verdict}")


if __name__ == "__main__":
    main()
