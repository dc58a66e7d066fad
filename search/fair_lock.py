"""Whose turn it is: one at a time, in the order in which they came.

A plain lock goes to whoever asks first when it is let go, which is who had it: six searches
of one request would be answered before a search that came after the first of them.
"""

from collections import deque
from threading import Lock


class FairLock:
    """A lock that is handed over to who has waited longest. Not for one that has it already."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # until who has the turn hands it over

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
