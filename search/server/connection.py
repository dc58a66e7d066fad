"""One connection of a worker: what came of a request, what of the answer is still to be sent.

gunicorn's parser and its response see a socket. A request that has come whole is read from
memory, and an answer that the network does not take at once is kept: no thread waits for a
client. Only a body that is too large to be kept is read from the network by a thread, and
that waits for it so long and no longer.
"""

import select
import socket
import time
from contextlib import suppress
from enum import IntEnum, auto
from functools import cached_property
from typing import Any

from gunicorn.http import get_parser  # type: ignore[import-untyped]
from gunicorn.http.message import HeaderPolicy  # type: ignore[import-untyped]

from search.server.framing import Came, Framing

HEAD_SECONDS = 10.0
"""A request's head must have come after so long."""
GRACE_SECONDS = 20.0
MIN_RATE = 500
"""A body must come, and an answer must be taken, at so many bytes a second after the grace:
the rule and the figures of Apache's mod_reqtimeout."""
_PIECE = 64 * 1024
"""Bytes that are read at once: more would be mapped and unmapped for each request."""
_MOST_DROPPED = 64 * 1024 * 1024
"""Bytes of a body that nobody reads: a client that is still sending would see no answer."""


class Stage(IntEnum):  # its members are keys: an Enum's hash is Python
    """What a connection waits for."""

    IDLE = auto()  # the next request of a kept connection
    READING = auto()  # the rest of a request
    PARKED = auto()  # a thread for a large body
    WORKING = auto()  # the answer, which a thread makes
    WRITING = auto()  # the client, to take the answer
    LINGERING = auto()  # the client, to read the answer and close


_SECONDS = {Stage.IDLE: 5.0, Stage.PARKED: 30.0, Stage.LINGERING: 10.0}


class Connection:
    """A connection. The main thread has it, but while a thread makes the answer (WORKING)."""

    def __init__(self, sock: socket.socket, client: Any, cfg: Any, most: int) -> None:
        """`most`: bytes of a body that is kept."""
        sock.setblocking(False)
        self.real = sock
        self.client = client
        self.server = sock.getsockname()
        self.sock = self  # what gunicorn takes for the socket
        self.parser = get_parser(cfg, self, client)
        self._cfg = cfg
        self.stage = Stage.READING
        self.came = bytearray()
        self.due = bytearray()
        self.goes_on = False
        """Whether another request may follow on this connection."""
        self.watched = 0
        """The events of `selectors` for which the main thread watches its socket."""
        self.large = False
        """Whether a thread reads its body from the network."""
        self.error_status = 0
        """The status of the error that is the answer; 0: the app answers."""
        self.head = b""
        """The request's head, as far as it came: an error is in the reader's language."""
        self.plain_fields: Any = None
        """Those of its last plain request (see plain_request.py)."""
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self.framing = Framing(self._most)
        self.state = Came.HEAD
        self.since = time.monotonic()
        self._waited = 0.0
        self._passed = 0  # bytes of the body read, or of the answer taken
        self._continued = False

    def begin_next(self) -> None:
        """Begins the next request: what came behind the last one belongs to it."""
        self.came = bytearray(self.parser.unreader.take_buffered()) + self.came
        self.error_status, self.head = 0, b""
        self._begin()

    def wait_for(self, stage: Stage) -> None:
        """Waits for something else, from now on."""
        self.stage, self.since, self._passed = stage, time.monotonic(), 0

    def fileno(self) -> int:
        """The socket's."""
        return self.real.fileno()

    # The main thread, while a request comes

    def fill(self) -> bool:
        """Takes what the network has. False: the client has closed, or is gone."""
        data = self._received()
        self.came += data or b""
        return data is not None

    def _received(self) -> bytes | None:
        """What the network has, b"" where that is nothing yet; None: the client has closed."""
        try:
            data = self.real.recv(_PIECE)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        self._passed += len(data)
        return data or None

    def look(self) -> Came:
        """How much of the request is there; the grace of its body begins with the body."""
        before, self.state = self.state, self.framing.look(self.came)
        if self.state is Came.BODY and before is Came.HEAD:
            self.since, self._passed = time.monotonic(), len(self.came) - self.framing.head
            if self.framing.continues and not self._passed:
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.state

    def deadline(self) -> float:
        """The moment (`time.monotonic`) at which it has been waited for long enough."""
        if self.stage in _SECONDS:
            return self.since + _SECONDS[self.stage]
        if self.stage is Stage.READING and self.state is Came.HEAD:
            return self.since + HEAD_SECONDS
        return self.since + GRACE_SECONDS + self._passed / MIN_RATE

    def give_to_thread(self) -> None:
        """A thread has it from now on."""
        self.stage = Stage.WORKING
        self.large = self.state is Came.LARGE and not self.error_status
        self.head = bytes(self.came[: self.framing.head or None])

    @cached_property
    def trusted(self) -> bool:
        """Whether gunicorn takes from it what a proxy says of its clients."""
        policy = HeaderPolicy()
        policy.cfg, policy.peer_addr = self._cfg, self.client
        return bool(policy._peer_is_trusted_proxy())

    @property
    def unread(self) -> bool:
        """Whether the client may still be sending what nobody reads."""
        return self.large or self.error_status > 0

    # gunicorn's parser and its response, in a thread

    def recv(self, size: int) -> bytes:
        """What came; of a large body what comes. Raises TimeoutError where that takes too long."""
        if self.came:
            data = bytes(self.came[:size])
            del self.came[:size]
            return data
        return self._wait_for_more(size) if self.large else b""

    def _wait_for_more(self, size: int) -> bytes:
        while True:
            try:
                data = self.real.recv(size)
            except BlockingIOError:
                began = time.monotonic()
                left = GRACE_SECONDS + self._passed / MIN_RATE - self._waited
                if left <= 0:
                    raise TimeoutError from None
                waiting = select.poll()
                waiting.register(self.real, select.POLLIN)
                waiting.poll(left * 1000)
                self._waited += time.monotonic() - began
            else:
                self._passed += len(data)
                return data

    def send(self, data: bytes) -> int:
        """gunicorn's "100 Continue", unless the client has it."""
        if not self._continued:
            self._continued = True
            with suppress(OSError):  # the main thread calls it, too; who is gone sends no body
                self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Sends what the network takes and keeps the rest. Raises OSError where nobody reads."""
        sent = 0
        if not self.due:
            with suppress(BlockingIOError):
                sent = self.real.send(data)
        self.due += memoryview(data)[sent:]

    def settimeout(self, _seconds: float | None) -> None:
        """Nothing here waits for a client."""

    def gettimeout(self) -> float | None:
        """Nothing here waits for a client."""
        return None

    def shutdown(self, _how: int) -> None:
        """The main thread closes it."""

    # The main thread, after the answer

    def flush(self) -> bool:
        """Sends what the network takes. False: the client is gone."""
        try:
            sent = self.real.send(self.due)
        except BlockingIOError:
            return True
        except OSError:
            return False
        del self.due[:sent]
        self._passed += sent
        return True

    def drop(self) -> bool:
        """Reads and forgets what the client sends. False: it has closed, or sends too much."""
        return self._received() is not None and self._passed < _MOST_DROPPED

    def hang_up(self) -> None:
        """Tells the client that nothing follows."""
        with suppress(OSError):
            self.real.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Ends it."""
        self.real.close()
