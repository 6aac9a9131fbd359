"""How fast rejection sampling draws: vLLM in this process against `generate` of transformers.

Both draw k completions of the same grade-school problems through `open_sampler`, from the same model in the
same data type, in turn, so that other work on the machine slows both down. Reported are medians of tokens and
completions a second by the clock and by CPU time, their ratio in each round, and by how much vLLM's
log-probabilities differ from those of a forward pass in transformers. The bar is three times.

Transformers is given several batch sizes (`--batch-tokens`), and its best one counts. By default every
completion has the same length (no end token stops it); with `--natural` they end where the model ends them.

    OMP_NUM_THREADS=1 python benchmarks/generation.py [--model smollm2] [--k 16] [--problems 8] [--json]
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from assay_trainer.generate import Sampling, open_sampler
from assay_trainer.logprobs import compare_logprobs
from assay_trainer.machine import quiet

BAR = 3.0
PROBLEMS = (
    "Debby had 32 pieces of candy and her sister had 42. They ate 35 pieces. How many are left?",
    "A pet store had 13 siamese cats and 5 house cats. It sold 10 cats. How many cats does it have left?",
    "Natalia sold 48 clips in April, and half as many in May. How many clips did she sell altogether?",
    "A robe takes 2 bolts of blue fibre and half that much white fibre. How many bolts does it take?",
    "Tom buys 3 books at 7 dollars each and pays with 50 dollars. How much change does he get?",
    "A train has 6 cars with 24 seats each, and 19 seats are taken. How many seats are free?",
    "Wendi feeds each of her 20 chickens 3 cups of feed a day. How many cups does she need for a week?",
    "A class of 28 children forms groups of 4. Each group gets 5 pencils. How many pencils are needed?",
)


def problems(path, count):
    """Prompts: the file's ``question``, ``input`` or ``prompt``, or the built-in ones over and over."""
    if path is None:
        texts = PROBLEMS
    else:
        lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
        texts = [next(line[key] for key in ("question", "input", "prompt") if key in line) for line in lines]
    return [f"Question: {texts[i % len(texts)]}\nAnswer: Let us think step by step." for i in range(count)]


def timed(sampler, prompts, seed):
    """Draw all completions, chunk by chunk; seconds by the clock and by CPU, and what was drawn."""
    wall, cpu = time.perf_counter(), time.process_time()
    drawn = [None] * len(prompts)
    for number, chunk in enumerate(sampler.chunks(prompts)):
        for index, group in zip(
            chunk, sampler.sample([prompts[i] for i in chunk], seed + number), strict=True
        ):
            drawn[index] = group
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    tokens = sum(one.tokens for group in drawn for one in group)
    completions = sum(len(group) for group in drawn)
    return {"wall": wall, "cpu": cpu, "tokens": tokens, "completions": completions}, drawn


def rates(runs):
    """Medians over rounds."""
    return {
        f"{what} a second of {clock}": statistics.median(run[what] / run[clock] for run in runs)
        for clock in ("wall", "cpu")
        for what in ("tokens", "completions")
    }


def main():
    """Measure and compare with the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--data", help="JSON lines of problems, instead of the built-in ones")
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--k", type=int, default=16)
    parser.add_argument("--new-tokens", type=int, default=256)
    parser.add_argument("--temperature", type=float, default=0.6)
    parser.add_argument("--top-p", type=float, default=0.95)
    parser.add_argument("--batch-tokens", type=int, nargs="+", default=[8_192, 65_536])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--natural", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    quiet()

    def sampling(**changes):
        return Sampling(
            k=given.k,
            temperature=given.temperature,
            top_p=given.top_p,
            max_new_tokens=given.new_tokens,
            **changes,
        )

    texts = problems(given.data, given.problems)
    with ExitStack() as stack:
        engines = {}
        for size in given.batch_tokens:
            how = sampling(batch_tokens=size)
            engines[f"transformers {size}"] = stack.enter_context(
                open_sampler(given.model, how, device=given.device)
            )
        how = sampling(batch_tokens=max(given.batch_tokens))
        vllm = stack.enter_context(open_sampler(given.model, how, device=given.device, backend="vllm"))
        engines["vllm"] = vllm
        prompts = vllm.encode(texts)
        ends = vllm.ends
        if not given.natural:
            for sampler in engines.values():
                sampler.ends = frozenset()
        runs = {name: [] for name in engines}
        for seed in range(given.rounds + 1):  # the first one warms up
            for name, sampler in engines.items():
                figures, _ = timed(sampler, prompts[: 1 if seed == 0 else None], seed)
                print(f"{name:20} {figures}", file=sys.stderr)
                if seed:
                    runs[name].append(figures)
        vllm.ends, vllm.sampling = ends, sampling(logprobs=True)
        some = prompts[:4]
        model = engines[f"transformers {given.batch_tokens[0]}"].model
        agreement = compare_logprobs(model, some, vllm.sample(some, seed=0))
    median = {name: rates(each) for name, each in runs.items()}
    fastest = max(list(median)[:-1], key=lambda name: median[name]["tokens a second of wall"])
    ratios = {
        clock: [
            (ours["tokens"] / ours[clock]) / (theirs["tokens"] / theirs[clock])
            for ours, theirs in zip(runs["vllm"], runs[fastest], strict=True)
        ]
        for clock in ("wall", "cpu")
    }
    result = {
        "model": given.model,
        "problems": len(prompts),
        "prompt tokens": statistics.mean(map(len, prompts)),
        "k": given.k,
        "new tokens": given.new_tokens,
        "lengths": "natural" if given.natural else "equal",
        "temperature": given.temperature,
        "top_p": given.top_p,
        "medians": median,
        "best of transformers": fastest,
        "ratios": ratios,
        "ratio by wall": statistics.median(ratios["wall"]),
        "ratio by cpu": statistics.median(ratios["cpu"]),
        "log-probabilities": agreement.to_dict(),
    }
    if given.json:
        print(json.dumps(result, indent=1))
    else:
        width = f"{given.new_tokens} tokens, {result['lengths']}"
        print(f"{given.model}: {len(prompts)} problems, k {given.k}, {width}")
        for name, figures in median.items():
            print(f"  {name:20} " + "  ".join(f"{value:.1f} {what}" for what, value in figures.items()))
        print(
            f"  vLLM is {result['ratio by wall']:.2f} times as fast by the clock, "
            f"{result['ratio by cpu']:.2f} by CPU time; bar {BAR:g}"
        )
        print(f"  log-probabilities differ by {agreement.mean:.1e} on average, {agreement.max:.1e} at most")
    return 0 if result["ratio by wall"] >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
