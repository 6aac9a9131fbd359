"""Preference pairs: read, held out, and balanced by length.

Where the better answer is mostly the longer one, length is the first thing that a reward model learns. R1's
data was balanced so that it cannot (R1.md section 5). Pairs are put into classes of like difference in
length, and in each class as many are kept whose longer answer is the better one as the other way round.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from assay import DataError
from assay.classifier import Prompt
from assay_trainer.data import Row, read_source

CLASSES_PER_OCTAVE = 2
"""How finely differences in length are told apart: classes grow by a factor of 2 ** (1 / this)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt."""

    prompt: Prompt
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True)
class LengthBias:
    """How far length alone tells which answer is the better one."""

    pairs: int
    longer_chosen: float | None
    """Share of pairs of unequal length whose better answer is the longer; None when all are equal."""
    correlation: float | None
    """Between length and being the better one, over all answers; -1 to 1, None when all are of one length."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names."""
        return asdict(self)


def load_pairs(source: str, split: str = "train") -> list[Pair]:
    """Read pairs: rows with ``chosen``, ``rejected`` and perhaps ``prompt``, as text or chat messages.

    Chat messages that begin alike in both (TRL's implicit prompt) are taken for the prompt.

    Raises:
        DataError: missing, unreadable, empty, or a row without two different answers; it names the row.
    """
    rows = read_source(source, split)
    if not rows:
        raise DataError(f"{source}: the dataset is empty; pairs are needed")
    return [_pair(row, f"{source}: row {number}") for number, row in enumerate(rows, start=1)]


def hold_out(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Divide into training and held-out pairs; all pairs of one prompt fall on the same side.

    Raises:
        DataError: one side would be empty.
    """
    by_prompt: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_prompt[repr(pair.prompt) if pair.prompt else repr(pair)].append(pair)
    groups = list(by_prompt.values())
    random.Random(f"hold out {seed}").shuffle(groups)
    wanted, kept, held = max(2, round(share * len(pairs))), list[Pair](), list[Pair]()
    for group in groups:
        (held if len(held) < wanted else kept).extend(group)
    if not kept or len(held) < 2:
        raise DataError(f"{len(pairs)} pairs of {len(groups)} prompts are too few to hold some of them out")
    return kept, held


def balanced(differences: Sequence[int], seed: int) -> list[int]:
    """Choose pairs among which length says nothing.

    Args:
        differences: Of each pair, length of the better answer minus that of the worse one.
        seed: Decides which of several alike are left out.

    Returns:
        Indices of those to keep, rising. Pairs of equal length are all kept.
    """
    rng = random.Random(f"balance {seed}")
    classes: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    kept = [index for index, difference in enumerate(differences) if difference == 0]
    for index, difference in enumerate(differences):
        if difference:
            octave = math.floor(CLASSES_PER_OCTAVE * math.log2(abs(difference)))
            classes[octave][difference > 0].append(index)
    for sides in classes.values():
        fewest = min(map(len, sides))
        for side in sides:
            kept += rng.sample(side, fewest)
    return sorted(kept)


def length_bias(lengths: Sequence[tuple[int, int]]) -> LengthBias:
    """Measure pairs by the lengths of their better and their worse answer."""
    unequal = [better > worse for better, worse in lengths if better != worse]
    n, total = 2 * len(lengths), sum(map(sum, lengths))
    mean = total / n if n else 0.0
    variance = sum((length - mean) ** 2 for pair in lengths for length in pair) / n if n else 0.0
    covariance = sum((better - worse) / 2 for better, worse in lengths) / n if n else 0.0
    return LengthBias(
        pairs=len(lengths),
        longer_chosen=sum(unequal) / len(unequal) if unequal else None,
        correlation=covariance / (0.5 * math.sqrt(variance)) if variance else None,
    )


def _pair(row: Row, where: str) -> Pair:
    missing = [key for key in ("chosen", "rejected") if not row.get(key) and row.get(key) != ""]
    if missing:
        raise DataError(f"{where} lacks {', '.join(map(repr, missing))}; it has {', '.join(sorted(row))}")
    prompt, chosen, rejected = row.get("prompt") or "", row["chosen"], row["rejected"]
    if isinstance(chosen, list) and isinstance(rejected, list):
        ours, theirs = cast("list[Any]", chosen), cast("list[Any]", rejected)
        if not prompt and ours[:-1] == theirs[:-1]:
            prompt = ours[:-1]
            ours, theirs = ours[-1:], theirs[-1:]
        chosen, rejected = _said(ours), _said(theirs)
    if not isinstance(chosen, str) or not isinstance(rejected, str) or not isinstance(prompt, str | list):
        raise DataError(f"{where}: chosen and rejected are text, or one message of the assistant each")
    if chosen == rejected:
        raise DataError(f"{where}: chosen and rejected are the same")
    return Pair(cast("Prompt", prompt), chosen, rejected)


def _said(messages: list[Any]) -> Any:
    """The content of the one message; None when it is something else."""
    if len(messages) != 1 or not isinstance(messages[0], Mapping):
        return None
    return cast("Mapping[str, Any]", messages[0]).get("content")
