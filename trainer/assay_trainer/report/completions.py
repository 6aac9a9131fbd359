"""Completions for people: their sections told apart, their scores, and pairs of one prompt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from assay.sections import tokenize
from assay_trainer.report.folder import Row, mapping, number
from assay_trainer.report.formats import plain

MAX_CHARS = 4_000
"""A longer section is shown without its middle."""
MAX_SECTIONS = 16
"""More sections than this are counted, not shown."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a completion."""

    kind: str
    """``think``, ``answer``, or ``text`` for what stands outside the tags."""
    text: str
    note: str = ""
    """What is unusual about its tags; empty when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What one reward component said about a completion."""

    name: str
    score: float | None
    """None: the status says why."""
    weight: float | None
    paid: float | None
    """What it added to the reward. None: nothing."""
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A sampled completion, ready to show."""

    stage: str
    step: float | None
    prompt: tuple[tuple[str, str], ...]
    """(role, text) in order; the role of a plain text prompt is empty."""
    sections: tuple[Section, ...]
    more: int
    """Sections left out at the end."""
    reference: str | None
    right: bool | None
    """None: not judged."""
    reward: float | None
    dropped: str | None
    """Why a filter dropped it; None: it was kept."""
    components: tuple[Component, ...]
    tokens: float | None = None

    @property
    def note(self) -> str:
        """Reward, step and length in a few words; what is not known is left out."""
        known = {"reward": self.reward, "step": self.step}
        parts = [f"{name} {plain(value)}" for name, value in known.items() if value is not None]
        return ", ".join([*parts, *([f"{plain(self.tokens)} tokens"] if self.tokens is not None else [])])


@dataclass(frozen=True, slots=True)
class Pair:
    """The same prompt before and after training."""

    before: Completion
    after: Completion

    @property
    def became(self) -> str:
        """``became right``, ``became wrong``, ``stayed right``, ``stayed wrong``, or empty if not judged."""
        if self.before.right is None or self.after.right is None:
            return ""
        verb = "stayed" if self.before.right is self.after.right else "became"
        return f"{verb} {'right' if self.after.right else 'wrong'}"


def completion_of(row: Row) -> Completion:
    """Read one row of samples.jsonl; what is missing in it is None or empty."""
    card = mapping(row.get("scorecard"))
    found = sections(_text(row.get("completion")))
    right, reference = card.get("right"), row.get("reference")
    components = mapping(card.get("components")).items()
    return Completion(
        stage=_text(row.get("stage")),
        step=number(row.get("step")),
        prompt=_prompt(row.get("prompt")),
        sections=tuple(found[:MAX_SECTIONS]),
        more=max(0, len(found) - MAX_SECTIONS),
        reference=None if reference is None else clip(_text(reference)),
        right=right if isinstance(right, bool) else None,
        reward=number(card.get("reward")),
        dropped=_text(card["dropped"]) if card.get("dropped") else None,
        components=tuple(_component(str(name), mapping(values)) for name, values in components),
        tokens=number(row.get("tokens")),
    )


def pairs(rows: Sequence[Row]) -> list[Pair]:
    """Pair the first completion before training with the last one after it, prompt by prompt.

    Prompts that became right come first, then those that became wrong; else in the order sampled.
    """
    before: dict[str, Row] = {}
    after: dict[str, Row] = {}
    for row in rows:
        key = json.dumps(row.get("prompt"), sort_keys=True)
        if row.get("stage") == "before":
            before.setdefault(key, row)
        elif row.get("stage") == "after":
            after[key] = row
    found = [Pair(completion_of(before[key]), completion_of(after[key])) for key in before if key in after]
    order = {"became right": 0, "became wrong": 1}
    return sorted(found, key=lambda pair: order.get(pair.became, 2))


def sections(completion: str) -> list[Section]:
    """Tell reasoning, answer and the text around them apart; empty stretches are left out.

    Tags out of place stay visible as text, so that a malformed completion looks malformed.
    """
    found: list[Section] = []
    kind, text, opened = "text", "", False
    for token in tokenize(completion):
        name = token.text.strip("</>")
        if not token.is_tag:
            text += token.text
        elif not token.text.startswith("</") and kind == "text":
            _add(found, kind, text)
            kind, text, opened = name, "", True
        elif token.text == f"</{kind}>":
            _add(found, kind, text, tagged=True)
            kind, text, opened = "text", "", False
        elif token.text == "</think>" and not found and kind == "text":
            _add(found, "think", text, "opened in the prompt", tagged=True)
            text = ""
        else:
            text += token.text
    _add(found, kind, text, "never closed" if opened else "", tagged=opened)
    return found


def clip(text: str, limit: int = MAX_CHARS) -> str:
    """Return `text` without its middle when it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n[… {len(text) - head - tail:,} characters not shown …]\n{text[-tail:]}"


def _add(found: list[Section], kind: str, text: str, note: str = "", *, tagged: bool = False) -> None:
    """Add a section; an empty one only where tags enclose it, since that is worth seeing."""
    if text.strip() or tagged:
        found.append(Section(kind, clip(text.strip()), note or ("" if text.strip() else "empty")))


def _component(name: str, values: Row) -> Component:
    return Component(
        name=name,
        score=number(values.get("score")),
        weight=number(values.get("weight")),
        paid=number(values.get("paid")),
        status=_text(values.get("status")),
        reason=clip(_text(values.get("reason")), 300),
    )


def _prompt(prompt: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(prompt, list):
        return (("", clip(_text(prompt))),)
    messages = [mapping(message) for message in cast("list[Any]", prompt)]
    return tuple((_text(m.get("role")), clip(_text(m.get("content")))) for m in messages)


def _text(value: object) -> str:
    """Return text as it is, None as nothing, and anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
