"""The store, on SQLite and on PostgreSQL: nothing lost, nothing twice, numbers in order."""

import json
import multiprocessing
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from zstandard import ZstdDecompressor, ZstdError

from index.article import Article, check_article
from index.errors import (
    ArticleUnknown,
    RebuildRunning,
    SettingRefused,
    StoreDamaged,
    StoreFull,
    StoreUnavailable,
)
from index.store import connect
from index.store.articles import ArticleStore, ChangeKind
from index.store.backup import BackupRefused, backup, restore
from index.store.failures import Failures
from index.store.idempotency import IdempotencyKeys, SavedAnswer
from index.store.jobs import Jobs, JobState
from index.store.keys import Keys, Scope
from index.store.lease import Lease
from index.store.wake_signal import WakeSignal
from tests.support.databases import make_database, postgresql
from tests.support.processes import environment

MakeUrl = Callable[[], str]


def article(article_id: str, title: str = "слово", updated: str | None = None) -> Article:
    return check_article(
        {"id": article_id, "title": title, "language": "ru", "updated_at": updated}
    )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeUrl]:
    """Makes URLs of empty databases of one kind."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('store')}/archive.sqlite"
        return
    with postgresql() as server:
        yield lambda: make_database(server, f"a{uuid4().hex}")


@pytest.fixture
def url(new_url: MakeUrl) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[ArticleStore]:
    opened = ArticleStore(url)
    yield opened
    opened.close()


def titles(store: ArticleStore) -> dict[str, str]:
    return {one.id: one.title for one in store.scan()}


def log(store: ArticleStore) -> list[tuple[int, str, ChangeKind]]:
    found = [store.change_at(number) for number in range(1, store.last() + 1)]
    return [(one.number, one.article_id, one.kind) for one in found if one]


# Articles and their changes


def test_an_article_is_there_as_it_was_sent_when_put_returns(store: ArticleStore, url: str) -> None:
    sent = check_article(
        {"id": "новость/1", "title": "Ё №5", "body": "🙂\n«строка»", "subjects": ["Спорт", "x,y"],
         "published_at": "2026-05-09T10:00:00+03:00"}
    )  # fmt: skip
    written = store.put([sent])
    assert (written.change, written.accepted, written.changed) == (1, 1, 1)
    another = ArticleStore(url)
    assert another.get(["новость/1", "none"]) == {"новость/1": sent}
    assert another.identity == store.identity
    another.close()


def test_numbers_only_grow_and_the_log_is_in_their_order(store: ArticleStore) -> None:
    store.put([article("a"), article("b")])
    store.delete(["a", "none"])
    store.put([article("a"), article("b"), article("c")])
    assert log(store) == [
        (1, "a", ChangeKind.PUT), (2, "b", ChangeKind.PUT), (3, "a", ChangeKind.DELETE),
        (4, "a", ChangeKind.PUT),
        (5, "c", ChangeKind.PUT),
    ]  # fmt: skip
    change = store.change_at(5)
    assert change is not None
    assert abs(datetime.now(UTC) - change.at) < timedelta(minutes=5)
    assert store.change_at(6) is None


def test_the_same_article_again_is_no_change(store: ArticleStore) -> None:
    store.put([article("a")])
    again = store.put([article("a")])
    assert (again.change, again.accepted, again.unchanged) == (1, 1, 1)
    assert store.last() == 1


def test_an_older_article_is_not_taken_even_after_a_deletion(store: ArticleStore) -> None:
    store.put([article("a", "новое", "2026-05-02")])
    old = store.put([article("a", "старое", "2026-05-01")])
    assert (old.stale, old.accepted) == (1, 0)
    assert titles(store) == {"a": "новое"}
    store.delete(["a"])
    assert store.put([article("a", "старое", "2026-05-01")]).stale == 1
    assert store.count() == 0
    store.put([article("a", "новее", "2026-05-03")])
    assert titles(store) == {"a": "новее"}


def test_without_a_time_the_later_sent_is_taken(store: ArticleStore) -> None:
    store.put([article("a", "раз", "2026-05-02")])
    store.put([article("a", "два")])
    store.put([article("a", "три", "2020-01-01")])
    assert titles(store) == {"a": "три"}


def test_of_one_article_twice_in_a_batch_the_later_stays(store: ArticleStore) -> None:
    written = store.put([article("a", "раз"), article("a", "два"), article("a", "два")])
    assert (written.changed, written.unchanged) == (2, 1)
    assert titles(store) == {"a": "два"}


def test_one_article_is_changed_in_one_transaction(store: ArticleStore) -> None:
    store.put([article("a")])
    store.change("a", lambda one: one.model_copy(update={"title": "иначе"}))
    assert titles(store) == {"a": "иначе"}
    with pytest.raises(ArticleUnknown):
        store.change("b", lambda one: one)
    with pytest.raises(ZeroDivisionError):
        store.change("a", lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    assert store.last() == 2


def test_waiting_changes_are_returned_as_they_are_now_each_article_once(
    store: ArticleStore,
) -> None:
    store.put([article("a"), article("b"), article("c")])
    store.delete(["b"])
    store.put([article("a", "снова")])
    pending = store.pending(0, 100)
    assert pending is not None
    assert pending.last == 5
    there = {one: found and found.title for one, found in pending.articles.items()}
    assert there == {"a": "снова", "b": None, "c": "слово"}
    assert pending.changes == {"a": 5, "b": 4, "c": 3}
    assert store.pending(5, 100) is None


def test_what_waits_comes_in_parts_bounded_by_number_and_by_size(store: ArticleStore) -> None:
    store.put([article(f"{number:04}", "я" * 100) for number in range(1_200)])
    for limit, size in ((500, 1 << 25), (10_000, 20_000), (10_000, 1)):
        seen: list[str] = []
        after = 0
        while pending := store.pending(after, limit, size):
            assert len(pending.articles) <= limit
            seen += pending.articles
            assert after < pending.last == after + len(pending.articles)
            after = pending.last
        assert seen == [f"{number:04}" for number in range(1_200)]


def test_articles_come_by_id_in_the_order_of_bytes(store: ArticleStore) -> None:
    ids = ["Б", "a", "B", "а", "z/1", "0", "🙂", "é"]
    store.put([article(one) for one in ids])
    assert [one.id for one in store.scan()] == sorted(ids)
    assert [one.id for one in store.scan(after="a")] == [one for one in sorted(ids) if one > "a"]


def test_articles_are_logged_again_as_they_stand(store: ArticleStore) -> None:
    store.put([article("a"), article("b")])
    store.delete(["b"])
    assert store.requeue(["a", "b", "unknown"]) == 6
    assert log(store)[3:] == [
        (4, "a", ChangeKind.PUT), (5, "b", ChangeKind.DELETE), (6, "unknown", ChangeKind.DELETE),
    ]  # fmt: skip


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from("abc"), st.sampled_from(["раз", "два"])),
        max_size=15,
    )
)
def test_any_history_leaves_what_a_dictionary_would(
    new_url: MakeUrl, steps: list[tuple[bool, str, str]]
) -> None:
    store = ArticleStore(new_url())
    expected: dict[str, str] = {}
    changes = 0
    for putting, one, title in steps:
        if putting:
            changes += expected.get(one) != title
            expected[one] = title
            store.put([article(one, title)])
        else:
            changes += expected.pop(one, None) is not None
            store.delete([one])
    assert titles(store) == expected
    assert store.count() == len(expected)
    assert store.last() == changes == len(log(store))
    store.close()


# Several at once


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


def test_several_processes_may_make_an_store_at_once(url: str) -> None:
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
from tests.store.test_articles import article
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


# The lease


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


# Keys, answers, failures, works


def test_a_key_is_known_by_its_secret_which_is_not_kept(store: ArticleStore) -> None:
    keys = Keys(store.database)
    key, secret = keys.create(Scope.WRITE, "desk", origins=["https://A.example/", "*"])
    assert key.origins == ("https://a.example", "*")
    found = keys.check(secret)
    assert found == key
    assert keys.all() == [key]
    assert keys.check(secret[:-2] + "__") is None
    assert secret not in json.dumps([str(one) for one in keys.all()])
    assert keys.revoke(key.id)
    assert keys.check(secret) is None
    assert keys.origins() == frozenset()


def test_writing_includes_searching_administrating_all_and_metrics_nothing_else() -> None:
    allowed = {one: {two for two in Scope if one.allows(two)} for one in Scope}
    assert allowed == {
        Scope.SEARCH: {Scope.SEARCH},
        Scope.WRITE: {Scope.SEARCH, Scope.WRITE},
        Scope.METRICS: {Scope.METRICS},
        Scope.ADMIN: set(Scope),
    }


def test_an_answer_is_remembered_by_key_and_name(store: ArticleStore) -> None:
    answers = IdempotencyKeys(store.database)
    assert answers.begin("k", "n") is None
    assert answers.begin("k", "n") == SavedAnswer("", 0, "")
    assert answers.begin("other", "n") is None
    answers.finish("k", "n", SavedAnswer("digest", 202, "{}"))
    assert answers.begin("k", "n") == SavedAnswer("digest", 202, "{}")
    answers.forget("k", "n")
    assert answers.begin("k", "n") is None


def test_a_request_whose_server_died_may_be_sent_again_soon_one_that_is_renewed_may_not(
    store: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = IdempotencyKeys(store.database)
    started = time.time()
    answers.begin("k", "dead")
    answers.begin("k", "long")
    for minute in range(1, 4):
        monkeypatch.setattr(time, "time", lambda at=minute: started + at * 60)
        answers.renew("k", "long")
    assert answers.begin("k", "dead") is None
    assert answers.begin("k", "long") == SavedAnswer("", 0, "")


def test_failures_are_kept_once_an_article_and_forgotten_when_mended(store: ArticleStore) -> None:
    failures = Failures(store.database)
    failures.record({"a": (3, "E"), "b": (4, "E")})
    failures.record({"a": (7, "F")}, resolved=["b", "c"])
    (one,) = failures.all()
    assert (one.article_id, one.number, one.error) == ("a", 7, "F")
    assert failures.of(7) == one
    assert failures.of(3) is None
    assert failures.count() == 1


def test_a_work_is_asked_for_when_none_waits_or_runs(store: ArticleStore) -> None:
    jobs = Jobs(store.database)
    assert jobs.newest() is None
    assert jobs.request() == 1
    for state in (JobState.WAITING, JobState.RUNNING):
        jobs.update(1, state=state, done=5, total=9)
        with pytest.raises(RebuildRunning) as refused:
            jobs.request()
        assert refused.value.number == 1
    jobs.update(1, state=JobState.DONE)
    assert jobs.request() == 2
    jobs.update(2, state=JobState.FAILED, message="no")
    newest = jobs.newest()
    assert newest is not None
    assert (newest.number, newest.state, newest.message) == (2, JobState.FAILED, "no")


def test_no_more_text_is_held_than_was_asked_for(store: ArticleStore) -> None:
    long = {"title": "слово", "body": "я" * 400_000}
    store.put([check_article({"id": str(number), **long}) for number in range(30)])
    tracemalloc.start()
    try:
        pending = store.pending(0, 500, most=1_000_000)
        assert pending is not None
        assert 1 <= len(pending.articles) <= 2
        del pending
        assert sum(1 for _ in store.scan(most=1_000_000)) == 30
        assert sum(1 for _ in store.scan(most=1)) == 30
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


# Backups


def test_a_backup_is_restored_into_either_kind_of_database(
    store: ArticleStore, new_url: MakeUrl, tmp_path: Path
) -> None:
    store.put([article(str(number)) for number in range(1_500)])
    store.delete(["7"])
    _, secret = Keys(store.database).create(Scope.ADMIN)
    counts = backup(store, tmp_path / "backup.zst")
    assert (counts.articles, counts.changes) == (1_499, 1_501)  # one was deleted
    for url in (new_url(), f"sqlite:///{tmp_path}/other.sqlite"):
        fresh = ArticleStore(url)
        assert restore(tmp_path / "backup.zst", fresh) == counts
        fresh.close()
        again = ArticleStore(url)
        assert titles(again) == titles(store)
        assert again.last() == store.last() == 1_501
        assert again.put([article("new")]).change == 1_502
        assert again.identity != store.identity
        assert Keys(again.database).check(secret)
        again.close()


def test_a_backup_is_refused_where_something_is_unless_asked_to_replace_it(
    store: ArticleStore, tmp_path: Path
) -> None:
    store.put([article("a")])
    backup(store, tmp_path / "b")
    store.put([article("b")])
    with pytest.raises(BackupRefused, match="--replace"):
        restore(tmp_path / "b", store)
    assert store.count() == 2
    restore(tmp_path / "b", store, replace=True)
    assert set(titles(store)) == {"a"}


def test_a_backup_is_refused_where_there_are_keys_unless_asked_to_replace_them(
    store: ArticleStore, tmp_path: Path
) -> None:
    backup(store, tmp_path / "b")
    _, secret = Keys(store.database).create(Scope.ADMIN)
    with pytest.raises(BackupRefused, match=r"not empty \(keys: 1\)"):
        restore(tmp_path / "b", store)
    assert Keys(store.database).check(secret)
    restore(tmp_path / "b", store, replace=True)
    assert Keys(store.database).check(secret) is None


def test_a_backup_is_refused_while_an_indexer_works_that_would_go_on_with_the_old_store(
    store: ArticleStore, tmp_path: Path
) -> None:
    store.put([article("a")])
    backup(store, tmp_path / "b")
    indexer = Lease(store.database)
    assert indexer.take()
    with pytest.raises(BackupRefused, match="stop Poisk, restore"):
        restore(tmp_path / "b", store, replace=True)
    assert indexer.holder()
    indexer.release()
    restore(tmp_path / "b", store, replace=True)


def unpacked(data: bytes) -> bytes | None:
    with suppress(ZstdError):
        return ZstdDecompressor().stream_reader(data).read()
    return None


def test_a_damaged_backup_changes_nothing(store: ArticleStore, tmp_path: Path) -> None:
    store.put([article(str(number)) for number in range(50)])
    path = tmp_path / "b"
    backup(store, path)
    whole = path.read_bytes()
    for number in range(40):
        at = number * len(whole) // 40
        flipped = bytearray(whole)
        flipped[at] ^= 16
        for data in (bytes(flipped), whole[:at]):
            if unpacked(data) == unpacked(whole):  # a bit may say where of two the same text stands
                continue
            path.write_bytes(data)
            with pytest.raises(BackupRefused):
                restore(path, store, replace=True)
    assert store.count() == 50


def test_a_backup_is_of_one_moment_while_others_write(store: ArticleStore, tmp_path: Path) -> None:
    store.put([article(str(number)) for number in range(3_000)])
    with store.database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM articles").scalar_one()
        store.put([article("later")])
        after = connection.exec_driver_sql("SELECT count(*) FROM articles").scalar_one()
    assert before == after == 3_000
    assert backup(store, tmp_path / "b").articles == 3_001


# What can go wrong


def test_a_url_that_names_no_database_is_refused() -> None:
    for url in ("", "nonsense", "mysql+none://x/y"):
        with pytest.raises(SettingRefused):
            ArticleStore(url)


def test_a_damaged_file_is_reported_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(b"this is no database" * 1_000)
    with pytest.raises(StoreDamaged, match="restore FILE --replace"):
        ArticleStore(f"sqlite:///{path}")


def test_a_store_that_stays_busy_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/archive.sqlite"
    monkeypatch.setattr(connect, "_WAIT", 0.1)
    store = ArticleStore(url)
    other = sqlite3.connect(tmp_path / "archive.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for busy in (lambda: ArticleStore(url), lambda: store.put([article("a")])):
        with pytest.raises(StoreUnavailable, match="kept the database locked"):
            busy()
    other.close()
    assert store.put([article("a")]).changed == 1
    store.close()


def test_what_the_database_says_is_logged_and_not_in_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(
        StoreUnavailable, match="database does not work; check POISK_DATABASE"
    ) as caught:
        ArticleStore("postgresql+psycopg://someone@127.0.0.1:1/somewhere")
    assert "127.0.0.1" not in str(caught.value)
    assert "127.0.0.1" in caplog.text


def test_a_full_database_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    store = ArticleStore(f"sqlite:///{tmp_path}/archive.sqlite")
    store.put([article("before")])
    connections = store.database._engine.pool.connect()
    raw: sqlite3.Connection = connections.dbapi_connection  # type: ignore[assignment]
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count={pages + 5}")
    connections.close()
    big = [article(str(number), "я" * 2_000) for number in range(200)]
    with pytest.raises(StoreFull):
        store.put(big)
    assert titles(store) == {"before": "слово"}
    assert store.last() == 1
    connections = store.database._engine.pool.connect()
    raw = connections.dbapi_connection  # type: ignore[assignment]
    raw.execute("PRAGMA max_page_count=1000000")
    connections.close()
    assert store.put(big).changed == 200
    store.close()


def test_the_embedded_store_is_safe_against_a_loss_of_power(tmp_path: Path) -> None:
    store = ArticleStore(f"sqlite:///{tmp_path}/archive.sqlite")
    with store.database.reading() as connection:
        modes = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous")
        }
    assert modes == {"journal_mode": "wal", "synchronous": 2}
    store.close()
