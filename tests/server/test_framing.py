"""Where a request ends: exactly when gunicorn's parser has all that it needs."""

from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http import get_parser  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from search.server.framing import MAX_HEAD, MAX_LINE, Came, Framing

MOST = 5_000


def came(*pieces: bytes, most: int = MOST) -> list[Came]:
    """The state of the request after each further piece."""
    framing, buffer = Framing(most), bytearray()
    states = []
    for piece in pieces:
        buffer += piece
        states.append(framing.look(buffer))
    return states


def chunked(pieces: list[bytes], extension: str, trailer: bytes) -> bytes:
    """The pieces as chunks."""
    chunks = [f"{len(one):x}{extension}\r\n".encode() + one + b"\r\n" for one in pieces if one]
    return b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


@st.composite
def requests(draw: Any) -> tuple[bytes, bytes]:
    """A well-formed request and its body."""
    names = [b"Host: a", b"X-A: \xd1\x8f", b"Accept: */*"]
    fields = draw(st.lists(st.sampled_from(names), unique=True))
    kind = draw(st.sampled_from(["none", "length", "chunked"]))
    body = draw(st.binary(max_size=300))
    name = draw(st.sampled_from([b"Content-Length", b"content-length", b"CONTENT-LENGTH"]))
    if kind == "length":
        fields.insert(draw(st.integers(0, len(fields))), name + b": %d" % len(body))
        sent = body
    elif kind == "chunked":
        fields.append(b"Transfer-Encoding: chunked")
        cut = draw(st.integers(0, len(body)))
        extension = draw(st.sampled_from(["", ";a=b", ' ;q="\\""']))
        trailer = draw(st.sampled_from([b"", b"X-T: 1\r\n"]))
        sent = chunked([body[:cut], body[cut:]], extension, trailer)
    else:
        body = sent = b""
    start = draw(st.sampled_from([b"", b"\r\n"]))
    lines = [b"POST /v1/search?q=%D1%8F HTTP/1.1", *fields, b"", b""]
    return start + b"\r\n".join(lines) + sent, body


@given(request=requests(), cut=st.integers(0, 1_000), following=st.binary(max_size=20))
@settings(max_examples=300)
def test_a_request_is_whole_when_its_last_byte_has_come_and_not_before(
    request: tuple[bytes, bytes], cut: int, following: bytes
) -> None:
    sent, body = request
    cut = min(cut, len(sent) - 1)
    before, after = came(sent[:cut], sent[cut:] + following)
    assert before in {Came.HEAD, Came.BODY}
    assert after is Came.WHOLE
    parsed = next(get_parser(Config(), iter([sent]), ("127.0.0.1", 1)))
    assert parsed.body.read() == body


@given(pieces=st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_are_waited_for_or_given_to_the_parser(pieces: list[bytes]) -> None:
    assert set(came(*pieces)) <= set(Came)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x9\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 9_000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1" + b"0" * 30 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_is_not_waited_for(sent: bytes) -> None:
    assert came(sent) == [Came.WHOLE]


def test_a_body_over_the_bound_is_read_as_it_comes() -> None:
    length = b"POST / HTTP/1.1\r\nContent-Length: 5001\r\n\r\n"
    assert came(length) == [Came.LARGE]
    chunks = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + b"a" * 4_096
    assert came(chunks, b"\r\n1000\r\n" + b"a" * 2_000) == [Came.BODY, Came.LARGE]


def test_a_head_is_bounded_as_a_whole_and_in_its_first_line() -> None:
    assert came(b"GET /" + b"a" * MAX_LINE) == [Came.LINE_TOO_LONG]
    head = b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * (MAX_HEAD // 8)
    assert came(head) == [Came.HEAD_TOO_LONG]
    assert came(head + b"\r\n") == [Came.HEAD_TOO_LONG]


def test_a_client_that_waits_for_permission_to_send_the_body_is_known() -> None:
    framing = Framing(MOST)
    head = b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    assert framing.look(bytearray(head)) is Came.BODY
    assert framing.continues
