"""Articles for the tests of the indexer, and what its index has of them."""

import time
from collections.abc import Callable

import pytest

from index.article import Article, check_article
from index.engines.whoosh.write import bulk, writer
from index.errors import IndexUnavailable
from index.ingest.indexer import MANY
from search.parts import Parts


def article(number: int, title: str = "слово") -> Article:
    return check_article({"id": str(number), "title": title, "language": "ru"})


def caught_up(parts: Parts) -> None:
    while parts.indexer.step():
        pass


def titles(parts: Parts) -> dict[str, str]:
    return {one.id: one.title for one in parts.engine.reader().scan()}


def checkpoint(parts: Parts) -> int:
    found = parts.engine.reader().checkpoint()
    assert found is not None
    assert found.store == parts.store.identity
    return found.change


def many_in_small_commits(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many articles wait that they are loaded in bulk, 400 a commit."""
    monkeypatch.setattr(bulk, "CHUNK", 400)
    monkeypatch.setattr(writer, "_COMMIT", 1)
    parts.store.put([article(n) for n in range(MANY)])


def until(holds: Callable[[], object]) -> None:
    """Waits until it holds, twenty seconds at most; without an index it does not."""
    for _ in range(2_000):
        try:
            if holds():
                return
        except IndexUnavailable:
            pass
        time.sleep(0.01)
    raise AssertionError
