"""Read a pipeline's folder: its stages, their states and results. What is missing is left out and said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from assay.errors import DataError
from assay_trainer.report.folder import Row, mapping, number, read_lines, read_object
from assay_trainer.report.formats import interval, percent, plain
from assay_trainer.report.headline import bounds, cons_key

State = Literal["done", "failed", "begun", "to do"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of the last run."""

    name: str
    method: str
    state: State
    """``begun``: it is running, or was broken off."""
    model: str
    """As the recipe names it; the name alone of an earlier stage."""
    needs: tuple[str, ...]
    """Stages whose products it takes, as far as they are in the manifest."""
    seconds: float | None
    """None while it is not done."""
    result: Row
    """What its command printed; empty while it is not done."""
    folder: Path | None
    """None: it was not begun, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """What `assay run` left behind so far."""

    path: Path
    name: str
    summary: str
    seed: str
    stages: tuple[Stage, ...]
    """In the recipe's order: each after those that it needs."""
    problems: tuple[str, ...]
    """What could not be read, one sentence each."""

    def of(self, *methods: str) -> list[Stage]:
        """Stages of these methods, in order."""
        return [stage for stage in self.stages if stage.method in methods]

    def depth(self, stage: Stage) -> int:
        """Stages in the longest chain that ends with this one."""
        depths: dict[str, int] = {}
        for each in self.stages:
            depths[each.name] = 1 + max((depths.get(need, 0) for need in each.needs), default=0)
        return depths[stage.name]


def read_pipeline(path: Path) -> Pipeline:
    """Read the folder of ``assay run``.

    Raises:
        DataError: it has no readable manifest.json.
    """
    problems: list[str] = []
    manifest = read_object(path / "manifest.json", problems)
    if manifest is None:
        raise DataError(f"{path} is not the folder of a pipeline: there is no manifest.json of assay run")
    recipe = mapping(manifest.get("recipe"))
    states = {
        (row.get("stage"), row.get("key")): row.get("state")
        for row in read_lines(path / "events.jsonl", problems)
        if isinstance(row.get("stage"), str) and isinstance(row.get("key"), str)
    }
    found = mapping(manifest.get("stages"))
    stages = [_stage(path, str(name), mapping(values), recipe, states) for name, values in found.items()]
    return Pipeline(
        path=path,
        name=str(recipe.get("name") or path.resolve().name),
        summary=str(recipe.get("summary") or ""),
        seed=str(recipe.get("seed", "–")),
        stages=tuple(stages),
        problems=tuple(problems),
    )


def told(stage: Stage) -> str:
    """A stage's result in a few words; empty when there is none."""
    result = stage.result
    match stage.method:
        case "eval":
            return _accuracy(result)
        case "sample":
            kept, drawn = number(result.get("kept")), number(result.get("drawn"))
            return "" if kept is None or drawn is None else f"{kept:,.0f} of {drawn:,.0f} completions kept"
        case "grpo":
            before, after = mapping(result.get("before")), mapping(result.get("after"))
            first, last = number(before.get("pass@1")), number(after.get("pass@1"))
            rise = "" if first is None or last is None else f"pass@1 {percent(first)} → {percent(last)}"
            return _joined(_steps(result), rise)
        case "sft":
            first, last = number(result.get("first_loss")), number(result.get("last_loss"))
            loss = "" if first is None or last is None else f"loss {first:.3f} → {last:.3f}"
            rows = number(result.get("rows"))
            return _joined("" if rows is None else f"{rows:,.0f} rows", _steps(result), loss)
        case "reward-model":
            held = mapping(result.get("held_out"))
            share, pairs = number(held.get("accuracy")), number(held.get("pairs"))
            if share is None or pairs is None:
                return ""
            return f"{percent(share)} of {pairs:,.0f} held-out pairs in the right order"
        case _:
            return ""


def keep_rates(stages: Sequence[Stage]) -> list[tuple[str, ...]]:
    """Rows (what, one cell per sampling stage): drawn, right, kept, and each reason to leave out."""
    results = [stage.result for stage in stages]
    reasons: dict[str, float] = {}
    for result in results:
        for reason, count in mapping(result.get("left_out")).items():
            reasons[reason] = reasons.get(reason, 0) + (number(count) or 0)
    rows = [
        ("prompts", *(plain(number(result.get("prompts"))) for result in results)),
        ("completions drawn", *(plain(number(result.get("drawn"))) for result in results)),
        ("right, of those judged", *(percent(number(result.get("right_share"))) for result in results)),
        ("kept", *(_count(result, result.get("kept")) for result in results)),
    ]
    for reason in sorted(reasons, key=lambda reason: -reasons[reason]):
        counts = (mapping(result.get("left_out")).get(reason, 0) for result in results)
        rows.append((f"left out: {reason}", *map(_count, results, counts)))
    return rows


def _stage(
    path: Path, name: str, values: Row, recipe: Row, states: Mapping[tuple[Any, Any], object]
) -> Stage:
    method = str(values.get("method", ""))
    state: State = "to do"
    if values.get("done") is True:
        state = "done"
    elif (last := states.get((name, values.get("key")))) in ("running", "done"):
        state = "begun"
    elif last == "failed":
        state = "failed"
    own, shared = (mapping(mapping(recipe.get(part)).get(key)) for part, key in
                   (("stages", name), ("defaults", method)))  # fmt: skip
    model = str({**shared, **own}.get("model", "")).replace("${seed}", str(recipe.get("seed", 0)))
    folder = path / str(values.get("folder", ""))
    inside = folder.resolve().is_relative_to(path.resolve() / "stages")
    needs: object = values.get("needs")
    return Stage(
        name=name,
        method=method,
        state=state,
        model=model.removeprefix("stage:"),
        needs=tuple(map(str, cast("list[object]", needs))) if isinstance(needs, list) else (),
        seconds=number(values.get("seconds")),
        result=mapping(values.get("result")),
        folder=folder if inside and folder.is_dir() else None,
    )


def _accuracy(row: Row) -> str:
    names = ["pass@1", *([found] if (found := cons_key(row)) else [])]
    shown: list[str] = []
    for name in names:
        value = number(row.get(name))
        if value is not None:
            ends = interval(bounds(row, name))
            label = name.replace("@k", f"@{plain(number(row.get('k')))}")
            shown.append(f"{label} {percent(value)}" + (f" [{ends}]" if ends else ""))
    return _joined(*shown)


def _steps(result: Row) -> str:
    steps = number(result.get("steps"))
    return "" if steps is None else f"{steps:,.0f} steps"


def _count(result: Row, count: object) -> str:
    found, drawn = number(count), number(result.get("drawn"))
    if found is None:
        return plain(None)
    return plain(found) + (f" ({percent(found / drawn)})" if drawn else "")


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
