"""Random batches through a stack: batch = single = shuffled = threaded = pooled, to the last bit.

All but the last of the five comparisons run without a cache, so that everything is really computed anew.

python benchmarks/batches.py [--batches 10000] [--json]
"""

import argparse
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay import Sample
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack

REGISTRY = """\
assay: 1
plugins: [math_answer, format, repetition]
verifiers: {{math: {{use: math_answer, timeout: 20s}}}}
route: math
stacks:
  s:
    rewards:
      accuracy: {{use: correct}}
      format: {{use: format.think_answer, weight: 0.3{isolation}}}
      repetition: {{use: repetition.ngram, weight: 0.1{isolation}}}
cache: {cache}
workers: {{count: 2}}
"""

ANSWERS = (
    "4",
    "5",
    r"\frac{1}{2}",
    "0.5",
    "x+1",
    "1+x",
    r"\sqrt{2}",
    "(1,2)",
    "",
    r"\text{no}",
    "not 4",
    "4 or 5",
)
FORMS = (
    "<think>{0}</think><answer>\\boxed{{{1}}}</answer>",
    "\\boxed{{{1}}}",
    "{0}",
    "<think>{0}</think>\\boxed{{{1}}} \\boxed{{4}}",
)


def build(cache: int, isolation: str) -> Stack:
    text = REGISTRY.format(cache=cache, isolation=f", isolation: {isolation}" if isolation else "")
    return Stack.build(
        parse_registry(text, Path("batches.yaml")), Host.load(["math_answer", "format", "repetition"]), "s"
    )


def draw(rng: random.Random) -> list[Sample]:
    return [
        Sample(
            completion=rng.choice(FORMS).format(
                " ".join(rng.choices(("so", "then", "2+2", "等等"), k=6)), rng.choice(ANSWERS)
            ),
            reference=rng.choice(ANSWERS[:8]),
            id=str(index),
            group=str(index // 4),
        )
        for index in range(rng.randint(0, 12))
    ]


def outcome(stack: Stack, batch: list[Sample]) -> dict[str, tuple]:
    return {
        card.id: (card.reward, card.right, card.verdict and (card.verdict.status, card.verdict.extracted))
        for card in stack.score(batch)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    batches = [draw(rng) for _ in range(arguments.batches)]
    equal = dict.fromkeys(("single", "shuffled", "threaded", "pooled", "cached"), 0)
    with build(0, "") as plain, build(200_000, "") as cached, build(0, "process") as pooled:
        with ThreadPoolExecutor(8) as threads:
            threaded = list(threads.map(lambda batch: outcome(plain, batch), batches))
        for number, batch in enumerate(batches):
            expected = outcome(plain, batch)
            alone: dict[str, tuple] = {}
            for sample in batch:
                alone |= outcome(plain, [sample])
            equal["single"] += alone == expected
            equal["shuffled"] += outcome(plain, rng.sample(batch, len(batch))) == expected
            equal["threaded"] += threaded[number] == expected
            equal["pooled"] += outcome(pooled, batch) == expected
            equal["cached"] += outcome(cached, batch) == expected
            if not arguments.json and number % 500 == 499:
                print(f"{number + 1} batches", file=sys.stderr, flush=True)
    share = {name: count / max(len(batches), 1) for name, count in equal.items()}
    print(json.dumps({"batches": len(batches), "samples": sum(map(len, batches)), "equal": share}, indent=2))
    sys.exit(0 if all(count == len(batches) for count in equal.values()) else 1)


if __name__ == "__main__":
    main()
