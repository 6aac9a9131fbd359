"""The checks, one module a group. Importing them registers them, in the order they are run."""

from __future__ import annotations

import importlib

MODULES = (
    "accuracy",
    "contract",
    "invariance",
    "attacks",
    "operations",
    "performance",
    "filters",
    "programs",
)
"""Accuracy first: its declared examples are the control of the whole run."""


def load() -> None:
    """Register every check. Idempotent."""
    for name in MODULES:
        importlib.import_module(f"assay.conformance.checks.{name}")
