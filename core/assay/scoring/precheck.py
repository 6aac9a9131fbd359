"""Before training: does this dataset fit this stack?

TRL silently reads ``2\\sqrt3`` as 2 and unusable references as "no reward"; both are found here,
row by row, before the first rollout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.dataset import iter_rows
from assay.errors import DataError
from assay.scoring.stack import Stack
from assay.specs import Spec, VerifierSpec

Progress = Callable[[Iterable[Any], int], Iterable[Any]]

EXAMPLES = 5
"""How many rows of one kind of problem are named."""


@dataclass(slots=True)
class Problem:
    """One kind of problem and the rows that have it."""

    what: str
    rows: list[int] = field(default_factory=list[int])
    """Line or row numbers, from 1."""

    def __str__(self) -> str:
        """``what: 12 rows (lines 3, 7, 9, …)``."""
        shown = ", ".join(str(row) for row in self.rows[:EXAMPLES])
        more = ", …" if len(self.rows) > EXAMPLES else ""
        count = f"{len(self.rows)} row{'s' if len(self.rows) != 1 else ''}"
        return f"{self.what}: {count} (line {shown}{more})"


def check_rows(stack: Stack, data: str | Path, progress: Progress | None = None) -> list[Problem]:
    """Check columns, domains and references of a dataset file.

    Args:
        stack: The stack it is to be trained with.
        data: A file that `assay.dataset` reads.
        progress: Wraps the references while they are probed; gets them and their number.

    Returns:
        Problems in order of first appearance; empty when the dataset fits.

    Raises:
        DataError: the file cannot be read, or has no rows.
    """
    problems: dict[str, Problem] = {}
    references: dict[tuple[str, str], tuple[Any, list[int]]] = {}
    count = 0

    def report(what: str, row: int) -> None:
        problems.setdefault(what, Problem(what)).rows.append(row)

    for number, row in iter_rows(data):
        count += 1
        if isinstance(row, DataError):
            report("not a JSON object", number)
            continue
        for what in _row_problems(stack, row):
            report(what, number)
        verifier, reference = _reference(stack, row)
        if verifier is not None:
            references.setdefault((verifier, repr(reference)), (reference, []))[1].append(number)
    if count == 0:
        raise DataError(f"{data}: the dataset is empty")
    for what, rows in _unusable(stack, references, progress):
        for row in rows:
            report(what, row)
    return list(problems.values())


def _row_problems(stack: Stack, row: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    if not row.get("prompt"):
        found.append("column 'prompt' is missing or empty")
    router = stack.router
    if router.column is not None:
        if router.column not in row:
            found.append(f"column {router.column!r}, by which the route decides, is missing")
        elif not router.knows(str(row[router.column])):
            known = ", ".join(router.domains)
            found.append(f"unknown domain {row[router.column]!r} (the route knows: {known})")
    specs: list[Spec] = [component.spec for component in stack.components.values()]
    for column in dict.fromkeys(column for spec in specs for column in spec.columns):
        if column not in row:
            found.append(f"column {column!r} is missing")
    return found


def _reference(stack: Stack, row: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The verifier of a row and its ground truth; None when no verifier or it needs no reference."""
    domain = None if stack.router.column is None else row.get(stack.router.column)
    name = stack.router.verifier_of(None if domain is None else str(domain))
    name = stack.router.lifts.get(name, name) if name is not None else None  # the rule judges first
    if name is None or "reference" not in stack.router.verifiers[name].spec.reads:
        return None, None
    column = stack.router.reference_column(row)
    return name, None if column is None else row.get(column)


def _unusable(
    stack: Stack, references: Mapping[tuple[str, str], tuple[Any, list[int]]], progress: Progress | None
) -> Iterable[tuple[str, list[int]]]:
    """Probe each distinct reference in a worker."""
    waiting: list[tuple[str, list[int], Future[Any]]] = []
    for (name, _), (reference, rows) in references.items():
        component = stack.router.verifiers[name].component
        spec = component.spec
        if reference is None or (isinstance(reference, str) and not reference.strip()):
            yield f"no reference for verifier {name!r}", rows
        elif isinstance(spec, VerifierSpec) and spec.probe is not None:
            options = dict(component.options)
            future = stack.pool.call(
                _probe, spec.probe, reference, options, seconds=component.limits.seconds * 5
            )
            waiting.append((name, rows, future))
    for name, rows, future in progress(waiting, len(waiting)) if progress else waiting:
        try:
            reason = future.result()
        except Exception as error:
            reason = f"the probe failed: {type(error).__name__}: {error}"
        if reason is not None:
            yield f"unusable reference for verifier {name!r}: {reason}", rows


def _probe(probe: Callable[..., str | None], reference: Any, options: Mapping[str, Any]) -> str | None:
    return probe(reference, **options)
