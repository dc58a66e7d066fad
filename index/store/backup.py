"""A backup: the whole store in one file, whichever database it is in.

Zstandard over lines of JSON: a header, the rows table by table, a last line with
their numbers and the SHA-256 of all lines before. What such a file holds can be
restored into SQLite and into PostgreSQL.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, make_url, select, update
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError

from index.errors import PoiskError
from index.private import open_private
from index.store.articles import ArticleStore
from index.store.lease import Lease
from index.store.tables import articles, changes, counters, facts, failures, jobs, keys, leases

FORMAT = 1
_TABLES: dict[str, Table] = {one.name: one for one in (articles, changes, counters, failures, keys)}
_EMPTIED = (*_TABLES.values(), leases, jobs)
_ROWS = 1_000

Row = dict[str, Any]


class BackupRefused(PoiskError):
    """A file that is no backup, or not whole; or a place that holds something already."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a backup holds."""

    articles: int
    changes: int


def backup(store: ArticleStore, path: Path) -> Counts:
    """Writes the store, as it is at one moment, while others go on writing to it.

    The file is there whole, or not at all.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    digest, counts, living = hashlib.sha256(), dict.fromkeys(_TABLES, 0), 0
    try:
        with open_private(temporary, "wb") as file, store.database.reading() as connection:
            with ZstdCompressor(level=6).stream_writer(file, closefd=False) as packed:

                def write(line: Row) -> None:
                    text = json.dumps(line, ensure_ascii=False).encode() + b"\n"
                    digest.update(text)
                    packed.write(text)

                write({"format": FORMAT, "archive": store.identity})
                for name, row in _rows(connection):
                    counts[name] += 1
                    living += name == articles.name and row["body"] is not None
                    write({"table": name, **row})
                write({"counts": counts, "sha256": digest.hexdigest()})
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return Counts(living, counts["changes"])


def restore(path: Path, store: ArticleStore, replace: bool = False) -> Counts:
    """Fills the store from a backup, which is read and checked to its end first.

    Raises BackupRefused, and then nothing has changed. The store begins a new
    history: an index that was made from the old one is rebuilt. Processes that
    have it open would go on with the old one, so none may be indexing.
    """
    counts = checked(path)
    lease = Lease(store.database, seconds=60)
    if not lease.take():
        raise BackupRefused(
            "store",
            "an indexer is running",
            "stop Poisk, restore the backup, and start Poisk again",
        )

    def work(connection: Connection) -> None:
        for table in (changes, keys):
            there = connection.execute(select(func.count()).select_from(table)).scalar_one()
            if there and not replace:
                cure = "restore into an empty store, or add --replace"
                raise BackupRefused(
                    "store", f"the store is not empty ({table.name}: {there})", cure
                )
        for table in _EMPTIED:
            connection.execute(delete(table))
        for name, rows in groupby(_lines(path), key=lambda row: row.pop("table", "")):
            while name and (some := list(islice(rows, _ROWS))):
                connection.execute(insert(_TABLES[name]), some)
        named = update(facts).where(facts.c.name == "archive")
        connection.execute(named.values(value=uuid.uuid4().hex))

    try:
        store.database.write(work)
    finally:
        with suppress(PoiskError):  # it ends by itself
            lease.release()
    return Counts(store.count(), counts["changes"])


def set_aside(url: str) -> Path:
    """Moves the file of an embedded store that is damaged out of the way; where it is then."""
    path = Path(make_url(url).database or "")
    aside = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(aside + suffix))
            path.with_name(aside + suffix).chmod(0o600)
    return path.with_name(aside)


def _rows(connection: Connection) -> Iterator[tuple[str, Row]]:
    streaming = connection.execution_options(yield_per=_ROWS)
    for name, table in _TABLES.items():
        for row in streaming.execute(select(table)).mappings():
            yield name, dict(row)


def checked(path: Path) -> dict[str, int]:
    """The numbers of rows of a whole backup. Raises BackupRefused."""
    digest, counts = hashlib.sha256(), dict.fromkeys(_TABLES, 0)
    last: Row = {}
    for number, (text, line) in enumerate(_parsed(path)):
        if number == 0 and line.get("format") != FORMAT:
            raise BackupRefused(
                str(path), "the file is not a backup of this version", "update Poisk"
            )
        if line.get("table") in counts:
            counts[line["table"]] += 1
        last = line
        if "sha256" not in line:
            digest.update(text)
    if last.get("counts") != counts or last.get("sha256") != digest.hexdigest():
        raise _broken(path)
    return counts


def _lines(path: Path) -> Iterator[Row]:
    return (line for _, line in _parsed(path))


def _parsed(path: Path) -> Iterator[tuple[bytes, Row]]:
    try:
        with path.open("rb") as file, ZstdDecompressor().stream_reader(file) as packed:
            left = b""
            while piece := packed.read(1 << 20):
                *whole, left = (left + piece).split(b"\n")
                for text in whole:
                    yield text + b"\n", json.loads(text)
            if left:
                raise _broken(path)
    except (ZstdError, ValueError, AttributeError) as error:
        raise _broken(path) from error


def _broken(path: Path) -> BackupRefused:
    return BackupRefused(str(path), "the backup file is incomplete or damaged", "use another one")
