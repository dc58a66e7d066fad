"""A backup is the whole store of one moment, and is restored into either kind of database."""

from contextlib import suppress
from pathlib import Path

import pytest
from zstandard import ZstdDecompressor, ZstdError

from index.store.articles import ArticleStore
from index.store.backup import BackupRefused, backup, restore
from index.store.keys import Keys, Scope
from index.store.lease import Lease
from tests.store.conftest import MakeUrl
from tests.support.stored import article, titles


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
