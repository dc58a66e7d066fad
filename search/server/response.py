"""gunicorn's response, which sends its head with the first bytes of the body.

Most header fields are the same in every answer: what gunicorn makes of a field is kept.
"""

import time
from functools import lru_cache
from typing import Any

from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.util import http_date  # type: ignore[import-untyped]

HeaderFields = list[tuple[str, str]]


class Response(wsgi.Response):  # type: ignore[misc]
    """The answer to one request."""

    headers_sent: bool
    upgrade: bool

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._unsent = b""

    def process_headers(self, headers: HeaderFields) -> None:
        """Checks and takes header fields, as gunicorn does."""
        for name, value in headers:
            fields, length, upgrade = _processed(name, value)
            self.headers += fields
            if length is not None:
                self.response_length = length
            self.upgrade = self.upgrade or upgrade

    def default_headers(self) -> list[str]:
        """The first lines of the head."""
        major, minor = self.req.version
        closes = "close" if self.should_close() else "keep-alive"
        return [
            f"HTTP/{major}.{minor} {self.status}\r\n",
            f"Server: {self.version}\r\n",
            f"Date: {_date(int(time.time()))}\r\n",
            f"Connection: {'upgrade' if self.upgrade else closes}\r\n",
            *(["Transfer-Encoding: chunked\r\n"] if self.chunked else []),
        ]

    def send_headers(self) -> None:
        """Makes the head; it is sent with what follows."""
        if self.headers_sent:
            return
        fields = (f"{name}: {value}\r\n" for name, value in self.headers)
        self._unsent = "".join([*self.default_headers(), *fields, "\r\n"]).encode("latin-1")
        self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        self.sock.sendall(self._unsent + data)
        self._unsent = b""

    def close(self) -> None:
        """Sends what is left."""
        self.send_headers()
        end = self._unsent + (b"0\r\n\r\n" if self.chunked else b"")
        if end:
            self.sock.sendall(end)


@lru_cache(maxsize=512)
def _processed(name: str, value: str) -> tuple[HeaderFields, int | None, bool]:
    """What gunicorn makes of a header field: what is sent, the body's length, `upgrade`."""
    alone = wsgi.Response(None, None, None)
    alone.process_headers([(name, value)])
    return alone.headers, alone.response_length, alone.upgrade


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return str(http_date(second))
