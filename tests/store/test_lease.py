"""One process has the lease of the indexer; those that wait are woken."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from index.store.articles import ArticleStore
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal
from tests.support.processes import environment


def test_one_has_the_lease_until_it_gives_it_back(store: ArticleStore) -> None:
    one, two = Lease(store.database), Lease(store.database)
    assert one.take()
    assert one.take()
    assert not two.take()
    assert str(one.holder()) == str(two.holder())
    two.renew()
    two.release()
    assert not two.take()
    one.release()
    assert one.holder() is None
    assert two.take()


def test_a_lease_that_is_not_renewed_ends(store: ArticleStore) -> None:
    one, two = Lease(store.database, seconds=0.2), Lease(store.database)
    assert one.take()
    assert not two.take()
    time.sleep(0.3)
    assert two.holder() is None
    assert two.take()
    assert not one.take()


def test_who_has_the_lease_and_asks_again_at_once_writes_nothing(
    store: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Lease(store.database, seconds=60), Lease(store.database, seconds=60)
    assert one.take()
    write, written = store.database.write, list[object]()

    def counted(work: Callable[[Connection], bool]) -> bool:
        written.append(work)
        return write(work)

    monkeypatch.setattr(store.database, "write", counted)
    assert one.take()
    assert not two.take()
    assert written == []
    now = time.time()
    monkeypatch.setattr(one, "_now", lambda _: now + 40)  # more than half of it is over
    assert one.take()
    assert one.take()
    assert len(written) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the indexer looks by itself")
def test_of_two_that_wait_the_second_is_woken_when_the_first_closes() -> None:
    name = uuid4().hex
    one, two = WakeSignal(name), WakeSignal(name)
    one.wait(0)
    two.wait(0)
    one.close()
    two.wait(0)
    WakeSignal(name).send()
    assert two._waiting is not None
    assert two._waiting.recv(16) == b"!"
    two.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the indexer looks by itself")
def test_who_waits_learns_whether_damage_was_met() -> None:
    name = uuid4().hex
    waiting = WakeSignal(name)
    assert not waiting.wait(0)
    WakeSignal(name).send()
    assert not waiting.wait(1)
    WakeSignal(name).send(damage=True)
    WakeSignal(name).send()
    assert waiting.wait(1)
    waiting.close()


_HOLDER = """
import sys
from index.store.articles import ArticleStore
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal
print(Lease(ArticleStore(sys.argv[1]).database, seconds=1000).take(), flush=True)
sys.stdin.read()
"""


def test_a_dead_process_of_this_machine_loses_the_lease_at_once(
    store: ArticleStore, url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url],
        env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "True\n"
    lease = Lease(store.database)
    assert not lease.take()
    process.kill()
    process.wait()
    assert lease.take()
    process.stdin.close()
    process.stdout.close()
