"""``assay score``: score a file of completions, and say what was paid."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from assay.cli.common import json_option, print_json, print_table, registry_option
from assay.errors import DataError

if TYPE_CHECKING:
    from assay.scoring import Scorecard, Stack


@click.command()
@click.argument("data", type=click.Path())
@click.option("--stack", "stack_name", required=True, help="Which stack of the registry pays.")
@registry_option
@click.option("--out", type=click.Path(), help="JSONL of scorecards. Default: DATA with .scores.jsonl.")
@click.option("--kept", type=click.Path(), help="JSONL of the rows that no filter dropped, as they came.")
@click.option(
    "--batch",
    default=1024,
    show_default=True,
    type=click.IntRange(1),
    help="Rows scored at a time; rows of one group that follow each other stay together.",
)
@json_option
def score(
    data: str,
    stack_name: str,
    registry_path: str,
    out: str | None,
    kept: str | None,
    batch: int,
    as_json: bool,
) -> None:
    """Score DATA (JSONL or parquet with `prompt`, `completion` and the dataset's columns).

    A line that cannot be read is reported with its number and the rest is still scored; the exit
    code is then 1. Completions of one prompt form a group; a column `group` overrides that.
    """
    from contextlib import ExitStack
    from pathlib import Path

    from assay.dataset import iter_rows
    from assay.host import Host
    from assay.registry import load_registry
    from assay.scoring import Stack

    for name, path in (("--out", out), ("--kept", kept)):
        if path is not None and Path(path).resolve() == Path(data).resolve():
            raise click.UsageError(f"{name} would overwrite {data}")
    registry = load_registry(registry_path)
    target = Path(out) if out else Path(data).with_suffix(".scores.jsonl")
    summary = Summary()
    with ExitStack() as opened:
        stack = opened.enter_context(Stack.build(registry, Host.load(registry.plugins), stack_name))
        file = opened.enter_context(target.open("w"))
        kept_file = opened.enter_context(Path(kept).open("w")) if kept else None
        waiting: list[tuple[int, Mapping[str, Any]]] = []
        rows = _progress(iter_rows(data), quiet=as_json)
        for number, row in rows:
            problem = row if isinstance(row, DataError) else _problem(row, f"{data}:{number}", stack)
            if problem is not None:
                summary.bad_lines.append(number)
                click.secho(str(problem), fg="yellow", err=True)
            elif not isinstance(row, DataError):
                if len(waiting) >= batch and _group(number, row) != _group(*waiting[-1]):
                    summary.add(_flush(stack, waiting, file, kept_file))
                waiting.append((number, row))
        summary.add(_flush(stack, waiting, file, kept_file))
    if summary.scored == 0 and not summary.bad_lines:
        raise DataError(f"{data}: the dataset is empty")
    if as_json:
        print_json({"out": str(target), **summary.to_dict()})
    else:
        summary.show(stack_name)
        click.echo(f"scorecards: {target}")
        if kept:
            click.echo(f"kept rows: {kept}")
    if summary.bad_lines:
        raise click.exceptions.Exit(1)


class Summary:
    """Counts over the scorecards seen so far."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.scored = 0
        self.bad_lines: list[int] = []
        self.rewards: list[float] = []
        self.right: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.scores: dict[str, list[float]] = {}
        self.statuses: dict[str, Counter[str]] = {}

    def add(self, cards: Sequence[Scorecard]) -> None:
        """Count scorecards."""
        self.scored += len(cards)
        for card in cards:
            if card.reward is not None:
                self.rewards.append(card.reward)
            if card.dropped is not None:
                self.dropped[card.dropped] += 1
            self.right[{True: "right", False: "wrong", None: "not judged"}[card.right]] += 1
            for name, part in card.components.items():
                self.statuses.setdefault(name, Counter())[part.verdict.status.value] += 1
                if part.worth is not None:
                    self.scores.setdefault(name, []).append(part.worth)
            if card.verdict is not None and not card.components and card.dropped is None:
                self.statuses.setdefault("gate", Counter())[card.verdict.status.value] += 1

    @property
    def kept(self) -> int:
        """Rows that no filter dropped."""
        return self.scored - self.dropped.total()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable record."""
        return {
            "scored": self.scored,
            "bad_lines": self.bad_lines,
            "masked": self.scored - len(self.rewards),
            "kept": self.kept,
            "dropped": dict(self.dropped),
            "reward_mean": _mean(self.rewards),
            **{key.replace(" ", "_"): self.right[key] for key in ("right", "wrong", "not judged")},
            "components": {
                name: {"mean": _mean(self.scores.get(name, [])), **counts}
                for name, counts in self.statuses.items()
            },
        }

    def show(self, stack_name: str) -> None:
        """Print the table."""
        statuses = list(dict.fromkeys(status for counts in self.statuses.values() for status in counts))
        rows = [
            (name, _mean(self.scores.get(name, [])), *(counts[status] for status in statuses))
            for name, counts in self.statuses.items()
        ]
        print_table(f"stack {stack_name}", ("component", "mean score", *statuses), rows)
        if self.dropped:
            self._show_filters()
        mean = _mean(self.rewards)
        click.echo(
            f"{self.scored} scored, mean reward {'–' if mean is None else format(mean, '.4g')}, "
            f"{self.scored - len(self.rewards)} masked; {self.right['right']} right, "
            f"{self.right['wrong']} wrong, {self.right['not judged']} not judged"
        )
        if self.bad_lines:
            click.secho(f"{len(self.bad_lines)} lines were not scored (see above)", fg="yellow")

    def _show_filters(self) -> None:
        counts = [*self.dropped.most_common(), ("kept", self.kept)]
        rows = [(name, count, f"{count / self.scored:.1%}") for name, count in counts]
        print_table("", ("dropped by", "rows", "share"), rows)


def _problem(row: Mapping[str, Any], where: str, stack: Stack) -> DataError | None:
    """Why a row cannot be scored, None when it can."""
    completion = row.get("completion")
    if not isinstance(completion, str | list):
        return DataError(
            f"{where}: `completion` is {type(completion).__name__}; text or messages are expected"
        )
    router = stack.router
    domain = None if router.column is None else row.get(router.column)
    if router.domains and not router.knows(None if domain is None else str(domain)):
        known = ", ".join(router.domains)
        return DataError(f"{where}: `{router.column}` is {domain!r}; the route knows only: {known}")
    return None


def _group(number: int, row: Mapping[str, Any]) -> str:
    """What rows of one group share: the column `group`, else the prompt."""
    return str(row.get("group", json.dumps(row.get("prompt", number), ensure_ascii=False, default=str)))


def _flush(
    stack: Stack, waiting: list[tuple[int, Mapping[str, Any]]], file: IO[str], kept: IO[str] | None
) -> list[Scorecard]:
    """Score what is waiting, write it out, and empty the list."""
    from assay.adapters.trl import text_of

    samples = [
        stack.router.sample(
            row,
            text_of(row["completion"]),
            id=str(row.get("id", number)),
            group=_group(number, row),
            truncated=bool(row.get("truncated", False)),
            tokens=row.get("tokens"),
        )
        for number, row in waiting
    ]
    cards = stack.score(samples)
    for (number, row), card in zip(waiting, cards, strict=True):
        file.write(json.dumps({"line": number, **card.to_dict()}, ensure_ascii=False, default=str) + "\n")
        if kept is not None and card.dropped is None:
            kept.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    file.flush()
    waiting.clear()
    return cards


def _progress(rows: Any, quiet: bool) -> Any:
    """Show progress on a terminal; say nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        return rows
    from rich.console import Console
    from rich.progress import track

    return track(rows, description="scoring", console=Console(stderr=True), transient=True)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


COMMANDS = (score,)
