"""Plain requests are read as gunicorn reads them, and everything else is left to it."""

from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]
from gunicorn.http.wsgi import create  # type: ignore[import-untyped]

from search.server.plain_request import PlainReader

CLIENT, SERVER = ("127.0.0.1", 5_000), ("127.0.0.1", 8_000)
NOT_COMPARED = {"wsgi.input", "wsgi.errors", "wsgi.early_hints", "wsgi.multithread"}
ENDS = b"Host: a\r\n\r\n"

PLAIN = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /healthz HTTP/1.1\r\nhost:a\r\n\r\n",
    b"GET /v1/search?q=%D0%BC%D0%B8%D1%80&facets=a?b HTTP/1.1\r\n" + ENDS,
    b"GET /%D0%BC/a:b//c?q=[1] HTTP/1.1\r\n" + ENDS,
    b"GET /? HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    b"GET / HTTP/1.1\r\nAccept: a\r\nACCEPT:\t b \t\r\naccept:\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX: \xd0\xbc : \t y\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX-Forwarded-Proto: https\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Ssl: off\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nConnection: Close\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nConnection: keep-alive\r\nConnection: close\r\n" + ENDS,
]

LEFT = [
    b"POST / HTTP/1.1\r\n" + ENDS,
    b"GET / HTTP/1.0\r\n" + ENDS,
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\n" + ENDS,
    b"GET //a HTTP/1.1\r\n" + ENDS,
    b"GET /a#b HTTP/1.1\r\n" + ENDS,
    b"GET http://a/ HTTP/1.1\r\n" + ENDS,
    b"GET /\xd0\xbc HTTP/1.1\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nContent-Length: 0\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nContent-Type: text/plain\r\n" + ENDS,
    b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nExpect: 100-continue\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nHost: b\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX_Y: a\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX : a\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX: a\r\n b\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX: a\nY: b\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX: \0\r\n" + ENDS,
    b"GET / HTTP/1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Ssl: on\r\n" + ENDS,
    b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 50 + ENDS,
    b"GET /?" + b"a" * 8_190 + b" HTTP/1.1\r\n" + ENDS,
]


def config(**settings: Any) -> Any:
    made = Config()
    for name, value in {"limit_request_line": 0, "limit_request_fields": 50, **settings}.items():
        made.set(name, value)
    return made


def connection(head: bytes, **changed: Any) -> Any:
    values = {"head": head, "came": bytearray(head + b"GET"), "large": False, "trusted": True}
    known = {"client": CLIENT, "server": SERVER, "plain_fields": None}
    return SimpleNamespace(**{**values, **known, **changed})


@pytest.mark.parametrize("head", PLAIN)
def test_a_plain_request_is_read_as_gunicorn_reads_it(head: bytes) -> None:
    cfg, conn = config(), connection(head)
    same_as_gunicorn(PlainReader(cfg), cfg, conn)


@pytest.mark.parametrize("first", PLAIN)
@pytest.mark.parametrize("head", PLAIN)
def test_a_request_is_read_so_after_any_other_one_of_its_connection(
    first: bytes, head: bytes
) -> None:
    cfg, conn = config(), connection(first)
    reader = PlainReader(cfg)
    request = reader.read(conn)
    assert request
    reader.environ(request, conn)["HTTP_HOST"] = "changed by an app"
    conn.head, conn.came = head, bytearray(head + b"GET")
    same_as_gunicorn(reader, cfg, conn)


def same_as_gunicorn(reader: PlainReader, cfg: Any, conn: Any) -> None:
    """Reads the request of the connection, and compares it with what gunicorn makes of it."""
    head = conn.head
    request = reader.read(conn)
    assert request
    expected = next(RequestParser(cfg, iter([head]), CLIENT))
    _, environ = create(expected, conn, CLIENT, SERVER, cfg)
    made = reader.environ(request, conn)
    assert {**made, **dict.fromkeys(NOT_COMPARED)} == {**environ, **dict.fromkeys(NOT_COMPARED)}
    assert request.should_close() == expected.should_close()
    assert request.headers == expected.headers
    assert conn.came == b"GET"


@pytest.mark.parametrize("head", LEFT)
def test_what_is_not_plain_is_left_to_gunicorn(head: bytes) -> None:
    conn = connection(head)
    assert PlainReader(config()).read(conn) is None
    assert conn.came == head + b"GET"


def test_only_a_trusted_proxy_says_that_its_client_uses_https() -> None:
    head = b"GET / HTTP/1.1\r\nX-Forwarded-Proto: https\r\n" + ENDS
    request = PlainReader(config()).read(connection(head, trusted=False))
    assert request
    assert request.scheme == "http"


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ({"limit_request_line": 20}, {}),
        ({"limit_request_field_size": 20}, {}),
        ({"proxy_protocol": "auto"}, {}),
        ({}, {"server": "/run/poisk.sock"}),
        ({}, {"large": True}),
    ],
)
def test_gunicorn_reads_all_requests_where_its_settings_ask_for_more(
    settings: dict[str, Any], changed: dict[str, Any]
) -> None:
    conn = connection(PLAIN[2], **changed)
    assert PlainReader(config(**settings)).read(conn) is None
