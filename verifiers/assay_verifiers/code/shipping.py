"""Our own drivers, as modules that a sandbox may import once for all programs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from assay_verifiers.code.drivers import driver

NAMES = ("calls", "serve", "tester")


@cache
def shipped(name: str, *uses: str) -> Mapping[str, Any]:
    """Fields of a `Program` that runs a driver: it gets everything else on standard input.

    Args:
        name: The driver.
        uses: Modules of the standard library worth importing ahead.
    """
    module = f"assay_{name}"
    ahead = {f"assay_uses_{use}": f"import {use}\n".encode() for use in uses}
    return {
        "argv": ("python", "-m", module),
        "preload": ahead | {module: driver(name) + b"\nwarm_up()\n"},
    }
