"""Read registry.yaml. Every error names file, line and key, what was found, and what to do."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from assay.errors import RegistryError
from assay.registry.problems import Location, problems_of, shown
from assay.registry.schema import CORRECT, RegistryConfig

FILE = "registry.yaml"


@dataclass(frozen=True)
class Registry:
    """A registry.yaml that is well-formed and consistent in itself."""

    path: Path
    text: str
    config: RegistryConfig
    document: Any
    """The parsed document with line numbers."""

    @property
    def plugins(self) -> Sequence[str]:
        """The allow-list."""
        return self.config.plugins

    def error(self, location: Location, problem: str) -> RegistryError:
        """An error that points at `location` in the file."""
        return RegistryError(_located(self.path, self.document, location, problem))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by content: the document with its line numbers is parsed again."""
        return parse_registry, (self.text, self.path)


def load_registry(path: str | Path = FILE) -> Registry:
    """Read and check a registry.yaml.

    Args:
        path: The file, or a folder that holds a registry.yaml.

    Raises:
        RegistryError: unreadable, not YAML, not the schema, unmet `requires`, or a name that
            refers to nothing. One line per problem.
    """
    path = Path(path)
    if path.is_dir():
        path = path / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RegistryError(
            f"{path}: there is no such file. `assay init` writes one to start from."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path}: cannot be read: {error}") from error
    return parse_registry(text, path)


def parse_registry(text: str, path: Path) -> Registry:
    """As `load_registry`, from the text of the file."""
    try:
        document: Any = YAML(typ="rt").load(text)  # pyright: ignore[reportUnknownMemberType]
    except MarkedYAMLError as error:
        marked: Any = error  # ruamel's attributes are untyped
        mark, told = marked.problem_mark, marked.problem
        line = mark.line + 1 if mark is not None else 1
        problem = " ".join(str(told).split()).partition(" with value ")[0]
        raise RegistryError(f"{path}:{line}: this is not YAML: {problem}") from error
    except YAMLError as error:
        raise RegistryError(f"{path}: this is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise RegistryError(f"{path}:1: a mapping with `assay: 1` is expected, found {shown(document)}")
    try:
        config = RegistryConfig.model_validate(document)
    except ValidationError as error:
        lines = [
            _located(path, document, located, problem)
            for located, problem in problems_of(error, RegistryConfig)
        ]
        raise RegistryError("\n".join(lines)) from error
    registry = Registry(path, text, config, document)
    _check_references(registry)
    _check_requires(registry)
    return registry


def _located(path: Path, document: Any, location: Location, problem: str) -> str:
    """``registry.yaml:12: stacks.r1-zero.compose: problem``."""
    line, current, known = 0, document, 0
    for depth, key in enumerate(location):
        position = getattr(current, "lc", None)
        try:
            if isinstance(current, dict):
                line = position.key(key)[0] if position is not None else line
            elif isinstance(current, list) and isinstance(key, int):
                line = position.item(key)[0] if position is not None else line
            else:
                break
            current, known = cast(Any, current)[key], depth + 1
        except (KeyError, IndexError, TypeError):
            break
    keys = location[: max(known + 1, 1)] if known < len(location) else location
    return f"{path}:{line + 1}: {'.'.join(str(key) for key in keys) or 'top'}: {problem}"


def _check_references(registry: Registry) -> None:
    """Names inside the file must refer to something inside the file."""
    config = registry.config
    names = ", ".join(config.verifiers) or "none"
    if config.route is not None:
        for domain, verifier in config.route.verifiers.items():
            if verifier is not None and verifier not in config.verifiers:
                location = ("route",) if config.route.column is None else ("route", domain)
                raise registry.error(location, f"found verifier {verifier!r}; `verifiers` has: {names}")
    for name, verifier in config.verifiers.items():
        if verifier.lifts is None:
            continue
        rule = config.verifiers.get(verifier.lifts)
        location = ("verifiers", name, "lifts")
        if rule is None or rule is verifier:
            raise registry.error(location, f"found {verifier.lifts!r}; another one of: {names}, is expected")
        if rule.lifts is not None:
            raise registry.error(
                location, f"{verifier.lifts!r} lifts {rule.lifts!r} already; one step is all"
            )
    for name, stack in config.stacks.items():
        pays = [n for n, reward in stack.rewards.items() if reward.use == CORRECT]
        for key, reward in stack.rewards.items():
            known = config.route.verifiers if config.route and config.route.column else {}
            if reward.only and reward.use == CORRECT:
                told = "`correct` follows the route; write `only` at other rewards"
                raise registry.error(("stacks", name, "rewards", key, "only"), told)
            for domain in reward.only or ():
                if domain not in known:
                    location = ("stacks", name, "rewards", key, "only")
                    told = ", ".join(known) or "nothing: it names no column"
                    raise registry.error(location, f"found {domain!r}; the route knows {told}")
        if (pays or stack.gate) and config.route is None:
            location = ("stacks", name, "rewards", pays[0], "use") if pays else ("stacks", name, "gate")
            raise registry.error(location, "`correct` needs a verifier; say which in `route`")
    for owner, location in _uses(config):
        if owner not in config.plugins:
            raise registry.error(
                location, f"plugin {owner!r} is not in the allow-list; add it to `plugins` to trust it"
            )


def _uses(config: RegistryConfig) -> list[tuple[str, Location]]:
    """Every plugin that some `use` names, with the place."""
    found: list[tuple[str, Location]] = []
    for name, verifier in config.verifiers.items():
        found.append((verifier.use, ("verifiers", name, "use")))
    for name, stack in config.stacks.items():
        for component, reward in stack.rewards.items():
            if reward.use != CORRECT:
                found.append((reward.use, ("stacks", name, "rewards", component, "use")))
        for index, rollout_filter in enumerate(stack.filters):
            found.append((rollout_filter.use, ("stacks", name, "filters", index, "use")))
    return [(use.partition(".")[0], location) for use, location in found]


def _check_requires(registry: Registry) -> None:
    for index, line in enumerate(registry.config.requires):
        location = ("requires", index)
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise registry.error(
                location, f"found {line!r}; not a PEP 508 requirement such as assay-chess>=1.2"
            ) from error
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            raise registry.error(
                location, f"{requirement.name} is not installed. Run: pip install {line!r}"
            ) from None
        if not requirement.specifier.contains(version, prereleases=True):
            raise registry.error(
                location, f"{requirement.name} {version} is installed. Run: pip install --upgrade {line!r}"
            )
