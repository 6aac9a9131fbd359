"""Do the sampler and the trainer mean the same policy?

GRPO's ratio r_i = π_θ(o_i|q) / π_old(o_i|q) takes for π_old what the trainer computes, while another engine
has sampled: its rounding, kernels, data type or stale weights make it another policy. `compare_logprobs` says
by how much, token by token, on completions drawn with `Sampling.logprobs`.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from assay import ModelError
from assay_trainer.generate import Generated
from assay_trainer.runfolder import RunError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BOUND = 0.05
"""Nats. In float32 the mean difference is about 1e-6; between two engines in bfloat16 about 0.01; with other
weights, another template or a wrong position code it is far above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """|log π_sampler − log π_trainer| of sampled tokens, in nats at temperature 1."""

    tokens: int
    mean: float
    max: float

    def to_dict(self) -> dict[str, float]:
        """JSON form, under the field's names."""
        return asdict(self)


def compare_logprobs(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    drawn: Sequence[Sequence[Generated]],
    *,
    batch_tokens: int = 4096,
) -> Agreement:
    """Compare a sampler's log-probabilities with those of a forward pass over the same tokens.

    Args:
        model: The trainer's; its mode is left as it was.
        prompts: Token ids of N prompts.
        drawn: N groups of completions of them, drawn with `Sampling.logprobs`.
        batch_tokens: Tokens in one forward pass; its logits are so many times the vocabulary.

    Raises:
        ModelError: There is nothing to compare, or the completions carry no log-probabilities.
    """
    import torch

    rows = [
        (list(prompt), one)
        for prompt, group in zip(prompts, drawn, strict=True)
        for one in group
        if one.tokens
    ]
    if not rows or any(one.ids is None or one.logprobs is None for _, one in rows):
        raise ModelError("log-probabilities are compared of completions drawn with Sampling(logprobs=True)")
    rows.sort(key=lambda row: len(row[0]) + row[1].tokens)
    training, differences = bool(model.training), list[float]()
    model.eval()
    try:
        with torch.inference_mode():
            while rows:
                width = len(rows[-1][0]) + rows[-1][1].tokens
                count = max(1, batch_tokens // width)
                rows, batch = rows[:-count], rows[-count:]
                differences += _differences(model, batch, width)
    finally:
        model.train(training)
    return Agreement(tokens=len(differences), mean=sum(differences) / len(differences), max=max(differences))


def check_logprobs(agreement: Agreement, bound: float = BOUND) -> None:
    """Refuse a sampler that is not the trainer's policy.

    Raises:
        RunError: The mean difference is above `bound` nats.
    """
    if agreement.mean > bound:
        raise RunError(
            f"the sampler is not the policy that is trained: over {agreement.tokens} tokens their "
            f"log-probabilities differ by {agreement.mean:.3g} on average (bound {bound:g}), "
            f"{agreement.max:.3g} at most. Compare model, data type and whether weights were synchronised"
        )


def _differences(model: Any, batch: Sequence[tuple[list[int], Generated]], width: int) -> list[float]:
    """Of every completion token of a batch; padding stands on the right, where nothing looks at it."""
    import torch

    whole = [[*prompt, *(one.ids or ())] for prompt, one in batch]
    ids = torch.tensor([row + [row[-1]] * (width - len(row)) for row in whole], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in whole], device=model.device)
    logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    found: list[float] = []
    for place, (prompt, one) in enumerate(batch):
        rows = logits[place, len(prompt) - 1 : len(prompt) - 1 + one.tokens].float().log_softmax(dim=-1)
        told = torch.tensor(one.logprobs, device=model.device)
        taken = torch.tensor(one.ids, device=model.device)
        found += (rows.gather(1, taken[:, None])[:, 0] - told).abs().tolist()
    return found
