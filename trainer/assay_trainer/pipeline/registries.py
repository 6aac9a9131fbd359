"""The part of a registry.yaml that one stage uses, with the products of other stages in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

from assay import RegistryError
from assay_trainer.settings import SettingsError


def stack_of(path: Path, stack: str | None, stage: str) -> dict[str, Any]:
    """Read a registry and leave only `stack` in it, so that other stacks may change without consequence.

    Args:
        path: The registry.yaml; it may contain ``stage:NAME``.
        stack: Name of the stack; None: the only one.
        stage: For messages.

    Raises:
        RegistryError: it cannot be read, or has no stacks. What else is wrong is told when it is used.
        SettingsError: it has no such stack, or several to choose from.
    """
    try:
        loaded: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType]
    except FileNotFoundError:
        raise RegistryError(f"stage {stage}: there is no registry {path}") from None
    except Exception as error:  # ruamel raises types that are no YAMLError, too
        raise RegistryError(f"{path}: {' '.join(str(error).split())}") from error
    registry = cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}
    stacks: dict[str, Any] = registry.get("stacks") or {}
    if not stacks:
        raise RegistryError(f"{path}: it has no stacks")
    if stack is None and len(stacks) > 1:
        raise SettingsError(f"stage {stage}: {path} has several stacks ({', '.join(stacks)}); name one")
    name = stack or next(iter(stacks))
    if name not in stacks:
        raise SettingsError(f"stage {stage}: {path} has no stack {name}. There are: {', '.join(stacks)}")
    return {**registry, "stacks": {name: stacks[name]}}
