"""One process at a time: who has the lease works, the others wait."""

import os
import platform
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, func, select

from index.store.connect import Database
from index.store.statements import insert_over
from index.store.tables import leases


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lease: its machine, its process, and since when that process runs (in ticks)."""

    machine: str
    process: int
    started: str
    name: str

    def __str__(self) -> str:
        return f"{self.machine} {self.process} {self.started} {self.name}"

    def dead(self) -> bool:
        """Whether the process is known to be gone; of another machine nothing is known."""
        return self.machine == _machine() and _started(self.process) != self.started


class Lease:
    """A lease in the store. A dead process of this machine loses it at once, others in time."""

    def __init__(self, database: Database, name: str = "indexer", seconds: float = 10.0) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self._me = Holder(_machine(), os.getpid(), _started(os.getpid()), uuid.uuid4().hex)

    def take(self) -> bool:
        """Takes it, or goes on having it; False where another has it.

        Whoever asks again and again writes when half of the time is over, no sooner.
        """
        with self._database.reading() as connection:
            had = self._had(connection, self._seconds / 2)
        if had is not None:
            return had

        def work(connection: Connection) -> bool:
            had = self._had(connection)
            if had is False:
                return False
            until = self._now(connection) + self._seconds
            row = {"name": self._name, "holder": str(self._me), "until": until}
            connection.execute(insert_over(connection, leases), row)
            return True

        return self._database.write(work)

    def renew(self) -> None:
        """Has it for longer, where it is ours."""
        with self._database.reading() as connection:
            ours = self._found(connection)[0] == self._me
        if ours:
            self.take()

    def release(self) -> None:
        """Gives it back, where it is ours."""
        mine = delete(leases).where(leases.c.name == self._name, leases.c.holder == str(self._me))
        self._database.write(lambda connection: connection.execute(mine))

    def holder(self) -> Holder | None:
        """Who has it; None where nobody does."""
        with self._database.reading() as connection:
            holder, until = self._found(connection)
            alive = holder and not holder.dead() and until > self._now(connection)
        return holder if alive else None

    def _had(self, connection: Connection, left: float = 0.0) -> bool | None:
        """Whether it is ours, for more than so many seconds, or another's; None where neither."""
        holder, until = self._found(connection)
        rest = until - self._now(connection)
        if holder is None or rest <= 0:
            return None
        if holder == self._me:
            return True if rest > left else None
        return None if holder.dead() else False

    def _found(self, connection: Connection) -> tuple[Holder | None, float]:
        named = select(leases.c.holder, leases.c.until).where(leases.c.name == self._name)
        row = connection.execute(named).first()
        if row is None:
            return None, 0.0
        machine, process, started, name = row.holder.split(" ")
        return Holder(machine, int(process), started, name), row.until

    def _now(self, connection: Connection) -> float:
        """The database's clock where several machines share it."""
        if self._database.embedded:
            return time.time()
        return float(connection.execute(select(func.extract("epoch", func.now()))).scalar_one())


def _machine() -> str:
    """The machine since its last start: no process of an earlier one is alive."""
    boot = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{platform.node() or 'localhost'}/{boot}".replace(" ", "-")


def _started(process: int) -> str:
    """When the process was started, in ticks; "" where there is none or it is over."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "" if Path("/proc/self").exists() else _asked(process)
    state, *_, started = fields.rpartition(")")[2].split()[:20]
    return "" if state in "ZX" else started


def _asked(process: int) -> str:
    """Where there is no /proc: whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
