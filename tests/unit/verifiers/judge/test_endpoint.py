"""What goes wrong between us and a judge, and what it costs. Servers are real, waits are not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from judge_bench import Start
from judge_server import Trouble, completion, honest, judging, reply

from assay import InfraError, ModelError
from assay_verifiers.judge.endpoint import Endpoint, SpentError
from assay_verifiers.judge.options import JudgeOptions

AB = ("A", "B")
BUSY = Trouble(status=429, headers={"retry-after": "7"})


def a(user: str, choices: Sequence[str]) -> str:
    return reply("A")


def ask(endpoint: Endpoint, user: str = "which?") -> str:
    return endpoint.ask("system", f'{user}\n{{"verdict": "A"}} or {{"verdict": "B"}}', AB)


def test_a_request_holds_what_is_asked(start: Start) -> None:
    """Model, messages, temperature 0, a schema and the extra fields; nothing random."""
    bench = start(a, max_tokens=9, extra={"top_k": 1})
    assert ask(bench.endpoint) == "A"
    (asked,) = bench.server.asked
    assert asked.pop("response_format")["json_schema"]["strict"] is True
    messages = asked.pop("messages")
    assert [message["role"] for message in messages] == ["system", "user"]
    assert asked == {"model": "m", "temperature": 0, "max_tokens": 9, "top_k": 1}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529])
def test_a_busy_server_is_asked_again(start: Start, status: int) -> None:
    """Two failures and a verdict make a verdict, after growing waits."""
    bench = start(a, [Trouble(status=status), Trouble(status=status)])
    assert ask(bench.endpoint) == "A"
    first, second = bench.clock.waits
    assert 0.25 <= first <= 0.5 <= second <= 1.0


def test_retry_after_is_kept(start: Start) -> None:
    """The server's seconds are waited for, by whoever asks next too."""
    bench = start(a, [BUSY])
    assert ask(bench.endpoint) == "A"
    assert bench.clock.waits == [7.0]


def test_retry_after_may_be_a_date(start: Start) -> None:
    """A date in the past asks for no wait; nonsense counts as nothing said."""
    past = Trouble(status=503, headers={"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})
    bench = start(a, [past, Trouble(status=503, headers={"retry-after": "soon"})])
    assert ask(bench.endpoint) == "A"
    assert len(bench.clock.waits) == 1 and bench.clock.waits[0] <= 1.0


@pytest.mark.parametrize("asked", ["1000", "inf", "nan"])
def test_patience_ends(start: Start, asked: str) -> None:
    """Who is asked to wait longer than the patience gives up at once, and so do the others."""
    bench = start(a, [Trouble(status=429, headers={"retry-after": asked})] * 9, patience=30.0, attempts=3)
    with pytest.raises(InfraError, match="HTTP 429"):
        ask(bench.endpoint)
    assert sum(bench.clock.waits) <= 30.0


def test_tries_end(start: Start) -> None:
    """A server that only fails is a fault, with its last words, after as many tries as allowed."""
    bench = start(a, [Trouble(status=500, body="out of memory")] * 9, attempts=3)
    with pytest.raises(InfraError, match=r"no reply in 3 tries; the last: HTTP 500, 'out of memory'"):
        ask(bench.endpoint)
    assert len(bench.server.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 413])
def test_a_refusal_is_not_repeated(start: Start, status: int) -> None:
    """What will not get better is told at once."""
    bench = start(a, [Trouble(status=status, body="no")], structured="schema")
    with pytest.raises(InfraError, match=f"refuses: HTTP {status}"):
        ask(bench.endpoint)
    assert len(bench.server.asked) == 1


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "{}", completion("maybe"), completion(None), completion('{"verdict": "A"', "length")],
)
def test_garbage_is_a_fault(start: Start, body: str) -> None:
    """No page, no prose and no cut-off JSON is a verdict, and asking again would give the same."""
    bench = start(a, [Trouble(body=body)])
    with pytest.raises(InfraError):
        ask(bench.endpoint)
    assert len(bench.server.asked) == 1


def test_a_broken_connection_is_asked_again(start: Start) -> None:
    """Half a reply is none."""
    bench = start(a, [Trouble(cut=True, body=completion('{"verdict": "B"}'))])
    assert ask(bench.endpoint) == "A"


def test_a_server_that_hangs_is_left(start: Start) -> None:
    """The time of one reply is bounded, and so are the tries."""
    bench = start(a, [Trouble(hangs=True)] * 2, timeout=0.2, attempts=2)
    with pytest.raises(InfraError, match=r"in 2 tries; the last: no reply within 0.2 s"):
        ask(bench.endpoint)


def test_a_reply_without_end_is_left(start: Start) -> None:
    """A megabyte is more than any verdict."""
    bench = start(a, [Trouble(body="x" * 2_000_000)], attempts=1)
    with pytest.raises(InfraError, match="a reply of more than 1048576 bytes"):
        ask(bench.endpoint)


def test_nobody_there() -> None:
    """An address where nothing listens is told as such, when asked and before."""
    with judging() as server:
        url = server.url
    endpoint = Endpoint(JudgeOptions(url=url, model="m", attempts=1))
    with pytest.raises(InfraError, match=r"no judge answers at http://127\.0\.0\.1"):
        endpoint.reach()
    with pytest.raises(InfraError, match="no reply in 1 tries"):
        ask(endpoint)


def test_a_server_that_takes_no_schema(start: Start) -> None:
    """`auto` asks without, once it has been refused; `schema` is refused; `text` never tries."""
    bench = start(a)
    bench.server.takes_schema = False
    assert [ask(bench.endpoint), ask(bench.endpoint)] == ["A", "A"]
    assert ["response_format" in asked for asked in bench.server.asked] == [True, False, False]
    strict = start(a, structured="schema")
    strict.server.takes_schema = False
    with pytest.raises(InfraError, match="response_format is not supported"):
        ask(strict.endpoint)
    plain = start(a, structured="text")
    assert ask(plain.endpoint) == "A" and "response_format" not in plain.server.asked[0]


def test_requests_are_counted(start: Start) -> None:
    """After the last one that is allowed nothing is sent, and the fault says which option."""
    bench = start(a, [Trouble(status=500)], max_requests=3)
    assert [ask(bench.endpoint), ask(bench.endpoint)] == ["A", "A"]  # one was tried twice
    with pytest.raises(SpentError, match=r"budget is used up: 3 requests \(max_requests\)"):
        ask(bench.endpoint)
    assert len(bench.server.asked) == 3


def test_tokens_are_counted(start: Start) -> None:
    """Each reply of the stand-in costs ten."""
    bench = start(a, max_total_tokens=15)
    assert [ask(bench.endpoint), ask(bench.endpoint)] == ["A", "A"]
    with pytest.raises(SpentError, match="15 tokens"):
        ask(bench.endpoint)


def test_so_many_at_once(start: Start) -> None:
    """Twenty questions by three: order is kept, and never more than three are under way."""
    gate = threading.Barrier(3)

    def brain(user: str, choices: Sequence[str]) -> str:
        gate.wait(10)  # goes on only when three are there
        return reply("A" if "even" in user else "B")

    bench = start(brain, concurrency=3)
    users = [f"{number} {'odd' if number % 2 else 'even'}" for number in range(21)]
    answers = bench.endpoint.each(lambda user: ask(bench.endpoint, user), users)
    assert answers == ["B" if number % 2 else "A" for number in range(21)]
    assert bench.server.most == 3


def test_so_many_at_once_over_all_threads(start: Start) -> None:
    """The bound is the endpoint's, whoever calls it."""
    gate = threading.Barrier(2)

    def brain(user: str, choices: Sequence[str]) -> str:
        gate.wait(10)
        return reply("A")

    bench = start(brain, concurrency=2)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: ask(bench.endpoint, str(number)), range(16))) == ["A"] * 16
    assert bench.server.most == 2


def test_keys_are_sent_and_never_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key comes from the environment, goes into the header, and into no message or representation."""
    monkeypatch.setenv("MY_KEY", "s3cr3t")
    bench = start(a, [None, Trouble(status=401, body="no")], key_env="MY_KEY", structured="text")
    assert ask(bench.endpoint) == "A"
    assert bench.server.keys == ["Bearer s3cr3t"]
    with pytest.raises(InfraError) as caught:
        ask(bench.endpoint, "again")
    assert "s3cr3t" not in str(caught.value) + repr(vars(bench.endpoint)) + repr(bench.options)
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(ModelError, match="MY_KEY, which is not set"):
        Endpoint(bench.options)


@pytest.mark.parametrize(
    ("given", "lacks"), [({}, "ASSAY_JUDGE_URL"), ({"url": "http://x/v1"}, "ASSAY_JUDGE_MODEL")]
)
def test_who_is_asked_must_be_said(
    given: dict[str, str], lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an option and without the environment there is no judge; with the environment there is."""
    monkeypatch.delenv("ASSAY_JUDGE_URL", raising=False)
    monkeypatch.delenv("ASSAY_JUDGE_MODEL", raising=False)
    with pytest.raises(ModelError, match=lacks):
        Endpoint(JudgeOptions(**given))
    monkeypatch.setenv("ASSAY_JUDGE_URL", "http://x/v1/")
    monkeypatch.setenv("ASSAY_JUDGE_MODEL", "m")
    assert Endpoint(JudgeOptions()).base == "http://x/v1"


def test_replies_outlive_a_run(start: Start, tmp_path: Path) -> None:
    """The second endpoint on one cache asks nothing; another model asks again; faults are not kept."""
    cache = str(tmp_path / "replies.sqlite")
    first = start(a, [Trouble(body=completion("maybe"))], cache=cache)
    with pytest.raises(InfraError):
        ask(first.endpoint)
    assert ask(first.endpoint) == "A"
    options = first.options.model_copy()
    assert ask(Endpoint(options)) == "A" and len(first.server.asked) == 2
    assert ask(Endpoint(options.model_copy(update={"model": "other"}))) == "A"
    assert len(first.server.asked) == 3


def test_a_cache_that_cannot_be_used_is_told(start: Start, tmp_path: Path) -> None:
    """A file that is no database is a fault with its name, not a traceback of SQLite."""
    (tmp_path / "text").write_text("no database" * 100)
    with pytest.raises(InfraError, match=r"cache .*text cannot be used"):
        start(honest, cache=str(tmp_path / "text"))
