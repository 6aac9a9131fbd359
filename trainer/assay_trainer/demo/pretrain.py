"""Make the embedded base model: next-token training on the corpus, from nothing but a seed.

    minimise  - 1/N sum_t log p(x_t | x_<t)   over the N answer tokens of a batch

with Muon for the matrices and AdamW for the embedding, norms and biases, a short warm-up, a constant rate
and a linear decay. About 40 s on two free cores, 70 s on one:

    python -m assay_trainer.demo.pretrain runs/base
    python -m assay_trainer.demo.pretrain runs/base --seed 1
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay_trainer.demo import corpus, model, problems, tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

STEPS = 450
BATCH = 64
MUON_RATE = 0.012
ADAMW_RATE = 4e-3
WARMUP_STEPS = 30
DECAY_SHARE = 0.3
LOWEST_RATE = 0.05
IGNORED = -100
RECIPE_FILE = "recipe.json"

Progress = Callable[[int, int, float], None]


class Text(NamedTuple):
    """The token ids of one text; the first `given` of them are read but not learnt."""

    ids: list[int]
    given: int


def make_base(
    folder: Path,
    seed: int = 0,
    steps: int = STEPS,
    progress: Progress | None = None,
    *,
    size: str = "tiny",
) -> Path:
    """Train the base model and save it as a normal `from_pretrained` folder.

    A folder that already holds a finished base of the same recipe (size, seed, steps and the source of
    this package's method) is left as it is.

    Args:
        folder: Where to save config, weights, tokenizer and chat template; made if missing.
        seed: Decides the weights and the texts. The same seed gives the same bytes on the same
            machine with the same number of threads.
        steps: Optimiser steps of 64 texts each, 1 or more.
        progress: Called after every step with the step (from 1), `steps`, and the step's loss in nats.
        size: One of `model.SIZES`.

    Returns:
        The folder.
    """
    recipe = {"size": size, "seed": seed, "steps": steps, "method": _method_hash()}
    if _holds(folder, recipe):
        return folder
    words = tokenizer.train_tokenizer()
    network = model.build_model(words, seed, size)
    pretrain(network, words, seed, steps, progress)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE_FILE).unlink(missing_ok=True)
    network.save_pretrained(folder)
    words.save_pretrained(folder)
    # Written last: a folder without it was interrupted.
    (folder / RECIPE_FILE).write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    return folder


def pretrain(
    network: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    seed: int,
    steps: int,
    progress: Progress | None = None,
) -> None:
    """Train the network in place on `steps` batches of the seed's corpus."""
    import torch
    from torch.nn.functional import cross_entropy

    matrices = [
        weight for name, weight in network.named_parameters() if weight.ndim == 2 and "embed" not in name
    ]
    others = [weight for name, weight in network.named_parameters() if weight.ndim != 2 or "embed" in name]
    optimizers = (
        torch.optim.Muon(matrices, lr=MUON_RATE, momentum=0.95, weight_decay=0.02),
        torch.optim.AdamW(others, lr=ADAMW_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    )
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(each, lambda step: _rate(step, steps)) for each in optimizers
    ]
    # At this size plain matrix products are a third faster than PyTorch's CPU flash attention, whose backward
    # pass is slow for short texts. The saved config does not keep the choice.
    network.set_attn_implementation("eager")
    # A third less time where the processor has bfloat16 instructions; without them it would take longer.
    abilities = torch.cpu.get_capabilities()
    fast_bfloat16 = any(abilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    network.train()
    for step, (inputs, targets) in enumerate(_batches(words, seed, steps), start=1):
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16):
            logits = network(input_ids=inputs, use_cache=False).logits  # batch × length × vocabulary
        loss = cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED)
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
        if progress:
            progress(step, steps, loss.item())
    network.eval()


def _rate(step: int, steps: int) -> float:
    """The share of the full learning rate at a step, counted from 0."""
    warmup = (step + 1) / WARMUP_STEPS
    decay = (steps - step) / (steps * DECAY_SHARE)
    return min(1.0, warmup, max(LOWEST_RATE, decay))


def _batches(
    words: PreTrainedTokenizerFast, seed: int, steps: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """`steps` pairs of inputs and targets (batch × length), of texts of about the same length."""
    rng = random.Random(f"batches {seed}")
    texts = map(tokenizer.render, corpus.documents(seed))
    padding = words.get_vocab()[tokenizer.PAD]
    left = steps
    while left:
        some = list(itertools.islice(texts, min(left, 16) * BATCH))
        givens = words([given for given, _ in some], add_special_tokens=False)["input_ids"]
        learnt = words([learn for _, learn in some], add_special_tokens=False)["input_ids"]
        coded = [Text(given + learn, len(given)) for given, learn in zip(givens, learnt, strict=True)]
        coded.sort(key=lambda text: len(text.ids))
        batches = [coded[start : start + BATCH] for start in range(0, len(coded), BATCH)]
        rng.shuffle(batches)
        yield from (_pad(batch, padding) for batch in batches)
        left -= len(batches)


def _pad(batch: list[Text], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and the tokens that follow them, padded on the right."""
    import torch

    length = max(len(text.ids) for text in batch)
    inputs = torch.full((len(batch), length), padding)
    targets = torch.full((len(batch), length), IGNORED)
    for row, text in enumerate(batch):
        ids = torch.tensor(text.ids)
        inputs[row, : len(ids)] = ids
        targets[row, text.given - 1 : len(ids) - 1] = ids[text.given :]
    return inputs, targets


def _method_hash() -> str:
    """A hash of the source that decides the weights, so that an edit never meets an old base."""
    digest = hashlib.sha256()
    for name in (problems, corpus, tokenizer, model):
        digest.update(Path(str(name.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def _holds(folder: Path, recipe: dict[str, int | str]) -> bool:
    path = folder / RECIPE_FILE
    return path.is_file() and json.loads(path.read_text(encoding="utf-8")) == recipe


def main() -> None:
    """Make a base from the command line."""
    parser = argparse.ArgumentParser(description="Make the embedded base model.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--size", choices=model.SIZES, default="tiny")
    arguments = parser.parse_args()

    def tell(step: int, steps: int, loss: float) -> None:
        if step % 20 == 0 or step == steps:
            print(f"step {step}/{steps}  loss {loss:.3f}", flush=True)

    print(make_base(arguments.folder, arguments.seed, arguments.steps, tell, size=arguments.size))


if __name__ == "__main__":
    main()
