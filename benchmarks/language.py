"""How closely `language.consistency` follows the true share of words, what neutral text moves, and its speed.

python benchmarks/language.py [--json] [--texts N]

Texts are spliced from sentences, or from clauses of at most six words, in a random order and at a random
ratio; the truth is counted by words, in Chinese, Japanese and Thai by jieba, Janome and newmm (the numbers
stand with the sentences). Constants were set on the first set of sentences; the second is held out.
Speed is CPU time, best of 40: other work on the machine only ever slows it down.
"""

import argparse
import json
import random
import re
import statistics
import time
from pathlib import Path

from assay import Sample
from assay_plugins.language import build_consistency
from assay_plugins.language.cases import NEUTRAL, parse, texts

HELD_OUT = Path(__file__).parents[1] / "tests" / "support" / "language_held_out.tsv"
MEAN, P95, SPEED = 0.05, 0.1, 2_000
WORDS, REPEATS, BATCH = 200, 40, 10
UNSPACED = ("zh", "ja", "th")
NAMES = """
    Lagrange Fibonacci Descartes Hilbert Kolmogorov Galois Abel Turing Gödel Cantor Sophie Laura Carlos
    Ayşe Mehmet Linh Priya Yuki Svetlana Olga Natalia Sven Giulia Marco Lucas Emma Hannah Khalid Omar
    Leila Mumbai Madrid Rome Lisbon Istanbul Moscow Kyiv Hanoi Bangkok Seoul Beijing Cairo Delhi Canada
    Mexico Brazil Microsoft Wikipedia GDP NASA CPU DNA
""".split()  # noqa: SIM905
"""Not used for setting constants."""


def clauses(sentences):
    """Cut sentences at commas, and into at most six words where words are spaced."""
    found = {}
    for language, rows in sentences.items():
        found[language] = []
        for words, sentence in rows:
            if language in UNSPACED:
                parts = sentence.split() if language == "th" else re.findall(r"[^，、。]+[，、。]?", sentence)
                length = sum(map(len, parts))
                found[language] += [(words * len(part) / length, part) for part in parts]
            else:
                for clause in re.split(r"(?<=[,،:])\s+", sentence):
                    split = clause.split()
                    parts = [split[at : at + 6] for at in range(0, len(split), 6)]
                    found[language] += [(sum(map(is_word, part)), " ".join(part)) for part in parts]
    return found


def is_word(token):
    return re.search(r"\w", token) is not None


def splice(rng, units, mine, other):
    """Return a text of both languages in pieces, and the true share of `mine`."""
    share = rng.choice((0.0, 1.0)) if rng.random() < 0.1 else rng.random()
    chosen = [(words, text, True) for words, text in rng.sample(units[mine], round(share * len(units[mine])))]
    rest = round((1 - share) * len(units[other])) or (0 if chosen else 1)
    chosen += [(words, text, False) for words, text in rng.sample(units[other], rest)]
    rng.shuffle(chosen)
    total = sum(words for words, _, _ in chosen)
    return [text for _, text, _ in chosen], sum(words for words, _, own in chosen if own) / total


def score(language, text):
    verdict = CHECKS[language]([Sample(completion=f"<think>{text}</think> 4")])[0]
    return verdict.score


def accuracy(units, count):
    """Errors by target language, and over all: mean, 95th percentile, largest."""
    rng, errors = random.Random(0), {}
    for number in range(count):
        mine = list(units)[number % len(units)]
        other = rng.choice([language for language in units if language != mine])
        pieces, truth = splice(rng, units, mine, other)
        found = score(mine, " ".join(pieces))
        if found is not None:
            errors.setdefault(mine, []).append(abs(found - truth))
    return {"all": summary([e for row in errors.values() for e in row])} | {
        language: summary(row) for language, row in sorted(errors.items())
    }


def summary(errors):
    ranked = sorted(errors)
    return {
        "n": len(ranked),
        "mean": statistics.fmean(ranked),
        "p95": ranked[int(0.95 * len(ranked))],
        "max": ranked[-1],
    }


def neutral(units, count):
    """How many insertions of each kind move the score at all, and by how much at most."""
    rng, moved = random.Random(1), {}
    kinds = [(template, text) for _, template, text in NEUTRAL] + [("held-out names", name) for name in NAMES]
    for number in range(count):
        template, text = kinds[number % len(kinds)]
        mine, other = rng.sample(list(units), 2)
        pieces, _ = splice(rng, units, mine, other)
        words = " ".join(pieces).split(" ")
        at = rng.randrange(len(words) + 1)
        before, after = (score(mine, " ".join(w)) for w in (words, [*words[:at], text, *words[at:]]))
        row = moved.setdefault(template, {"n": 0, "moved": 0, "largest": 0.0, "texts": []})
        row["n"] += 1
        if before != after:
            row["moved"] += 1
            row["largest"] = max(row["largest"], abs((before or 0) - (after or 0)))
            row["texts"] = sorted({*row["texts"], text})
    return moved


def speed(units):
    """Completions of about 200 words a second and core, by language; a tenth of each is English."""
    found = {}
    for language, rows in units.items():
        rng, batch = random.Random(2), []
        for _ in range(BATCH):
            words, chosen = 0.0, []
            while words < WORDS:
                own = language if rng.random() < 0.9 else "en"
                count, text = rng.choice(units[own] if own != language else rows)
                words += count
                chosen.append(f"{text} $x_{rng.randrange(9)} = {rng.randrange(99)}$")
            batch.append(Sample(completion=f"<think>{' '.join(chosen)}</think> 4", prompt=rows[0][1]))
        check = build_consistency()
        check(batch)
        seconds = []
        for _ in range(REPEATS):
            start = time.process_time()
            check(batch)
            seconds.append(time.process_time() - start)
        found[language] = BATCH / min(seconds)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--texts", type=int, default=3400)
    arguments = parser.parse_args()
    tuned, held = texts(), parse(HELD_OUT.read_text(encoding="utf-8"))
    CHECKS.update({language: build_consistency(target=language) for language in tuned})
    sets = {
        "tuning, sentences": tuned,
        "tuning, clauses": clauses(tuned),
        "held out, sentences": held,
        "held out, clauses": clauses(held),
    }
    report = {
        "accuracy": {name: accuracy(units, arguments.texts) for name, units in sets.items()},
        "neutral": neutral(held, arguments.texts),
        "speed": speed({language: tuned[language] + held[language] for language in tuned}),
    }
    if arguments.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
        return
    print(f"|score - true share| over {len(tuned)} languages; bars: mean {MEAN}, p95 {P95}")
    for name, rows in report["accuracy"].items():
        row = rows["all"]
        print(f"  {name:20} n {row['n']}  mean {row['mean']:.4f}  p95 {row['p95']:.4f}  max {row['max']:.3f}")
        print("   ", "  ".join(f"{k} {v['mean']:.3f}/{v['p95']:.3f}" for k, v in rows.items() if k != "all"))
    print("neutral text inserted; bar: moves the score by exactly 0")
    for template, row in report["neutral"].items():
        tail = f", at most {row['largest']:.3f}: {', '.join(row['texts'])}" if row["moved"] else ""
        print(f"  {template:20} moved {row['moved']} of {row['n']}{tail}")
    slowest = min(report["speed"], key=report["speed"].get)
    print(f"completions of {WORDS} words a second and core; bar: {SPEED}")
    print("  " + "  ".join(f"{language} {rate:.0f}" for language, rate in report["speed"].items()))
    print(f"  slowest: {slowest}, {report['speed'][slowest]:.0f}")


CHECKS = {}

if __name__ == "__main__":
    main()
