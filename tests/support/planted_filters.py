"""Rollout filters with a known verdict on themselves: two sound ones, and the same with one guard off.

`FAULTS` says which check must notice each. Everything here is importable in a child process and pickles.
"""

import contextlib
import os
import random
import re
import socket
from dataclasses import dataclass, field, replace

import assay

FAULTS = {
    "keeps_truncated": "R-BAD",
    "drops_short": "R-GOOD",
    "empty_batch": "R-LEN",
    "only_kept": "R-LEN",
    "bools": "R-TYPE",
    "no_text": "R-TYPE",
    "int_keep": "R-TYPE",
    "mutates": "C-NOMUT",
    "silent": "R-REASON",
    "quotes": "R-REASON",
    "quotes_reference": "R-REASON",
    "counts": "R-REASON",
    "counts_tokens": "R-REASON",
    "rambles": "R-REASON",
    "undeclared": "R-READS",
    "reads_id": "R-READS",
    "two_examples": "R-DOC",
    "remembers": "D-STATE",
    "random": "D-REPEAT",
    "hashes": "D-PROC",
    "reason_hashes": "R-SAME",
    "places": "D-ORDER",
    "neighbours": "D-NEIGH",
    "halves": "D-SPLIT",
    "reason_places": "R-SAME",
    "needs_tokens": "R-TOTAL",
    "encodes": "R-TOTAL",
    "recurses": "R-TOTAL",
    "backtracks": "R-BOMB",
    "writes": "O-FS",
    "connects": "O-NET",
    "environment": "O-SIDE",
    "descriptors": "O-MEM",
    "other_groups": "R-GROUP",
    "first_group": "R-GROUP",
}
"""By the guard that is off: the check that fails then, and passes on the sound filter."""

GROUPED = ("other_groups", "first_group")


def depth(text: str) -> int:
    """How deep the brackets at the beginning of a text are nested."""
    return 1 + depth(text[1:]) if text.startswith("(") else 0


@dataclass
class Sound:
    """Drops what was cut off, is blank, or is long in tokens; but for the guard that is off."""

    off: str = ""
    seen: list = field(default_factory=list)

    def __call__(self, samples):
        off = self.off
        if off == "empty_batch":
            assert samples[0] is not None
        decisions = [self.decide(sample, place, samples) for place, sample in enumerate(samples)]
        if off == "only_kept":
            return [decision for decision in decisions if decision.keep] if len(samples) > 60 else decisions
        if off == "bools" and len(samples) > 60:
            return [decision.keep for decision in decisions]
        return decisions

    def decide(self, sample, place, samples):
        reason = self.reason(sample)
        drop = bool(reason)
        match self.off:
            case "keeps_truncated" if sample.truncated:
                return assay.KEEP
            case "drops_short" if len(sample.completion) < 5:
                return assay.drop("short")
            case "no_text" if drop:
                return assay.Decision(False, None)
            case "int_keep":
                return assay.Decision(int(not drop), reason)
            case "mutates":
                sample.columns["seen"] = True
            case "silent" if drop:
                return assay.drop("")
            case "quotes" if drop:
                return assay.drop(f"it says {sample.completion[:60]}")
            case "quotes_reference" if drop:
                return assay.drop(f"it is not {sample.reference}")
            case "counts" if drop:
                return assay.drop(f"{len(sample.completion)} characters")
            case "counts_tokens" if drop:
                return assay.drop(f"{sample.tokens} tokens")
            case "rambles" if drop:
                return assay.drop(reason + ", which is not what anyone could want of a rollout " * 2)
            case "undeclared":
                drop = drop or sample.domain == "elsewhere"
            case "reads_id":
                drop = drop or sample.id == "3"
            case "remembers":
                drop = drop or len(self.seen) > 30
                self.seen.append(1)
            case "random":
                drop = drop or random.SystemRandom().random() < 0.3
            case "hashes":
                drop = drop or hash(sample.completion) % 2 == 1
            case "reason_hashes" if drop:
                return assay.drop(min("abcdefgh", key=lambda letter: hash((letter, sample.truncated))))
            case "places":
                drop = drop or place == 0
            case "reason_places" if drop:
                return assay.drop("the first" if place == 0 else "a later one")
            case "neighbours":
                drop = drop or sum(other == sample for other in samples) > 1
            case "halves":
                drop = drop or len(samples) > 2
            case "needs_tokens":
                drop = drop or len(f"{sample.tokens:d}") > 9
            case "encodes":
                drop = drop or len(sample.completion.encode()) > 10**9
            case "recurses":
                drop = drop or depth(sample.completion) > 10**9
            case "backtracks":
                drop = drop or re.search(r"\s+!$", sample.completion) is not None
            case "writes":
                with contextlib.suppress(OSError), open("/nowhere/dropped", "a") as file:
                    file.write(reason)
            case "connects":
                socket.socket().close()
            case "environment":
                os.environ["DROPPED"] = str(len(reason))
            case "descriptors":
                os.dup(0)
            case _:
                pass
        return assay.drop(reason or "fault") if drop else assay.KEEP

    def reason(self, sample):
        if sample.truncated:
            return "truncated"
        if not sample.completion.strip():
            return "blank"
        return "long" if (sample.tokens or 0) > 100 else ""


@dataclass
class Repeats:
    """Drops a completion that stands in its group already, a group being one prompt's completions."""

    off: str = ""

    def __call__(self, samples):
        seen, found = set(), []
        for sample in samples:
            group = "" if self.off == "other_groups" else str(sample.prompt)
            if self.off == "first_group" and sample.prompt != samples[0].prompt:
                found.append(assay.drop("repeated"))
                continue
            found.append(assay.drop("repeated") if (group, sample.completion) in seen else assay.KEEP)
            seen.add((group, sample.completion))
        return found


@dataclass(frozen=True)
class Build:
    """A factory that pickles."""

    make: type
    off: str = ""

    def __call__(self):
        return self.make(self.off)


EXAMPLES = (
    assay.Example(prompt="2 + 2?", good=("4", "It is four."), bad=("", " \n")),
    assay.Example(prompt="2 + 2?", good=(), bad=("4", "It is"), fields={"truncated": True}),
    assay.Example(prompt="3 + 3?", good=("6",), bad=(), fields={"tokens": 3}),
    assay.Example(prompt="3 + 3?", good=(), bad=("6", "seven"), fields={"tokens": 300}),
)

SOUND = assay.RolloutFilterSpec(
    name="sound",
    summary="drops what was cut off, is blank or long",
    factory=Build(Sound),
    reads=("completion", "truncated", "tokens", "reference"),
    examples=EXAMPLES,
)

REPEATS = assay.RolloutFilterSpec(
    name="repeats",
    summary="drops what stands in its group already",
    factory=Build(Repeats),
    reads=("completion", "prompt"),
    examples=(
        assay.Example(prompt="2 + 2?", good=("4", "four"), bad=("4", "four")),
        assay.Example(prompt="3 + 3?", good=("6", "six"), bad=("6",)),
        assay.Example(prompt="4 + 4?", good=("8", "4"), bad=()),
    ),
)


def planted(off):
    """The sound filter of its sort, with one guard off."""
    spec = REPEATS if off in GROUPED else SOUND
    spec = replace(spec, factory=replace(spec.factory, off=off))
    if off == "reads_id":
        return replace(spec, reads=(*spec.reads, "id"))
    return replace(spec, examples=EXAMPLES[:2]) if off == "two_examples" else spec
