"""Completions by a vLLM server, through its OpenAI-compatible ``/v1/completions``.

Prompts go as token ids and come back as token ids, so that nothing is tokenized twice. Each prompt is one
request; many are under way at once, and the server batches them continuously.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
import time
from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assay import MissingDependencyError, ModelError
from assay_trainer.generate import Sampling
from assay_trainer.vllm_engine import Raw, VllmSampler, load_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

UNDER_WAY = 1024
"""Completions that the server is asked for at once, about; it queues what it cannot hold."""
TRIES = 4
"""Of each request, 1, 2 and 4 seconds apart: requests carry seeds, so a second answer is the first one."""
SECONDS = 3600.0
"""Until a request counts as lost; on a busy server it waits for others."""


class ServerSampler(VllmSampler):
    """Draws from a server."""

    def __init__(
        self,
        client: Any,
        name: str,
        tokenizer: PreTrainedTokenizerBase,
        sampling: Sampling,
        ends: Collection[int],
    ) -> None:
        """Bind an ``httpx2.Client`` with the server's address, and the model's name there."""
        super().__init__(tokenizer, sampling, ends)
        self.client = client
        self.name = name

    def draw(self, prompts: Sequence[Sequence[int]], seeds: Sequence[int]) -> list[list[Raw]]:
        """One request for each prompt, many at a time.

        Raises:
            ModelError: The server refuses a request (a prompt is too long, say), or is lost.
        """
        with ThreadPoolExecutor(max(1, UNDER_WAY // self.sampling.k)) as pool:
            try:
                return list(pool.map(self._ask, prompts, seeds))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _ask(self, prompt: Sequence[int], seed: int) -> list[Raw]:
        body = {
            **self._options(),
            "model": self.name,
            "prompt": list(prompt),
            "seed": seed,
            "return_token_ids": True,
        }
        answer = request(self.client, "POST", "/v1/completions", body)
        try:
            choices = sorted(answer["choices"], key=lambda choice: choice["index"])
            found = [_raw(choice) for choice in choices]
        except (KeyError, TypeError, ValueError):
            raise ModelError(
                f"{self.client.base_url}: the server's answer has no token ids; vLLM 0.11 or later is needed"
            ) from None
        if len(found) != self.sampling.k:
            raise ModelError(f"{self.client.base_url}: {len(found)} of {self.sampling.k} completions came")
        return found


@contextmanager
def open_server(model: str, sampling: Sampling, base_url: str | None) -> Generator[ServerSampler]:
    """Connect to a server, which is there and serves one model, or `model` among others.

    Args:
        model: As `resolve_model` returned it; its tokenizer encodes the prompts.
        sampling: How completions are drawn.
        base_url: Of the server, with or without ``/v1``. A key is taken from ``VLLM_API_KEY``.

    Raises:
        ModelError: No `base_url`, no server, or it serves other models.
        MissingDependencyError: The HTTP client is not installed.
    """
    if not base_url:
        raise ModelError("backend vllm-server needs base_url, such as http://127.0.0.1:8000")
    try:
        import httpx2
    except ImportError:
        raise MissingDependencyError.of("backend vllm-server", "httpx2", "judge") from None
    key = os.environ.get("VLLM_API_KEY")
    tokenizer, ends = load_vocabulary(model)
    client: Any = httpx2.Client(
        base_url=base_url.rstrip("/").removesuffix("/v1"),
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=httpx2.Timeout(SECONDS, connect=10.0),
        limits=httpx2.Limits(max_connections=None),
    )
    with client:
        served = [str(entry["id"]) for entry in request(client, "GET", "/v1/models")["data"]]
        if len(served) != 1 and model not in served:
            raise ModelError(f"{base_url} serves {', '.join(served) or 'no model'}, and not {model}")
        name = model if model in served else served[0]
        yield ServerSampler(client, name, tokenizer, sampling, ends)


def request(client: Any, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Send and decode JSON, again when the server is busy or the connection breaks.

    Raises:
        ModelError: The server refuses, or is lost.
    """
    import httpx2

    trouble = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(2 ** (attempt - 1))
        try:
            response: Any = client.request(method, path, json=body)
        except httpx2.TransportError as error:
            trouble = f"{type(error).__name__}: {error}"
            continue
        if response.status_code < 400:
            return response.json()
        trouble = f"status {response.status_code}: {' '.join(response.text.split())[:300]}"
        if response.status_code < 500 and response.status_code != 429:
            break
    raise ModelError(f"the vLLM server at {client.base_url} does not answer {path}: {trouble}")


def _raw(choice: Mapping[str, Any]) -> Raw:
    ids = [int(token) for token in choice["token_ids"]]
    told = choice.get("logprobs")
    logprobs = None if told is None else [float(value) for value in told["token_logprobs"]]
    if logprobs is not None and len(logprobs) != len(ids):
        raise ValueError("lengths differ")
    return Raw(ids, logprobs, choice["finish_reason"])
