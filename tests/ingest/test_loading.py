"""Articles into the store in batches: their bounds, the counts, what a failure leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.article import Article, check_article
from index.ingest import intake as ingest_intake
from index.ingest.intake import BATCH_ARTICLES, MAX_LISTED, IntakeReport
from index.sources.source import Rejected
from index.store.articles import StoreResult
from search.parts import Parts
from tests.support.demo import parts_in


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = parts_in(tmp_path)
    yield opened
    opened.close()


def articles(count: int, start: int = 0, body: str = "") -> Iterator[Article]:
    for number in range(start, start + count):
        yield check_article({"id": str(number), "title": "слово", "body": body, "language": "ru"})


REJECTED = Rejected(7, "", "title", "missing", "send it")


def batches(parts: Parts, sent: Iterator[Article]) -> list[int]:
    return [written.accepted for written in parts.intake.take(sent, IntakeReport())]


def test_a_batch_has_at_most_so_many_articles(parts: Parts) -> None:
    some = articles(2 * BATCH_ARTICLES + 1)
    assert batches(parts, some) == [BATCH_ARTICLES, BATCH_ARTICLES, 1]


def test_a_batch_has_at_most_so_much_text(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_intake, "BATCH_BYTES", 100)  # a title is 10 bytes, я is two

    def sent() -> Iterator[Article]:
        yield from articles(4, body="я" * 20)
        yield from articles(1, start=4, body="я" * 200)

    assert batches(parts, sent()) == [2, 2, 1]


def test_a_full_batch_is_in_the_store_before_more_is_asked_for(parts: Parts) -> None:
    seen = []

    def slow() -> Iterator[Article]:
        yield from articles(BATCH_ARTICLES)
        seen.append(parts.store.last())

    parts.loader.load(slow())
    assert seen == [BATCH_ARTICLES]


@pytest.mark.parametrize("in_bulk", [False, True])
def test_rejected_lines_are_counted_and_listed_and_the_others_found(
    parts: Parts, in_bulk: bool
) -> None:
    load = parts.loader.load_in_bulk if in_bulk else parts.loader.load
    steps = list[int]()

    def sent() -> Iterator[Article | Rejected]:
        yield from articles(2)
        yield REJECTED
        yield from articles(1, start=2)

    report = load(sent(), on_batch=lambda batch: steps.append(batch.accepted))
    assert (report.accepted, report.rejected_count, parts.engine.reader().count()) == (3, 1, 3)
    assert report.rejected == [REJECTED]
    assert sum(steps) == 3
    assert str(report).startswith("3 loaded, 1 refused, ")


def test_of_many_rejected_articles_the_first_are_listed_and_all_are_counted(parts: Parts) -> None:
    report = parts.loader.load(iter([REJECTED] * (MAX_LISTED + 5)))
    assert (len(report.rejected), report.rejected_count) == (MAX_LISTED, MAX_LISTED + 5)


def test_what_came_before_a_failure_stays_and_is_found_by_the_next_load(parts: Parts) -> None:
    def failing() -> Iterator[Article]:
        yield from articles(BATCH_ARTICLES + 10)
        raise RuntimeError("the source broke")

    report = IntakeReport()
    with pytest.raises(RuntimeError, match="the source broke"):
        parts.loader.load(failing(), report)
    assert report.accepted == parts.engine.reader().count() == BATCH_ARTICLES
    parts.loader.load(articles(BATCH_ARTICLES + 10))
    assert parts.engine.reader().count() == parts.store.count() == BATCH_ARTICLES + 10


def test_articles_that_are_all_there_are_loaded_on_all_cores(parts: Parts) -> None:
    report = parts.loader.load_in_bulk(articles(3_000))
    assert report.accepted == parts.engine.reader().count() == 3_000
    checkpoint = parts.engine.reader().checkpoint()
    assert checkpoint is not None
    assert checkpoint.change == parts.store.last() == 3_000


@pytest.mark.parametrize("count", [600, 3_000])
def test_a_bulk_load_indexes_what_others_change_in_between(parts: Parts, count: int) -> None:
    changed = check_article({"id": "5", "title": "другое"})
    late = check_article({"id": "late", "title": "позднее"})
    batches = 0

    def sent() -> Iterator[Article]:
        for one in articles(count):
            yield one
            if one.id == "520":  # the first batch is in the store
                parts.store.delete(["3"])
                parts.store.put([changed])
        yield from articles(1)  # again as it was

    def meanwhile(batch: StoreResult) -> None:
        nonlocal batches
        batches += 1
        assert batch.written is None or batch.written.last == batch.change
        if batch.change > count:
            parts.store.put([late])

    parts.loader.load_in_bulk(sent(), on_batch=meanwhile)
    reader = parts.engine.reader()
    assert batches > 1
    assert reader.count() == parts.store.count() == count
    assert reader.articles(["3", "5", "late"]) == {"5": changed, "late": late}
    checkpoint = reader.checkpoint()
    assert checkpoint is not None
    assert checkpoint.change == parts.store.last()


def test_a_load_that_meets_a_rebuild_loads_everything(parts: Parts) -> None:
    parts.loader.load(articles(1))
    rebuilding = parts.indexer.rebuild()
    next(rebuilding)
    first = True

    def sent() -> Iterator[Article]:
        nonlocal first
        for one in articles(3_000, start=1):
            yield one
            if first:
                first = False
                parts.loader.load(articles(1, start=5_000))
                list(rebuilding)

    parts.loader.load_in_bulk(sent())
    assert parts.engine.reader().count() == parts.store.count() == 3_002


def test_articles_older_than_those_that_are_there_are_counted_and_not_taken(parts: Parts) -> None:
    new = check_article({"id": "1", "title": "новое", "updated_at": "2026-05-02"})
    old = check_article({"id": "1", "title": "старое", "updated_at": "2026-05-01"})
    parts.loader.load([new])
    report = parts.loader.load([old])
    assert (report.accepted, report.stale) == (0, 1)
    assert parts.engine.reader().articles(["1"])["1"].title == "новое"
    assert "1 older than in the store" in str(report)
