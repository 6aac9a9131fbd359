"""A plugin that implements every hook of Assay, each in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

import assay

SEEN: list[tuple[str, object]] = []
"""What the observers were told: (hook, event), in order."""


def same_parity(answer: str, reference: str) -> bool:
    """Tell whether both are even or both are odd."""
    digits = answer.strip()
    return digits.isdecimal() and int(digits[-1]) % 2 == int(reference) % 2


def brevity(sample: assay.Sample) -> float:
    """Pay 1 for an empty completion, less the longer it is."""
    return 1 / (1 + len(sample.completion))


def novelty() -> assay.Check:
    """Pay a completion 1 divided by how many of its group are equal to it."""

    def check(samples: Sequence[assay.Sample]) -> list[assay.Verdict]:
        count = Counter(sample.completion for sample in samples)
        return [
            assay.Verdict.scored(1 / count[s.completion], f"{count[s.completion]} are equal") for s in samples
        ]

    return check


def no_shouting() -> assay.RolloutFilter:
    """Drop completions in capitals."""

    def decide(samples: Sequence[assay.Sample]) -> list[assay.Decision]:
        return [assay.drop("shouting") if s.completion.isupper() else assay.KEEP for s in samples]

    return decide


class EchoSandbox:
    """Knows one command, ``echo``, and so needs to isolate nothing."""

    description = "echo; nothing runs"

    def run(self, program: assay.Program) -> assay.Execution:
        """Print the arguments."""
        if program.argv[0] != "echo":
            return assay.Execution(exit_code=127, stderr=b"no such command")
        return assay.Execution(exit_code=0, stdout=" ".join(program.argv[1:]).encode())

    def pair(self, first: assay.Program, second: assay.Program) -> tuple[assay.Execution, assay.Execution]:
        """Run one after the other: neither reads."""
        return self.run(first), self.run(second)

    def has(self, command: str) -> bool:
        """Tell whether it is ``echo``."""
        return command == "echo"

    def close(self) -> None:
        """Nothing to free."""


PARITY = assay.VerifierSpec(
    name="parity",
    summary="right when answer and reference are both even or both odd",
    factory=assay.from_predicate(same_parity),
    isolation=assay.Isolation.INLINE,
    cost=assay.Cost.MICROSECONDS,
    answer=assay.AnswerForm(reads="a number and nothing else", render="{answer}"),
    examples=(
        assay.Example(prompt="An even number?", reference="2", good=("0", "4", " 10\n"), bad=("1", "33")),
        assay.Example(prompt="An odd number?", reference="1", good=("3", "77"), bad=("2", "1000")),
        assay.Example(prompt="An odd number?", reference="7", good=("5",), bad=("", "five", "5 or 6")),
    ),
)


@assay.hookimpl
def register_verifiers() -> Iterable[assay.VerifierSpec]:
    """Offer `example.parity`."""
    return [PARITY]


@assay.hookimpl
def register_rewards() -> Iterable[assay.RewardSpec]:
    """Offer one reward for a sample and one for a group."""
    yield assay.RewardSpec(
        name="brevity",
        summary="shorter is better",
        factory=assay.from_score(brevity),
        examples=(assay.Example(good=("4",), bad=("It is four.",)),),
    )
    yield assay.RewardSpec(
        name="novelty",
        summary="completions that differ from the rest of their group earn more",
        factory=novelty,
        scope=assay.Scope.GROUP,
    )


@assay.hookimpl
def register_rollout_filters() -> Iterable[assay.RolloutFilterSpec]:
    """Offer `example.no_shouting`."""
    return [
        assay.RolloutFilterSpec(
            name="no_shouting", summary="drops completions in capitals", factory=no_shouting
        )
    ]


@assay.hookimpl
def register_cases(name: str) -> Iterable[assay.Case]:
    """Bring one case for the verifier `parity`, none for others."""
    if name == "example.parity":
        sample = assay.Sample(completion="not a number", reference="2")
        yield assay.Case(id="words", sample=sample, expect=assay.Expect.REJECT, reason="it is no number")


@assay.hookimpl
def register_commands(cli: click.Group) -> None:
    """Attach ``assay hello``."""

    @cli.command("hello")
    def hello() -> None:
        """Greet."""
        click.echo("hello from assay-example")


@assay.hookimpl
def report_machine() -> Iterable[tuple[str, str | None, str]]:
    """Look for a dictionary."""
    words = Path("/usr/share/dict/words")
    yield "dictionary", str(words) if words.exists() else None, "spelling (package wamerican)"


@assay.hookimpl
def create_sandbox(request: assay.SandboxRequest) -> assay.Sandbox | None:
    """Provide a sandbox to those who ask for this one."""
    return EchoSandbox() if request.provider == "example" else None


@assay.hookimpl
def on_run_start(event: assay.RunStart) -> None:
    """Record it."""
    SEEN.append(("on_run_start", event))


@assay.hookimpl
def on_batch_scored(event: assay.BatchScored) -> None:
    """Record it."""
    SEEN.append(("on_batch_scored", event))


@assay.hookimpl
def on_fault(event: assay.Fault) -> None:
    """Record it."""
    SEEN.append(("on_fault", event))


@assay.hookimpl
def on_run_end(event: assay.RunEnd) -> None:
    """Record it."""
    SEEN.append(("on_run_end", event))
