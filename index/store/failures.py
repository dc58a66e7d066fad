"""Articles that could not be analysed: set aside with their errors, so that the rest goes on."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select

from index.store.connect import Database
from index.store.statements import id_chunks, insert_over
from index.store.tables import failures


@dataclass(frozen=True, slots=True)
class Failure:
    """An article, the number of the change that failed, what was raised, and when."""

    article_id: str
    number: int
    error: str
    at: datetime


class Failures:
    """The articles set aside, each once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, failed: Mapping[str, tuple[int, str]], resolved: Iterable[str] = ()) -> None:
        """Records the change and the error of each failed article; clears those resolved."""
        resolved = list(resolved)
        if not failed and not (resolved and self.count()):
            return
        now = time.time()
        rows = [
            {"article_id": one, "number": number, "error": error[:2_000], "at": now}
            for one, (number, error) in failed.items()
        ]

        def work(connection: Connection) -> None:
            for some in id_chunks(resolved):
                gone = failures.c.article_id.in_(some)
                connection.execute(delete(failures).where(gone))
            if rows:
                connection.execute(insert_over(connection, failures), rows)

        self._database.write(work)

    def clear(self, but: Collection[str], until: int) -> None:
        """Clears the failures of changes up to `until`, except those of the articles in `but`."""
        old = select(failures.c.article_id).where(failures.c.number <= until)
        with self._database.reading() as connection:
            found = [row.article_id for row in connection.execute(old)]
        if resolved := [one for one in found if one not in but]:
            self.record({}, resolved)

    def of(self, number: int) -> Failure | None:
        """What failed with this change."""
        with self._database.reading() as connection:
            row = connection.execute(select(failures).where(failures.c.number == number)).first()
        return None if row is None else _failure(row)

    def all(self, limit: int = 1_000) -> list[Failure]:
        """The newest failures first."""
        newest = select(failures).order_by(failures.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            return list(map(_failure, connection.execute(newest)))

    def count(self) -> int:
        """How many articles are set aside."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(failures)).scalar_one())


def _failure(row: object) -> Failure:
    return Failure(row.article_id, row.number, row.error, datetime.fromtimestamp(row.at, UTC))  # type: ignore[attr-defined]
