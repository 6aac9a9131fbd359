"""A sound verifier and its copies with one planted fault each. Importable in workers.

Every fault is what the name of its function says. `bench` sets one up for the checks of
`assay.conformance`.
"""

import contextlib
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
import warnings
from dataclasses import replace

import assay
from assay.conformance.bench import Bench, example_cases
from assay.host import Host

RIGHT, WRONG = 1.0, 0.0
FORM = assay.AnswerForm(reads="the text after 'Answer: '", render="Answer: {answer}")
EXAMPLES = tuple(
    assay.Example(
        prompt=f"How many are {n} and {n}?",
        reference=str(2 * n),
        good=(f"Answer: {2 * n}", f"I add. Answer: {2 * n}"),
        bad=(f"Answer: {2 * n + 1}", f"{2 * n}", "Answer: I do not know"),
    )
    for n in (1000, 2000, 3000)
)


def right(sample):
    """What a sound check says."""
    _, found, answer = sample.completion.rpartition("Answer: ")
    good = isinstance(sample.reference, str) and sample.reference.strip()
    return bool(found) and bool(good) and answer.strip() == sample.reference and answer.strip().isdigit()


def verdict(sample, is_right=None):
    if is_right is None:
        is_right = right(sample)
    return assay.Verdict.scored(RIGHT, "equal") if is_right else assay.Verdict.scored(WRONG, "not equal")


def per_sample(function):
    """A factory whose check calls a function for each sample."""

    def factory(**_):
        return lambda samples: [function(sample) for sample in samples]

    return factory


def per_batch(function):
    def factory(**_):
        return function

    return factory


# --- sound ---

sound = per_sample(verdict)


# --- the contract ---


@per_batch
def one_short(samples):
    return [verdict(sample) for sample in samples[:-1]] if len(samples) > 7 else list(map(verdict, samples))


@per_batch
def empty_raises(samples):
    return [verdict(samples[0]), *map(verdict, samples[1:])]


@per_batch
def floats(samples):
    return [float(right(sample)) for sample in samples]


@per_sample
def text_score(sample):
    return assay.Verdict(score="1", reason="a text") if right(sample) else verdict(sample)


@per_sample
def nan(sample):
    return assay.Verdict.scored(float("nan"), "nan") if "know" in sample.completion else verdict(sample)


@per_sample
def infinite(sample):
    return assay.Verdict.scored(float("inf"), "inf") if "know" in sample.completion else verdict(sample)


@per_sample
def out_of_range(sample):
    return assay.Verdict.scored(1.5, "bonus") if right(sample) else verdict(sample)


@per_sample
def not_binary(sample):
    return assay.Verdict.scored(0.5, "partial") if "know" in sample.completion else verdict(sample)


@per_sample
def raises(sample):
    if "know" in sample.completion:
        raise ValueError("unexpected")
    return verdict(sample)


@per_sample
def chat_blind(sample):
    return verdict(sample, right(sample) and isinstance(sample.prompt, str))


@per_sample
def silent(sample):
    return assay.Verdict.scored(float(right(sample)))


@per_sample
def strange_evidence(sample):
    return replace(verdict(sample), evidence={"seen": {1, 2}})


@per_batch
def mutates_list(samples):
    verdicts = [verdict(sample) for sample in samples]
    samples.clear()
    return verdicts


@per_sample
def mutates_columns(sample):
    sample.columns["seen"] = True
    return verdict(sample)


@per_sample
def prompt_mutated(sample):
    for message in () if isinstance(sample.prompt, str) else sample.prompt:
        message["content"] = "x"
    return verdict(sample)


@per_sample
def not_unicode(sample):
    sample.completion.encode("utf-8")
    return verdict(sample)


@per_sample
def no_nul(sample):
    if "\x00" in sample.completion:
        raise ValueError("embedded null character")
    return verdict(sample)


@per_sample
def trusts_empty(sample):
    return verdict(sample, right(sample) or not sample.reference)


@per_sample
def never_says_no(sample):
    """Abstains from what it ought to refuse."""
    return verdict(sample) if right(sample) else assay.Verdict.abstain("not sure")


@per_sample
def long_enough(sample):
    """Pays for two characters, whatever the reference says."""
    return verdict(sample, len(sample.completion) > 1)


@per_sample
def contains(sample):
    """Every text contains the empty one."""
    return verdict(sample, str(sample.reference or "").strip() in sample.completion)


class Unpicklable:
    def __init__(self):
        self.lock = threading.Lock()

    def __call__(self, **_):
        return lambda samples: [verdict(sample) for sample in samples]


class Elsewhere:
    """Says something else in a process that it was not made in."""

    def __init__(self):
        self.home = os.getpid()

    def __call__(self, **_):
        return lambda samples: [verdict(s, right(s) and os.getpid() == self.home) for s in samples]


# --- invariance ---


@per_sample
def random_score(sample):
    return verdict(sample, random.SystemRandom().random() < 0.5)


@per_sample
def hash_order(sample):
    return verdict(sample, hash(sample.completion) % 2 == 0)


@per_sample
def time_zone(sample):
    return verdict(sample, right(sample) and time.timezone == 0)


@per_sample
def folder(sample):
    return verdict(sample, right(sample) and os.getcwd() != "/")


@per_batch
def first_wins(samples):
    return [verdict(sample, right(sample) and not n) for n, sample in enumerate(samples)]


@per_batch
def batch_size(samples):
    return [verdict(sample, right(sample) and len(samples) < 3) for sample in samples]


@per_batch
def jealous(samples):
    alone = all(sample.completion for sample in samples)
    return [verdict(sample, right(sample) and alone) for sample in samples]


def not_twice(**_):
    """A right answer is paid once: then it is known."""
    seen = []

    def check(samples):
        found = []
        for sample in samples:
            found.append(verdict(sample, right(sample) and (not seen or seen[-1] <= sample.completion)))
            seen.append(sample.completion)
        return found

    return check


def poisoned(**_):
    """One empty completion breaks it for good."""
    state = {"broken": False}

    def check(samples):
        state["broken"] |= any(not sample.completion for sample in samples)
        return [verdict(sample, right(sample) and not state["broken"]) for sample in samples]

    return check


def shared_slot(**_):
    """Keeps the sample at hand in a place that all threads share."""
    slot = {}

    def check(samples):
        found = []
        for sample in samples:
            slot["sample"] = sample
            time.sleep(0)  # lets another thread go on, at any load
            found.append(verdict(slot["sample"]))
        return found

    return check


@per_sample
def main_thread_only(sample):
    """Keeps time by a signal, as Math-Verify's default does."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return verdict(sample)


@per_sample
def own_loop(sample):
    import asyncio

    async def ask():
        return verdict(sample)

    coroutine = ask()
    try:
        return asyncio.run(coroutine)
    finally:
        coroutine.close()


def not_after_fork(**_):
    home = os.getpid()
    return lambda samples: [verdict(sample, right(sample) and os.getpid() == home) for sample in samples]


@per_batch
def longest(samples):
    """Group scope, sound: the longest completions are paid."""
    most = max(len(sample.completion) for sample in samples)
    return [verdict(sample, len(sample.completion) == most) for sample in samples]


@per_batch
def first_longest(samples):
    """Group scope: of equal completions only the first is paid."""
    lengths = [len(sample.completion) for sample in samples]
    best = lengths.index(max(lengths))
    return [verdict(sample, n == best) for n, sample in enumerate(samples)]


@per_batch
def spread(samples):
    """Group scope: divides by one less than the size of the group."""
    mean = sum(len(s.completion) for s in samples) / (len(samples) - 1)
    return [verdict(sample, len(sample.completion) > mean) for sample in samples]


# --- operations ---


@per_sample
def spins(sample):
    """Never comes back from many brackets."""
    while sample.completion.count("(") > 100:
        pass
    return verdict(sample)


def spinning_prepare(sample):
    while sample.completion.count("(") > 100:
        pass
    return sample


def gives_up(stand):
    """A probe that sets off no bomb."""
    raise RuntimeError("no bombs today")


@per_sample
def sleeps(sample):
    """Never comes back either, and uses no CPU time."""
    if sample.completion.count("(") > 100:
        time.sleep(600)
    return verdict(sample)


def leaks(**_):
    kept = []

    def check(samples):
        kept.extend(bytearray(100_000) for _ in samples)
        return [verdict(sample) for sample in samples]

    return check


def leaks_files(**_):
    kept = []

    def check(samples):
        kept.extend(os.open("/dev/null", os.O_RDONLY) for _ in samples if len(kept) < 800)
        return [verdict(sample) for sample in samples]

    return check


def leaks_threads(**_):
    kept = []

    def check(samples):
        if len(kept) < 800:
            kept.append(threading.Thread(target=threading.Event().wait, daemon=True))
            kept[-1].start()
        return [verdict(sample) for sample in samples]

    return check


def once(effect):
    """A factory whose check has a side effect."""

    def factory(**_):
        def check(samples):
            effect()
            return [verdict(sample) for sample in samples]

        return check

    return factory


def _open_socket():
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)):
        pass


def _write_file():
    name = f"/tmp/assay-faulty-{os.getpid()}"
    with open(name, "w", encoding="utf-8"):
        pass
    os.remove(name)


SIDE_EFFECTS = {
    "environment": once(lambda: os.environ.update(TOKENIZERS="x")),
    "removed variable": once(lambda: os.environ.pop("PATH", None)),
    "folder": once(lambda: os.chdir("/usr")),
    "umask": once(lambda: os.umask(0o777)),
    "locale": once(lambda: locale.setlocale(locale.LC_NUMERIC, "C.UTF-8")),
    "random": once(lambda: random.seed(0)),
    "warnings": once(lambda: warnings.simplefilter("ignore")),
    "logging": once(lambda: logging.getLogger().setLevel(logging.ERROR)),
    "all logging": once(lambda: logging.disable()),
    "signal": once(lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN)),
    "timer": once(lambda: signal.setitimer(signal.ITIMER_REAL, 1000)),
    "sys.path": once(lambda: sys.path.append("/usr")),
    "recursion": once(lambda: sys.setrecursionlimit(50_000)),
    "digits": once(lambda: sys.set_int_max_str_digits(0)),
}
writes_file = once(_write_file)
opens_socket = once(_open_socket)
starts_program = once(lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0))


@per_sample
def evaluates(sample):
    """Reads an answer as Python."""
    with contextlib.suppress(Exception):
        eval(sample.completion.rpartition("Answer: ")[2])
    return verdict(sample)


@per_sample
def runs_blocks(sample):
    """Runs the fenced program of a completion in its own process."""
    with contextlib.suppress(Exception):
        exec(sample.completion.split("```python\n")[1].split("```")[0])
    return verdict(sample)


_CALLS = []


@per_sample
def drifts(sample):
    """Pays everything after a hundred calls in one process, by whatever instance."""
    _CALLS.append(1)
    return verdict(sample, True if len(_CALLS) > 100 else None)


@per_sample
def tells_reason(sample):
    if right(sample):
        return verdict(sample)
    return assay.Verdict.scored(WRONG, f"expected {sample.reference}")


@per_sample
def tells_log(sample):
    logging.getLogger("faulty").info("expected %s", sample.reference)
    return verdict(sample)


@per_sample
def tells_output(sample):
    print("expected", sample.reference)
    return verdict(sample)


# --- performance ---


@per_sample
def quadratic(sample):
    for _ in range(0, len(sample.completion), 200):
        sum(sample.completion.count(letter) for letter in "abcdefgh")
    return verdict(sample)


def quadratic_prepare(sample):
    for _ in range(0, len(sample.completion), 200):
        sum(sample.completion.count(letter) for letter in "abcdefgh")
    return sample


def slow_factory(**_):
    started = time.process_time()
    while time.process_time() - started < 0.2:
        pass
    return sound()


def spec(factory, **fields):
    """Declare a verifier around a factory; a reward where it is group-scoped."""
    given = {
        "name": "faulty",
        "summary": "sound but for one thing",
        "factory": factory,
        "answer": FORM,
        "examples": EXAMPLES,
        "reads": ("completion", "reference"),
        "isolation": assay.Isolation.INLINE,
        "limits": assay.Limits(seconds=1.0),
    } | fields
    kind = assay.RewardSpec if given.get("scope") is assay.Scope.GROUP else assay.VerifierSpec
    return given.pop("kind", kind)(**given)


def bench(factory, *, full=False, module="faulty", **fields):
    """Set a bench up whose cases are the declared examples."""
    from types import SimpleNamespace

    declared = spec(factory, **fields)
    hook = "register_rewards" if isinstance(declared, assay.RewardSpec) else "register_verifiers"

    class Plugin(SimpleNamespace):
        def __hash__(self):
            return id(self)

    host = Host()
    host.register(Plugin(__name__=module, **{hook: assay.hookimpl(_returns(declared, hook))}), "faulty")
    made = Bench(host.find("faulty"), host=host, full=full)
    made.__dict__["cases"] = tuple(example_cases(made.subject))
    return made


def _returns(declared, hook):
    def register():
        return [declared]

    register.__name__ = hook
    return register


def predicate(answer, reference):
    return answer == f"Answer: {reference}"


def verl(data_source, solution_str, ground_truth):
    return float(solution_str == f"Answer: {ground_truth}")
