"""The archive, on SQLite and on PostgreSQL: nothing lost, nothing twice, numbers in order."""

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
    ArchiveDamaged,
    ArchiveFull,
    ArchiveUnavailable,
    ArticleUnknown,
    RebuildRunning,
    SettingRefused,
)
from index.store import connect
from index.store.articles import Archive, Kind
from index.store.backup import BackupRefused, backup, restore
from index.store.failures import Failures
from index.store.jobs import State, Works
from index.store.keys import Keys, Scope
from index.store.lease import Lease
from index.store.remembered import Answers, Remembered
from index.store.wake import Wake
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
        yield lambda: f"sqlite:///{tmp_path_factory.mktemp('archive')}/archive.sqlite"
        return
    with postgresql() as server:
        yield lambda: make_database(server, f"a{uuid4().hex}")


@pytest.fixture
def url(new_url: MakeUrl) -> str:
    return new_url()


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    opened = Archive(url)
    yield opened
    opened.close()


def titles(archive: Archive) -> dict[str, str]:
    return {one.id: one.title for one in archive.scan()}


def log(archive: Archive) -> list[tuple[int, str, Kind]]:
    found = [archive.at(number) for number in range(1, archive.last() + 1)]
    return [(one.number, one.article_id, one.kind) for one in found if one]


# Articles and their changes


def test_an_article_is_there_as_it_was_sent_when_put_returns(archive: Archive, url: str) -> None:
    sent = check_article(
        {"id": "новость/1", "title": "Ё №5", "body": "🙂\n«строка»", "subjects": ["Спорт", "x,y"],
         "published_at": "2026-05-09T10:00:00+03:00"}
    )  # fmt: skip
    written = archive.put([sent])
    assert (written.change, written.accepted, written.changed) == (1, 1, 1)
    another = Archive(url)
    assert another.get(["новость/1", "none"]) == {"новость/1": sent}
    assert another.identity == archive.identity
    another.close()


def test_numbers_only_grow_and_the_log_is_in_their_order(archive: Archive) -> None:
    archive.put([article("a"), article("b")])
    archive.delete(["a", "none"])
    archive.put([article("a"), article("b"), article("c")])
    assert log(archive) == [
        (1, "a", Kind.PUT), (2, "b", Kind.PUT), (3, "a", Kind.DELETE), (4, "a", Kind.PUT),
        (5, "c", Kind.PUT),
    ]  # fmt: skip
    change = archive.at(5)
    assert change is not None
    assert abs(datetime.now(UTC) - change.at) < timedelta(minutes=5)
    assert archive.at(6) is None


def test_the_same_article_again_is_no_change(archive: Archive) -> None:
    archive.put([article("a")])
    again = archive.put([article("a")])
    assert (again.change, again.accepted, again.unchanged) == (1, 1, 1)
    assert archive.last() == 1


def test_an_older_article_is_not_taken_even_after_a_deletion(archive: Archive) -> None:
    archive.put([article("a", "новое", "2026-05-02")])
    old = archive.put([article("a", "старое", "2026-05-01")])
    assert (old.stale, old.accepted) == (1, 0)
    assert titles(archive) == {"a": "новое"}
    archive.delete(["a"])
    assert archive.put([article("a", "старое", "2026-05-01")]).stale == 1
    assert archive.count() == 0
    archive.put([article("a", "новее", "2026-05-03")])
    assert titles(archive) == {"a": "новее"}


def test_without_a_time_the_later_sent_is_taken(archive: Archive) -> None:
    archive.put([article("a", "раз", "2026-05-02")])
    archive.put([article("a", "два")])
    archive.put([article("a", "три", "2020-01-01")])
    assert titles(archive) == {"a": "три"}


def test_of_one_article_twice_in_a_batch_the_later_stays(archive: Archive) -> None:
    written = archive.put([article("a", "раз"), article("a", "два"), article("a", "два")])
    assert (written.changed, written.unchanged) == (2, 1)
    assert titles(archive) == {"a": "два"}


def test_one_article_is_changed_in_one_transaction(archive: Archive) -> None:
    archive.put([article("a")])
    archive.change("a", lambda one: one.model_copy(update={"title": "иначе"}))
    assert titles(archive) == {"a": "иначе"}
    with pytest.raises(ArticleUnknown):
        archive.change("b", lambda one: one)
    with pytest.raises(ZeroDivisionError):
        archive.change("a", lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    assert archive.last() == 2


def test_what_waits_is_told_as_it_is_now_each_article_once(archive: Archive) -> None:
    archive.put([article("a"), article("b"), article("c")])
    archive.delete(["b"])
    archive.put([article("a", "снова")])
    pending = archive.pending(0, 100)
    assert pending is not None
    assert pending.last == 5
    there = {one: found and found.title for one, found in pending.articles.items()}
    assert there == {"a": "снова", "b": None, "c": "слово"}
    assert pending.changes == {"a": 5, "b": 4, "c": 3}
    assert archive.pending(5, 100) is None


def test_what_waits_comes_in_parts_bounded_by_number_and_by_size(archive: Archive) -> None:
    archive.put([article(f"{number:04}", "я" * 100) for number in range(1_200)])
    for limit, size in ((500, 1 << 25), (10_000, 20_000), (10_000, 1)):
        seen: list[str] = []
        after = 0
        while pending := archive.pending(after, limit, size):
            assert len(pending.articles) <= limit
            seen += pending.articles
            assert after < pending.last == after + len(pending.articles)
            after = pending.last
        assert seen == [f"{number:04}" for number in range(1_200)]


def test_articles_come_by_id_in_the_order_of_bytes(archive: Archive) -> None:
    ids = ["Б", "a", "B", "а", "z/1", "0", "🙂", "é"]
    archive.put([article(one) for one in ids])
    assert [one.id for one in archive.scan()] == sorted(ids)
    assert [one.id for one in archive.scan(after="a")] == [one for one in sorted(ids) if one > "a"]


def test_articles_are_logged_again_as_they_stand(archive: Archive) -> None:
    archive.put([article("a"), article("b")])
    archive.delete(["b"])
    assert archive.again(["a", "b", "unknown"]) == 6
    assert log(archive)[3:] == [
        (4, "a", Kind.PUT), (5, "b", Kind.DELETE), (6, "unknown", Kind.DELETE),
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
    archive = Archive(new_url())
    expected: dict[str, str] = {}
    changes = 0
    for putting, one, title in steps:
        if putting:
            changes += expected.get(one) != title
            expected[one] = title
            archive.put([article(one, title)])
        else:
            changes += expected.pop(one, None) is not None
            archive.delete([one])
    assert titles(archive) == expected
    assert archive.count() == len(expected)
    assert archive.last() == changes == len(log(archive))
    archive.close()


# Several at once


def _write(url: str, writer: int, count: int) -> None:
    archive = Archive(url)
    for number in range(count):
        archive.put([article(str(one), f"{writer} {number} {one}") for one in range(20)])
    archive.close()


def test_four_writers_of_the_same_articles_lose_nothing_and_never_meet_a_lock(
    archive: Archive, url: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(url, number, 10)) for number in range(4)]
    for one in writers:
        one.start()
    seen = [0]
    while any(one.is_alive() for one in writers):
        pending = archive.pending(seen[-1], 10_000)
        if pending:  # the log grows at its end only, without gaps
            numbers = sorted(pending.changes.values())
            assert numbers[-1] == pending.last
            seen.append(pending.last)
    for one in writers:
        one.join()
        assert one.exitcode == 0
    assert archive.last() == 4 * 10 * 20 == len(log(archive))
    assert archive.count() == 20


def _open(url: str) -> None:
    Archive(url).close()


def test_several_processes_may_make_an_archive_at_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    openers = [spawn.Process(target=_open, args=(url,)) for _ in range(4)]
    for one in openers:
        one.start()
    for one in openers:
        one.join()
        assert one.exitcode == 0
    archive = Archive(url)
    assert archive.last() == 0
    archive.close()


_ENDLESS = """
import sys
from index.store.articles import Archive
from tests.store.test_articles import article
archive = Archive(sys.argv[1])
number = 0
while True:
    archive.put([article(str(number + one)) for one in range(50)])
    number += 50
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_after_a_kill(
    archive: Archive, url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, url],
        env=environment(tmp_path), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    told = 0
    for _ in range(5):
        told = int(process.stdout.readline())
    process.kill()
    told = max([told, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    assert archive.count() % 50 == 0
    assert archive.count() >= told
    assert archive.last() == archive.count()


# The lease


def test_one_has_the_lease_until_it_gives_it_back(archive: Archive) -> None:
    one, two = Lease(archive.database), Lease(archive.database)
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


def test_a_lease_that_is_not_renewed_ends(archive: Archive) -> None:
    one, two = Lease(archive.database, seconds=0.2), Lease(archive.database)
    assert one.take()
    assert not two.take()
    time.sleep(0.3)
    assert two.holder() is None
    assert two.take()
    assert not one.take()


def test_who_has_the_lease_and_asks_again_at_once_writes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Lease(archive.database, seconds=60), Lease(archive.database, seconds=60)
    assert one.take()
    write, written = archive.database.write, list[object]()

    def counted(work: Callable[[Connection], bool]) -> bool:
        written.append(work)
        return write(work)

    monkeypatch.setattr(archive.database, "write", counted)
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
    one, two = Wake(name), Wake(name)
    one.wait(0)
    two.wait(0)
    one.close()
    two.wait(0)
    Wake(name).send()
    assert two._waiting is not None
    assert two._waiting.recv(16) == b"!"
    two.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the indexer looks by itself")
def test_who_waits_is_told_whether_damage_was_met() -> None:
    name = uuid4().hex
    waiting = Wake(name)
    assert not waiting.wait(0)
    Wake(name).send()
    assert not waiting.wait(1)
    Wake(name).send(damage=True)
    Wake(name).send()
    assert waiting.wait(1)
    waiting.close()


_HOLDER = """
import sys
from index.store.articles import Archive
from index.store.lease import Lease
from index.store.wake import Wake
print(Lease(Archive(sys.argv[1]).database, seconds=1000).take(), flush=True)
sys.stdin.read()
"""


def test_a_dead_process_of_this_machine_loses_the_lease_at_once(
    archive: Archive, url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url],
        env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "True\n"
    lease = Lease(archive.database)
    assert not lease.take()
    process.kill()
    process.wait()
    assert lease.take()
    process.stdin.close()
    process.stdout.close()


# Keys, answers, failures, works


def test_a_key_is_known_by_its_secret_which_is_not_kept(archive: Archive) -> None:
    keys = Keys(archive.database)
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


def test_an_answer_is_remembered_by_key_and_name(archive: Archive) -> None:
    answers = Answers(archive.database)
    assert answers.begin("k", "n") is None
    assert answers.begin("k", "n") == Remembered("", 0, "")
    assert answers.begin("other", "n") is None
    answers.finish("k", "n", Remembered("digest", 202, "{}"))
    assert answers.begin("k", "n") == Remembered("digest", 202, "{}")
    answers.forget("k", "n")
    assert answers.begin("k", "n") is None


def test_a_request_whose_server_died_may_be_sent_again_soon_one_that_is_renewed_may_not(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(archive.database)
    started = time.time()
    answers.begin("k", "dead")
    answers.begin("k", "long")
    for minute in range(1, 4):
        monkeypatch.setattr(time, "time", lambda at=minute: started + at * 60)
        answers.renew("k", "long")
    assert answers.begin("k", "dead") is None
    assert answers.begin("k", "long") == Remembered("", 0, "")


def test_failures_are_kept_once_an_article_and_forgotten_when_mended(archive: Archive) -> None:
    failures = Failures(archive.database)
    failures.keep({"a": (3, "E"), "b": (4, "E")})
    failures.keep({"a": (7, "F")}, mended=["b", "c"])
    (one,) = failures.all()
    assert (one.article_id, one.number, one.error) == ("a", 7, "F")
    assert failures.of(7) == one
    assert failures.of(3) is None
    assert failures.count() == 1


def test_a_work_is_asked_for_when_none_waits_or_runs(archive: Archive) -> None:
    works = Works(archive.database)
    assert works.newest() is None
    assert works.ask() == 1
    for state in (State.WAITING, State.RUNNING):
        works.tell(1, state=state, done=5, total=9)
        with pytest.raises(RebuildRunning) as refused:
            works.ask()
        assert refused.value.number == 1
    works.tell(1, state=State.DONE)
    assert works.ask() == 2
    works.tell(2, state=State.FAILED, said="no")
    newest = works.newest()
    assert newest is not None
    assert (newest.number, newest.state, newest.said) == (2, State.FAILED, "no")


def test_no_more_text_is_held_than_was_asked_for(archive: Archive) -> None:
    long = {"title": "слово", "body": "я" * 400_000}
    archive.put([check_article({"id": str(number), **long}) for number in range(30)])
    tracemalloc.start()
    try:
        pending = archive.pending(0, 500, most=1_000_000)
        assert pending is not None
        assert 1 <= len(pending.articles) <= 2
        del pending
        assert sum(1 for _ in archive.scan(most=1_000_000)) == 30
        assert sum(1 for _ in archive.scan(most=1)) == 30
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


# Backups


def test_a_backup_is_restored_into_either_kind_of_database(
    archive: Archive, new_url: MakeUrl, tmp_path: Path
) -> None:
    archive.put([article(str(number)) for number in range(1_500)])
    archive.delete(["7"])
    _, secret = Keys(archive.database).create(Scope.ADMIN)
    counts = backup(archive, tmp_path / "backup.zst")
    assert (counts.articles, counts.changes) == (1_499, 1_501)  # one was deleted
    for url in (new_url(), f"sqlite:///{tmp_path}/other.sqlite"):
        fresh = Archive(url)
        assert restore(tmp_path / "backup.zst", fresh) == counts
        fresh.close()
        again = Archive(url)
        assert titles(again) == titles(archive)
        assert again.last() == archive.last() == 1_501
        assert again.put([article("new")]).change == 1_502
        assert again.identity != archive.identity
        assert Keys(again.database).check(secret)
        again.close()


def test_a_backup_is_refused_where_something_is_unless_told_to_replace_it(
    archive: Archive, tmp_path: Path
) -> None:
    archive.put([article("a")])
    backup(archive, tmp_path / "b")
    archive.put([article("b")])
    with pytest.raises(BackupRefused, match="--replace"):
        restore(tmp_path / "b", archive)
    assert archive.count() == 2
    restore(tmp_path / "b", archive, replace=True)
    assert set(titles(archive)) == {"a"}


def test_a_backup_is_refused_where_there_are_keys_unless_told_to_replace_them(
    archive: Archive, tmp_path: Path
) -> None:
    backup(archive, tmp_path / "b")
    _, secret = Keys(archive.database).create(Scope.ADMIN)
    with pytest.raises(BackupRefused, match=r"not empty \(keys: 1\)"):
        restore(tmp_path / "b", archive)
    assert Keys(archive.database).check(secret)
    restore(tmp_path / "b", archive, replace=True)
    assert Keys(archive.database).check(secret) is None


def test_a_backup_is_refused_while_an_indexer_works_that_would_go_on_with_the_old_archive(
    archive: Archive, tmp_path: Path
) -> None:
    archive.put([article("a")])
    backup(archive, tmp_path / "b")
    indexer = Lease(archive.database)
    assert indexer.take()
    with pytest.raises(BackupRefused, match="stop Poisk, restore"):
        restore(tmp_path / "b", archive, replace=True)
    assert indexer.holder()
    indexer.release()
    restore(tmp_path / "b", archive, replace=True)


def unpacked(data: bytes) -> bytes | None:
    with suppress(ZstdError):
        return ZstdDecompressor().stream_reader(data).read()
    return None


def test_a_damaged_backup_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    archive.put([article(str(number)) for number in range(50)])
    path = tmp_path / "b"
    backup(archive, path)
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
                restore(path, archive, replace=True)
    assert archive.count() == 50


def test_a_backup_is_of_one_moment_while_others_write(archive: Archive, tmp_path: Path) -> None:
    archive.put([article(str(number)) for number in range(3_000)])
    with archive.database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM articles").scalar_one()
        archive.put([article("later")])
        after = connection.exec_driver_sql("SELECT count(*) FROM articles").scalar_one()
    assert before == after == 3_000
    assert backup(archive, tmp_path / "b").articles == 3_001


# What can go wrong


def test_a_url_that_names_no_database_is_refused() -> None:
    for url in ("", "nonsense", "mysql+none://x/y"):
        with pytest.raises(SettingRefused):
            Archive(url)


def test_a_damaged_file_is_told_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    path.write_bytes(b"this is no database" * 1_000)
    with pytest.raises(ArchiveDamaged, match="restore FILE --replace"):
        Archive(f"sqlite:///{path}")


def test_who_finds_the_archive_kept_busy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/archive.sqlite"
    monkeypatch.setattr(connect, "_WAIT", 0.1)
    archive = Archive(url)
    other = sqlite3.connect(tmp_path / "archive.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for busy in (lambda: Archive(url), lambda: archive.put([article("a")])):
        with pytest.raises(ArchiveUnavailable, match="kept the database locked"):
            busy()
    other.close()
    assert archive.put([article("a")]).changed == 1
    archive.close()


def test_what_the_database_says_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        ArchiveUnavailable, match="database does not work; check POISK_ARCHIVE"
    ) as told:
        Archive("postgresql+psycopg://someone@127.0.0.1:1/somewhere")
    assert "127.0.0.1" not in str(told.value)
    assert "127.0.0.1" in caplog.text


def test_a_full_database_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    archive = Archive(f"sqlite:///{tmp_path}/archive.sqlite")
    archive.put([article("before")])
    connections = archive.database._engine.pool.connect()
    raw: sqlite3.Connection = connections.dbapi_connection  # type: ignore[assignment]
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count={pages + 5}")
    connections.close()
    big = [article(str(number), "я" * 2_000) for number in range(200)]
    with pytest.raises(ArchiveFull):
        archive.put(big)
    assert titles(archive) == {"before": "слово"}
    assert archive.last() == 1
    connections = archive.database._engine.pool.connect()
    raw = connections.dbapi_connection  # type: ignore[assignment]
    raw.execute("PRAGMA max_page_count=1000000")
    connections.close()
    assert archive.put(big).changed == 200
    archive.close()


def test_the_embedded_archive_is_safe_against_a_loss_of_power(tmp_path: Path) -> None:
    archive = Archive(f"sqlite:///{tmp_path}/archive.sqlite")
    with archive.database.reading() as connection:
        modes = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous")
        }
    assert modes == {"journal_mode": "wal", "synchronous": 2}
    archive.close()
