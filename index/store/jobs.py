"""Long jobs that are requested over HTTP, and their progress."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import update as update_rows

from index.errors import RebuildRunning
from index.store.connect import Database
from index.store.tables import counters, jobs


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """A rebuild, and how many articles of `total` it has done. `message` says why it failed."""

    number: int
    state: JobState
    done: int
    total: int
    message: str
    at: datetime


class Jobs:
    """The rebuilds, numbered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def request(self) -> int:
        """Requests a rebuild; returns its number. Raises RebuildRunning where one waits or runs."""

        def work(connection: Connection) -> tuple[int, str]:
            self._one_at_a_time(connection)
            at_work = jobs.c.state.in_([JobState.WAITING, JobState.RUNNING])
            if there := connection.execute(select(jobs).where(at_work)).first():
                return int(there.number), str(there.state)
            return self._add(connection, JobState.WAITING, 0), ""

        number, state = self._database.write(work)
        if state:
            raise RebuildRunning(
                number, "is already running" if state == JobState.RUNNING else "is already waiting"
            )
        return number

    def begin(self, total: int) -> int:
        """The number of a rebuild that starts now: one that waits, or a new one."""

        def work(connection: Connection) -> int:
            self._one_at_a_time(connection)
            waiting = select(jobs.c.number).where(jobs.c.state == JobState.WAITING)
            if not (there := connection.execute(waiting).first()):
                return self._add(connection, JobState.RUNNING, total)
            mine = update_rows(jobs).where(jobs.c.number == there.number)
            connection.execute(mine.values(state=JobState.RUNNING, total=total, at=time.time()))
            return int(there.number)

        return self._database.write(work)

    def claim(self, number: int) -> bool:
        """Whether the rebuild still waited; now it runs."""
        waiting = (jobs.c.number == number) & (jobs.c.state == JobState.WAITING)
        taken = update_rows(jobs).where(waiting).values(state=JobState.RUNNING, at=time.time())
        return self._database.write(lambda connection: bool(connection.execute(taken).rowcount))

    @staticmethod
    def _one_at_a_time(connection: Connection) -> None:
        counter = update_rows(counters).where(counters.c.name == "work")
        connection.execute(counter.values(value=counters.c.value))

    @staticmethod
    def _add(connection: Connection, state: JobState, total: int) -> int:
        counter = update_rows(counters).where(counters.c.name == "work")
        connection.execute(counter.values(value=counters.c.value + 1))
        named = select(counters.c.value).where(counters.c.name == "work")
        number = int(connection.execute(named).scalar_one())
        row = {"number": number, "kind": "rebuild", "state": state}
        row |= {"done": 0, "total": total, "message": "", "at": time.time()}
        connection.execute(insert(jobs), row)
        return number

    def update(self, number: int, **how: Any) -> None:
        """Records the progress of a job: state, done, total, message."""
        changed = update_rows(jobs).where(jobs.c.number == number).values(at=time.time(), **how)
        self._database.write(lambda connection: connection.execute(changed))

    def newest(self) -> Job | None:
        """The job that was requested last."""
        with self._database.reading() as connection:
            row = connection.execute(select(jobs).order_by(jobs.c.number.desc()).limit(1)).first()
        if row is None:
            return None
        at = datetime.fromtimestamp(row.at, UTC)
        return Job(row.number, JobState(row.state), row.done, row.total, row.message, at)
