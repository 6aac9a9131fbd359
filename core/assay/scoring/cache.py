"""The result cache: verdicts of this process, by what was checked. Thread-safe, least recently used."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Hashable

from assay.sample import Sample
from assay.verdict import FAULTS, Verdict


def content_of(sample: Sample) -> tuple[Hashable, ...]:
    """Return everything of a reduced sample that a check can see, to tell the samples of a batch apart.

    Values of different types stay apart: 1, True and "1" are three references.
    """
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


def key_of(sample: Sample, digest: str = "") -> bytes:
    """Return 16 bytes that identify everything of a reduced sample that a check can see.

    A digest rather than the values: completions of 30 kB would fill the memory as keys.

    Args:
        sample: The sample, reduced to what the check reads.
        digest: The check, so that no two share an entry.
    """
    _, *others = content_of(sample)
    # the completion stays out of `repr`, which takes longer than the digest; where the list ends is clear
    head = repr([digest, *others]).encode("utf-8", "surrogatepass")
    found = hashlib.blake2b(head, digest_size=16)
    found.update(sample.completion.encode("utf-8", "surrogatepass"))
    return found.digest()


def _plain(value: object) -> Hashable:
    """Text and None as they are, the rest as canonical JSON beside its type."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return type(value).__name__, repr(value)
    return type(value).__name__, json.dumps(value, sort_keys=True, default=repr, ensure_ascii=False)


class Cache:
    """Keeps the latest `size` verdicts. Faults are never kept: they are no answer."""

    def __init__(self, size: int) -> None:
        """Create an empty cache; size 0 keeps nothing."""
        self._size = size
        self._entries: OrderedDict[bytes, Verdict] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self._size > 0

    def get(self, key: bytes) -> Verdict | None:
        """Return the verdict, or None when it is not there."""
        with self._lock:
            verdict = self._entries.get(key)
            if verdict is not None:
                self._entries.move_to_end(key)
            return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
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
