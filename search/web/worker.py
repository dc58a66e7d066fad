"""gunicorn's threaded worker, a connection of which goes on where there is least to do.

A proxy keeps its connections open and sends its next request into any of them; all of them
may have been accepted by one process, and the others of this machine would do nothing. So
each process tells the others how many requests it has, and closes a connection after its
answer while another process has two fewer: who comes again is accepted by whoever is free.
"""

import mmap
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

_NOBODY = 255
_PROCESSES = 256
_requests = mmap.mmap(-1, _PROCESSES)  # shared with every process that is forked
_requests[:] = bytes([_NOBODY]) * _PROCESSES


class Worker(ThreadWorker):  # type: ignore[misc]
    """A ThreadWorker that closes connections of which another process has fewer."""

    def init_process(self) -> None:
        """Begins with nothing to do."""
        _requests[self._place] = 0
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """One request more; called by the main thread alone, as finish_request is."""
        _requests[self._place] = min(_NOBODY - 1, _requests[self._place] + 1)
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """One request less."""
        _requests[self._place] = max(0, _requests[self._place] - 1)
        super().finish_request(conn, fs)

    @property
    def max_keepalived(self) -> int:
        """How many connections are kept: none while another process has less to do."""
        least = min(_requests[:])
        return 0 if least + 2 <= _requests[self._place] else self._most

    @max_keepalived.setter
    def max_keepalived(self, most: int) -> None:
        self._most = most

    @property
    def _place(self) -> int:
        return int(self.age) % _PROCESSES


def forget(worker: Any) -> None:
    """A process that is gone has nothing to do, and nobody waits for it."""
    _requests[worker.age % _PROCESSES] = _NOBODY
