"""The usual request, read in one step: GET or HEAD with a few valid fields and no body.

gunicorn's parser takes several times as long for it. What is read here, it would read in the
same way; whatever is unusual, wrong or long is left to it.
"""

import io
import os
import re
from typing import Any, NamedTuple

from gunicorn.http.message import DEFAULT_MAX_HEADERFIELD_SIZE  # type: ignore[import-untyped]
from gunicorn.http.wsgi import (  # type: ignore[import-untyped]
    WSGIErrorsWrapper,
    base_environ,
)
from gunicorn.util import unquote_to_wsgi_str  # type: ignore[import-untyped]

from search.server.connection import Connection

_LINE = re.compile(rb"(GET|HEAD) (/(?!/)[!\"$-~]*) HTTP/1\.1\r\n")  # no #
_FIELDS = re.compile(rb"(?:[0-9A-Za-z!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*\r\n)+\r\n")
_KEPT = 4_096
"""Bytes of header fields that a connection keeps for its next request."""
_UNUSUAL = frozenset({"CONTENT-LENGTH", "CONTENT-TYPE", "EXPECT", "TRANSFER-ENCODING"})


class PlainFields(NamedTuple):
    """The header fields of a request, and what the app gets of them and of the connection."""

    sent: bytes
    headers: list[tuple[str, str]]
    scheme: str
    environ: dict[str, Any]


class PlainRequest:
    """A request, with what gunicorn's has."""

    version = (1, 1)
    fragment = ""
    proxy_protocol_info = None

    def __init__(self, method: str, uri: str, fields: PlainFields) -> None:
        self.method, self.uri = method, uri
        self.headers, self.scheme, self.fields = fields.headers, fields.scheme, fields.environ
        self.path, _, self.query = uri.partition("?")
        self.body = io.BytesIO()
        self.trailers: list[tuple[str, str]] = []
        self.must_close = False

    def force_close(self) -> None:
        """No other request follows on its connection."""
        self.must_close = True

    def should_close(self) -> bool:
        """Whether no other request follows on its connection."""
        if self.must_close:
            return True
        options = (value for name, value in self.headers if name == "CONNECTION")
        return next(options, "").lower() == "close"


class PlainReader:
    """Reads the plain requests of a worker with this configuration of gunicorn."""

    def __init__(self, cfg: Any) -> None:
        limits = (
            cfg.limit_request_line, cfg.limit_request_field_size, DEFAULT_MAX_HEADERFIELD_SIZE,
        )  # fmt: skip
        self._longest = min(limit for limit in limits if limit > 0)
        if cfg.proxy_protocol != "off" or os.environ.get("SCRIPT_NAME"):
            self._longest = 0
        self._most_fields = cfg.limit_request_fields
        self._scheme_fields = cfg.secure_scheme_headers
        self._base: dict[str, Any] = base_environ(cfg) | {
            "wsgi.errors": _Errors(cfg),
            "wsgi.multithread": True,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
        }

    def read(self, conn: Connection) -> PlainRequest | None:
        """The request of a head that has come whole; None: gunicorn reads it."""
        head = conn.head
        if len(head) > self._longest or conn.large or not isinstance(conn.server, tuple):
            return None
        if (line := _LINE.match(head)) is None:
            return None
        sent = head[line.end() :]
        fields = conn.plain_fields  # a client sends the same ones with each request
        if fields is None or fields.sent != sent:
            fields = self._fields(sent, conn)
            conn.plain_fields = fields if len(sent) <= _KEPT else None
        if fields is None:
            return None
        del conn.came[: len(head)]
        return PlainRequest(line[1].decode(), line[2].decode(), fields)

    def _fields(self, sent: bytes, conn: Connection) -> PlainFields | None:
        """The header fields, to their end; None: gunicorn reads them."""
        if not _FIELDS.fullmatch(sent):
            return None
        headers = [
            (name.upper(), value.strip(" \t"))
            for name, _, value in (
                one.partition(":") for one in sent.decode("latin-1").split("\r\n")[:-2]
            )
        ]
        scheme = self._scheme(headers, conn)
        if not scheme or len(headers) > self._most_fields:
            return None
        names = [name for name, _ in headers]
        if not _UNUSUAL.isdisjoint(names) or names.count("HOST") > 1:
            return None
        return PlainFields(sent, headers, scheme, self._environ_of(headers, scheme, conn))

    def _scheme(self, headers: list[tuple[str, str]], conn: Connection) -> str:
        """What a trusted proxy says of its own client; "": it contradicts itself."""
        schemes = {
            "https" if value == self._scheme_fields[name] else "http"
            for name, value in headers
            if name in self._scheme_fields
        }
        if not schemes or not conn.trusted:
            return "http"
        return schemes.pop() if len(schemes) == 1 else ""

    def _environ_of(
        self, headers: list[tuple[str, str]], scheme: str, conn: Connection
    ) -> dict[str, Any]:
        """What the app gets of a connection and of header fields."""
        environ: dict[str, Any] = self._base | {
            "wsgi.url_scheme": scheme,
            "REMOTE_ADDR": conn.client[0],
            "REMOTE_PORT": str(conn.client[1]),
            "SERVER_NAME": conn.server[0],
            "SERVER_PORT": str(conn.server[1]),
        }
        for name, value in headers:
            key = "HTTP_" + name.replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def environ(self, request: PlainRequest, conn: Connection) -> dict[str, Any]:
        """What the app gets of a request."""
        return request.fields | {
            "wsgi.input": request.body,
            "gunicorn.socket": conn,  # not kept with the fields: a circle would outlive it
            "REQUEST_METHOD": request.method,
            "RAW_URI": request.uri,
            "PATH_INFO": unquote_to_wsgi_str(request.path),
            "QUERY_STRING": request.query,
        }


class _Errors(io.TextIOBase):
    """gunicorn's error streams as they are at each line: they may be opened again."""

    def __init__(self, cfg: Any) -> None:
        self._cfg = cfg

    def write(self, text: str) -> int:
        WSGIErrorsWrapper(self._cfg).write(text)
        return len(text)
