"""A database that is damaged, busy or full is an error with a cure."""

import sqlite3
from pathlib import Path

import pytest

from index.errors import (
    SettingRefused,
    StoreDamaged,
    StoreFull,
    StoreUnavailable,
)
from index.store import connect
from index.store.articles import ArticleStore
from tests.support.stored import article, titles


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
