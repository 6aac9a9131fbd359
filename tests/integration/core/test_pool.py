"""The worker pool with real processes: what is promised about kills, limits, faults and clean-up."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from assay import Sample, Status

POOLED = """\
verifiers: {v: {use: toys.obey, timeout: 1s}}
route: v
stacks: {s: {gate: correct}}
faults: {stop_above: 100%}
workers: {count: 2}
"""


def sample(completion, reference="5"):
    return Sample(completion=completion, reference=reference)


@pytest.fixture
def stack(make_stack):
    return make_stack(POOLED)


def test_every_misbehaviour_gets_its_own_blame(stack):
    """Bombs are the policy's fault, exceptions the checker's, lost workers nobody's; neighbours are well."""
    blame = {
        "5": Status.SCORED,
        "bomb": Status.POLICY_FAULT,
        "memory": Status.POLICY_FAULT,
        "recursion": Status.POLICY_FAULT,
        "segfault": Status.POLICY_FAULT,
        "": Status.POLICY_FAULT,
        "raise": Status.CHECKER_FAULT,
        "base_exception": Status.CHECKER_FAULT,
        "exit": Status.INFRA_FAULT,
        "hang": Status.INFRA_FAULT,
        "6": Status.SCORED,
    }
    cards = stack.score([sample(c) for c in blame])
    found = {c: card.verdict.status for c, card in zip(blame, cards, strict=True)}
    assert found == blame
    assert cards[0].right is True and cards[-1].right is False
    assert "1 s of CPU time" in cards[1].verdict.reason


def test_the_pool_recovers(stack):
    """After killed and crashed workers the pool has its full number of live workers again."""
    stack.score([sample(c) for c in ("bomb", "segfault", "exit", "bomb")])
    pids = {card.verdict.reason for card in stack.score([sample("pid", str(i)) for i in range(200)])}
    assert 1 <= len(pids) <= 2 and all(psutil.pid_exists(int(pid)) for pid in pids)


def test_queueing_does_not_count(make_stack):
    """The clock of a check starts when it starts: one worker, many slow checks, none late."""
    stack = make_stack(POOLED.replace("count: 2", "count: 1"))
    cards = stack.score([sample("bomb", "1"), sample("bomb", "2"), *(sample("5", str(i)) for i in range(20))])
    assert [card.verdict.status for card in cards] == [Status.POLICY_FAULT] * 2 + [Status.SCORED] * 20


@pytest.mark.parametrize("where", ["thread", "event loop"])
def test_kills_work_off_the_main_thread(stack, where):
    """A bomb is ended in a worker thread and under a running event loop, where signals and threads cannot."""
    batch = [sample("bomb"), sample("5")]
    if where == "thread":
        with ThreadPoolExecutor(1) as threads:
            cards = threads.submit(stack.score, batch).result()
    else:

        async def score():
            return stack.score(batch)

        cards = asyncio.run(score())
    assert [card.verdict.status for card in cards] == [Status.POLICY_FAULT, Status.SCORED]


def test_threads_share_the_pool(make_stack):
    """Eight threads scoring at once get what one gets."""
    stack = make_stack(POOLED + "cache: 0\n")
    batches = [[sample(str(i % 7), str(j % 7)) for i in range(20)] for j in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(stack.score, batches))
    assert _rewards(together) == _rewards([stack.score(batch) for batch in batches])


def _rewards(batches):
    return [[card.reward for card in cards] for cards in batches]


def test_a_forked_child_makes_its_own_pool(stack):
    """After a fork parent and child both score, each with workers of its own."""
    assert stack.score([sample("5")])[0].right is True
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            right = stack.score([sample("7", "7"), sample("7", "8")])
            os.write(write, b"ok" if [c.right for c in right] == [True, False] else b"wrong")
            stack.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"ok"
    os.close(read)
    os.close(write)
    assert stack.score([sample("8", "8")])[0].right is True


def test_async_predicates_run_in_workers(make_stack):
    """An async check needs no event loop of the caller's."""
    cards = make_stack(POOLED.replace("toys.obey", "toys.later")).score([sample("5"), sample("6")])
    assert [card.right for card in cards] == [True, False]


def test_pooled_group_rewards_see_their_group(make_stack):
    """A group-scoped reward in a worker gets exactly one whole group a call."""
    stack = make_stack("stacks: {s: {rewards: {r: {use: toys.rank_pooled}}}}\n")
    rows = [("a", "x"), ("aaa", "y"), ("aa", "x"), ("aa", "y")]
    cards = stack.score([Sample(completion=c, group=g) for c, g in rows])
    assert [card.reward for card in cards] == [0.0, 1.0, 1.0, 0.0]


def test_workers_are_recycled(make_stack):
    """A worker is replaced after its number of checks, so what a library leaks does not pile up."""
    stack = make_stack(POOLED.replace("count: 2", "count: 1, recycle: 5"))
    pids = [card.verdict.reason for card in stack.score([sample("pid", str(i)) for i in range(20)])]
    assert len(set(pids)) >= 4


def test_closing_leaves_no_process(stack):
    """After close no worker is left; scoring again starts new ones."""
    before = set(psutil.Process().children(recursive=True))
    stack.score([sample("5")])
    workers = set(psutil.Process().children(recursive=True)) - before
    stack.close()
    gone, alive = psutil.wait_procs(
        [p for p in workers if "resource_tracker" not in " ".join(_cmd(p))], timeout=10
    )
    assert gone and not alive
    assert stack.score([sample("6", "6")])[0].right is True


def _cmd(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


SCRIPT = """
import sys, time
from pathlib import Path
import psutil
import toys
from assay import Sample
from assay.host import Host
from assay.registry import parse_registry
from assay.scoring import Stack
host = Host(); host.register(toys, "toys")
stack = Stack.build(parse_registry("assay: 1\\nplugins: [toys]\\n" + {yaml!r}, Path("r.yaml")), host, "s")
print(stack.score([Sample(completion="5", reference="5")])[0].right, flush=True)
print(*[p.pid for p in psutil.Process().children(recursive=True)], flush=True)
{after}
"""


def _script(tmp_path: Path, after: str) -> subprocess.Popen:
    """Run a user's script that has no ``if __name__ == "__main__"`` guard."""
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).format(yaml=POOLED, after=after))
    support = str(Path(__file__).parents[2] / "support")
    environment = {**os.environ, "PYTHONPATH": support}
    return subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, text=True, env=environment)


def _gone(pids):
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_a_script_without_main_guard_works_and_leaves_nothing(tmp_path):
    """Workers do not import the user's script, and end with it."""
    with _script(tmp_path, "") as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = out.splitlines()
    assert lines[0] == "True" and _gone([int(pid) for pid in lines[1].split()])


def test_workers_end_with_a_killed_trainer(tmp_path):
    """When the trainer is killed outright its workers go too."""
    with _script(tmp_path, "time.sleep(600)") as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "True"
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(signal.SIGKILL)
    assert _gone(pids)
