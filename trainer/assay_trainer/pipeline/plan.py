"""What is to be done: each stage with everything that goes into it, and where its outcome will be.

A stage's folder is named by its key: a digest of its settings, of the content of the files that they name, of
the part of the registry that it uses, of the plugins' files, and of the keys of the stages before it. So a
stage is done again exactly when something has changed that decides its outcome.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

import assay
from assay.host import Host
from assay.registry import load as registry_loading
from assay.registry.lock import make_lock
from assay_trainer.jsonl import digest
from assay_trainer.pipeline.method import DOES_NOT_DECIDE, METHODS, SETTINGS_FILE, Method
from assay_trainer.pipeline.recipe import Recipe, references, resolved, texts
from assay_trainer.pipeline.registries import stack_of
from assay_trainer.settings import SettingsError, validated

DONE = "done.json"
REGISTRY_FILE = "registry.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a plan."""

    name: str
    method: str
    needs: tuple[str, ...]
    """Stages whose products it takes."""
    settings: Mapping[str, Any]
    """As its command takes them, paths of other stages' products included."""
    registry: Mapping[str, Any] | None
    """The content of its registry.yaml; None without one."""
    records: str | None
    """The conformance records beside the registry it came from; None without any."""
    key: str
    folder: Path

    @property
    def kind(self) -> Method:
        """Its method."""
        return METHODS[self.method]

    @property
    def product(self) -> Path:
        """What it hands on; there once it is done."""
        return self.folder / self.kind.product

    @property
    def outcome(self) -> dict[str, Any] | None:
        """``seconds`` and ``result`` (what its command printed); None while it is not done."""
        try:
            return cast("dict[str, Any]", json.loads((self.folder / DONE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    @property
    def progress(self) -> tuple[int, int] | None:
        """Steps taken, and how many there will be; None when its method does not tell."""
        if self.kind.progress is None:
            return None
        file, total = self.kind.progress
        try:
            with (self.folder / file).open("rb") as lines:
                return sum(1 for _ in lines), int(self.settings[total])
        except OSError:
            return 0, int(self.settings[total])

    def write(self) -> None:
        """Write what its command reads; the same bytes each time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / SETTINGS_FILE).write_text(to_yaml(self.settings), encoding="utf-8")
        if self.registry is not None:
            (self.folder / REGISTRY_FILE).write_text(to_yaml(self.registry), encoding="utf-8")
        if self.records is not None:
            (self.folder / "assay.records.json").write_text(self.records, encoding="utf-8")


def make_plan(recipe: Recipe) -> list[Step]:
    """Work out every stage.

    Returns:
        One step per stage, in the recipe's order: each after all that it needs.

    Raises:
        SettingsError: An unknown method, or a wrong setting; the message names the stage.
        RegistryError: A stage's part of the registry is malformed, or has no such plugin.
    """
    keys: dict[str, str] = {}
    products: dict[str, str] = {}
    steps: list[Step] = []
    for name in recipe.stages:
        step = _step(recipe, name, keys, products)
        keys[name] = f"stage:{step.key}"
        products[name] = str(step.product)
        steps.append(step)
    return steps


def to_yaml(value: Any) -> str:
    """YAML that `read_recipe` and `load_registry` read back."""
    text = io.StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.dump(json.loads(json.dumps(value)), text)  # pyright: ignore[reportUnknownMemberType]
    return text.getvalue()


def _step(recipe: Recipe, name: str, keys: Mapping[str, str], products: Mapping[str, str]) -> Step:
    values = recipe.settings(name)
    method = METHODS.get(values["method"])
    if method is None:
        known = ", ".join(METHODS)
        raise SettingsError(f"stage {name}: method: one of {known} is expected (found {values['method']!r})")
    registry, records = None, None
    if method.judged and not (values["method"] == "eval" and values.get("set")):
        path = Path(values.get("registry") or recipe.registry)
        registry = stack_of(path, values.get("stack"), name)
        beside = path.parent / "assay.records.json"
        records = beside.read_text(encoding="utf-8") if beside.is_file() else None
        values["stack"] = next(iter(registry["stacks"]))
        values["registry"] = REGISTRY_FILE
    needs = tuple(references([values, registry]))
    undone = [need for need in needs if need not in keys]
    if undone:
        raise SettingsError(f"stage {name}: its registry refers to {', '.join(undone)}, which stands later")
    checked = _checked(method, {**resolved(values, keys), "output": "."}, name)
    decides = {key: value for key, value in checked.items() if key not in DOES_NOT_DECIDE}
    key = digest(
        {
            "assay": assay.__version__,
            "settings": decides,
            "files": _files({key: value for key, value in values.items() if key != "registry"}),
            "registry": resolved(registry, keys),
            "plugins": _plugins(registry, name) if registry else None,
        }
    )[:12]
    folder = recipe.output / "stages" / f"{name}-{key}"
    values = {**resolved(values, products), "output": str(folder)}
    if registry is not None:
        values["registry"] = str(folder / REGISTRY_FILE)
    return Step(
        name=name,
        method=values["method"],
        needs=needs,
        settings=_checked(method, values, name),
        registry=cast("dict[str, Any] | None", resolved(registry, products)),
        records=records,
        key=key,
        folder=folder,
    )


def _checked(method: Method, values: Mapping[str, Any], stage: str) -> dict[str, Any]:
    return validated(method.settings, values, f"stage {stage}").model_dump(mode="json")


def _plugins(registry: Mapping[str, Any], stage: str) -> Any:
    """Versions and hashes of the plugins that the registry names."""
    loaded = registry_loading.parse_registry(to_yaml(registry), Path(f"registry.yaml of stage {stage}"))
    return make_lock(loaded, Host.load(only=loaded.plugins))["plugins"]


def _files(values: Mapping[str, Any]) -> dict[str, str]:
    """Digests of the files and model folders among the settings."""
    return {text: found for text in texts(values) if (found := fingerprint(text))}


def fingerprint(text: str) -> str | None:
    """A digest of the file or model folder that `text` names; None when it names none."""
    path = Path(text)
    try:
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        if (path / "config.json").is_file():
            parts = sorted((each.name, each.stat().st_size) for each in path.iterdir() if each.is_file())
            heads = [hashlib.sha256(_head(path / name)).hexdigest() for name, _ in parts]
            return digest([parts, heads])
    except (OSError, ValueError):  # too long for a name, a null character
        return None
    return None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 20)
