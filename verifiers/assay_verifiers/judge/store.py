"""Replies on disk, by what was asked: for later runs, and for the other processes of this one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path

from assay import InfraError


class Store:
    """A table of replies. Thread-safe; after a fork each process has a connection of its own."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it.

        Raises:
            InfraError: it cannot be opened.
        """
        self._path = Path(path).expanduser()
        self._lock = threading.Lock()
        self._opened: tuple[int, sqlite3.Connection] | None = None
        with self._connection():
            pass

    def get(self, key: bytes) -> str | None:
        """Return the reply; None: it is not there."""
        with self._connection() as connection:
            row = connection.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, key: bytes, reply: str) -> None:
        """Keep a reply. The first one stays: equal questions have one answer."""
        with self._connection() as connection:
            connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?)", (key, reply))

    @contextlib.contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        if self._opened is not None and self._opened[0] != os.getpid():
            self._lock, self._opened = threading.Lock(), None  # another thread of the parent may hold it
        with self._lock:
            try:
                if self._opened is None:
                    self._opened = os.getpid(), self._open()
                yield self._opened[1]
            except sqlite3.Error as error:
                raise InfraError(f"the judge's cache {self._path} cannot be used: {error}") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE IF NOT EXISTS replies (key BLOB PRIMARY KEY, reply TEXT NOT NULL)")
        return connection
