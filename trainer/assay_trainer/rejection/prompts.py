"""Before anything is drawn: the prompts, and whether the stack can say what is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay import DataError
from assay_trainer.data import Row, load_rows
from assay_trainer.rejection.settings import Keep, SampleSettings
from assay_trainer.settings import SettingsError

if TYPE_CHECKING:
    from assay.scoring import Stack


def load_prompts(settings: SampleSettings, stack: Stack) -> list[Row]:
    """Read all sources, with the prompts as they are.

    Raises:
        DataError: one is unreadable or empty, or a row lacks a column or has a domain without a route.
    """
    column = stack.router.column
    rows: list[Row] = []
    for source in settings.sources:
        part = load_rows(
            source,
            prompt_column=settings.prompt_column,
            needs=[column] if column else [],
            limit=settings.limit,
        )
        for number, row in enumerate(part, start=1):
            _check_row(row, f"{source}: row {number}", stack)
        rows += part
    return rows


def check_keep(keep: Keep, stack: Stack) -> None:
    """Refuse to keep what is right where nobody says so.

    Raises:
        SettingsError: the stack does not look at what is right, or it has no verifier.
    """
    asks = stack.bounds is not None or any("right" in c.spec.reads for c in stack.components.values())
    verifies = bool(stack.router.table)
    if keep.right and ((verifies and not asks) or (not verifies and keep.unverified == "drop")):
        missing = "does not look at what is right" if verifies else "has no verifier"
        raise SettingsError(
            f"keep.right: stack {stack.name} of {stack.registry.path} {missing}. Give it a reward that is "
            "`correct` and a route, or set keep.right: false"
        )


def _check_row(row: Row, where: str, stack: Stack) -> None:
    """What the row's own verifier and rewards read must be there; other domains' columns need not."""
    router = stack.router
    domain = None if router.column is None else str(row[router.column])
    if router.domains and not router.knows(domain):
        raise DataError(
            f"{where}: {router.column!r} is {domain!r}, and the route knows only: {', '.join(router.domains)}"
        )
    name = router.verifier_of(domain)
    judges = [router.verifiers[key] for key in (name, router.lifts.get(name or "")) if key is not None]
    rewards = [
        runner
        for key, runner in stack.rewards.items()
        if (only := stack.config.rewards[key].only) is None or domain in only
    ]
    missing = sorted({column for check in (*judges, *rewards) for column in check.spec.columns} - row.keys())
    if missing:
        has = ", ".join(sorted(row))
        raise DataError(f"{where} lacks {', '.join(map(repr, missing))}; it has {has}")
