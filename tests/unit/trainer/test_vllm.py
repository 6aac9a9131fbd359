"""How vLLM's answers are read, from an engine and a server of a few lines. No vLLM is needed."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import MissingDependencyError, ModelError
from assay_trainer import vllm_engine, vllm_server
from assay_trainer.generate import Generated, Sampling, open_sampler
from assay_trainer.vllm_engine import EngineSampler, prompt_seed

END = 1
ANSWERS: list[tuple[list[int], str]] = [([5, 6, END], "stop"), ([5, 6, 7, 8], "length"), ([END], "stop")]
"""What the stand-ins answer: ids and finish reason of k = 3 completions of any prompt."""


class Words:
    """A tokenizer whose token 9 is special."""

    def decode(self, ids: Any, skip_special_tokens: bool) -> str:
        return " ".join(str(i) for i in ids if not (skip_special_tokens and i in (END, 9)))


class Engine:
    """Answers out of order within a prompt, as vLLM may."""

    def __init__(self, finish: str | None = None) -> None:
        self.finish = finish
        self.asked: list[Any] = []

    def generate(self, prompts: list[Any], how: list[Any], use_tqdm: bool) -> list[Any]:
        self.asked += zip(prompts, how, strict=True)
        return [SimpleNamespace(outputs=[self._output(n) for n in (2, 0, 1)]) for _ in prompts]

    def _output(self, n: int) -> Any:
        ids, finish = ANSWERS[n]
        steps = [{i: SimpleNamespace(logprob=-i / 10), 99: SimpleNamespace(logprob=0.0)} for i in ids]
        return SimpleNamespace(index=n, token_ids=ids, finish_reason=self.finish or finish, logprobs=steps)


def engine_sampler(engine: Engine, monkeypatch: pytest.MonkeyPatch, **how: Any) -> EngineSampler:
    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(SamplingParams=SimpleNamespace))
    tokenizer: Any = Words()
    sampling = Sampling(**{"k": 3, "max_new_tokens": 4, "logprobs": True, **how})
    return EngineSampler(engine, tokenizer, sampling, [END])


EXPECTED = [
    Generated("5 6", 3, False, (5, 6, END), (-0.5, -0.6, -0.1)),
    Generated("5 6 7 8", 4, True, (5, 6, 7, 8), (-0.5, -0.6, -0.7, -0.8)),
    Generated("", 1, False, (END,), (-0.1,)),
]


def test_an_engines_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Order of the k completions, length with the end token, truncation and log-probabilities are kept."""
    engine = Engine()
    assert engine_sampler(engine, monkeypatch).sample([[3], [4, 4]], seed=7) == [EXPECTED, EXPECTED]
    assert [prompt for prompt, _ in engine.asked] == [
        {"prompt_token_ids": [3]},
        {"prompt_token_ids": [4, 4]},
    ]
    first, second = (how for _, how in engine.asked)
    assert first.seed != second.seed
    assert (first.n, first.max_tokens, first.stop_token_ids, first.top_k) == (3, 4, [END], 0)
    assert (first.temperature, first.top_p, first.repetition_penalty) == (0.6, 0.95, 1.0)


def test_a_nucleus_of_ours_takes_the_place_of_vllms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the processor is installed it gets top-p, and vLLM is told 1: it is not applied twice."""
    engine = Engine()
    sampler = engine_sampler(engine, monkeypatch)
    sampler.nucleus = SimpleNamespace(top_p=1.0)
    assert sampler.sample([[3]], seed=7) == [EXPECTED]
    assert (sampler.nucleus.top_p, engine.asked[0][1].top_p) == (0.95, 1.0)
    sampler.sampling = Sampling(k=3, temperature=0, max_new_tokens=4, logprobs=True)
    sampler.sample([[3]], seed=7)
    assert (sampler.nucleus.top_p, engine.asked[1][1].top_p) == (1.0, 1.0)


def test_a_lost_completion_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A completion that the engine gave up on is neither an empty nor a truncated one."""
    with pytest.raises(ModelError, match="abort"):
        engine_sampler(Engine("abort"), monkeypatch).sample([[3]], seed=0)


def test_chunks_keep_the_engine_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk has several times what is generated at once, and short prompts still come first."""
    sampler = engine_sampler(Engine(), monkeypatch, batch_tokens=3 * 10)
    prompts = [[2] * 6 for _ in range(40)] + [[2]]
    chunks = sampler.chunks(prompts)
    assert chunks[0][0] == 40 and sorted(i for chunk in chunks for i in chunk) == list(range(41))
    assert max(map(len, chunks)) == vllm_engine.BATCHES


@given(st.integers(0, 2**31), st.integers(1, 64))
def test_seeds_do_not_overlap(seed: int, k: int) -> None:
    """vLLM gives completion j of a prompt its seed plus j: no two completions of a chunk share one."""
    used = [prompt_seed(seed, place) + j for place in range(20) for j in range(k)]
    assert len(set(used)) == len(used)
    assert min(used) >= 0 and max(used) < 2**63


@pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vllm is installed")
def test_without_vllm(random_folder: Path) -> None:
    """Who asks for vLLM and does not have it is told what to install; a server needs an address."""
    with (
        pytest.raises(MissingDependencyError, match="pip install vllm"),
        open_sampler(str(random_folder), Sampling(), backend="vllm"),
    ):
        pass
    with (
        pytest.raises(ModelError, match="base_url"),
        open_sampler(str(random_folder), Sampling(), backend="vllm-server"),
    ):
        pass


@pytest.fixture
def random_folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    return tmp_path


# A server


class Server:
    """Speaks vLLM's ``/v1/completions``; `trouble` is what it answers first, status by status."""

    def __init__(self) -> None:
        self.trouble: list[int] = []
        self.served = ["m"]
        self.token_ids = True
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        choices: list[dict[str, Any]] = [
            {
                "index": n,
                "text": "?",
                "finish_reason": ANSWERS[n][1],
                "logprobs": {"token_logprobs": [-i / 10 for i in ANSWERS[n][0]]},
                **({"token_ids": ANSWERS[n][0]} if self.token_ids else {}),
            }
            for n in (1, 2, 0)
        ]
        return {"choices": choices[: body["n"]]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, str]]:
    pytest.importorskip("httpx2")
    monkeypatch.setattr(vllm_server, "time", SimpleNamespace(sleep=lambda _seconds: None))
    monkeypatch.setattr(vllm_server, "load_vocabulary", lambda _model: (Words(), (END,)))
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self, status: int, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            state.keys.append(self.headers.get("authorization"))
            self._reply(200, {"data": [{"id": name} for name in state.served]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if state.trouble:
                self._reply(state.trouble.pop(0), {"error": {"message": "the prompt is too long"}})
                return
            state.bodies.append(body)
            self._reply(200, state.answer(body))

        def log_message(self, *_given: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield state, f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def draw(url: str, model: str, prompts: list[list[int]], k: int = 3) -> list[list[Generated]]:
    sampling = Sampling(k=k, max_new_tokens=4, logprobs=True)
    with vllm_server.open_server(model, sampling, url) as sampler:
        return sampler.sample(prompts, seed=7)


def test_a_servers_answer(server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It means what the engine's means; token ids go out with the engine's seeds, and the key."""
    state, url = server
    monkeypatch.setenv("VLLM_API_KEY", "secret")
    assert draw(url + "/v1", "folder", [[3], [4, 4]]) == [EXPECTED, EXPECTED]
    seeds = {tuple(body["prompt"]): body["seed"] for body in state.bodies}
    assert seeds == {(3,): prompt_seed(7, 0), (4, 4): prompt_seed(7, 1)}
    assert {body["model"] for body in state.bodies} == {"m"}
    assert state.keys == ["Bearer secret"]


def test_a_busy_server_is_asked_again(server: tuple[Server, str]) -> None:
    """503 is no answer: the request is repeated, and the result is the same."""
    state, url = server
    state.trouble = [503, 429]
    assert draw(url, "m", [[3]]) == [EXPECTED]


def test_a_refusal_is_passed_on(server: tuple[Server, str]) -> None:
    """400 is not repeated: the server's reason is the error."""
    state, url = server
    state.trouble = [400]
    with pytest.raises(ModelError, match="the prompt is too long"):
        draw(url, "m", [[3]])
    assert not state.bodies


def test_servers_that_will_not_do(server: tuple[Server, str]) -> None:
    """Another model, no token ids, too few completions, nobody there: each says so."""
    state, url = server
    state.served = ["a", "b"]
    with pytest.raises(ModelError, match="serves a, b"):
        draw(url, "m", [[3]])
    state.served = ["m"]
    with pytest.raises(ModelError, match="3 of 4"):
        draw(url, "m", [[3]], k=4)
    state.token_ids = False
    with pytest.raises(ModelError, match="token ids"):
        draw(url, "m", [[3]])
    with pytest.raises(ModelError, match="does not answer"):
        draw("http://127.0.0.1:9", "m", [[3]])
