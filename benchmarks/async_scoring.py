"""How much of a slow verifier's time `overlap: 1` hides, and whether learning suffers from the staleness.

The same GRPO run with `overlap` 0 and 1. Scoring a batch also sleeps in a worker process, as one waits for a
sandbox or a judge. The runs take turns, and each counts its CPU seconds: on one core without other work, a
step lasts its CPU seconds and what it stands still for the verifier, however busy this machine is.

    export OMP_NUM_THREADS=1
    python benchmarks/async_scoring.py            # time: an untrained model, long completions, no evaluation
    python benchmarks/async_scoring.py --learn    # learning: the embedded model, pass@1 before and after
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from assay.adapters.trl import StackReward
from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_trainer.data import load_rows
from assay_trainer.demo.model import build_model
from assay_trainer.demo.problems import write_dataset
from assay_trainer.demo.tokenizer import train_tokenizer
from assay_trainer.grpo import build_trainer, fit
from assay_trainer.machine import quiet
from assay_trainer.models import end_tokens, load_model, resolve_model
from assay_trainer.progress import silent
from assay_trainer.recorder import Recorder, RolloutMetrics
from assay_trainer.runfolder import RunFolder, read_jsonl
from assay_trainer.settings import load_settings

REGISTRY = Path(__file__).parents[1] / "trainer" / "assay_trainer" / "demo" / "registry.yaml"
SEGMENTS = ((0, 1), (1, 0))
"""Which run goes first, in each half."""


class Slow:
    """A reward function that also waits for `seconds` in a worker process."""

    __name__ = "slow"

    def __init__(self, reward, seconds):
        self.reward, self.seconds = reward, seconds

    def __call__(self, **given):
        self.reward.stack.pool.call(time.sleep, self.seconds).result()
        return self.reward(**given)


def take(folder, overlap, until, arguments):
    """Take one of the runs on to step `until`; returns the CPU seconds of this process."""
    data = folder.parent / "data"
    settings = load_settings(
        "tiny",
        {
            "data": str(data / "train.jsonl"),
            "eval_data": str(data / "test.jsonl"),
            "registry": REGISTRY,
            "output": folder,
            "overlap": overlap,
            "steps": until,
            "prompts_per_step": 16 if arguments.learn else 8,
            "max_completion_length": 64 if arguments.learn else arguments.tokens,
            "schedule": "constant",
            "learning_rate": 2e-4,
            "save_every": arguments.steps // len(SEGMENTS),
            "eval_every": 0,
            "eval_k": 4,
            "seed": arguments.seed,
            "device": "cpu",
        },
    )
    registry = load_registry(REGISTRY)
    host = Host.load(only=registry.plugins)
    with Stack.build(registry, host, "r1-zero") as stack:
        stack.warm_up()
        run = RunFolder(folder)
        step = run.prepare(settings, stack.lock(), resume=True, accept_lock_change=False)
        held_out = []
        if arguments.learn:
            held_out = load_rows(settings.eval_data, template=settings.template, split="test", limit=100)
        rows = load_rows(settings.data, template=settings.template)
        base = resolve_model("tiny", 0, lambda *_: None) if arguments.learn else folder.parent / "untrained"
        model, tokenizer = load_model(str(base), attention=settings.attention)
        recorder = Recorder(settings, run, stack, held_out, silent, RolloutMetrics())
        reward = StackReward(
            stack,
            group_size=settings.group_size,
            max_completion_length=settings.max_completion_length,
            eos_token_ids=end_tokens(model, tokenizer),
        )
        slow = Slow(reward, arguments.seconds)
        trainer = build_trainer(settings, run, model, tokenizer, rows, slow, recorder)
        start = time.process_time()
        fit(trainer, run, dict(run.checkpoints()).get(step))
        return time.process_time() - start


def figures(folder, cpu, arguments):
    run = RunFolder(folder)
    rows, evals = read_jsonl(run.metrics), read_jsonl(run.evals)
    found = {
        "CPU seconds": cpu / arguments.steps,
        "wall seconds": statistics.mean(row["step_time"] for row in rows),
        "reward, last quarter": statistics.mean(row["reward"] for row in rows[-(len(rows) // 4) :]),
        "tokens": statistics.mean(row["completions/mean_length"] for row in rows),
    }
    if evals:
        found["pass@1"] = [evals[0]["pass@1"], evals[-1]["pass@1"]]
    if "async/waited_seconds" in rows[0]:
        names = ("async/waited_seconds", "async/hidden_seconds", "async/staleness", "clip_ratio/region_mean")
        found |= {name: statistics.mean(row[name] for row in rows) for name in names}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--steps", type=int, help="of each run; 48, with --learn 60")
    parser.add_argument("--tokens", type=int, default=144, help="of each completion, without --learn")
    parser.add_argument("--seconds", type=float, default=2.0, help="the verifier's, for a batch")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.steps = arguments.steps or (60 if arguments.learn else 48)
    quiet()
    torch.set_num_threads(1)
    cpu = {0: 0.0, 1: 0.0}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "data").mkdir()
        write_dataset(folder / "data", seed=arguments.seed)
        tokenizer = train_tokenizer()
        build_model(tokenizer, 0).save_pretrained(folder / "untrained")
        tokenizer.save_pretrained(folder / "untrained")
        take(folder / "warm-up", 0, 1, arguments)  # what only the first run of a process pays
        for number, order in enumerate(SEGMENTS, 1):
            for overlap in order:
                until = arguments.steps * number // len(SEGMENTS)
                cpu[overlap] += take(folder / str(overlap), overlap, until, arguments)
                print(f"overlap {overlap}: {number} of {len(SEGMENTS)}", file=sys.stderr, flush=True)
        plain, ahead = (figures(folder / str(n), cpu[n], arguments) for n in (0, 1))
    more = ahead["CPU seconds"] - plain["CPU seconds"]
    share = 1 - (ahead["async/waited_seconds"] + more) / arguments.seconds
    print(
        json.dumps(
            {"overlap 0": plain, "overlap 1": ahead, "seconds": arguments.seconds, "hidden": share}, indent=2
        )
    )
    if not arguments.learn and share < 0.8:
        sys.exit("less than 80 % is hidden")


if __name__ == "__main__":
    main()
