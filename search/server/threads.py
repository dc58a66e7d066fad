"""The threads that answer requests; `concurrent.futures` takes 17 us more for each request."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from search.server.connection import Connection


class Threads:
    """So many threads, which take connections from one queue."""

    def __init__(self, count: int, answer: Callable[[Connection], None]) -> None:
        """`answer` is called with each connection; it never raises."""
        self._count = count
        self._answer = answer
        self._queue: SimpleQueue[Connection | None] = SimpleQueue()
        for _ in range(count):
            Thread(target=self._run, daemon=True).start()

    def put(self, conn: Connection) -> None:
        """The next free thread answers the request of this connection."""
        self._queue.put(conn)

    def shutdown(self, wait: bool = False) -> None:  # noqa: ARG002
        """Each thread ends after what is in the queue; gunicorn calls it, and waits for none."""
        for _ in range(self._count):
            self._queue.put(None)

    def _run(self) -> None:
        while conn := self._queue.get():
            self._answer(conn)
