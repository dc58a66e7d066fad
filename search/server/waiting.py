"""Who a worker waits for: connections by what they wait for, the longest wait first."""

import selectors
from collections.abc import Callable, Iterator
from itertools import chain

from search.server.connection import Connection, Stage

MOST_KEPT = 64 * 1024 * 1024
"""Bytes of requests that are coming and of answers that are not taken, in one process."""
_MUCH = 64 * 1024

_EVENTS = {
    Stage.IDLE: selectors.EVENT_READ,
    Stage.READING: selectors.EVENT_READ,
    Stage.WRITING: selectors.EVENT_WRITE,
    Stage.LINGERING: selectors.EVENT_READ,
}
_FIRST_TO_GO = (Stage.IDLE, Stage.LINGERING, Stage.READING, Stage.PARKED, Stage.WRITING)


class Waiting:
    """The connections that no thread has. Used by the main thread alone."""

    def __init__(self, ready: Callable[[Connection], None]) -> None:
        """`ready` is called with a connection whose socket has something for it."""
        self._ready = ready
        self._by_stage: dict[Stage, dict[Connection, None]] = {stage: {} for stage in Stage}
        self._kept: dict[Connection, int] = {}
        self._all_kept = 0

    def __contains__(self, conn: Connection) -> bool:
        """Whether it is waited for."""
        return conn in self._kept

    def put(self, conn: Connection, stage: Stage, poller: selectors.BaseSelector) -> None:
        """Waits for it from now on."""
        conn.wait_for(stage)
        self._by_stage[stage][conn] = None
        self.weigh(conn)
        self.watch(conn, _EVENTS.get(stage, 0), poller)

    def take(self, conn: Connection) -> None:
        """Waits for it no longer; its socket is watched as before."""
        del self._by_stage[conn.stage][conn]
        self._all_kept -= self._kept.pop(conn)

    def watch(self, conn: Connection, events: int, poller: selectors.BaseSelector) -> None:
        """Watches its socket for these events; 0: for none."""
        if events == conn.watched:
            return
        if not events:
            poller.unregister(conn.real)
        elif conn.watched:
            poller.modify(conn.real, events, lambda _socket: self._ready(conn))
        else:
            poller.register(conn.real, events, lambda _socket: self._ready(conn))
        conn.watched = events

    def weigh(self, conn: Connection) -> None:
        """Counts the bytes that it holds now."""
        size = len(conn.came) + len(conn.due)
        self._all_kept += size - self._kept.get(conn, 0)
        self._kept[conn] = size

    def late(self, now: float, until: float) -> Iterator[Connection]:
        """Those whose time is over, or `until` is past."""
        for conn in [*chain.from_iterable(self._by_stage.values())]:
            if min(conn.deadline(), until) <= now:
                yield conn

    def longest_parked(self) -> Connection | None:
        """The first that waits for a thread for its large body."""
        return next(iter(self._by_stage[Stage.PARKED]), None)

    def first_to_go(self) -> Connection | None:
        """Whom to close where another client needs the connection."""
        return next(chain.from_iterable(self._by_stage[stage] for stage in _FIRST_TO_GO), None)

    def heaviest(self) -> Connection | None:
        """Whom to close where too much is kept: who holds much of it, and for the longest time."""
        if self._all_kept <= MOST_KEPT:
            return None
        return min(
            (conn for conn, size in self._kept.items() if size > _MUCH),
            key=lambda conn: conn.since,
            default=self.first_to_go(),
        )
