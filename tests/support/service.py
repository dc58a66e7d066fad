"""A served Poisk with the demo articles, and what clients with sockets of their own do with it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from index.store.keys import Scope
from tests.support.demo import demo_in
from tests.support.processes import GUNICORN, served

Service = tuple[str, int, str]
"""Host, port and a key that may write."""

SEARCH = f"/v1/search?q={quote('школа')}"


@contextmanager
def demo_service(folder: Path) -> Iterator[Service]:
    """The demo articles, served by two web workers without limits on requests."""
    parts = demo_in(folder)
    _, key = parts.keys.create(Scope.WRITE)
    parts.close()
    with served(folder, GUNICORN, workers=2, search_limit="", write_limit="") as (address, _):
        host, port = address.removeprefix("http://").split(":")
        yield host, int(port), key


def seconds(host: str, port: int, path: str) -> float:
    """Seconds that an ordinary client waits for its answer, which must be 200."""
    started = time.monotonic()
    connection = HTTPConnection(host, port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200
    return time.monotonic() - started


def answer_to(service: Service, sent: bytes) -> tuple[int, str, bytes]:
    """Status, media type and body of the answer to these bytes; status 0 if there is none."""
    host, port, _ = service
    with socket.create_connection((host, port), timeout=60) as client:
        client.sendall(sent)
        answered = b""
        while data := client.recv(65_536):
            answered += data
    if not answered:
        return 0, "", b""
    answered = answered.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = answered.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), fields["Content-Type"], body
