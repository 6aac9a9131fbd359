"""What the stack costs: the composed stack against the same functions handed to TRL, in one GRPO run.

Every step of a real run (the demo's model and settings) scores its completions twice, in alternating
order: through the stack of registry.yaml, and through the same plugins' functions called by hand, as one
would pass them to TRL. The overhead is the difference, as a share of the step.

    python benchmarks/overhead.py [--steps 30] [--json]
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from assay import Sample, Verdict
from assay.adapters.trl import StackReward, text_of
from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack
from assay_trainer.demo.run import demo_settings


class ByHand:
    """Accuracy and format as a user of TRL would write them, from the plugins' own functions."""

    def __init__(self, stack: Stack) -> None:
        verifier = stack.router.verifiers["math"].component
        self.prepare, self.options = verifier.spec.prepare, dict(verifier.options)
        self.check = verifier.build()
        self.format = stack.rewards["format"].component.build()
        self.weight = stack.config.rewards["format"].weight

    def __call__(self, completions, solution, **_):
        rewards = []
        for completion, reference in zip(completions, solution, strict=True):
            sample = Sample(completion=text_of(completion), reference=reference)
            verdict = self.prepare(sample, **self.options)
            if not isinstance(verdict, Verdict):
                (verdict,) = self.check([verdict])
            (form,) = self.format([sample])
            rewards.append((verdict.score or 0.0) + self.weight * form.score)
        return rewards


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()

    import torch

    from assay_trainer.data import load_rows
    from assay_trainer.demo.problems import write_dataset
    from assay_trainer.grpo import build_trainer, quiet
    from assay_trainer.models import end_tokens, load_model, resolve_model
    from assay_trainer.runfolder import RunFolder

    quiet()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch)
        write_dataset(output / "data", seed=0)
        settings = demo_settings(output, 0, None, {"steps": arguments.steps})
        registry = load_registry(settings.registry)
        stack = Stack.build(registry, Host.load(registry.plugins), "r1-zero")
        stack.warm_up()
        model, tokenizer = load_model(resolve_model("tiny", 0), settings.dtype)
        through_stack = StackReward(
            stack,
            group_size=settings.group_size,
            max_completion_length=settings.max_completion_length,
            eos_token_ids=end_tokens(model, tokenizer),
        )
        by_hand, times = ByHand(stack), {"stack": [], "by hand": []}
        differences = 0

        def both(**given):
            nonlocal differences
            results = {}
            pair = [("stack", through_stack), ("by hand", by_hand)]
            for name, function in pair if len(times["stack"]) % 2 else reversed(pair):
                started = time.perf_counter()
                results[name] = function(**given)
                times[name].append(time.perf_counter() - started)
            differences += any(
                abs(a - b) > 1e-9
                for a, b in zip(results["stack"], results["by hand"], strict=True)
                if a is not None
            )
            return results["stack"]

        both.__name__ = "both"
        rows = load_rows(settings.data, template=settings.template, needs=[])
        folder = RunFolder(output / "run")
        folder.path.mkdir()
        trainer = build_trainer(settings, folder, model, tokenizer, rows, both)
        started = time.perf_counter()
        trainer.train()
        total = time.perf_counter() - started
        stack.close()
    step = (total - sum(times["stack"]) - sum(times["by hand"])) / arguments.steps
    medians = {name: statistics.median(values) for name, values in times.items()}
    noise = statistics.median(abs(value - medians["by hand"]) for value in times["by hand"])
    overhead = medians["stack"] - medians["by hand"]
    result = {
        "step_seconds": step + medians["by hand"],
        "stack_ms": 1000 * medians["stack"],
        "by_hand_ms": 1000 * medians["by hand"],
        "overhead_share_of_step": overhead / (step + medians["by hand"]),
        "noise_ms": 1000 * noise,
        "steps": arguments.steps,
        "batches_paid_differently": differences,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
