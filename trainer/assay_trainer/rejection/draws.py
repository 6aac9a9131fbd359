"""drawn.jsonl: every completion with what was said of it. Facts only: what is kept is decided later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay import Sample, Status
from assay.scoring import Scorecard
from assay.verdict import FAULTS
from assay_trainer.jsonl import read_lines, write_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One completion of one prompt."""

    row: int
    """Row of the data, from 0 over all sources."""
    attempt: int
    """From 0 to k - 1."""
    prompt: Any
    """As the dataset has it."""
    domain: str | None
    completion: str
    """With its prefill."""
    tokens: int
    truncated: bool
    status: Status | None
    """Of the verifier's verdict; None: no verifier was asked."""
    right: bool | None
    """None: nobody can tell."""
    extracted: str | None
    why: str
    """The verifier's reason."""
    reward: float | None
    """None: masked."""
    dropped: str | None
    """The filter that drops it, and why; None: no filter does."""
    fault: Status | None
    """A verifier or a reward failed on it or was lost; None: none did."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, under the field's names."""
        return asdict(self)

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Draw:
        """Read `to_dict` back from JSON."""
        statuses = {key: line[key] and Status(line[key]) for key in ("status", "fault")}
        return cls(**dict[str, Any]({**line, **statuses}))


def draw_of(sample: Sample, card: Scorecard, row: int, attempt: int, prompt: Any) -> Draw:
    """Put a sample and its scorecard together."""
    verdicts = [card.verdict, *(part.verdict for part in card.components.values())]
    return Draw(
        row=row,
        attempt=attempt,
        prompt=prompt,
        domain=sample.domain,
        completion=sample.completion,
        tokens=sample.tokens or 0,
        truncated=sample.truncated,
        status=card.verdict and card.verdict.status,
        right=card.right,
        extracted=card.verdict and card.verdict.extracted,
        why=card.verdict.reason if card.verdict else "",
        reward=card.reward,
        dropped=card.dropped,
        fault=next((v.status for v in verdicts if v is not None and v.status in FAULTS), None),
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """The file, in which the k completions of a prompt stand together."""

    path: Path
    k: int

    def append(self, draws: Sequence[Draw]) -> None:
        """Append whole groups.

        Raises:
            RunError: the file cannot be written.
        """
        write_lines(self.path, [draw.to_dict() for draw in draws])

    def repair(self) -> set[int]:
        """Cut off what a killed run left behind the last whole group; return the rows that are there."""
        done, end = set[int](), 0
        for _, after, group in self._groups():
            done.add(group[0]["row"])
            end = after
        if self.path.is_file() and self.path.stat().st_size > end:
            os.truncate(self.path, end)
        return done

    def read(self) -> Iterator[list[Draw]]:
        """Yield the k completions of each prompt, in the order of the data."""
        places = {group[0]["row"]: (start, after) for start, after, group in self._groups()}
        if not places:
            return
        with self.path.open("rb") as file:
            for row in sorted(places):
                start, after = places[row]
                file.seek(start)
                lines = file.read(after - start).splitlines()
                yield [Draw.from_dict(json.loads(line)) for line in lines]

    def _groups(self) -> Iterator[tuple[int, int, list[dict[str, Any]]]]:
        """Yield (first byte, byte after it, lines) of each whole group, up to the first that is not."""
        group: list[dict[str, Any]] = []
        first = 0
        for start, after, line in read_lines(self.path):
            first = first if group else start
            group.append(line)
            if any(other["row"] != line["row"] for other in group):
                return
            if len(group) == self.k:
                yield first, after, group
                group = []
