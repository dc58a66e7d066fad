"""Statements that SQLite and PostgreSQL both understand, and how many ids one of them names."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

IDS_AT_ONCE = 500
"""How many ids one statement names at most."""


def id_chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in chunks that one statement can name."""
    rest = iter(ids)
    while chunk := list(islice(rest, IDS_AT_ONCE)):
        yield chunk


def insert_new(connection: Connection, table: Any) -> Any:
    """An insert that leaves a row that is there alone."""
    return _insert(connection)(table).on_conflict_do_nothing()


def insert_over(connection: Connection, table: Any) -> Any:
    """An insert that replaces the row with the same key."""
    statement = _insert(connection)(table)
    key = list(table.primary_key.columns)
    others = {one.name: statement.excluded[one.name] for one in table.c if one not in set(key)}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def _insert(connection: Connection) -> Any:
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
