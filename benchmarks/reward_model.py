"""What a reward model costs as a reward, and how far a score depends on its batch.

1. Padding: each text alone, padded to several widths, and in batches of several sizes; the largest difference
   of the model's scores. The bar is 1e-4.
2. Throughput: a batch of completions through `reward_model.harmlessness`, template, tokenizer and verdicts
   included, against bare forward passes over the same padded batches. The bar is 0.9 of the bare one.

The model is untrained, in Llama's or BERT's architecture; nothing is downloaded. `--model` takes a real one.

    python benchmarks/reward_model.py [--kind Llama] [--hidden 128] [--texts 256] [--device cpu] [--json]
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import torch

from assay import Sample
from assay.classifier import Classifier, ClassifierOptions
from assay_plugins import reward_model
from assay_trainer.machine import quiet

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
import tiny_reward

DIFFERENCE, SHARE, REPEATS = 1e-4, 0.9, 5
OPENINGS = ["First,", "Wait,", "So", "Let me think:", "Now", "Hmm,", "Alternatively,", "Therefore"]
PARTS = ["the sum", "must be", "is equal to", "a prime", "twice that", "zero", "the limit", "follows from"]


def texts(count):
    """Completions of 10 to 120 words."""
    rng = random.Random(0)
    return [
        " ".join([rng.choice(OPENINGS), *(rng.choice(PARTS) for _ in range(rng.randint(5, 60)))])
        for _ in range(count)
    ]


def differences(classifier, rows):
    """Largest difference to the score alone, by what was changed."""
    alone = [classifier([row])[0] for row in rows]
    found = {}
    for label, width in (("padded by 1", 1), ("padded by 64", 64), ("padded to the end", None)):
        scores = []
        with torch.inference_mode():
            for row in rows:
                wide = classifier.limit if width is None else min(len(row) + width, classifier.limit)
                ids, mask = classifier.padded([row], wide)
                scores.append(classifier.model(input_ids=ids, attention_mask=mask).logits[0, 0].item())
        found[label] = max(abs(a - b) for a, b in zip(alone, scores, strict=True))
    for tokens in (500, 4_000, 64_000):
        classifier.batch_tokens = tokens
        found[f"batches of {tokens} tokens"] = max(
            abs(a - b) for a, b in zip(alone, classifier(rows), strict=True)
        )
    return max(alone) - min(alone), found


def bare(classifier, rows):
    """Forward passes over the batches that the reward forms, padded beforehand; seconds."""
    batches = [classifier.padded([rows[i] for i in group]) for group in classifier.batches(rows)]
    start = time.perf_counter()
    with torch.inference_mode():
        for ids, mask in batches:
            classifier.model(input_ids=ids, attention_mask=mask).logits.float().tolist()
    return time.perf_counter() - start


def main():
    """Measure and compare with the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a folder or hub id, instead of an untrained model")
    parser.add_argument("--kind", default="Llama", choices=["Llama", "Bert"])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or str(
            tiny_reward.save_classifier(Path(folder), kind=given.kind, hidden=given.hidden)
        )
        options = {"model": model, "device": given.device, "dtype": given.dtype, "reference": 0.0}
        classifier = Classifier(ClassifierOptions(**options, batch_tokens=given.batch_tokens))
        answers = texts(given.texts)
        rows = classifier.encode([("What follows?", answer) for answer in answers])
        spread, found = differences(classifier, rows[:64])
        classifier.batch_tokens = given.batch_tokens
        check = reward_model.build(**options, batch_tokens=given.batch_tokens)
        samples = [Sample(completion=answer, prompt="What follows?") for answer in answers]
        seconds = {"reward": [], "bare": []}
        for _ in range(REPEATS):  # in turn, so that other work on the machine slows both down
            start = time.perf_counter()
            check(samples)
            seconds["reward"].append(time.perf_counter() - start)
            seconds["bare"].append(bare(classifier, rows))
    best = {name: min(times) for name, times in seconds.items()}
    result = {
        "model": given.model or f"{given.kind}, hidden {given.hidden}, 2 layers, untrained",
        "device": given.device,
        "dtype": given.dtype,
        "texts": len(rows),
        "tokens": sum(map(len, rows)),
        "spread of scores": spread,
        "differences": found,
        "largest difference": max(found.values()),
        "texts a second": {name: len(rows) / value for name, value in best.items()},
        "share of bare": best["bare"] / best["reward"],
    }
    good = result["largest difference"] <= DIFFERENCE and result["share of bare"] >= SHARE
    if given.json:
        print(json.dumps(result, indent=1))
    else:
        print(
            f"{result['model']}, {given.device}, {given.dtype}: {len(rows)} texts, {result['tokens']} tokens"
        )
        for label, value in found.items():
            print(f"  {label:26} {value:.1e}")
        print(
            f"  largest {result['largest difference']:.1e} of a spread of {spread:.2f}; bar {DIFFERENCE:.0e}"
        )
        for name, value in result["texts a second"].items():
            print(f"  {name:8} {value:8.0f} texts/s")
        print(f"  {result['share of bare']:.3f} of a bare forward pass; bar {SHARE}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
