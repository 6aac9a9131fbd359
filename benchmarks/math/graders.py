r"""Graders of final answers, each called as its users call it: rows in, True (paid) or False out.

Those that are not installed are left out with a note. Graders that hand a completion to Python's `eval`
(the mathematics of PRIME, say) are not run here: the exploits hold program text.

Bare answers are put into a box for every grader, except where they state themselves as the grader reads
them: for Math-Verify and those on top of it also as ``$…$``. Bare golds go into a box for `math_verify`
(``\boxed{2\sqrt3}``), because it reads 2 from ``2\sqrt3``; `trl` gets them as they are in the
dataset, as TRL's documentation shows.
"""

import importlib.util
import logging
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from rows import Row

from assay import Sample, Verdict
from assay.host import Host
from assay.registry import parse_registry
from assay.registry.schema import UseConfig
from assay.scoring.cache import Cache
from assay.scoring.component import bind
from assay.scoring.runner import Runner
from assay.workers import LocalPool

Grader = Callable[[Sequence[Row]], list[bool]]

GENEROUS = {"plain": "anywhere", "rounding": 3}
"""Options of `math_answer` for text that no contract was given to: answers anywhere, three digits."""

REGISTRY = "assay: 1\nplugins: [math_answer]\nstacks: {s: {rewards: {r: {use: math_answer}}}}\n"


def runner(pool: LocalPool, cache: int = 0, **options: object) -> Runner:
    """`math_answer` as a stack runs it: limits, `prepare`, de-duplication, cache, workers."""
    provided = Host.load(["math_answer"]).find("math_answer")
    config = UseConfig(use="math_answer", options=dict(options))
    registry = parse_registry(REGISTRY, Path("benchmark.yaml"))
    return Runner(bind(registry, provided, config, "math", ()), pool, Cache(cache))


def cpu() -> float:
    """CPU seconds of this process and of its children."""
    return time.process_time() + cpu_of_children()


def cpu_of_children() -> float:
    """CPU seconds of the processes that this one has started, those that have ended too."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return ended.ru_utime + ended.ru_stime + sum(t.user + t.system for t in running)


def forget() -> None:
    """Empty what the verifier remembers of texts, so that the next batch meets it new."""
    for name, module in list(sys.modules.items()):
        if name.startswith("assay_verifiers."):
            for value in vars(module).values():
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


def judge(rows: Sequence[Row], **options: object) -> list[Verdict]:
    """The verdicts of `math_answer` on rows."""
    pool = LocalPool()
    try:
        run = runner(pool, **options)
        run.build()
        samples = [Sample(completion=row.completion(r"\boxed"), reference=row.gold) for row in rows]
        return run(samples)[0]
    finally:
        pool.close()


def assay() -> Grader:
    return lambda rows: [verdict.score == 1.0 for verdict in judge(rows, **GENEROUS)]


def assay_default() -> Grader:
    return lambda rows: [verdict.score == 1.0 for verdict in judge(rows)]


def boxed_gold(gold: str) -> str:
    """A gold that Math-Verify would not find an answer in stands in a box."""
    stated = any(mark in gold.lower() for mark in (r"\boxed", "$", "####", "answer"))
    return gold if stated else rf"\boxed{{{gold}}}"


def math_verify() -> Grader:
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def one(row: Row) -> bool:
        try:
            return verify(parse(boxed_gold(row.gold)), parse(row.completion(r"\boxed", "$")))
        except BaseException as error:  # its TimeoutException is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            return False

    return lambda rows: [one(row) for row in rows]


def trl() -> Grader:
    from trl.rewards import accuracy_reward

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def grade(rows: Sequence[Row]) -> list[bool]:
        completions = [[{"role": "assistant", "content": row.completion(r"\boxed", "$")}] for row in rows]
        # a gold that it cannot read is worth None
        return [score == 1.0 for score in accuracy_reward(completions, [row.gold for row in rows])]

    return grade


def _each(function: Callable[[str, str], bool]) -> Grader:
    def one(row: Row) -> bool:
        try:
            return bool(function(row.completion(r"\boxed"), row.gold))
        except Exception:
            return False

    return lambda rows: [one(row) for row in rows]


def _module(package: str, path: str):
    """One file of a package, without the package: verl's imports Ray and torch."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"no module named {package!r}")
    file = Path(spec.submodule_search_locations[0], path)
    found = importlib.util.spec_from_file_location(f"{package}_{file.stem}", file)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def verl_math() -> Grader:
    """verl's `math_reward`: the last box, compared as text in the way of Hendrycks."""
    score = _module("verl", "utils/reward_score/math_reward.py").compute_score
    return _each(lambda completion, gold: score(completion, gold) == 1.0)


def verl_dapo() -> Grader:
    """verl's `math_dapo`: ``Answer: …``, else the box, as text."""
    score = _module("verl", "utils/reward_score/math_dapo.py").compute_score
    return _each(lambda completion, gold: score(completion, gold)["acc"])


def mathruler() -> Grader:
    """EasyR1's: the last box, and the grader of PRM800K."""
    from mathruler.grader import extract_boxed_content, grade_answer

    return _each(lambda completion, gold: grade_answer(extract_boxed_content(completion), gold))


def inspect_ai() -> Grader:
    """The `math` scorer of Inspect."""
    import asyncio

    from inspect_ai.scorer import CORRECT, Target, math

    score = math()

    class State:
        def __init__(self, completion: str) -> None:
            self.output = type("Output", (), {"completion": completion})()

    def one(completion: str, gold: str) -> bool:
        return asyncio.run(score(State(completion), Target(gold))).value == CORRECT

    return _each(one)


GRADERS: dict[str, Callable[[], Grader]] = {
    "assay": assay,
    "assay-default": assay_default,
    "math_verify": math_verify,
    "trl": trl,
    "inspect_ai": inspect_ai,
    "mathruler": mathruler,
    "verl-math": verl_math,
    "verl-dapo": verl_dapo,
}
