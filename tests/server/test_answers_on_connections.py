"""Answers on one connection: their order, a large one, and one to a long query."""

import json
import socket
import time
from contextlib import suppress
from urllib.parse import quote

from tests.support.service import Service, seconds


def test_requests_that_come_together_are_answered_in_order(
    service: Service,
) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    second = b'POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{"q": "meet"}'
    last = b"GET /v1/none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    for _ in range(40):
        answered = b""
        with socket.create_connection(service[:2], timeout=30) as client:
            client.sendall(first + second + last)
            with suppress(ConnectionResetError):
                while data := client.recv(65_536):
                    answered += data
        if answered.count(b"HTTP/1.1 ") == 3:
            break
        time.sleep(0.2)  # a process that has more to do than another closes after its answer
    assert answered.count(b"HTTP/1.1 200 OK") == 2
    assert answered.rindex(b"HTTP/1.1 404") > answered.rindex(b"HTTP/1.1 200")


def test_a_request_that_comes_while_another_one_is_answered_waits_for_no_other_event(
    service: Service,
) -> None:
    request = b"GET /v1/search?q=a HTTP/1.1\r\nHost: a\r\n\r\n"
    times = []
    for wait in range(40):
        with socket.create_connection(service[:2], timeout=30) as client:
            client.sendall(request)
            time.sleep(wait / 10_000)  # up to 4 ms: before, while and after it is answered
            began = time.monotonic()
            client.sendall(request.replace(b"a\r\n\r\n", b"a\r\nConnection: close\r\n\r\n"))
            with suppress(ConnectionResetError):
                while client.recv(65_536):
                    pass
            times.append(time.monotonic() - began)
    assert sorted(times)[30] < 0.5


def test_a_large_answer_reaches_who_reads_it_slowly(service: Service) -> None:
    host, port, _ = service
    searches = json.dumps({"searches": [{"per_page": 10, "snippet_length": 2_000}] * 6})
    ask = f"POST /v1/multi-search HTTP/1.1\r\nHost: a\r\nContent-Length: {len(searches)}\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(30)
        client.connect((host, port))
        client.sendall((ask + "Connection: close\r\n\r\n" + searches).encode())
        time.sleep(1)
        pieces = []
        while data := client.recv(1 << 20):
            pieces.append(data)
    body = b"".join(pieces).partition(b"\r\n\r\n")[2]
    assert len(json.loads(body)["answers"]) == 6


def test_a_query_of_five_thousand_russian_letters_is_answered(
    service: Service,
) -> None:
    host, port, _ = service
    text = "встреча министров " * 277  # 4,986 letters and spaces
    seconds(host, port, f"/?q={quote(text)}")
    seconds(host, port, f"/v1/search?q={quote(text)}")
