"""What a stage will cost, before it runs: tokens, operations, and a rough time.

Upper bounds: every completion is taken to be as long as it may be. A token costs 2 N operations forward and
6 N forward and backward, of N parameters (Kaplan et al. 2020, arXiv 2001.08361, section 2.1); attention is
left out.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, cast

from assay import AssayError
from assay_trainer.data import read_source
from assay_trainer.pipeline.plan import Step
from assay_trainer.pipeline.recipe import REFERENCE

CHARACTERS_PER_TOKEN = 3.5
UNKNOWN_LENGTH = 100.0
"""Tokens of a row that an earlier stage is still to make."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An upper bound for one stage."""

    parameters: int | None
    """None: of a model that is not here, and whose name does not tell."""
    rows: int | None
    """Rows of its data; None when an earlier stage makes them, or the data is not here."""
    drawn: int
    """Tokens generated, at most."""
    learnt: int
    """Tokens of forward and backward passes, at most."""

    @property
    def operations(self) -> float | None:
        """Floating-point operations; None for a model of unknown size."""
        return None if self.parameters is None else self.parameters * (2.0 * self.drawn + 6.0 * self.learnt)


class Estimator:
    """Estimates a plan's stages in order: what a stage hands on counts in the later ones."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._parameters: dict[str, int | None] = {}
        self._rows: dict[str, int] = {}

    def __call__(self, step: Step, values: Mapping[str, Any]) -> Cost:
        """Estimate one stage.

        Args:
            step: The stage.
            values: Its settings as the recipe has them, with ``stage:NAME`` in them.
        """
        match = REFERENCE.fullmatch(str(values["model"]))
        parameters = self._parameters.get(match[1]) if match else parameters_of(str(values["model"]))
        self._parameters[step.name] = parameters
        settings = step.settings
        rows, tokens, known = self._data(values.get("data"))
        rows = min(rows, settings.get("limit") or rows)
        drawn = learnt = 0
        if step.method == "grpo":
            completions = settings["steps"] * settings["prompts_per_step"] * settings["group_size"]
            drawn = completions * settings["max_completion_length"]
            learnt = int(completions * (tokens + settings["max_completion_length"])) * settings["iterations"]
        elif step.method in ("sft", "reward-model"):
            learnt = int(rows * tokens * settings["epochs"])
        elif step.method in ("sample", "eval"):
            drawn = rows * settings["k"] * settings["max_new_tokens"]
            keep: Mapping[str, Any] = settings.get("keep") or {}
            self._rows[step.name] = rows * (keep.get("per_prompt") or settings["k"])
        return Cost(parameters=parameters, rows=rows if known else None, drawn=drawn, learnt=learnt)

    def _data(self, data: Any) -> tuple[int, float, bool]:
        """Rows, mean tokens of a row, and whether both are known; of a stage to come its most rows."""
        sources: Sequence[Any] = cast("list[Any]", data) if isinstance(data, list | tuple) else [data]
        total, tokens, sure = 0, 0.0, True
        for source in sources:
            entry = cast("Mapping[str, Any]", source) if isinstance(source, Mapping) else {"path": source}
            path = str(entry["path"])
            match = REFERENCE.fullmatch(path)
            found = (self._rows.get(match[1], 0), UNKNOWN_LENGTH) if match else measured(path)
            count, each = found or (0, UNKNOWN_LENGTH)
            sure = sure and match is None and found is not None
            count = min(count, entry.get("limit") or count) * entry.get("repeat", 1)
            total, tokens = total + count, tokens + count * each
        return total, tokens / total if total else UNKNOWN_LENGTH, sure


def parameters_of(model: str) -> int | None:
    """Parameters of a model: from its files, or from a name such as ``Qwen2.5-7B``; None when unknown."""
    from assay_trainer.demo.model import SIZES

    size = SIZES.get(model.partition(":")[0])
    if size is not None:
        return size.parameters
    if model == "smollm2":
        return 135_000_000
    files = sorted(Path(model).glob("*.safetensors")) if Path(model).is_dir() else []
    if files:
        return sum(map(_elements, files))
    match = _SIZE.search(model.rpartition("/")[2])
    return int(float(match[1]) * (1e9 if match[2] in "bB" else 1e6)) if match else None


def measured(path: str) -> tuple[int, float] | None:
    """Rows of a local source, and mean tokens of prompt and completion; None when it is not here."""
    if not Path(path).is_file() and not path.startswith("tiny:"):
        return None
    try:
        rows = read_source(path, "train")
    except AssayError:
        return None
    columns = ("prompt", "completion", "chosen", "rejected")
    characters = sum(len(str(row.get(column) or "")) for row in rows for column in columns)
    return len(rows), characters / CHARACTERS_PER_TOKEN / max(1, len(rows))


def _elements(path: Path) -> int:
    """Numbers in a safetensors file, by its header: eight bytes of length, then JSON."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: dict[str, Any] = json.loads(file.read(length))
    return sum(prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
