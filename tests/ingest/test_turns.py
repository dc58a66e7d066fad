"""One indexer works at a time; another one, and one without changes, waits."""

import threading
import time
from pathlib import Path

import pytest

from index.errors import IndexBusy
from index.ingest import indexer as indexing
from index.ingest.indexer import Stop
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal
from search.parts import Parts
from tests.support.demo import parts_in
from tests.support.indexing import article, checkpoint, titles, until


def test_two_indexers_take_turns_and_one_wakes_at_once(tmp_path: Path) -> None:
    one, two = parts_in(tmp_path), parts_in(tmp_path)
    stops = [Stop(), Stop()]
    threads = [
        threading.Thread(target=parts.indexer.run, args=(stop, print), daemon=True)
        for parts, stop in zip((one, two), stops, strict=True)
    ]
    for thread in threads:
        thread.start()
    until(lambda: one.indexer.rebuild_reason() is None)
    holder = one.indexer.lease.holder()
    assert holder is not None
    for number in range(20):
        one.store.put([article(number)])
        one.indexer.wake()
        until(lambda: one.store.last() == checkpoint(one))
    assert one.indexer.lease.holder() == holder
    for stop in stops:
        stop.asked = True
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert one.indexer.lease.holder() is None
    assert len(titles(one)) == 20
    one.close()
    two.close()


def test_a_standby_leaves_the_name_to_who_has_the_lease(parts: Parts) -> None:
    other = Lease(parts.store.database)
    assert other.take()
    stop, waiting = Stop(), WakeSignal(parts.store.identity)
    parts.indexer._wake.wait(0)  # as if it had had the lease before
    thread = threading.Thread(target=parts.indexer.run, args=(stop, print))
    thread.start()
    until(lambda: parts.indexer._wake._waiting is None)
    waiting.wait(0)
    assert waiting._named
    stop.asked = True
    thread.join(30)
    waiting.close()


def test_while_another_rebuilds_an_indexer_that_would_repair_waits(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, slept = Stop(), list[float]()

    def busy() -> None:
        raise IndexBusy("index", "another process is writing to it", "try again")

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        stop.asked = len(slept) == 3

    monkeypatch.setattr(parts.indexer, "repair", busy)
    monkeypatch.setattr(time, "sleep", sleep)
    parts.indexer.run(stop, print)
    assert slept == [indexing.IDLE] * 3


def test_an_idle_indexer_sleeps(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    stop = Stop()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        stop.asked = len(waits) == 3

    monkeypatch.setattr(parts.indexer._wake, "wait", wait)
    parts.indexer.run(stop, print)
    assert waits == [indexing.IDLE] * 3
