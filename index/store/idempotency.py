"""Answers to requests with an Idempotency-Key: sent again, such a request is answered again."""

import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from index.store.connect import Database
from index.store.statements import insert_new
from index.store.tables import answers

_KEPT = 24 * 3600.0
_UNFINISHED = 120.0
"""Seconds after which a request that is not answered, nor renewed, counts as broken off."""
_RENEWED = 20.0
"""Seconds between two renewals, at least."""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """What was answered; `digest` is that of the request's body. No status: not answered yet."""

    digest: str
    status: int
    body: str


class IdempotencyKeys:
    """Remembers answers by key and Idempotency-Key, for a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key_id: str, name: str) -> SavedAnswer | None:
        """What was answered to this request, or None: it is new, and ours to answer."""

        def work(connection: Connection) -> SavedAnswer | None:
            now = time.time()
            old = (answers.c.at < now - _KEPT) | (
                answers.c.status.is_(None) & (answers.c.at < now - _UNFINISHED)
            )
            connection.execute(delete(answers).where(old))
            row = {"key_id": key_id, "name": name, "at": now}
            new = insert_new(connection, answers).returning(answers.c.name)
            if connection.execute(new, row).first():
                return None
            found = connection.execute(select(answers).where(_named(key_id, name))).one()
            return SavedAnswer(found.digest or "", found.status or 0, found.body or "")

        return self._database.write(work)

    def renew(self, key_id: str, name: str) -> None:
        """Says that a request, which may take long, is still being answered."""
        now = time.time()
        due = _named(key_id, name) & (answers.c.at < now - _RENEWED)
        with self._database.reading() as connection:
            if not connection.execute(select(answers.c.name).where(due)).first():
                return
        done = update(answers).where(due).values(at=now)
        self._database.write(lambda connection: connection.execute(done))

    def finish(self, key_id: str, name: str, remembered: SavedAnswer) -> None:
        """Remembers what was answered."""
        values = {
            "digest": remembered.digest,
            "status": remembered.status,
            "body": remembered.body,
        }
        done = update(answers).where(_named(key_id, name)).values(**values)
        self._database.write(lambda connection: connection.execute(done))

    def forget(self, key_id: str, name: str) -> None:
        """Forgets a request that could not be answered: it may be sent again."""
        gone = delete(answers).where(_named(key_id, name))
        self._database.write(lambda connection: connection.execute(gone))


def _named(key_id: str, name: str) -> ColumnElement[bool]:
    return and_(answers.c.key_id == key_id, answers.c.name == name)
