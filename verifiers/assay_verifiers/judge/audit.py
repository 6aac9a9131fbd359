"""A share of what the judge called right, written down for people."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay import InfraError

_DIGITS = 16


class Audit:
    """Appends to a JSONL file. Thread-safe; several processes may share the file."""

    def __init__(self, path: str, share: float) -> None:
        """Write nothing yet.

        Args:
            path: The file; its folder must exist.
            share: Of the distinct items, 0 to 1.
        """
        self._path, self._share = Path(path).expanduser(), share
        self._lock = threading.Lock()
        self._written: set[str] = set()

    def add(
        self, question: str, reference: str, answer: str, evidence: Mapping[str, Any], model: str
    ) -> None:
        """Write an item if its text is among the share. Which ones are depends on nothing else.

        Raises:
            InfraError: the file cannot be written.
        """
        name = digest(question, reference, answer)
        if int(name, 16) >= self._share * 16**_DIGITS:
            return
        record = {"id": name, "question": question, "reference": reference, "answer": answer}
        record |= {**evidence, "model": model, "right": None}
        line = json.dumps(record, ensure_ascii=True) + "\n"
        with self._lock:
            if name in self._written:
                return
            try:
                file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                try:
                    os.write(file, line.encode())  # one call, so that lines of processes do not mix
                finally:
                    os.close(file)
            except OSError as error:
                raise InfraError(f"the judge's audit file cannot be written: {error}") from error
            self._written.add(name)


def digest(*texts: str) -> str:
    """Name texts by 16 hexadecimal digits."""
    joined = "\x00".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:_DIGITS]
