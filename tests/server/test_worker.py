"""Which connections a worker process keeps, and that the processes share the work."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from search.server import worker as module
from search.server.connection import Connection, Stage
from search.server.worker import Worker, forget


@contextmanager
def processes(*requests: int) -> Iterator[list[Worker]]:
    """Workers with so many requests each, as they would report them to each other."""
    made = []
    for age, count in enumerate(requests, 1):
        one = Worker.__new__(Worker)
        one.age, one.max_keepalived = age, 100
        module._requests[age] = count
        made.append(one)
    try:
        yield made
    finally:
        for one in made:
            forget(one)


def test_a_connection_is_kept_where_nobody_has_two_requests_fewer() -> None:
    with processes(3, 2) as (busy, free):
        assert busy.max_keepalived == free.max_keepalived == 100


def test_a_connection_is_closed_while_another_process_has_two_requests_fewer() -> None:
    with processes(3, 1) as (busy, free):
        assert busy.max_keepalived == 0
        assert free.max_keepalived == 100


def test_a_process_alone_keeps_its_connections_however_busy_it_is() -> None:
    with processes(200) as (alone,):
        assert alone.max_keepalived == 100


def test_nobody_waits_for_a_process_that_has_ended() -> None:
    with processes(3, 0) as (busy, ended):
        assert busy.max_keepalived == 0
        forget(ended)
        assert busy.max_keepalived == 100


def test_a_connection_that_breaks_is_closed_and_its_process_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conn: Any = Connection.__new__(Connection)
    conn.stage = Stage.READING
    closed: list[object] = []

    def breaks(*_: object) -> None:
        raise KeyError("anything")

    with processes(0) as (one,):
        monkeypatch.setattr(one, "_waiting", {conn}, raising=False)
        monkeypatch.setattr(one, "_answered", [], raising=False)
        monkeypatch.setattr(one, "log", logging.getLogger("test"), raising=False)
        monkeypatch.setattr(one, "_step", breaks)
        monkeypatch.setattr(one, "_close", closed.append)
        one._ready(conn)
    assert closed == [conn]
