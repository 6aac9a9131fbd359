"""What was paid: one stack out of a registry and its lock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

from assay.registry.lock import FILE as LOCK
from assay.registry.lock import read_lock
from assay_trainer.export.source import Source, Stage, public
from assay_trainer.pipeline.plan import to_yaml
from assay_trainer.pipeline.recipe import mapped, texts
from assay_trainer.settings import SettingsError

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A stack, and the files that say it."""

    registry: str
    """The text of registry.yaml; paths of this machine are reduced to their names, as in `lock`."""
    lock: Mapping[str, Any]
    stack: str
    by: str | None
    """The stage or run that paid it; None when the user named the registry."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The stack's configuration."""
        return self.lock["registry"]["stacks"][self.stack]

    @property
    def rewards(self) -> Iterator[Row]:
        """Name, use, weight, rows, options."""
        for name, reward in self.config["rewards"].items():
            rows = ", ".join(reward.get("only") or ()) or "all"
            yield name, reward["use"], f"{reward['weight']:g}", rows, _options(reward)

    @property
    def filters(self) -> Iterator[Row]:
        """Use, options."""
        for each in self.config["filters"]:
            yield each["use"], _options(each)

    @property
    def route(self) -> Iterator[Row]:
        """Rows, verifier's use, options; the verifier is empty where nobody can tell what is right."""
        route: Mapping[str, Any] = self.lock["registry"].get("route") or {"column": None, "verifiers": {}}
        for value, name in route["verifiers"].items():
            verifier: Mapping[str, Any] = self.lock["registry"]["verifiers"][name] if name else {"use": ""}
            rows = f"{route['column']} = {value}" if route["column"] else "all"
            yield rows, verifier["use"] or "nobody can tell", _options(verifier)

    @property
    def plugins(self) -> Iterator[Row]:
        """Name, distribution and version, and the first digits of the hash of its files."""
        used = self._used()
        for name, plugin in self.lock["plugins"].items():
            if any(use == name or use.startswith(f"{name}.") for use in used):
                yield name, f"{plugin['distribution']} {plugin['version']}", plugin["files"][:12]

    @property
    def records(self) -> Iterator[Row]:
        """Use, level, suite, FPR, FNR, attacks and date of what `assay test --record` has tested."""
        used = self._used()
        for name, record in sorted(self.lock.get("records", {}).items()):
            if name not in used:
                continue
            figures = record["figures"]
            tried = figures["attacks"]["tried"]
            yield (
                name,
                "–" if record["level"] is None else str(record["level"]),
                str(record["suite"]),
                "–" if figures["fpr_upper"] is None else f"≤ {figures['fpr_upper']:.2%}",
                "–" if figures["fnr"] is None else f"{figures['fnr']:.2%}",
                f"{figures['attacks']['paid']} of {tried}" if tried else "–",
                str(record["date"]),
            )

    def _used(self) -> set[str]:
        routed = {row[1] for row in self.route}
        return {row[1] for row in self.rewards} | {row[0] for row in self.filters} | routed


def find_paid(source: Source, registry: Path | None, stack: str | None) -> Paid | None:
    """Find what was paid; None for a bare model, and for runs without a registry.

    Args:
        source: The model.
        registry: Instead of the run's own; its lock is made now.
        stack: Instead of the one that the run paid; None without one: the first.

    Raises:
        RegistryError: The registry or the lock cannot be read.
        SettingsError: There is no such stack, or a stack is named and there is no registry.
    """
    if registry is not None:
        from assay.host import Host
        from assay.registry import load_registry
        from assay.registry.lock import make_lock

        loaded = load_registry(registry)
        lock, text = make_lock(loaded, Host.load(only=loaded.plugins)), registry.read_text(encoding="utf-8")
        return _paid(registry, text, lock, stack or next(iter(loaded.config.stacks)), None)
    judged = [s for s in source.stages if all((s.folder / f).is_file() for f in ("registry.yaml", LOCK))]
    if judged:
        own = judged[-1]
        text, lock = _whole(judged) if source.pipeline else _files(own)
        name = (
            stack
            or own.settings.get("stack")
            or next(iter(read_lock(own.folder / LOCK)["registry"]["stacks"]))
        )
        return _paid(own.folder, text, lock, name, own.name, source.stages)
    if stack is not None:
        raise SettingsError(f"--stack {stack}: {source.asked} has no registry; name one with --registry")
    return None


def _files(stage: Stage) -> tuple[str, dict[str, Any]]:
    text = (stage.folder / "registry.yaml").read_text(encoding="utf-8")
    return text, read_lock(stage.folder / LOCK)


def _whole(stages: Sequence[Stage]) -> tuple[str, dict[str, Any]]:
    """One registry with the stacks of all stages, as their recipe had it; else that of the last stage."""
    text, lock = _files(stages[-1])
    found = [cast("dict[str, Any]", YAML(typ="safe").load(_files(stage)[0])) for stage in stages]  # pyright: ignore[reportUnknownMemberType]
    shared = [{key: value for key, value in each.items() if key != "stacks"} for each in found]
    if any(each != shared[-1] for each in shared):
        return text, lock
    stacks: dict[str, Any] = {}
    locked: dict[str, Any] = {}
    for stage, each in zip(stages, found, strict=True):
        stacks |= each["stacks"]
        locked |= _files(stage)[1]["registry"]["stacks"]
    return to_yaml({**shared[-1], "stacks": stacks}), {
        **lock,
        "registry": {**lock["registry"], "stacks": locked},
    }


def _paid(
    where: Path, text: str, lock: Mapping[str, Any], stack: str, by: str | None, stages: Sequence[Stage] = ()
) -> Paid:
    if stack not in lock["registry"]["stacks"]:
        known = ", ".join(lock["registry"]["stacks"])
        raise SettingsError(f"{where} has no stack {stack}. There are: {known}")

    def shown(option: str) -> str:
        path = Path(option)
        made_by = (stage.name for stage in stages if path.is_relative_to(stage.folder))
        return next((f"stage:{name}" for name in made_by), public(option)) if path.exists() else option

    paths = {each for each in texts(lock["registry"]) if Path(each).is_absolute()}
    for path in sorted(paths, key=len, reverse=True):
        text = text.replace(path, shown(path))
    registry = mapped(lock["registry"], lambda each: shown(each) if each in paths else each)
    return Paid(registry=text, lock={**lock, "registry": registry}, stack=stack, by=by)


def _options(entry: Mapping[str, Any]) -> str:
    options: Mapping[str, Any] = entry.get("options") or {}
    return ", ".join(f"{key}: {_value(value)}" for key, value in options.items())


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown; empty cells are dashes, and a column that is empty in all rows is left out."""
    cells = [[_cell(value) for value in row] for row in rows]
    kept = [i for i in range(len(columns)) if any(row[i] != "–" for row in cells)]
    lines = [[columns[i] for i in kept], ["---"] * len(kept), *([row[i] for i in kept] for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text.replace("|", "\\|").replace("<", "&lt;") or "–"
