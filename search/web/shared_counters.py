"""Counts of requests: a small file that the workers of one machine share.

Not kept for long and not worth an fsync: a lost count lets somebody ask once more.
"""

import os
import sqlite3
import threading
import time
import weakref
from pathlib import Path
from typing import Any, NamedTuple

from index.private import make_file, make_folder

_SWEPT = 60.0
_DAMAGED = {11, 26}
"""SQLite's codes: a writer was killed amid a write, which no journal on the disk undoes."""

_OPENING = (
    "PRAGMA synchronous=OFF",
    "PRAGMA journal_mode=MEMORY",
    "CREATE TABLE IF NOT EXISTS counters "
    "(name TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL)",
)


_ADD = """
INSERT INTO counters VALUES (:name, 1, :now + :seconds)
ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN until <= :now THEN 1 ELSE count + 1 END,
    until = CASE WHEN until <= :now THEN :now + :seconds ELSE until END
RETURNING count, until
"""


class Count(NamedTuple):
    """The requests of a window so far, and when it ends, in unix seconds."""

    requests: int
    until: float


class SharedCounters:
    """Counts by name, each with a time when it begins again. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "limits.sqlite"
        self._file = str(self._path)
        self._threads = threading.local()
        self._swept = time.time()
        self._opened: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._opened)

    def add(self, name: str, seconds: float) -> Count:
        """Counts one request; a window lasts so many seconds from its first request.

        Raises sqlite3.Error, OSError.
        """
        now = time.time()
        ((requests, until),) = self._rows(_ADD, {"name": name, "now": now, "seconds": seconds})
        if now - self._swept > _SWEPT:
            self._swept = now
            self._rows("DELETE FROM counters WHERE until <= ?", (now,))
        return Count(requests, until)

    def _rows(self, statement: str, values: Any = ()) -> list[Any]:
        """What the statement gives; a damaged file is first made again, once."""
        try:
            return self._database().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
        if self._threads.file == _file(self._file):  # else another thread has removed it
            self._path.unlink(missing_ok=True)
        return self._database().execute(statement, values).fetchall()

    def _database(self) -> sqlite3.Connection:
        """This thread's connection to the file that is there, opened by this process."""
        database: sqlite3.Connection | None = getattr(self._threads, "database", None)
        if database is not None and self._threads.file == _file(self._file):
            return database
        if database is not None:
            self._threads.database = None
            self._opened.remove(database)
            database.close()
        make_folder(self._path.parent)
        make_file(self._path)
        new = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        self._threads.file = _file(self._file)
        try:
            for statement in _OPENING:
                new.execute(statement)
        except sqlite3.Error:
            new.close()
            raise
        self._opened.append(new)
        self._threads.database = new
        return new


def _file(path: str) -> int | None:
    """Which file it is now; None where there is none."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116  # at each request: a Path costs as much again
    except FileNotFoundError:
        return None


def _close(opened: list[sqlite3.Connection]) -> None:
    for database in opened:
        database.close()
