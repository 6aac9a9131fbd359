"""Shortens the naps of the module's main thread, through which every call to the file system goes.

Lean runs in a thread of its own and asks the main one for each file; that one sleeps for a millisecond at a
time (Emscripten's ``emscripten_futex_wait`` and ``emscripten_thread_sleep``), and a start asks 5,000 times.
"""

from __future__ import annotations

import re
import struct

from assay import InfraError

NAP_MS = 0.3
"""In turn a waiting process takes 4 % of a core instead of 3 %."""


def _constant(value: float) -> bytes:
    """``f64.const``."""
    return b"\x44" + struct.pack("<d", value)


_SLICE = re.compile(re.escape(_constant(1.0) + _constant(100.0)) + rb"(?=\x20[\x00-\x7f]\x1b)", re.DOTALL)
"""``is_main ? 1 : 100`` milliseconds: two constants, ``local.get``, ``select``."""


def shorten_naps(module: bytes) -> bytes:
    """Return the module with shorter slices.

    Raises:
        InfraError: it has not exactly the two places.
    """
    patched, count = _SLICE.subn(_constant(NAP_MS) + _constant(100.0), module)
    if count != 2:
        raise InfraError(f"the WebAssembly module has {count} places where its main thread naps; 2 are known")
    return patched
