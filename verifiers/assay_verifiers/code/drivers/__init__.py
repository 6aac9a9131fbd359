"""Programs that are sent into the sandbox as source, beside the program that is judged.

They are modules so that they are typed, linted and tested; each goes in as one file, with what it
imports from its neighbours in front.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_IMPORT = re.compile(r"^from assay_verifiers\.code\.drivers\.(\w+) import (?:\([^)]*\)|[^\n]*)\n", re.M)
_FUTURE = "from __future__ import annotations\n"


@cache
def driver(name: str) -> bytes:
    """Return the source of a driver as one file: ``calls``, ``serve`` or ``tester``."""
    parts: dict[str, str] = {}
    _collect(name, parts)
    return (_FUTURE + "".join(parts.values())).encode()


def _collect(name: str, parts: dict[str, str]) -> None:
    text = resources.files(__name__).joinpath(f"{name}.py").read_text(encoding="utf-8")
    for neighbour in _IMPORT.findall(text):
        if neighbour not in parts:
            _collect(neighbour, parts)
    parts[name] = _IMPORT.sub("", text).replace(_FUTURE, "")
