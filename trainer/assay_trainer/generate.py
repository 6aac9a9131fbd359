"""Sample completions from a model: by transformers, or by vLLM in this process or behind a server.

=============  =======================================================================================
transformers   batches sorted by length; always there
vllm           vLLM's engine in this process: continuous batching, and a prompt is read once for all k
vllm-server    the same behind an OpenAI-compatible server, by token ids
=============  =======================================================================================

All three are a `Sampler`, and what they return means the same.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assay_trainer.machine import on_cpu
from assay_trainer.models import end_tokens, load_model, resolve_model
from assay_trainer.template import encode

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Backend = Literal["transformers", "vllm", "vllm-server"]


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
    """Bound on tokens in one batch, prompts and room for completions included; for vLLM on a CPU, the
    tokens that its cache holds. What a server holds is its own business."""
    seed: int = 0
    logprobs: bool = False
    """Whether token ids and their log-probabilities are kept."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One completion."""

    text: str
    tokens: int
    """Length in tokens, the end token included."""
    truncated: bool
    """Whether it stopped at `max_new_tokens` rather than at an end token."""
    ids: tuple[int, ...] | None = None
    """Length `tokens`; None unless `Sampling.logprobs`."""
    logprobs: tuple[float, ...] | None = None
    """log π(token | all before it) of each of `ids`, in nats: the model's own, before temperature and top-p,
    which is what vLLM reports by default. None unless `Sampling.logprobs`."""


@contextmanager
def open_sampler(
    model: str,
    sampling: Sampling,
    *,
    device: str = "auto",
    attention: str | None = None,
    backend: Backend = "transformers",
    base_url: str | None = None,
    engine: Mapping[str, Any] | None = None,
) -> Generator[Sampler]:
    """Load a model and yield what draws from it.

    Args:
        model: A folder, a hub id, ``tiny`` or ``smollm2``. With a server: where its tokenizer is from.
        sampling: How completions are drawn.
        device: ``auto`` (an accelerator when present), ``cpu``, ``cuda`` or ``mps``. On a CPU the weights
            are float32, elsewhere bfloat16. vLLM runs where it was built for; a server runs where it runs.
        attention: As `load_model` takes it; transformers only.
        backend: Who generates.
        base_url: Of the server, such as ``http://127.0.0.1:8000``; for ``vllm-server`` alone.
        engine: Further arguments of ``vllm.LLM``, which win (``max_model_len``, ``tensor_parallel_size``,
            …); for ``vllm`` alone.

    Raises:
        ModelError: As `resolve_model` and `load_model`; or the engine does not start, or no server is there.
        MissingDependencyError: What the back end needs is not installed.
    """
    if backend == "vllm-server":
        from assay_trainer.vllm_server import open_server

        with open_server(resolve_model(model), sampling, base_url) as sampler:
            yield sampler
        return
    if backend == "vllm":
        from assay_trainer.vllm_engine import open_engine

        with open_engine(resolve_model(model), sampling, device, engine or {}) as sampler:
            yield sampler
        return
    cpu = on_cpu(device)
    loaded: Any
    loaded, tokenizer = load_model(resolve_model(model), "float32" if cpu else "bfloat16", attention)
    if not cpu:
        import torch

        loaded.to(torch.accelerator.current_accelerator() if device == "auto" else device)
    yield TransformersSampler(loaded, tokenizer, sampling)


class Sampler(ABC):
    """Draws completions from one model."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, sampling: Sampling, ends: Collection[int]) -> None:
        """Bind a tokenizer, how to sample, and the tokens that end a completion (none: all are truncated)."""
        self.tokenizer: Any = tokenizer
        self.sampling = sampling
        self.ends = frozenset(ends)

    @abstractmethod
    def sample(self, prompts: Sequence[Sequence[int]], seed: int) -> list[list[Generated]]:
        """Draw k completions of each prompt; the same seed draws the same.

        Returns:
            Length of `prompts`; each k long.
        """

    def encode(self, prompts: Sequence[str | Sequence[Mapping[str, Any]]]) -> list[list[int]]:
        """Tokenize prompts as TRL does: messages with the chat template, text as it stands.

        Raises:
            ModelError: Messages, and the tokenizer has no chat template.
        """
        return [encode(self.tokenizer, prompt) for prompt in prompts]

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

    def _rows(self, prompt_tokens: int) -> int:
        return max(1, self.sampling.batch_tokens // (prompt_tokens + self.sampling.max_new_tokens))

    def _read(self, ids: Sequence[int], logprobs: Sequence[float] | None = None) -> Generated:
        """Cut what comes after the end token, and decode as TRL does.

        Args:
            ids: Tokens of a completion, possibly with padding behind its end.
            logprobs: Length of `ids`; None: not asked for.
        """
        end = next((place for place, token in enumerate(ids) if token in self.ends), None)
        kept = tuple(ids if end is None else ids[: end + 1])
        text = str(self.tokenizer.decode(kept, skip_special_tokens=True))
        if logprobs is None:
            return Generated(text, len(kept), end is None)
        return Generated(text, len(kept), end is None, kept, tuple(logprobs[: len(kept)]))


class TransformersSampler(Sampler):
    """Draws with `generate` of transformers; leaves the model and torch's random state alone."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, sampling: Sampling
    ) -> None:
        """Bind a model, its tokenizer (padding on the left) and how to sample."""
        super().__init__(tokenizer, sampling, end_tokens(model, tokenizer))
        self.model: Any = model

    def sample(self, prompts: Sequence[Sequence[int]], seed: int) -> list[list[Generated]]:
        """Draw in batches of at most `Sampling.batch_tokens`."""
        k = self.sampling.k
        wanted = [prompt for prompt in prompts for _ in range(k)]
        rows = self._rows(max(map(len, prompts), default=1))
        drawn: list[Generated] = []
        with self._undisturbed(seed):
            for start in range(0, len(wanted), rows):
                drawn += self._batch(wanted[start : start + rows])
        return [drawn[i * k : (i + 1) * k] for i in range(len(prompts))]

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
            eos_token_id=list(self.ends) or [-1],
            use_cache=True,
            repetition_penalty=1.0,  # else the one that the model's own generation config may have
            **choice,
        )
        noted = _Logprobs() if how.logprobs else None
        hooks = {"logits_processor": [noted.offered], "stopping_criteria": [noted.taken]} if noted else {}
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=ids, attention_mask=mask, generation_config=config, **hooks
            )
        rows = output[:, width:].tolist()
        logprobs = torch.cat(noted.steps, dim=1).tolist() if noted else [None] * len(rows)
        return [self._read(row, found) for row, found in zip(rows, logprobs, strict=True)]

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


class _Logprobs:
    """Notes log-probabilities while `generate` runs; `output_logits` would keep whole vocabularies."""

    def __init__(self) -> None:
        self.steps: list[torch.Tensor] = []
        """One of shape (batch, 1) for each new token."""
        self._offered: Any = None

    def offered(self, ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """Before temperature and top-p; shapes (batch, length) and (batch, vocabulary)."""
        self._offered = logits.float().log_softmax(dim=-1)
        return logits

    def taken(self, ids: torch.Tensor, _scores: object, **_given: object) -> torch.Tensor:
        """After the token has been drawn; stops nothing."""
        import torch

        self.steps.append(self._offered.gather(1, ids[:, -1:]))
        return torch.zeros_like(ids[:, -1], dtype=torch.bool)
