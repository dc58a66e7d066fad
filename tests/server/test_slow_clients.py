"""Nobody stops the service by being slow: real sockets, hundreds of clients of each sort."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest

from index.store.keys import Scope
from tests.support.asking import PROBLEM
from tests.support.demo import demo_in
from tests.support.processes import children, served
from tests.support.slow import Sort, slow_clients, sorts

GUNICORN = ("-m", "gunicorn", "wsgi:app")
SEARCH = f"/v1/search?q={quote('школа')}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, str]]:
    """Host, port and a key that may write."""
    folder: Path = tmp_path_factory.mktemp("slow")
    parts = demo_in(folder)
    _, key = parts.keys.create(Scope.WRITE)
    parts.close()
    with served(folder, GUNICORN, workers=2, search_limit="", write_limit="") as (address, _):
        host, port = address.removeprefix("http://").split(":")
        yield host, int(port), key


def seconds(host: str, port: int, path: str) -> float:
    """How long an ordinary client waits for its answer, which must be 200."""
    started = time.monotonic()
    connection = HTTPConnection(host, port, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200
    return time.monotonic() - started


@pytest.mark.parametrize("sort", sorts(""))
def test_two_hundred_slow_clients_keep_nobody_waiting(
    service: tuple[str, int, str], sort: str
) -> None:
    host, port, key = service
    with slow_clients(host, port, sorts(key)[sort], 200):
        waits = [seconds(host, port, path) for path in [SEARCH, "/healthz"] * 10]
    assert sorted(waits)[-2] < 1.0  # the 95th of a hundred


def test_a_new_client_is_answered_where_all_connections_are_taken(tmp_path: Path) -> None:
    demo_in(tmp_path).close()
    command = (*GUNICORN, "--worker-connections", "40")
    with served(tmp_path, command, workers=1, search_limit="") as (address, _):
        host, port = address.removeprefix("http://").split(":")
        for sort in ("sends nothing", "half a body", "a dripping head", "never closes"):
            with slow_clients(host, int(port), sorts("")[sort], 100):
                assert all(seconds(host, int(port), SEARCH) < 5 for _ in range(10))


def test_what_slow_clients_sent_is_kept_up_to_a_bound(service: tuple[str, int, str]) -> None:
    """Fifty bodies of 3 MB that do not end would be 150 MB in two processes: some must go."""
    host, port, _ = service
    head = b"POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 3000001\r\n\r\n"
    with slow_clients(host, port, Sort(head + b" " * 3_000_000), 60) as clients:
        assert all(seconds(host, port, path) < 5 for path in [SEARCH, "/healthz"] * 5)
        clients[-1].send(b" ")
        assert clients[-1].recv(1_000).startswith(b"HTTP/1.1 400")  # the last was kept whole
        assert sum(is_closed(client) for client in clients[:-1]) >= 10


def test_clients_that_go_away_end_no_process(tmp_path: Path) -> None:
    """One hangs up instead of waiting for 100 Continue; others are closed while they send more."""
    demo_in(tmp_path).close()
    command = (*GUNICORN, "--worker-connections", "40")
    head = (
        b"POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    )
    with served(tmp_path, command, workers=1) as (address, process):
        host, port = address.removeprefix("http://").split(":")
        before = children(process.pid)
        for _ in range(5):
            with socket.create_connection((host, int(port))) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(head)
        with ExitStack() as opened:
            for _ in range(20):
                clients = [
                    opened.enter_context(socket.create_connection((host, int(port))))
                    for _ in range(40)
                ]
                for client in clients:
                    with suppress(OSError):  # the server may have closed it
                        client.send(b"G")
        assert seconds(host, int(port), "/healthz") < 5
        assert children(process.pid) == before


def is_closed(client: socket.socket) -> bool:
    """Whether the server has ended this connection."""
    client.settimeout(0.01)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def answer_to(service: tuple[str, int, str], sent: bytes) -> tuple[int, str, bytes]:
    """Status, media type and body of what these bytes are answered; 0 where they are not."""
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


def test_a_client_that_is_too_slow_gets_an_answer_that_says_so(
    service: tuple[str, int, str],
) -> None:
    """All at once: a body is waited for twenty seconds."""
    key = service[2]
    sent = {name: sort.sends for name, sort in sorts(key).items() if not sort.small_window}
    head = "GET /?q=%D0%B0 HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nAccept-Language: ru\r\n"
    sent["a reader"] = head.encode()
    answers: dict[str, tuple[int, str, bytes]] = {}
    asking = [
        threading.Thread(target=lambda n=name: answers.update({n: answer_to(service, sent[n])}))
        for name in sent
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    statuses = {name: status for name, (status, _, _) in answers.items()}
    assert statuses.pop("sends nothing") == 0
    assert statuses.pop("never closes") == 200
    assert statuses.pop("a large body without a key") == 401
    assert statuses.pop("a body too large") == 413
    assert set(statuses.values()) == {408}
    _, kind, body = answers["half a body"]
    assert kind == "application/problem+json"
    assert set(json.loads(body)) == PROBLEM
    _, kind, body = answers["a reader"]
    assert kind.startswith("text/html")
    assert '<html lang="ru">' in body.decode()


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
    service: tuple[str, int, str], sent: bytes, status: int
) -> None:
    got, kind, body = answer_to(service, sent)
    assert (got, kind) == (status, "application/problem+json")
    problem = json.loads(body)
    assert set(problem) == PROBLEM
    assert problem["status"] == status


def test_raw_letters_in_an_address_are_refused_with_the_way_to_send_them(
    service: tuple[str, int, str],
) -> None:
    status, _, body = answer_to(service, "GET /v1/search?q=лицей HTTP/1.1\r\n\r\n".encode())
    problem = json.loads(body)
    assert (status, problem["detail"]) == (400, "This is not a valid HTTP request.")
    assert "curl -G --data-urlencode 'q=лицей'" in problem["cure"]


def test_a_reader_whose_query_is_too_long_gets_a_page_in_the_language(
    service: tuple[str, int, str],
) -> None:
    for ui, words in (("ru", "Запрос слишком длинный"), ("en", "The query is too long")):
        address = f"/?ui={ui}&q={quote('я' * 7_000)}"
        sent = f"GET {address} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"
        status, kind, body = answer_to(service, sent.encode())
        assert (status, kind) == (414, "text/html; charset=utf-8")
        assert words in body.decode()


def test_a_query_of_five_thousand_russian_letters_is_answered(
    service: tuple[str, int, str],
) -> None:
    host, port, _ = service
    text = "встреча министров " * 277  # 4,986 letters and spaces
    seconds(host, port, f"/?q={quote(text)}")
    seconds(host, port, f"/v1/search?q={quote(text)}")


def test_of_a_large_body_that_ends_early_what_came_is_taken(
    service: tuple[str, int, str],
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


def test_half_a_request_of_a_client_that_still_reads_is_refused(
    service: tuple[str, int, str],
) -> None:
    with socket.create_connection(service[:2], timeout=30) as client:
        client.sendall(b"POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65_536).startswith(b"HTTP/1.1 400")


def test_health_is_answered_while_every_thread_searches(service: tuple[str, int, str]) -> None:
    host, port, _ = service
    body = json.dumps({"searches": [{"q": "в OR а* OR и", "explain": True}] * 6})
    head = f"POST /v1/multi-search HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
    with slow_clients(host, port, Sort((head + body).encode()), 40):
        assert seconds(host, port, "/healthz") < 5


def test_requests_that_come_together_are_answered_in_order(
    service: tuple[str, int, str],
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


def test_a_large_answer_reaches_who_reads_it_slowly(service: tuple[str, int, str]) -> None:
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
