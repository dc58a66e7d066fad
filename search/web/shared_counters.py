"""Where the limiter counts: a small file that the workers of one machine share.

Not kept for long and not worth an fsync: a lost count lets somebody ask once more.
"""

import sqlite3
import threading
import time
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from limits.storage import Storage

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


class SharedStorage(Storage):
    """Counters by name, each with a time when it ends."""

    STORAGE_SCHEME = ["poisk"]  # noqa: RUF012  # as limits has it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._path = Path(unquote(urlsplit(uri or "").path)) / "limits.sqlite"
        self._threads = threading.local()
        self._swept = time.time()
        self._opened: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._opened)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return sqlite3.Error

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        ((count,),) = self._rows(
            "INSERT INTO counters VALUES (:name, :amount, :now + :expiry) "
            "ON CONFLICT (name) DO UPDATE SET "
            "count = CASE WHEN until <= :now THEN :amount ELSE count + :amount END, "
            "until = CASE WHEN until <= :now THEN :now + :expiry ELSE until END "
            "RETURNING count",
            {"name": key, "amount": amount, "now": now, "expiry": expiry},
        )
        if now - self._swept > _SWEPT:
            self._swept = now
            self._rows("DELETE FROM counters WHERE until <= ?", (now,))
        return int(count)

    def get(self, key: str) -> int:
        row = self._row(key)
        return row[0] if row else 0

    def get_expiry(self, key: str) -> float:
        row = self._row(key)
        return row[1] if row else time.time()

    def check(self) -> bool:
        return bool(self._rows("SELECT 1"))

    def reset(self) -> int | None:
        return len(self._rows("DELETE FROM counters RETURNING name"))

    def clear(self, key: str) -> None:
        self._rows("DELETE FROM counters WHERE name = ?", (key,))

    def _row(self, key: str) -> tuple[int, float] | None:
        asked = "SELECT count, until FROM counters WHERE name = ? AND until > ?"
        return next(iter(self._rows(asked, (key, time.time()))), None)

    def _rows(self, statement: str, values: Any = ()) -> list[Any]:
        """What the statement gives; a damaged file is first made again, once."""
        try:
            return self._database().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
        if self._threads.file == _file(self._path):  # else another thread has removed it
            self._path.unlink(missing_ok=True)
        return self._database().execute(statement, values).fetchall()

    def _database(self) -> sqlite3.Connection:
        """This thread's connection to the file that is there, opened by this process."""
        database: sqlite3.Connection | None = getattr(self._threads, "database", None)
        if database is not None and self._threads.file == _file(self._path):
            return database
        if database is not None:
            self._threads.database = None
            self._opened.remove(database)
            database.close()
        make_folder(self._path.parent)
        make_file(self._path)
        new = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        self._threads.file = _file(self._path)
        try:
            for statement in _OPENING:
                new.execute(statement)
        except sqlite3.Error:
            new.close()
            raise
        self._opened.append(new)
        self._threads.database = new
        return new


def _file(path: Path) -> int | None:
    """Which file it is now; None where there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _close(opened: list[sqlite3.Connection]) -> None:
    for database in opened:
        database.close()
