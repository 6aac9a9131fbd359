"""One of several processes that train together on a CPU: ``two_processes.py MODEL FOLDER``.

The launcher's variables (RANK, WORLD_SIZE, …) say which. Each writes FOLDER/RANK.json: the completions that
it scored, step by step, and what they were paid; a digest of its weights; how a run with too many faults
ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay import AssayError, Isolation, RewardSpec, Sample, Scope, Verdict, VerifierSpec, hookimpl
from assay.adapters.functions import from_predicate
from assay.host import Host
from assay.registry import load_registry
from assay.scoring import Stack

GROUP, PROMPTS, STEPS = 4, 4, 2
BROKEN = "the checker broke"
REGISTRY = """\
assay: 1
plugins: [standing]
verifiers:
  even: {use: standing.even}
route: even
stacks:
  s:
    rewards:
      right: {use: correct}
      standing: {use: standing.place}
faults: {stop_above: STOP, window: 100}
"""


def broken(completion: str) -> bool:
    """In process 1, the checker breaks on every third completion or so."""
    return os.environ.get("RANK") == "1" and sum(map(ord, completion)) % 3 == 0


def even(completion: str, reference: Any) -> bool:
    if broken(completion):
        raise RuntimeError(BROKEN)
    return sum(map(ord, completion)) % 2 == 0


def place(samples: Sequence[Sample]) -> list[Verdict]:
    """What each completion of a whole group is worth beside the others."""
    if len(samples) != GROUP or len({sample.prompt for sample in samples}) != 1:
        raise RuntimeError(f"{len(samples)} completions are not one group")
    texts = [sample.completion for sample in samples]
    return [Verdict.scored(sum(other < text for other in texts) / GROUP) for text in texts]


class Plugin:
    @hookimpl
    def register_verifiers(self) -> list[VerifierSpec]:
        return [
            VerifierSpec(
                name="even", summary="even", factory=from_predicate(even), isolation=Isolation.INLINE
            )
        ]

    @hookimpl
    def register_rewards(self) -> list[RewardSpec]:
        return [
            RewardSpec(
                name="place", summary="place", factory=lambda **_: place, scope=Scope.GROUP,
                isolation=Isolation.INLINE,
            )
        ]  # fmt: skip


def build_stack(folder: Path, stop_above: float) -> Stack:
    path = folder / f"registry-{stop_above}-{os.environ.get('RANK', 0)}.yaml"
    path.write_text(REGISTRY.replace("STOP", str(stop_above)))
    host = Host()
    host.register(Plugin(), "standing")
    return Stack.build(load_registry(path), host, "s")


def main(model: str, folder: Path) -> None:
    import torch

    from assay.adapters.trl import StackReward
    from assay_trainer.grpo import build_trainer
    from assay_trainer.machine import quiet
    from assay_trainer.models import load_model
    from assay_trainer.runfolder import RunFolder
    from assay_trainer.settings import TrainSettings

    torch.set_num_threads(1)
    quiet()
    rows = [{"prompt": f"{a}+1=", "solution": "-"} for a in range(16)]
    told: dict[str, Any] = {"calls": []}
    for stop_above in (1.0, 0.0):
        settings = TrainSettings(
            model=model, data="-", output=folder / str(stop_above), device="cpu", steps=STEPS, beta=0,
            prompts_per_step=PROMPTS, group_size=GROUP, max_completion_length=8, learning_rate=1e-2,
        )  # fmt: skip
        policy, tokenizer = load_model(model)
        with build_stack(folder, stop_above) as stack:
            scored = StackReward(stack, group_size=GROUP)

            def reward(prompts: list[str], completions: list[str], **given: Any) -> list[float | None]:
                paid = scored(prompts, completions, **given)  # noqa: B023
                told["calls"].append({"prompts": prompts, "completions": completions, "paid": paid})
                return paid

            trainer = build_trainer(settings, RunFolder(settings.output), policy, tokenizer, rows, reward)
            trainer.args.save_strategy = "no"
            try:
                trainer.train()
            except AssayError as error:
                told["stopped"] = [type(error).__name__, str(error)]
                continue
            told["rewards"] = [row["reward"] for row in trainer.state.log_history if "reward" in row]
            flat = torch.cat([weight.detach().flatten() for weight in trainer.model.parameters()])
            told["weights"] = hashlib.sha256(flat.numpy().tobytes()).hexdigest()
    (folder / f"{os.environ['RANK']}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
