"""Requests that the server cannot read, or only in part, and the errors that it answers."""

import json
import socket
from urllib.parse import quote

import pytest

from tests.support.asking import PROBLEM
from tests.support.service import Service, answer_to


@pytest.mark.parametrize(
    ("sent", "status"),
    {
        "a chunk size of 0x9": (
            b"POST /v1/search HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'0x9\r\n{"q": "a"}\r\n0\r\n\r\n', 400),
        "a chunk that is longer than it says": (
            b"POST /v1/search HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'3\r\n{"q": "a"}\r\n0\r\n\r\n', 400),
        "a field without a name": (b"GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
        "no HTTP": (b"\x16\x03\x01\x02\x00 hello\r\n\r\n", 400),
        "an unknown version": (b"GET / HTTP/9.9\r\n\r\n", 400),
        "two lengths": (
            b"POST /v1/search HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        "an address too long": (b"GET /?q=" + b"a" * 40_000, 414),
        "a whole address too long": (b"GET /?q=" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n", 414),
        "a head too long": (b"GET / HTTP/1.1\r\n" + b"X-A: aaaaaaaaaaaa\r\n" * 5_000, 431),
        "a field too long": (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        "too many fields": (b"GET / HTTP/1.1\r\n" + b"X-A: a\r\n" * 60 + b"\r\n", 431),
        "another coding": (
            b"POST /v1/search HTTP/1.1\r\nTransfer-Encoding: foo, chunked\r\n\r\n0\r\n\r\n", 501),
        "chunks that are too much together": (
            b"POST /v1/search HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"100000\r\n" + b'{"q": "a"}'.ljust(0x100000) + b"\r\n"
            + (b"100000\r\n" + b" " * 0x100000 + b"\r\n") * 4 + b"0\r\n\r\n", 413),
    }.values(),
    ids=[
        "chunk size 0x9", "long chunk", "nameless field", "no HTTP", "unknown version",
        "two lengths", "address too long", "whole address too long", "head too long",
        "field too long", "too many fields", "another coding", "many chunks",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_as_a_problem(
    service: Service, sent: bytes, status: int
) -> None:
    got, kind, body = answer_to(service, sent)
    assert (got, kind) == (status, "application/problem+json")
    problem = json.loads(body)
    assert set(problem) == PROBLEM
    assert problem["status"] == status


def test_raw_letters_in_an_address_are_refused_with_the_way_to_send_them(
    service: Service,
) -> None:
    status, _, body = answer_to(service, "GET /v1/search?q=лицей HTTP/1.1\r\n\r\n".encode())
    problem = json.loads(body)
    assert (status, problem["detail"]) == (400, "This is not a valid HTTP request.")
    assert "curl -G --data-urlencode 'q=лицей'" in problem["cure"]


def test_a_reader_whose_query_is_too_long_gets_a_page_in_the_language(
    service: Service,
) -> None:
    for ui, words in (("ru", "Запрос слишком длинный"), ("en", "The query is too long")):
        address = f"/?ui={ui}&q={quote('я' * 7_000)}"
        sent = f"GET {address} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"
        status, kind, body = answer_to(service, sent.encode())
        assert (status, kind) == (414, "text/html; charset=utf-8")
        assert words in body.decode()


def test_half_a_request_of_a_client_that_still_reads_is_refused(
    service: Service,
) -> None:
    with socket.create_connection(service[:2], timeout=30) as client:
        client.sendall(b"POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65_536).startswith(b"HTTP/1.1 400")


def test_of_a_large_body_that_ends_early_what_came_is_taken(
    service: Service,
) -> None:
    articles = b"".join(b'{"id": "cut%d", "title": "A"}\n' % number for number in range(600))
    head = (
        f"POST /v1/articles HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service[2]}\r\n"
        "Content-Type: application/x-ndjson\r\nContent-Length: 5000000\r\n\r\n"
    ).encode()
    with socket.create_connection(service[:2], timeout=30) as client:
        client.sendall(head + articles)
        client.shutdown(socket.SHUT_WR)
        answered = b""
        while data := client.recv(65_536):
            answered += data
    answer = json.loads(answered.partition(b"\r\n\r\n")[2])
    assert (answer["accepted"], answer["refusals"]) == (600, 1)
    assert "the rest cannot be read" in answer["refused"][0]["error"]
