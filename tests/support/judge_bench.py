"""A stand-in server, an endpoint that asks it, and a clock that only waiting moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from judge_server import Brain, Judge, Trouble, honest, judging

from assay_verifiers.judge.endpoint import Endpoint
from assay_verifiers.judge.options import AnswerOptions, JudgeOptions


@dataclass
class Clock:
    """Time that passes only by waiting."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """A server, its endpoint, and the clock of the endpoint."""

    server: Judge
    endpoint: Endpoint
    clock: Clock
    options: Any


Start = Callable[..., Bench]


@contextmanager
def starting() -> Iterator[Start]:
    """Yield ``start(brain, troubles, kind=…, **options)``; the servers end with the block."""
    with ExitStack() as stack:

        def run(
            brain: Brain = honest,
            troubles: Sequence[Trouble | None] = (),
            kind: type[JudgeOptions] = AnswerOptions,
            **options: Any,
        ) -> Bench:
            server = stack.enter_context(judging(brain, troubles))
            chosen = kind(**({"url": server.url, "model": "m", "timeout": 5.0} | options))
            clock = Clock()
            return Bench(server, Endpoint(chosen, sleep=clock.sleep, clock=clock), clock, chosen)

        yield run
