"""Which completions become rows for SFT, and why the others do not."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay import Status
from assay_trainer.data import Row
from assay_trainer.rejection.draws import Draw
from assay_trainer.rejection.form import formed, is_simple
from assay_trainer.rejection.settings import Form, Keep

WRONG, NO_ANSWER, UNVERIFIED = "wrong", "no usable answer", "unverified"
LOW_REWARD, DUPLICATE, OVER = "low reward", "duplicate", "over per_prompt"


@dataclass(slots=True)
class Tally:
    """Counts over prompts and their completions."""

    prompts: int = 0
    drawn: int = 0
    """Completions."""
    judged: int = 0
    """Completions of which somebody can tell whether they are right."""
    right: int = 0
    asked: int = 0
    """Prompts with a judged completion."""
    solved: int = 0
    """Of them, those with a right one."""
    covered: int = 0
    """Prompts with a kept completion."""
    tokens: int = 0
    """Of all completions."""
    truncated: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])
    """Completions by reason; with `kept` they are all that were drawn."""

    def add(self, draws: Sequence[Draw], reasons: Sequence[str | None]) -> None:
        """Count one prompt: its completions, and why each was left out (None: it was kept)."""
        judged = [draw.right for draw in draws if draw.right is not None]
        self.prompts += 1
        self.drawn += len(draws)
        self.judged += len(judged)
        self.right += sum(judged)
        self.asked += bool(judged)
        self.solved += any(judged)
        self.covered += None in reasons
        self.tokens += sum(draw.tokens for draw in draws)
        self.truncated += sum(draw.truncated for draw in draws)
        self.kept += sum(reason is None for reason in reasons)
        self.left_out.update(reason for reason in reasons if reason is not None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names; with shares, None where there is nothing to divide by."""
        return {
            "prompts": self.prompts,
            "drawn": self.drawn,
            "kept": self.kept,
            "kept_share": _share(self.kept, self.drawn),
            "left_out": dict(self.left_out.most_common()),
            "right_share": _share(self.right, self.judged),
            "solved": self.solved,
            "solved_share": _share(self.solved, self.asked),
            "covered": self.covered,
            "tokens": self.tokens,
            "truncated": self.truncated,
        }


class Selector:
    """Decides prompt by prompt; knows what it has kept before."""

    def __init__(self, keep: Keep, form: Form, rows: Sequence[Row]) -> None:
        """Start with nothing kept.

        Args:
            keep: Which completions.
            form: How they are written.
            rows: The data, as drawn from; its columns go into the rows that are kept.
        """
        self.keep, self.form, self.rows = keep, form, rows
        self.tally = Tally()
        self.domains: dict[str, Tally] = {}
        self._seen: set[bytes] = set()

    def __call__(self, draws: Sequence[Draw]) -> Iterator[Row]:
        """Yield the rows that the k completions of one prompt give, in the order in which they were drawn."""
        texts, reasons = self._decided(draws)
        self.tally.add(draws, reasons)
        if draws[0].domain is not None:
            self.domains.setdefault(draws[0].domain, Tally()).add(draws, reasons)
        row = self.rows[draws[0].row]
        for text, reason in zip(texts, reasons, strict=True):
            if reason is None:
                yield {**row, "completion": text}

    def _decided(self, draws: Sequence[Draw]) -> tuple[list[str], list[str | None]]:
        texts = [""] * len(draws)
        reasons = [left_out(draw, self.keep) for draw in draws]
        simple = is_simple(draws[0].prompt, self.form.simple)
        for index, draw in enumerate(draws):
            if reasons[index] is None:
                text, reasons[index] = formed(
                    draw.completion, self.form, simple=simple and draw.right is None
                )
                texts[index] = text or ""
        kept = 0
        for index in sorted(range(len(draws)), key=lambda index: self._rank(draws[index])):
            if reasons[index] is not None:
                continue
            mark = _mark(draws[index].prompt, texts[index])
            if mark in self._seen:
                reasons[index] = DUPLICATE
            elif self.keep.per_prompt is not None and kept >= self.keep.per_prompt:
                reasons[index] = OVER
            else:
                self._seen.add(mark)
                kept += 1
        return texts, reasons

    def _rank(self, draw: Draw) -> float:
        """Lower is better; of equals the first."""
        if self.keep.prefer == "shortest":
            return draw.tokens
        if self.keep.prefer == "best":
            return math.inf if draw.reward is None else -draw.reward
        return 0


def left_out(draw: Draw, keep: Keep) -> str | None:
    """Why a completion is left out, by itself; None when nothing speaks against it.

    A fault comes first: what could not be checked is neither kept nor wrong. Then comes what the verifier
    said, then the filters, unless one dropped it before the verifier was asked.
    """
    if draw.fault is not None:
        return draw.fault.value
    if keep.right and draw.right is False:
        return NO_ANSWER if draw.status is Status.POLICY_FAULT else WRONG
    if keep.right and draw.status is Status.REFERENCE_FAULT:
        return Status.REFERENCE_FAULT.value
    unasked = draw.status is None and draw.dropped is not None
    if keep.right and draw.right is None and keep.unverified == "drop" and not unasked:
        return UNVERIFIED
    if draw.dropped is not None:
        return draw.dropped
    if keep.min_reward is not None and (draw.reward is None or draw.reward < keep.min_reward):
        return LOW_REWARD
    return None


def _mark(prompt: Any, text: str) -> bytes:
    whole = json.dumps([prompt, text], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode()).digest()[:16]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def shares(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """JSON form of several tallies, by name."""
    return {name: tally.to_dict() for name, tally in sorted(tallies.items())}
