"""Sample completions from a model, in large batches sorted by length."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay import ModelError
from assay_trainer.machine import on_cpu
from assay_trainer.models import end_tokens, load_model, resolve_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How completions are drawn. The defaults are R1's (R1.md section 7)."""

    k: int = 16
    """Completions per question, 1 or more."""
    temperature: float = 0.6
    """0 takes the likeliest token each time: all k completions are then equal."""
    top_p: float = 0.95
    max_new_tokens: int = 512
    batch_tokens: int = 65_536
    """Bound on tokens in one batch, prompts and room for completions included."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """One completion."""

    text: str
    tokens: int
    """Length in tokens, the end token included."""
    truncated: bool
    """Whether it stopped at `max_new_tokens` rather than at an end token."""


@contextmanager
def open_sampler(
    model: str, sampling: Sampling, *, device: str = "auto", attention: str | None = None
) -> Generator[Sampler]:
    """Load a model and yield what draws from it.

    Args:
        model: A folder, a hub id, ``tiny`` or ``smollm2``.
        sampling: How completions are drawn.
        device: ``auto`` (an accelerator when present), ``cpu``, ``cuda`` or ``mps``. On a CPU the weights
            are float32, elsewhere bfloat16.
        attention: As `load_model` takes it.

    Raises:
        ModelError, MissingDependencyError: As `resolve_model` and `load_model`.
    """
    cpu = on_cpu(device)
    loaded: Any
    loaded, tokenizer = load_model(resolve_model(model), "float32" if cpu else "bfloat16", attention)
    if not cpu:
        import torch

        loaded.to(torch.accelerator.current_accelerator() if device == "auto" else device)
    yield Sampler(loaded, tokenizer, sampling)


class Sampler:
    """Draws completions from one model; leaves its mode and torch's random state as they were."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, sampling: Sampling
    ) -> None:
        """Bind a model, its tokenizer (padding on the left) and how to sample."""
        self.model: Any = model
        self.tokenizer: Any = tokenizer
        self.sampling = sampling
        self.ends = end_tokens(model, tokenizer)

    def encode(self, prompts: Sequence[str | Sequence[Mapping[str, Any]]]) -> list[list[int]]:
        """Tokenize prompts as TRL does: messages with the chat template, text as it stands.

        Raises:
            ModelError: Messages, and the tokenizer has no chat template.
        """
        return [self._encode(prompt) for prompt in prompts]

    def chunks(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Group the prompts' indices, short prompts first, so that k completions of each group fit.

        A prompt whose k completions do not fit is a group of its own.
        """
        order = sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index))
        groups: list[list[int]] = []
        for index in order:
            rows = self._rows(len(prompts[index]))
            if groups and (len(groups[-1]) + 1) * self.sampling.k <= rows:
                groups[-1].append(index)
            else:
                groups.append([index])
        return groups

    def sample(self, prompts: Sequence[Sequence[int]], seed: int) -> list[list[Generated]]:
        """Draw k completions of each prompt; the same seed draws the same.

        Returns:
            Length of `prompts`; each k long.
        """
        k = self.sampling.k
        wanted = [prompt for prompt in prompts for _ in range(k)]
        rows = self._rows(max(map(len, prompts), default=1))
        drawn: list[Generated] = []
        with self._undisturbed(seed):
            for start in range(0, len(wanted), rows):
                drawn += self._batch(wanted[start : start + rows])
        return [drawn[i * k : (i + 1) * k] for i in range(len(prompts))]

    def _rows(self, prompt_tokens: int) -> int:
        return max(1, self.sampling.batch_tokens // (prompt_tokens + self.sampling.max_new_tokens))

    def _encode(self, prompt: str | Sequence[Mapping[str, Any]]) -> list[int]:
        if isinstance(prompt, str):
            return list(self.tokenizer(prompt)["input_ids"])
        if not self.tokenizer.chat_template:
            raise ModelError(
                "prompts are messages, and the tokenizer has no chat template; use template: r1-zero"
            )
        messages = [dict(message) for message in prompt]
        encoded = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True
        )
        return list(encoded["input_ids"])

    def _batch(self, prompts: list[Sequence[int]]) -> list[Generated]:
        import torch
        from transformers import GenerationConfig

        how, pad, device = self.sampling, self.tokenizer.pad_token_id, self.model.device
        width = max(map(len, prompts))
        ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        drawn = how.temperature > 0
        choice = {"temperature": how.temperature, "top_p": how.top_p, "top_k": 0} if drawn else {}
        config = GenerationConfig(
            max_new_tokens=how.max_new_tokens,
            do_sample=drawn,
            pad_token_id=pad,
            eos_token_id=list(self.ends),
            use_cache=True,
            **choice,
        )
        with torch.inference_mode():
            output = self.model.generate(input_ids=ids, attention_mask=mask, generation_config=config)
        return [self._read(row) for row in output[:, width:].tolist()]

    def _read(self, ids: list[int]) -> Generated:
        end = next((place for place, token in enumerate(ids) if token in self.ends), None)
        kept = ids if end is None else ids[: end + 1]
        text = str(self.tokenizer.decode(kept, skip_special_tokens=True))
        return Generated(text, len(kept), end is None)

    @contextmanager
    def _undisturbed(self, seed: int) -> Generator[None]:
        """Evaluation inside a run must not move the run: a resumed one would end elsewhere."""
        import torch

        training = bool(self.model.training)
        devices = [self.model.device] if self.model.device.type == "cuda" else []
        self.model.eval()
        try:
            with torch.random.fork_rng(devices=devices):
                torch.manual_seed(seed)
                yield
        finally:
            self.model.train(training)
