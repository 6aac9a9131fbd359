"""A real vLLM and a random model. Left out where vLLM is not installed."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from assay import ModelError
from assay_trainer.generate import Sampler, Sampling, open_sampler
from assay_trainer.logprobs import compare_logprobs
from assay_trainer.models import load_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="docs/how-to/generate-with-vllm.md installs it"
    ),
    pytest.mark.filterwarnings("default"),  # vLLM's own
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vLLM wants heads of 32 or more, which the other tests' model has not. Its embeddings are tied."""
    from assay_trainer.demo.model import build_model
    from assay_trainer.demo.tokenizer import train_tokenizer

    path = tmp_path_factory.mktemp("vllm") / "model"
    tokenizer = train_tokenizer()
    build_model(tokenizer, 0).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def untied(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with an output layer of its own."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    path = tmp_path_factory.mktemp("vllm") / "untied"
    config = AutoConfig.from_pretrained(folder)
    config.tie_word_embeddings = False
    AutoModelForCausalLM.from_config(config).save_pretrained(path)
    AutoTokenizer.from_pretrained(folder).save_pretrained(path)
    return path


HOW = Sampling(k=8, temperature=1.0, top_p=0.9, max_new_tokens=40, batch_tokens=8192, logprobs=True)


@pytest.fixture(scope="module")
def vllm(folder: Path) -> Iterator[Sampler]:
    with open_sampler(str(folder), HOW, backend="vllm") as sampler:
        yield sampler


PROMPTS = ["12+3=", "What is 4 times 3?", "12+3="]


def test_a_seed_decides(vllm: Sampler) -> None:
    """The same seed draws the same, another others, and a prompt that comes twice is answered twice."""
    prompts = vllm.encode(PROMPTS)
    first = vllm.sample(prompts, seed=1)
    assert [len(group) for group in first] == [8, 8, 8]
    assert first == vllm.sample(prompts, seed=1)
    assert first != vllm.sample(prompts, seed=2)
    assert len({one.ids for group in first for one in group}) == 24


def test_lengths_and_ends(vllm: Sampler) -> None:
    """A completion is truncated exactly when it has no end token; its length counts that token."""
    vllm.sampling = Sampling(k=200, temperature=1.0, top_p=1.0, max_new_tokens=40, logprobs=True)
    (drawn,) = vllm.sample(vllm.encode(PROMPTS[:1]), seed=0)
    vllm.sampling = HOW
    assert {one.truncated for one in drawn} == {True, False}
    for one in drawn:
        assert one.ids is not None and one.logprobs is not None
        assert one.tokens == len(one.ids) == len(one.logprobs)
        assert one.truncated == (one.tokens == 40 and one.ids[-1] not in vllm.ends)
        assert not vllm.ends & set(one.ids[:-1])
        assert one.text == vllm.tokenizer.decode(one.ids, skip_special_tokens=True)


def test_it_is_the_trainers_policy(vllm: Sampler, folder: Path) -> None:
    """Sampled log-probabilities are those of the forward pass that the trainer makes."""
    model, _ = load_model(str(folder))
    prompts = vllm.encode(PROMPTS)
    assert compare_logprobs(model, prompts, vllm.sample(prompts, seed=3)).max < 1e-4


def test_greedy_is_transformers_greedy(vllm: Sampler, folder: Path) -> None:
    """Temperature 0 gives what transformers gives."""
    greedy = Sampling(k=1, temperature=0, max_new_tokens=12, logprobs=True)
    prompts = vllm.encode(PROMPTS[:2])
    vllm.sampling = greedy
    drawn = vllm.sample(prompts, seed=0)
    vllm.sampling = HOW
    with open_sampler(str(folder), greedy, device="cpu") as transformers:
        expected = transformers.sample(prompts, seed=0)
    assert [group[0].ids for group in drawn] == [group[0].ids for group in expected]
    assert [group[0].text for group in drawn] == [group[0].text for group in expected]


def test_top_p_is_kept(vllm: Sampler, folder: Path) -> None:
    """First tokens come from the smallest set that holds top-p of the probability, and from most of it."""
    import torch

    model, _ = load_model(str(folder))
    (prompt,) = vllm.encode(PROMPTS[:1])
    with torch.no_grad():
        likely = (model(input_ids=torch.tensor([prompt])).logits[0, -1] / 0.05).softmax(-1)
    order = likely.argsort(descending=True).tolist()
    ahead = likely[order].cumsum(0) - likely[order]
    nucleus = {token for token, before in zip(order, ahead.tolist(), strict=True) if before < 0.5}
    vllm.sampling = Sampling(k=500, temperature=0.05, top_p=0.5, max_new_tokens=1, logprobs=True)
    (drawn,) = vllm.sample([prompt], seed=0)
    vllm.sampling = HOW
    seen = {one.ids[0] for one in drawn if one.ids}
    assert seen <= nucleus
    assert sum(likely[list(seen)].tolist()) > 0.45


def test_too_long(vllm: Sampler) -> None:
    """A prompt beyond the model's length is an error of ours, and the engine lives on."""
    with pytest.raises(ModelError, match="512"):
        vllm.sample([[5] * 600], seed=0)
    assert vllm.sample([[5] * 3], seed=0)


def test_a_server_draws_the_same(vllm: Sampler, folder: Path, tmp_path: Path) -> None:
    """Behind a server, the same seeds give the same completions."""
    with (
        serving(folder, tmp_path) as url,
        open_sampler(str(folder), HOW, backend="vllm-server", base_url=url) as served,
    ):
        prompts = vllm.encode(PROMPTS)
        alone, behind = vllm.sample(prompts, seed=5), served.sample(prompts, seed=5)
    assert [[one.ids for one in group] for group in alone] == [[one.ids for one in group] for group in behind]


GRPO = """
import json, sys
from pathlib import Path
from datasets import Dataset
from assay_trainer.grpo import build_trainer
from assay_trainer.machine import quiet
from assay_trainer.models import load_model
from assay_trainer.runfolder import RunFolder
from assay_trainer.settings import make_settings

def spread(completions, **_):
    return [sum(map(ord, text)) % 7 / 7 for text in completions]

quiet()
model, output, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
settings = make_settings(dict(
    model=model, data="unused.jsonl", output=output, device="cpu", steps=3, prompts_per_step=2, group_size=4,
    max_completion_length=16, learning_rate=1e-2, beta=0, trl={"use_vllm": True, **options}))
rows = [{"prompt": f"{a}+1=", "solution": str(a + 1)} for a in range(16)]
trainer = build_trainer(settings, RunFolder(output), *load_model(model), rows, spread)
trainer.train()
print(json.dumps([log for log in trainer.state.log_history if "reward" in log]))
"""


def train(model: Path, output: Path, options: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Three steps in a process of their own: vLLM's engine wants one."""
    script = output.with_suffix(".py")
    script.write_text(GRPO, encoding="utf-8")
    return subprocess.run(
        [sys.executable, script, model, output, json.dumps(options)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_grpo_samples_from_the_weights_it_trains(
    mode: str, folder: Path, untied: Path, tmp_path: Path
) -> None:
    """At a learning rate at which stale weights would show, vLLM's log-probabilities are the trainer's."""
    if mode == "colocate":
        options = {"vllm_mode": mode, "vllm_gpu_memory_utilization": 0.05, "vllm_max_model_length": 256}
        done = train(folder, tmp_path / "out", options)
    else:
        with serving(untied, tmp_path) as url:
            done = train(untied, tmp_path / "out", {"vllm_mode": mode, "vllm_server_base_url": url})
    assert done.returncode == 0, done.stderr[-3000:]
    logs = json.loads(done.stdout.strip().splitlines()[-1])
    assert len(logs) == 3
    assert all(log["grad_norm"] > 0 for log in logs)
    assert all(log["sampling/sampling_logp_difference/max"] < 1e-4 for log in logs), logs


def test_a_server_that_would_stay_stale_is_refused(folder: Path, tmp_path: Path) -> None:
    """Tied embeddings cannot be synchronised to a CPU server: said before anything is trained."""
    done = train(
        folder, tmp_path / "out", {"vllm_mode": "server", "vllm_server_base_url": "http://127.0.0.1:9"}
    )
    assert "SettingsError" in done.stderr and "colocate" in done.stderr


@contextmanager
def serving(folder: Path, scratch: Path) -> Iterator[str]:
    """A vLLM server in a session of its own, ended with all its processes; yields its address."""
    import httpx2

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_SERVER_DEV_MODE": "1",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder),
        "--dtype", "float32", "--enforce-eager", "--no-enable-chunked-prefill", "--port", str(port),
    ]  # fmt: skip
    url, log = f"http://127.0.0.1:{port}", scratch / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=file, stderr=file, start_new_session=True
        )
    try:
        for _ in range(240):
            with suppress(httpx2.TransportError):
                if httpx2.get(url + "/health").status_code == 200:
                    break
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
                raise AssertionError(log.read_text()[-3000:])
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
