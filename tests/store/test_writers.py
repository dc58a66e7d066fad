"""Several processes write to one store, or are killed: nothing is lost."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

from index.store.articles import ArticleStore
from tests.support.processes import environment
from tests.support.stored import article, log


def _write(url: str, writer: int, count: int) -> None:
    store = ArticleStore(url)
    for number in range(count):
        store.put([article(str(one), f"{writer} {number} {one}") for one in range(20)])
    store.close()


def test_four_writers_of_the_same_articles_lose_nothing_and_never_meet_a_lock(
    store: ArticleStore, url: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(url, number, 10)) for number in range(4)]
    for one in writers:
        one.start()
    seen = [0]
    while any(one.is_alive() for one in writers):
        pending = store.pending(seen[-1], 10_000)
        if pending:  # the log grows at its end only, without gaps
            numbers = sorted(pending.changes.values())
            assert numbers[-1] == pending.last
            seen.append(pending.last)
    for one in writers:
        one.join()
        assert one.exitcode == 0
    assert store.last() == 4 * 10 * 20 == len(log(store))
    assert store.count() == 20


def _open(url: str) -> None:
    ArticleStore(url).close()


def test_several_processes_may_make_a_store_at_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    openers = [spawn.Process(target=_open, args=(url,)) for _ in range(4)]
    for one in openers:
        one.start()
    for one in openers:
        one.join()
        assert one.exitcode == 0
    store = ArticleStore(url)
    assert store.last() == 0
    store.close()


_ENDLESS = """
import sys
from index.store.articles import ArticleStore
from tests.support.stored import article
store = ArticleStore(sys.argv[1])
number = 0
while True:
    store.put([article(str(number + one)) for one in range(50)])
    number += 50
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_after_a_kill(
    store: ArticleStore, url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, url],
        env=environment(tmp_path), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    printed = 0
    for _ in range(5):
        printed = int(process.stdout.readline())
    process.kill()
    printed = max([printed, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    assert store.count() % 50 == 0
    assert store.count() >= printed
    assert store.last() == store.count()
