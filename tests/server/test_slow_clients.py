"""Slow clients do not stop the service: real sockets, hundreds of clients of each sort."""

import json
import socket
import struct
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support.asking import PROBLEM
from tests.support.demo import demo_in
from tests.support.processes import GUNICORN, children, served
from tests.support.service import SEARCH, Service, answer_to, seconds
from tests.support.slow import Sort, slow_clients, sorts


@pytest.mark.parametrize("sort", sorts(""))
def test_two_hundred_slow_clients_keep_nobody_waiting(service: Service, sort: str) -> None:
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


def test_what_slow_clients_sent_is_kept_up_to_a_bound(service: Service) -> None:
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


def test_a_client_that_is_too_slow_gets_an_answer_that_says_so(
    service: Service,
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


def test_health_is_answered_while_every_thread_searches(service: Service) -> None:
    host, port, _ = service
    body = json.dumps({"searches": [{"q": "в OR а* OR и", "explain": True}] * 6})
    head = f"POST /v1/multi-search HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
    with slow_clients(host, port, Sort((head + body).encode()), 40):
        assert seconds(host, port, "/healthz") < 5
