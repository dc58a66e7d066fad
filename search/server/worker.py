"""gunicorn's threaded worker, whose threads wait for no client.

The main thread reads a request until it is whole and only then gives it to a thread, and it
sends what a client does not take at once: a client that sends or reads slowly costs a
connection and some memory, both bounded, and never a thread. Bodies too large to be kept are
read by a few threads of their own. A client that is too slow is answered 408; where
connections or memory run out, the one that has been waited for longest is closed.

A proxy keeps its connections open and sends its next request into any of them; all of them
may have been accepted by one process, and the others of this machine would do nothing. So
each process tells the others how many requests it has, and closes a connection after its
answer while another process has two fewer: who comes again is accepted by whoever is free.
"""

import errno
import math
import mmap
import resource
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from gunicorn.http.errors import NoMoreData  # type: ignore[import-untyped]

from search.server.app_worker import AppWorker
from search.server.connection import Connection, Stage
from search.server.framing import Came
from search.server.threads import Threads
from search.server.waiting import Waiting
from search.web.request_body import BodyBroken, Incoming
from search.web.unreadable_requests import error_response, status_of

_NOBODY = 255
_PROCESSES = 256
_ALL = bytes(range(256))
_requests = mmap.mmap(-1, _PROCESSES)  # shared with every process that is forked
_requests[:] = bytes([_NOBODY]) * _PROCESSES

_FILES = 4_096
"""Open files that a process asks for: connections, segments, the store."""
_SPARE_FILES = 256
_LOOK = 0.5
"""Seconds between two looks at who is too slow."""
_STOPPING_SECONDS = 2.0
"""So long a process that ends goes on waiting for clients."""
_HEALTH = (b"GET /healthz ", b"HEAD /healthz ")
_TOO_LONG = {Came.LINE_TOO_LONG: 414, Came.HEAD_TOO_LONG: 431}
_TRY_AGAIN = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
_NO_FILES = {errno.EMFILE, errno.ENFILE}


class Worker(AppWorker):
    """A ThreadWorker whose threads get whole requests."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting = Waiting(self._ready)
        self._answered: deque[Connection] = deque()  # by threads; the main thread takes them back
        self._counting = Lock()
        self._count = 0
        self._large = 0  # bodies that are being read by threads
        self._most_large = max(1, self.cfg.threads // 2)
        self._most_body = 0
        self._looked = 0.0
        self._until = math.inf

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuses what this worker does not do."""
        super().check_config(cfg, log)
        if cfg.is_ssl or getattr(cfg, "protocol", "http") != "http":
            raise RuntimeError("Poisk serves plain HTTP only: use a reverse proxy for TLS.")

    def init_process(self) -> None:
        """Begins with nothing to do."""
        _requests[self._place] = 0
        self._large_pool = Threads(self._most_large, self._answer)
        self._health_pool = Threads(1, self._answer)
        room = _raise_files() - _SPARE_FILES
        self.worker_connections = max(16, min(self.cfg.worker_connections, room))
        super().init_process()

    def get_thread_pool(self) -> Threads:
        """The threads that answer most requests."""
        return Threads(self.cfg.threads, self._answer)

    def load_wsgi(self) -> None:
        """Also learns how large a body the app reads whole."""
        super().load_wsgi()
        self._most_body = self.wsgi.config["MAX_CONTENT_LENGTH"]

    # A request comes

    def accept(self, listener: Any) -> None:
        """Takes a new connection; its request may be there already."""
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in _NO_FILES:
                self._make_room()
            elif error.errno not in _TRY_AGAIN:
                raise
            return
        self.nr_conns += 1
        try:
            conn = Connection(sock, client, self.cfg, self._most_body)
        except OSError:  # it is gone already
            self.nr_conns -= 1
            sock.close()
            return
        self._waiting.put(conn, Stage.READING, self.poller)
        self._ready(conn)

    def _ready(self, conn: Connection) -> None:
        """The socket of a connection that is waited for can be read, or written to."""
        self._finish_answered()
        if conn.stage is Stage.WORKING:  # what it sends meanwhile is read after the answer
            self._waiting.watch(conn, 0, self.poller)
            self._finish_answered()  # the thread may not have seen that it has to wake this one
            return
        if conn not in self._waiting:  # closed a moment ago, to make room for another one
            return
        self._carefully(self._step, conn)

    def _carefully(self, do: Callable[[Connection], None], conn: Connection) -> None:
        """Closes a connection with which something goes wrong: the others of this process go on."""
        try:
            do(conn)
        except Exception:
            self.log.exception("a connection is closed")
            if conn in self._waiting:
                self._close(conn)

    def _step(self, conn: Connection) -> None:
        match conn.stage:
            case Stage.IDLE:
                self._waiting.take(conn)
                self._waiting.put(conn, Stage.READING, self.poller)
                self._read(conn)
            case Stage.READING:
                self._read(conn)
            case Stage.WRITING:
                self._write(conn)
            case Stage.LINGERING if not conn.drop():
                self._close(conn)

    def _read(self, conn: Connection) -> None:
        """Takes what has come of a request."""
        if not conn.fill():
            if conn.came:  # the client may have closed its half alone, and reads
                self._waiting.take(conn)
                self._enqueue_error(conn, 400)
            else:
                self._close(conn)
            return
        self._waiting.weigh(conn)
        self._look(conn)
        self._keep_less()

    def _look(self, conn: Connection) -> None:
        """Gives a request that is whole to a thread."""
        came = conn.look()
        if came in {Came.HEAD, Came.BODY}:
            return
        self._waiting.take(conn)
        if came in _TOO_LONG:
            self._enqueue_error(conn, _TOO_LONG[came])
        elif came is Came.LARGE and self._large >= self._most_large:
            self._waiting.put(conn, Stage.PARKED, self.poller)
        else:
            self.enqueue_req(conn)

    def _enqueue_error(self, conn: Connection, status: int) -> None:
        """A thread answers with this status; the request is not read any further."""
        conn.error_status = status
        self.enqueue_req(conn)

    def enqueue_req(self, conn: Connection) -> None:
        """A thread answers; the socket is watched on, since most clients wait for the answer."""
        self._change_count(1)
        conn.give_to_thread()
        if conn.unread:
            self._waiting.watch(conn, 0, self.poller)
        self._large += conn.large
        self._pool(conn).put(conn)

    def _pool(self, conn: Connection) -> Threads:
        """Whose threads answer: who asks whether it lives does not wait behind searches."""
        if conn.large:
            return self._large_pool
        pool: Threads = self.tpool
        return self._health_pool if conn.head.startswith(_HEALTH) else pool

    # A thread answers

    def _answer(self, conn: Connection) -> None:
        """Answers a request, and wakes the main thread if it has more to do than to wait."""
        try:
            conn.goes_on = self.handle(conn)
        except BaseException:  # SystemExit, too: the thread goes on
            self.log.exception("a request broke off")
            conn.goes_on = False
        if conn.goes_on:
            conn.begin_next()
        self._change_count(-1)
        waits = conn.goes_on and not conn.due and not conn.came
        self._answered.append(conn)  # from now on the main thread has it
        if not waits or not conn.watched:
            self.method_queue.defer(self._finish_answered)

    def handle(self, conn: Connection) -> bool:
        """Answers a request; whether another one may follow on its connection."""
        asked = None
        try:
            if conn.error_status:
                self._answer_error(conn)
                return False
            asked = self.plain.read(conn)
            if asked:
                return self.handle_request(asked, conn)
            asked = next(conn.parser)
            asked.body = Incoming(asked.body, _length(asked))
            goes_on = self.handle_request(asked, conn)
            return bool(goes_on and not conn.large and conn.parser.finish_body())
        except (NoMoreData, StopIteration, BodyBroken):
            return False
        except OSError as error:  # the client is gone
            self.log.debug("a connection was lost: %s", error)
        except Exception as error:
            self.handle_error(asked, conn, None, error)
        return False

    def handle_error(self, req: Any, client: Connection, addr: Any, exc: Exception) -> None:  # noqa: ARG002
        """Answers what gunicorn cannot read, and what broke, in the form of all errors."""
        client.error_status = status_of(exc)
        if client.error_status >= 500:
            self.log.error("a request could not be answered", exc_info=exc)
        else:
            self.log.info("a request was refused: %d, %s", client.error_status, type(exc).__name__)
        with suppress(OSError):
            self._answer_error(client)

    def _answer_error(self, conn: Connection) -> None:
        conn.sendall(error_response(self.wsgi, conn.head, conn.error_status))

    # The answer is sent

    def _finish_answered(self) -> None:
        """Takes back the connections that threads have answered."""
        while self._answered:
            self._carefully(self.finish_request, self._answered.popleft())

    def finish_request(self, conn: Connection) -> None:
        """Sends the rest of the answer, or waits for the next request."""
        if conn.large:
            self._large -= 1
            if parked := self._waiting.longest_parked():
                self._waiting.take(parked)
                self.enqueue_req(parked)
        if conn.due:
            self._waiting.put(conn, Stage.WRITING, self.poller)
            self._keep_less()
        else:
            self._go_on(conn)

    def _write(self, conn: Connection) -> None:
        """Sends more of an answer."""
        if not conn.flush():
            self._close(conn)
            return
        self._waiting.weigh(conn)
        if not conn.due:
            self._waiting.take(conn)
            self._go_on(conn)

    def _go_on(self, conn: Connection) -> None:
        """After an answer: keeps the connection for another request, or ends it."""
        if conn.goes_on:
            self._waiting.put(conn, Stage.READING if conn.came else Stage.IDLE, self.poller)
            if conn.came:
                self._look(conn)
        elif conn.unread:
            conn.hang_up()
            self._waiting.put(conn, Stage.LINGERING, self.poller)
        else:
            self._end(conn)

    # Who is too slow, and who has to go

    def murder_pending(self) -> None:
        """An error for those that are too slow, or closes them; gunicorn calls it at every turn."""
        self._finish_answered()
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        if not self.alive and self._until == math.inf:
            self._until = now + _STOPPING_SECONDS
        for conn in self._waiting.late(now, self._until):
            began = conn.stage is Stage.READING and conn.came
            if not began and conn.stage is not Stage.PARKED:
                self._close(conn)
                continue
            self._waiting.take(conn)
            self._enqueue_error(conn, 408 if began else 503)

    def murder_keepalived(self, force: bool = False) -> None:
        """Connections that wait for their next request are among the others."""
        if force:
            for conn in self._waiting.late(math.inf, math.inf):
                self._close(conn)

    def _make_room(self) -> None:
        """Closes the connection that has been waited for longest."""
        self._finish_answered()
        if conn := self._waiting.first_to_go():
            self._close(conn)

    def _keep_less(self) -> None:
        """Closes those that hold much, the longest first, while too much is kept."""
        while conn := self._waiting.heaviest():
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        self._waiting.take(conn)
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self._waiting.watch(conn, 0, self.poller)
        self.nr_conns -= 1
        conn.close()

    # How much each process has to do

    def _change_count(self, more: int) -> None:
        """So many requests more; called by all threads."""
        with self._counting:
            self._count += more
            _requests[self._place] = min(_NOBODY - 1, self._count)

    @property
    def max_keepalived(self) -> int:
        """How many connections are kept: none while another process has less to do."""
        mine = _requests[self._place]
        others_free = mine >= 2 and _requests[:].translate(None, _ALL[mine - 1 :])
        return 0 if others_free else self._most

    @max_keepalived.setter
    def max_keepalived(self, most: int) -> None:
        self._most = most

    @property
    def _place(self) -> int:
        return int(self.age) % _PROCESSES


def forget(worker: Any) -> None:
    """A process that is gone has nothing to do, and nobody waits for it."""
    _requests[worker.age % _PROCESSES] = _NOBODY


def _length(asked: Any) -> int | None:
    """The length that the request gives for its body; gunicorn has checked it."""
    fields = dict(asked.headers)
    return None if "TRANSFER-ENCODING" in fields else int(fields.get("CONTENT-LENGTH", 0))


def _raise_files() -> int:
    """How many files this process may have open: as many as it needs, where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
