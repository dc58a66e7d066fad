"""Long works that are asked for over HTTP, and how far they have come."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from index.archive.connect import Database
from index.archive.tables import counters, works


class State(StrEnum):
    """Where a work is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Work:
    """A rebuild, and how many articles of `total` it has done. `said` tells why it failed."""

    number: int
    state: State
    done: int
    total: int
    said: str
    at: datetime


class Works:
    """The rebuilds, numbered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self) -> int:
        """Asks for a rebuild; its number. One that waits already is the one."""

        def work(connection: Connection) -> int:
            counter = update(counters).where(counters.c.name == "work")
            connection.execute(counter.values(value=counters.c.value))  # one at a time
            waiting = select(works.c.number).where(works.c.state == State.WAITING)
            if there := connection.execute(waiting).first():
                return int(there.number)
            connection.execute(counter.values(value=counters.c.value + 1))
            named = select(counters.c.value).where(counters.c.name == "work")
            number = int(connection.execute(named).scalar_one())
            row = {"number": number, "kind": "rebuild", "state": State.WAITING}
            row |= {"done": 0, "total": 0, "said": "", "at": time.time()}
            connection.execute(insert(works), row)
            return number

        return self._database.write(work)

    def tell(self, number: int, **how: Any) -> None:
        """Writes down how far a work has come: state, done, total, said."""
        changed = update(works).where(works.c.number == number).values(at=time.time(), **how)
        self._database.write(lambda connection: connection.execute(changed))

    def newest(self) -> Work | None:
        """The last that was asked for."""
        with self._database.reading() as connection:
            row = connection.execute(select(works).order_by(works.c.number.desc()).limit(1)).first()
        if row is None:
            return None
        at = datetime.fromtimestamp(row.at, UTC)
        return Work(row.number, State(row.state), row.done, row.total, row.said, at)
