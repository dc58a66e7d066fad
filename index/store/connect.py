"""One door to the database: SQLite in a file, or PostgreSQL by URL; its schema up to date."""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from index.errors import SettingRefused, StoreDamaged, StoreFull, StoreUnavailable
from index.private import make_file, make_folder

_WAIT = 60.0
"""Seconds that a writer waits for others before it gives up."""
_MIGRATING = 0x706F6973
"""PostgreSQL's advisory lock: one process migrates."""

_log = logging.getLogger("poisk.store")

Result = TypeVar("Result")


class Database:
    """Connections for reading and for writing. Safe for threads and processes, not for forks."""

    def __init__(self, url: str) -> None:
        self._engine = _engine_of(url)
        self.embedded = self._engine.dialect.name == "sqlite"
        self._writing = threading.Lock()
        weakref.finalize(self, self._engine.dispose)  # where nobody closes it
        if self.embedded:
            _make_safe(self._engine)
        with self._translated_errors():
            _migrate(self._engine, self.embedded)

    @property
    def path(self) -> Path | None:
        """The file of an embedded database."""
        name = self._engine.url.database
        return Path(name) if self.embedded and name else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent state; writers do not wait for it."""
        with self._translated_errors(), self._engine.connect() as connection:
            if self.embedded:
                connection.exec_driver_sql("BEGIN")
                yield connection
            else:
                yield connection.execution_options(isolation_level="REPEATABLE READ")

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` does in one transaction, on the disk when this returns.

        It is repeated if another process was in the way, so it must have no other effects.
        """
        until, pause = time.monotonic() + _WAIT, 0.05
        while True:
            try:
                with self._writing, self._translated_errors(), self._engine.connect() as connection:
                    if self.embedded:  # a transaction that begins by reading cannot wait to write
                        connection.exec_driver_sql("BEGIN IMMEDIATE")
                    result = work(connection)
                    connection.commit()
                    return result
            except _Thwarted:
                if time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 0.5)

    def close(self) -> None:
        """Lets go of the connections."""
        self._engine.dispose()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Raises the errors of the database as errors of Poisk."""
        try:
            yield
        except DBAPIError as error:
            raise _translated(error) from error


def store_exists(url: str) -> bool:
    """Whether there is a store at this URL. Makes nothing. Raises as Database does."""
    engine = _engine_of(url)
    try:
        if engine.dialect.name == "sqlite":
            return bool(engine.url.database) and Path(str(engine.url.database)).exists()
        return inspect(engine).has_table("alembic_version")
    except DBAPIError as error:
        raise _translated(error) from error
    finally:
        engine.dispose()


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    return _engine_of(url).url.render_as_string(hide_password=True)


def _engine_of(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingRefused(
            "POISK_DATABASE",
            "Poisk cannot open a database with this URL",
            "use sqlite:////path/archive.sqlite, or postgresql+psycopg://… after "
            "`pip install poisk-search[postgres]`",
        ) from error


class _Thwarted(StoreUnavailable):
    """Another transaction was in the way; the work may be repeated."""

    def __init__(self) -> None:
        super().__init__(
            "store",
            "other processes kept the database locked for a minute",
            "try again, or look for a process that hangs",
        )


_BUSY = {5, 6}  # SQLite's codes: busy, locked
_FULL = 13
_DAMAGED = {11, 26}


def _translated(error: DBAPIError) -> Exception:
    """The error of Poisk for an error of the database; logs one that is not known."""
    original: Any = error.orig
    code = getattr(original, "sqlite_errorcode", None)
    state = getattr(original, "sqlstate", None)
    text = str(original)
    primary = code & 0xFF if code is not None else None
    if primary in _BUSY or state in {"40001", "40P01", "55P03"}:  # PostgreSQL's: thwarted, deadlock
        return _Thwarted()
    if primary == _FULL or state == "53100" or "No space left" in text:
        return StoreFull(
            "store", "the disk is full", "free some space: articles that were accepted are safe"
        )
    if primary in _DAMAGED:
        cure = "stop Poisk and run `poisk restore FILE --replace` with a backup"
        return StoreDamaged("store", "the store's file is damaged", cure)
    _log.warning(
        "error of the store's database: %s", text
    )  # who asks shall not see hosts and users
    return StoreUnavailable(
        "store", "the store's database does not work", "check POISK_DATABASE, and see the log"
    )


def _make_safe(engine: Engine) -> None:
    """Write-ahead log; a commit is on the disk; transactions begin where we say so."""
    path = engine.url.database
    if path and path != ":memory:":
        make_folder(Path(path).parent)

    @event.listens_for(engine, "do_connect")
    def connecting(*_: object) -> None:
        if path and path != ":memory:" and not path.startswith("file:"):
            make_file(Path(path))

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin by itself, too late
        try:
            connection.execute(f"PRAGMA busy_timeout={int(_WAIT * 1000)}")
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        except Exception:
            connection.close()
            raise


def _migrate(engine: Engine, embedded: bool) -> None:
    """Runs the migrations that are missing; of several processes one does, the others wait."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # what it does each start is no news
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        if embedded:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
