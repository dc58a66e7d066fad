"""Whose turn it is: one at a time, in the order in which they came.

A plain lock goes to whoever asks first when it is let go, which is who had it: six searches
of one request would be answered before a search that came after the first of them.

An ordinary search ends within its first turn, so that many of them are answered one after
another: to take turns every few milliseconds would delay all of them. A long one gives way
to those that wait, and then goes on in short turns.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

FIRST_TURN = 0.015
"""Seconds after which a search gives way for the first time: most searches take half of it."""
TURN = 0.004
"""Seconds after which it gives way again."""


class FairLock:
    """A lock that is handed over to who has waited longest. Not for one that has it already."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` returns seconds."""
        self._clock = clock
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()
        self._ends = 0.0

    def __enter__(self) -> None:
        self._take(FIRST_TURN)

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def give_way(self) -> bool:
        """Lets those that wait go first if this turn has lasted long enough; whether it did.

        Only for who has the lock.
        """
        if not self._waiting or self._clock() < self._ends:
            return False
        self.__exit__()
        self._take(TURN)
        return True

    def _take(self, seconds: float) -> None:
        with self._lock:
            mine = self._queued() if self._taken else None
            self._taken = True
        if mine is not None:
            mine.acquire()  # until who has the turn hands it over
        self._ends = self._clock() + seconds

    def _queued(self) -> Lock:
        mine = Lock()
        mine.acquire()
        self._waiting.append(mine)
        return mine
