"""Tries a new build with real theorems."""

from __future__ import annotations

from pathlib import Path

from assay_verifiers.lean.compiled import compile_once
from assay_verifiers.lean.launch import text_of, wasm
from assay_verifiers.lean.options import LeanOptions
from assay_verifiers.lean.slot import Slot


def try_out(build: Path) -> None:
    """Compile ``Audit.lean`` and start a worker; its canaries are one true theorem and several false ones.

    Raises:
        InfraError: Lean does not start, refuses the true one or accepts a false one.
    """
    compile_once(build, text_of())
    slot = Slot(wasm(build), LeanOptions(spare=False))
    try:
        slot.ready()
    finally:
        slot.close()
