"""Articles into an engine in batches: their bounds, the counts, what a failure leaves."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.analysed import AnalysedArticle
from index.article import Article, check_article
from index.results import Mark
from index.sources.jsonlines import Refused
from search import loading
from search.loading import BATCH_ARTICLES, Loading, load, load_at_once
from search.parts import Parts
from tests.demo import parts_in
from tests.oracle import Memory, OracleEngine


class Recording(OracleEngine):
    """An engine that remembers how many articles each commit had."""

    def __init__(self) -> None:
        super().__init__(Memory(), "any")
        self.batches: list[int] = []

    def write(
        self, put: Iterable[AnalysedArticle], delete: Iterable[str] = (), mark: Mark | None = None
    ) -> None:
        articles = list(put)
        super().write(articles, delete, mark)
        self.batches.append(len(articles))


@pytest.fixture
def engine() -> Recording:
    return Recording()


@pytest.fixture
def parts(tmp_path: Path, engine: Recording) -> Parts:
    return replace(parts_in(tmp_path), engine=engine)


def articles(count: int, start: int = 0, body: str = "") -> Iterator[Article]:
    for number in range(start, start + count):
        yield check_article({"id": str(number), "title": "слово", "body": body, "language": "ru"})


REFUSED = Refused(7, "", "title", "is missing", "send it")


def test_a_batch_has_at_most_so_many_articles(parts: Parts, engine: Recording) -> None:
    load(parts, articles(2 * BATCH_ARTICLES + 1), Loading(), print)
    assert engine.batches == [BATCH_ARTICLES, BATCH_ARTICLES, 1]


def test_a_batch_has_at_most_so_much_text(
    parts: Parts, engine: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_BYTES", 100)  # a title is 10 bytes, я is two
    load(
        parts,
        [*articles(4, body="я" * 20), *articles(1, start=4, body="я" * 200)],
        Loading(),
        print,
    )
    assert engine.batches == [2, 2, 1]


def test_a_full_batch_is_committed_before_more_is_asked_for(
    parts: Parts, engine: Recording
) -> None:
    seen: list[list[int]] = []

    def slow() -> Iterator[Article]:
        yield from articles(BATCH_ARTICLES)
        seen.append(list(engine.batches))

    load(parts, slow(), Loading(), print)
    assert seen == [[BATCH_ARTICLES]]


def test_refused_lines_are_counted_and_told_and_the_others_loaded(
    parts: Parts, engine: Recording
) -> None:
    counts, told, steps = Loading(), list[Refused](), list[int]()
    given: list[Article | Refused] = [*articles(2), REFUSED, *articles(1, start=2)]
    load(parts, given, counts, told.append, lambda: steps.append(1))
    assert (counts.loaded, counts.refused, engine.count()) == (3, 1, 3)
    assert told == [REFUSED]
    assert len(steps) == 3
    assert str(counts).startswith("3 loaded, 1 refused, ")


def test_nothing_to_load_commits_nothing(parts: Parts, engine: Recording) -> None:
    load(parts, [REFUSED], Loading(), print)
    assert engine.batches == []


def test_what_was_committed_before_a_failure_is_counted_and_stays(
    parts: Parts, engine: Recording
) -> None:
    def broken() -> Iterator[Article]:
        yield from articles(BATCH_ARTICLES + 3)
        raise KeyboardInterrupt

    counts = Loading()
    with pytest.raises(KeyboardInterrupt):
        load(parts, broken(), counts, print)
    assert counts.loaded == engine.count() == BATCH_ARTICLES


def test_an_article_that_is_sent_again_replaces_the_old_one(
    parts: Parts, engine: Recording
) -> None:
    load(parts, [*articles(3), *articles(2, start=1, body="новое")], Loading(), print)
    assert engine.count() == 3
    assert [one.body for one in engine.articles(["0", "1", "2"]).values()] == ["", "новое", "новое"]


def test_articles_that_are_all_there_are_loaded_at_once(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    loading, told = Loading(), list[Refused]()
    given: list[Article | Refused] = [*articles(1_500), REFUSED, *articles(1_500, start=1_000)]
    load_at_once(parts, given, loading, told.append)
    assert (loading.loaded, loading.refused, told) == (3_000, 1, [REFUSED])
    assert parts.engine.count() == 2_500
