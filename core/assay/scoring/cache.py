"""The result cache: verdicts of this process, by what was checked. Thread-safe, least recently used."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable

from assay.sample import Sample
from assay.verdict import FAULTS, Verdict


def key_of(sample: Sample) -> Hashable:
    """Everything of a reduced sample that a check can see, as a hashable value."""
    return (
        sample.completion,
        _plain(sample.reference),
        _plain(sample.prompt),
        _plain(sample.columns) if sample.columns else "",
        sample.domain,
        sample.truncated,
        sample.tokens,
        sample.right,
    )


def _plain(value: object) -> Hashable:
    """Text and None as they are (tagged, so that 1, True and "1" stay apart), the rest as canonical JSON."""
    if value is None or isinstance(value, str):
        return value
    return (type(value).__name__, json.dumps(value, sort_keys=True, default=repr, ensure_ascii=False))


class Cache:
    """Keeps the latest `size` verdicts. Faults are never kept: they are no answer."""

    def __init__(self, size: int) -> None:
        """Create an empty cache; size 0 keeps nothing."""
        self._size = size
        self._entries: OrderedDict[Hashable, Verdict] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Verdict | None:
        """Return the verdict, or None when it is not there."""
        with self._lock:
            verdict = self._entries.get(key)
            if verdict is not None:
                self._entries.move_to_end(key)
            return verdict

    def put(self, key: Hashable, verdict: Verdict) -> None:
        """Keep a verdict, and forget the one unused for longest when full."""
        if verdict.status in FAULTS or self._size == 0:
            return
        with self._lock:
            self._entries[key] = verdict
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        """Number of verdicts kept."""
        return len(self._entries)
