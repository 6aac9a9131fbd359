"""Everything Assay raises on purpose, in one tree.

Each class is also the builtin it specialises, so callers may catch either. A message says what
is wrong, where, what was found, and what to do. The command line prints it as one line and exits
with `exit_code`; anything that is not an `AssayError` is a bug and keeps its traceback.
"""

from __future__ import annotations


class AssayError(Exception):
    """Root of the tree."""

    exit_code: int = 1


class RegistryError(AssayError, ValueError):
    """registry.yaml (or registry.lock) is unreadable, malformed, or names what does not exist."""


class PluginError(AssayError, RuntimeError):
    """A plugin could not be loaded, or broke a rule of the host."""


class DataError(AssayError, ValueError):
    """A dataset is missing, unreadable, empty, or lacks a column that the stack reads."""


class ModelError(AssayError, OSError):
    """A model cannot be found, loaded or reached."""


class MissingDependencyError(AssayError, ImportError):
    """A feature needs an optional dependency; the message carries the install command."""

    @classmethod
    def of(cls, feature: str, package: str, extra: str) -> MissingDependencyError:
        """Name the feature, the missing package and the extra that brings it."""
        return cls(f'{feature} needs {package}, which is not installed. Run: pip install "assay[{extra}]"')


class InfraError(AssayError, RuntimeError):
    """A sandbox, server or judge is lost or cannot be had: nobody's completion and no check is to blame.

    Raised inside a check it becomes an INFRA_FAULT.
    """


class FaultLimitError(AssayError, RuntimeError):
    """Too many checker or infrastructure faults in a row: the run stops rather than train on noise."""
