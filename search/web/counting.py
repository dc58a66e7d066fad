"""Where the limiter counts: a small file that the workers of one machine share.

Not kept for long and not worth an fsync: a lost count lets somebody ask once more.
"""

import sqlite3
import threading
import time
import weakref
from pathlib import Path
from urllib.parse import unquote, urlsplit

from limits.storage import Storage

_SWEPT = 60.0


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
        row = (
            self._database()
            .execute(
                "INSERT INTO counters VALUES (:name, :amount, :now + :expiry) "
                "ON CONFLICT (name) DO UPDATE SET "
                "count = CASE WHEN until <= :now THEN :amount ELSE count + :amount END, "
                "until = CASE WHEN until <= :now THEN :now + :expiry ELSE until END "
                "RETURNING count",
                {"name": key, "amount": amount, "now": now, "expiry": expiry},
            )
            .fetchone()
        )
        if now - self._swept > _SWEPT:
            self._swept = now
            self._database().execute("DELETE FROM counters WHERE until <= ?", (now,))
        return int(row[0])

    def get(self, key: str) -> int:
        row = self._row(key)
        return row[0] if row else 0

    def get_expiry(self, key: str) -> float:
        row = self._row(key)
        return row[1] if row else time.time()

    def check(self) -> bool:
        return bool(self._database().execute("SELECT 1").fetchone())

    def reset(self) -> int | None:
        return self._database().execute("DELETE FROM counters").rowcount

    def clear(self, key: str) -> None:
        self._database().execute("DELETE FROM counters WHERE name = ?", (key,))

    def _row(self, key: str) -> tuple[int, float] | None:
        row: tuple[int, float] | None = (
            self._database()
            .execute(
                "SELECT count, until FROM counters WHERE name = ? AND until > ?", (key, time.time())
            )
            .fetchone()
        )
        return row

    def _database(self) -> sqlite3.Connection:
        """This thread's connection, opened by the process that uses it."""
        database: sqlite3.Connection | None = getattr(self._threads, "database", None)
        if database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(
                self._path, timeout=5, isolation_level=None, check_same_thread=False
            )
            self._opened.append(database)
            database.execute("PRAGMA synchronous=OFF")
            database.execute("PRAGMA journal_mode=MEMORY")
            database.execute(
                "CREATE TABLE IF NOT EXISTS counters "
                "(name TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL)"
            )
            self._threads.database = database
        return database


def _close(opened: list[sqlite3.Connection]) -> None:
    for database in opened:
        database.close()
