"""Long works that are asked for over HTTP, and how far they have come."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from index.errors import RebuildRunning
from index.store.connect import Database
from index.store.tables import counters, jobs


class State(StrEnum):
    """Where a work is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild, and how many articles of `total` it has done. `said` tells why it failed."""

    number: int
    state: State
    done: int
    total: int
    said: str
    at: datetime


class Jobs:
    """The rebuilds, numbered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self) -> int:
        """Asks for a rebuild; its number. Raises RebuildRunning where one waits or runs."""

        def work(connection: Connection) -> tuple[int, str]:
            self._one_at_a_time(connection)
            at_work = jobs.c.state.in_([State.WAITING, State.RUNNING])
            if there := connection.execute(select(jobs).where(at_work)).first():
                return int(there.number), str(there.state)
            return self._add(connection, State.WAITING, 0), ""

        number, state = self._database.write(work)
        if state:
            raise RebuildRunning(
                number, "is already running" if state == State.RUNNING else "is already waiting"
            )
        return number

    def begin(self, total: int) -> int:
        """The number of a rebuild that starts now: one that waits, or a new one."""

        def work(connection: Connection) -> int:
            self._one_at_a_time(connection)
            waiting = select(jobs.c.number).where(jobs.c.state == State.WAITING)
            if not (there := connection.execute(waiting).first()):
                return self._add(connection, State.RUNNING, total)
            mine = update(jobs).where(jobs.c.number == there.number)
            connection.execute(mine.values(state=State.RUNNING, total=total, at=time.time()))
            return int(there.number)

        return self._database.write(work)

    def claim(self, number: int) -> bool:
        """Whether the rebuild still waited; now it runs."""
        waiting = (jobs.c.number == number) & (jobs.c.state == State.WAITING)
        taken = update(jobs).where(waiting).values(state=State.RUNNING, at=time.time())
        return self._database.write(lambda connection: bool(connection.execute(taken).rowcount))

    @staticmethod
    def _one_at_a_time(connection: Connection) -> None:
        counter = update(counters).where(counters.c.name == "work")
        connection.execute(counter.values(value=counters.c.value))

    @staticmethod
    def _add(connection: Connection, state: State, total: int) -> int:
        counter = update(counters).where(counters.c.name == "work")
        connection.execute(counter.values(value=counters.c.value + 1))
        named = select(counters.c.value).where(counters.c.name == "work")
        number = int(connection.execute(named).scalar_one())
        row = {"number": number, "kind": "rebuild", "state": state}
        row |= {"done": 0, "total": total, "said": "", "at": time.time()}
        connection.execute(insert(jobs), row)
        return number

    def tell(self, number: int, **how: Any) -> None:
        """Writes down how far a work has come: state, done, total, said."""
        changed = update(jobs).where(jobs.c.number == number).values(at=time.time(), **how)
        self._database.write(lambda connection: connection.execute(changed))

    def newest(self) -> Job | None:
        """The last that was asked for."""
        with self._database.reading() as connection:
            row = connection.execute(select(jobs).order_by(jobs.c.number.desc()).limit(1)).first()
        if row is None:
            return None
        at = datetime.fromtimestamp(row.at, UTC)
        return Job(row.number, State(row.state), row.done, row.total, row.said, at)
