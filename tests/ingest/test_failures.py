"""An article that cannot be analysed is listed as failed, and the others are indexed."""

from typing import Any

import pytest

from index.article import Article
from index.ingest.indexer import MANY
from search.cli.checking import check
from search.parts import Parts
from tests.support.indexing import article, caught_up, titles


@pytest.mark.parametrize("count", [3, MANY + 5])
def test_an_article_that_breaks_is_set_aside_and_the_others_go_on(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    analyse = parts.analyse

    def breaking(one: Article) -> Any:
        if one.id == "1":
            raise ValueError("не разобрать")
        return analyse(one)

    monkeypatch.setattr(parts.indexer, "_analyse", breaking)
    parts.store.put([article(n) for n in range(count)])
    caught_up(parts)
    assert parts.engine.reader().count() == count - 1
    (failure,) = parts.indexer.failures.all()
    assert (failure.article_id, failure.number) == ("1", 2)
    assert failure.error == "ValueError: не разобрать"
    assert check(parts).well
    monkeypatch.undo()
    parts.store.put([article(1, "починено"), *(article(n, "иначе") for n in range(2, count))])
    caught_up(parts)
    assert parts.engine.reader().count() == count
    assert parts.indexer.failures.count() == 0


def test_a_rebuild_forgets_the_failures_that_it_has_corrected(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse, broken = parts.analyse, {"1", "2"}

    def breaking(one: Article) -> Any:
        if one.id in broken:
            raise ValueError("не разобрать")
        return analyse(one)

    monkeypatch.setattr(parts.indexer, "_analyse", breaking)
    parts.store.put([article(n) for n in range(4)])
    caught_up(parts)
    broken.remove("1")
    list(parts.indexer.rebuild())
    assert [one.article_id for one in parts.indexer.failures.all()] == ["2"]
    assert set(titles(parts)) == {"0", "1", "3"}


def test_a_failure_of_an_earlier_change_hides_no_missing_article(parts: Parts) -> None:
    parts.store.put([article(1)])
    parts.store.put([article(1, "новое")])
    caught_up(parts)
    parts.indexer.failures.record({"1": (1, "не разобрать")})
    parts.engine.write([], ["1"])
    assert check(parts).missing == ("1",)
    parts.indexer.failures.record({"1": (2, "не разобрать")})
    assert check(parts).well
