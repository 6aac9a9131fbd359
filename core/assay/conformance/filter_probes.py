"""What is tried on a rollout filter in a process of its own, where it may hang or die (`child`)."""

from __future__ import annotations

import faulthandler
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from assay.conformance import bombs, child
from assay.conformance.child import Stand
from assay.conformance.filter_subject import FilterCheck
from assay.sample import Sample
from assay.specs import Decision, RolloutFilter, Scope
from assay.verdict import Status, Verdict

LENGTHS = (0, 1, 2, 7, 64)

MARK = "zq7w"
"""Begins a word that stands in no text and no reason by chance."""

VARIANTS = 8
"""Of each sort, for each dropped rollout."""

UNDECLARED: Mapping[str, Any] = {
    "completion": "something else", "prompt": "something else", "reference": "something else",
    "domain": "elsewhere", "truncated": True, "tokens": 1_000_000, "right": True, "reward": 7.0,
    "id": "another", "group": "another",
}  # fmt: skip
"""A value for each field of a sample, to see whether it matters."""

HUGE = 200_000

Decided = tuple[str, str]
"""``kept``, ``dropped`` or a fault, and the reason."""


def decision(verdict: Verdict) -> Decided:
    """What a filter decided, and why: neither may vary."""
    if verdict.status is not Status.SCORED:
        return verdict.status.value, verdict.reason
    return ("kept" if verdict.score else "dropped"), verdict.reason


def decisions(stand: Stand, samples: Sequence[Sample] | None = None) -> list[Decided]:
    """Decide for each sample by itself, or for all in one batch where a filter may look at groups."""
    samples = stand.samples if samples is None else samples
    if stand.spec.scope is Scope.GROUP:
        return [decision(verdict) for verdict in stand.judge(samples)]
    return [decision(stand.judge([sample])[0]) for sample in samples]


def _bare(stand: Stand) -> RolloutFilter:
    return cast(FilterCheck, stand.check).rollout_filter


def probe_decisions(stand: Stand) -> dict[str, list[str]]:
    """Call the bare filter with 0, 1, 2, 7 and 64 samples; returns problems of length and of type."""
    lengths: list[str] = []
    types: list[str] = []
    rows = [stand.component.reduced(sample) for sample in stand.samples]
    for count in LENGTHS:
        try:
            answer: list[object] = list(_bare(stand)([rows[index % len(rows)] for index in range(count)]))
        except Exception as error:
            lengths.append(f"{count} in, {type(error).__name__} out: {error}"[:300])
            continue
        if len(answer) != count:
            lengths.append(f"{count} in, {len(answer)} out")
        types += [problem for problem in map(_type_problem, answer) if problem]
    return {"lengths": lengths, "types": types}


def _type_problem(answer: object) -> str:
    if not isinstance(answer, Decision):
        return f"it returned a {type(answer).__name__} where a Decision is expected"
    for name, kind in (("keep", bool), ("reason", str)):
        value: object = getattr(answer, name)
        if not isinstance(value, kind):
            return f"`{name}` is a {type(value).__name__} where a {kind.__name__} is expected"
    return ""


def probe_reads(stand: Stand) -> list[str]:
    """Names of undeclared fields that change a decision of the bare filter when they are filled."""
    reads = stand.spec.reads
    rows = [stand.component.reduced(sample) for sample in stand.samples]
    filled: dict[str, list[Sample]] = {
        name: [replace(row, **{name: value}) for row in rows]
        for name, value in UNDECLARED.items()
        if name not in reads
    }
    filled["columns"] = [replace(row, columns=_Others(row.columns)) for row in rows]

    def ask(samples: Sequence[Sample]) -> object:
        try:
            return list(_bare(stand)(samples))
        except Exception as error:
            return repr(error)

    base = ask(rows)
    return [name for name, samples in filled.items() if ask(samples) != base]


class _Others(dict[str, Any]):
    """The declared columns, and any other on demand."""

    def __missing__(self, key: str) -> str:
        return "something else"

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]


def probe_reasons(stand: Stand) -> list[list[tuple[Sample, str]]]:
    """For each rollout, which stands there twice: its variants that are dropped, and the reasons."""
    found: list[list[tuple[Sample, str]]] = [[] for _ in range(2 * len(stand.samples))]
    tries = [_variants(sample) for sample in (*stand.samples, *stand.samples)]
    for batch in zip(*tries, strict=True):
        for row, sample, verdict in zip(found, batch, stand.judge(batch), strict=True):
            what, reason = decision(verdict)
            row += [(sample, reason)] if what == "dropped" else []
    return [row for row in found if row]


def _variants(sample: Sample) -> list[Sample]:
    """The rollout itself, and with a word, blanks or tokens more, or another reference."""
    found = [sample]
    for number in range(1, VARIANTS + 1):
        word = f"{MARK}{number}"
        text = sample.prompt if isinstance(sample.prompt, str) else ""
        found += [
            replace(sample, completion=f"{sample.completion} {word}", reference=word),
            replace(sample, completion=f"{word} {sample.completion}"),
            replace(sample, completion=sample.completion + " " * number, reference=word),
            replace(sample, tokens=(sample.tokens or 0) + number),
            replace(sample, prompt=f"{text} {word}"),
        ]
    return found


def probe_same(stand: Stand) -> list[tuple[Sample, Decided, Decided]]:
    """Decide again: repeated, shuffled, in one batch, by a filter built afresh; returns what differs."""
    base = decisions(stand)
    again = [decisions(stand), list(map(decision, stand.judge(stand.samples, stand.fresh())))]
    rng = random.Random(0)
    for _ in range(3):
        order = rng.sample(range(len(base)), len(base))
        shuffled = map(decision, stand.judge([stand.samples[index] for index in order]))
        then = dict(zip(order, shuffled, strict=True))
        again.append([then[index] for index in range(len(base))])
    return [
        (sample, a, b)
        for row in again
        for sample, a, b in zip(stand.samples, base, row, strict=True)
        if a != b
    ]


def probe_groups(stand: Stand) -> list[tuple[Sample, Decided, Decided]]:
    """Decide for groups alone, and among other groups in any order; returns what differs."""
    groups = [[_of_group(sample, name) for sample in stand.samples] for name in ("one", "two", "three")]
    groups[1] = [groups[1][0]] * 4
    groups[2] += groups[2]
    alone = [[decision(verdict) for verdict in stand.judge(group)] for group in groups]
    found: list[tuple[Sample, Decided, Decided]] = []
    for order in ((0, 1), (1, 0), (2, 0, 1), (1, 2, 0), (2, 1, 0)):
        batch = [sample for index in order for sample in groups[index]]
        expected = [decided for index in order for decided in alone[index]]
        got = map(decision, stand.judge(batch))
        found += [(s, a, b) for s, a, b in zip(batch, expected, got, strict=True) if a != b]
    return found


def _of_group(sample: Sample, name: str) -> Sample:
    """The same rollout for another prompt."""
    if isinstance(sample.prompt, str):
        return replace(sample, prompt=f"{sample.prompt} ({name})")
    return replace(sample, prompt=(*sample.prompt, {"role": "user", "content": name}))


def odd_samples(base: Sample) -> dict[str, Sample]:
    """Rollouts that a careless filter trips over, by name; none that a sound one is slow on."""
    from assay.conformance.checks.contract import STRANGE

    empty: dict[str, Any] = {"tokens": None, "reference": None, "domain": None, "prompt": ""}
    empty |= {"right": None, "reward": None}
    found = {f"no {name}": replace(base, **{name: value}) for name, value in empty.items()}
    found |= {
        "nothing but the completion": Sample(completion=base.completion),
        "a chat": replace(base, prompt=({"role": "user", "content": "?"},)),
        "a list as reference": replace(base, reference=["1", None]),
        "truncated": replace(base, truncated=True),
        "no tokens at all": replace(base, tokens=0),
    }
    return found | {repr(text[:20]): replace(base, completion=text) for text in STRANGE}


def huge_samples(base: Sample, full: bool) -> dict[str, Sample]:
    """Long texts and bombs, by name. No limit of length holds for filters."""
    texts = {f"{HUGE} times {letter!r}": letter * HUGE for letter in "a9 {("}
    texts["a million letters"] = "x" * 1_000_000
    return {name: replace(base, completion=text) for name, text in {**texts, **bombs.bombs(full)}.items()}


def probe_total(stand: Stand) -> None:
    """Set odd, then huge texts before it; sends seconds and fault of each, as it happens."""
    base, bound = stand.samples[0], seconds_of(stand)
    for name, sample in {**odd_samples(base), **huge_samples(base, stand.full)}.items():
        stand.send("begin", name)
        # Not a signal, which plugins use themselves; and it needs no interpreter lock.
        faulthandler.dump_traceback_later(bound + 1, exit=True)
        started = time.perf_counter()
        what, why = decision(stand.judge([sample])[0])
        seconds = time.perf_counter() - started
        faulthandler.cancel_dump_traceback_later()
        stand.send(f"total: {name}", (seconds, "" if what in ("kept", "dropped") else why))


def seconds_of(stand: Stand) -> float:
    """Wall seconds within which any text must be decided."""
    limits = stand.component.limits
    limits = replace(limits, seconds=min(limits.seconds, bombs.BOMB_SECONDS))
    return bombs.bound_of(replace(stand.component, limits=limits))


PROBES: tuple[child.Probe, ...] = (
    probe_decisions, probe_reads, probe_reasons, probe_same, probe_groups, probe_total,
)  # fmt: skip
"""What may hang comes last."""
