"""Clients that send or read slowly, over real sockets: many of one sort at a time."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_GET = b"GET /v1/search?q=%D1%88%D0%BA%D0%BE%D0%BB%D0%B0 HTTP/1.1\r\nHost: localhost\r\n"
_LARGE = b"50000000"


def _post(path: str, *fields: bytes) -> bytes:
    lines = (f"POST {path} HTTP/1.1".encode(), b"Host: localhost", *fields)
    return b"\r\n".join((*lines, b"Content-Type: application/json", b"", b""))


@dataclass(frozen=True)
class Sort:
    """What a client sends at once, and what it drips, a byte at a time."""

    sends: bytes
    drips: bytes = b""
    small_window: bool = False
    """It can take little of an answer, and reads none of it."""
    pause: float = 0.0
    """Seconds between two clients: where each asks a whole search, many at once are a load."""


def sorts(key: str) -> Mapping[str, Sort]:
    """Every sort of slow client; `key` may write."""
    bearer = b"Authorization: Bearer " + key.encode()
    search = _post("/v1/search", b"Content-Length: 1000")
    packed = gzip.compress(b"[" + b" " * 5_000)
    return {
        "sends nothing": Sort(b""),
        "half a head": Sort(_GET + b"Accept: */*\r\n"),
        "a dripping head": Sort(_GET, b"X-Slow: " + b"a" * 1_000),
        "half a body": Sort(search + b'{"q": "'),
        "a dripping body": Sort(search, b" " * 999),
        "half a chunk": Sort(_post("/v1/search", b"Transfer-Encoding: chunked") + b"64\r\n{"),
        "dripping chunks": Sort(
            _post("/v1/search", b"Transfer-Encoding: chunked"), b"1\r\n \r\n" * 100
        ),
        "half a packed body": Sort(
            _post("/v1/articles", bearer, b"Content-Encoding: gzip", b"Content-Length: 500000")
            + packed
        ),
        "a large body without a key": Sort(
            _post("/v1/articles", b"Content-Length: " + _LARGE) + b"[", b" " * 1_000
        ),
        "a large body with a key": Sort(
            _post("/v1/articles", bearer, b"Content-Length: " + _LARGE) + b"[", b" " * 1_000
        ),
        "a body too large": Sort(
            _post("/v1/search", b"Content-Length: " + _LARGE) + b" " * 1_000, b" " * 1_000
        ),
        "waits for 100 Continue": Sort(
            _post("/v1/search", b"Content-Length: 1000", b"Expect: 100-continue")
        ),
        "reads nothing": Sort(
            _GET.replace(b" HTTP", b"&per_page=100&snippet_length=2000 HTTP") + b"\r\n",
            small_window=True,
            pause=0.04,
        ),
        "never closes": Sort(_GET + b"Connection: close\r\n\r\n", pause=0.02),
    }


@contextmanager
def slow_clients(host: str, port: int, sort: Sort, many: int) -> Iterator[list[socket.socket]]:
    """So many clients of this sort, as long as the block runs."""
    clients: list[socket.socket] = []
    ended = threading.Event()

    def drip() -> None:
        for at in range(len(sort.drips)):
            for client in clients:
                with suppress(OSError):
                    client.send(sort.drips[at : at + 1])
            if ended.wait(0.5):
                return

    dripping = threading.Thread(target=drip, daemon=True)
    try:
        for _ in range(many):
            client = socket.socket()
            if sort.small_window:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            client.settimeout(10)
            clients.append(client)
            with suppress(OSError):  # the service may have ended just now
                client.connect((host, port))
                client.sendall(sort.sends)
            time.sleep(sort.pause)
        dripping.start()
        time.sleep(0.2)
        yield clients
    finally:
        ended.set()
        if dripping.is_alive():
            dripping.join()
        for client in clients:
            client.close()
